/* SPDX-License-Identifier: MIT */
/*
 * Which header fields a configured call sends.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

static const char config[] =
    "{'blocking': 'a', 'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["
    " {'path': '/plain', 'methods': ['GET', 'POST'], 'calls': {"
    "   'a': {'backend': 'b', 'path': '/a?echo=1'}, 'b': {'backend': 'b', 'path': '/b?echo=1'}}},"
    " {'path': '/forward', 'methods': ['GET', 'POST'], 'calls': {"
    "   'a': {'backend': 'b', 'path': '/a?echo=1', 'forward_headers': ['Authorization', 'X-List', 'Accept', 'Cookie']},"
    "   'b': {'backend': 'b', 'path': '/b?echo=1'}}},"
    " {'path': '/type', 'methods': ['POST'], 'calls': {"
    "   'a': {'backend': 'b', 'path': '/a?echo=1', 'body': 'request', 'forward_headers': ['Content-Type']}}},"
    " {'path': '/own/{id}', 'calls': {"
    "   'first': {'backend': 'b', 'path': '/user'},"
    "   'a': {'backend': 'b', 'path': '/a?echo=1', 'headers': {"
    "     'Accept': 'application/hal+json', 'Accept-Encoding': 'br', 'User-Agent': 'shop/1.0', 'X-Nothing': '',"
    "     'X-Id': '<{id}>', 'X-Query': 'page {query.page}', 'X-User': '{first.name}/{first.n}/{first.ok}'}}}},"
    " {'path': '/mixed', 'calls': {"
    "   'a': {'backend': 'b', 'path': '/a?echo=1'},"
    "   'b': {'backend': 'b', 'path': '/b?echo=1', 'forward_headers': ['X-List']},"
    "   'c': {'backend': 'b', 'path': '/c?echo=1', 'headers': {'X-Kind': 'c', 'X-Query': '{query.x}'}},"
    "   'd': {'backend': 'b', 'path': '/d?echo=1'},"
    "   'list': {'backend': 'b', 'path': '/ids'},"
    "   'items': {'backend': 'b', 'path': '/i?echo=1', 'each': '{list}', 'forward_headers': ['X-List'],"
    "             'headers': {'X-Before': '1', 'X-Item': '<{each}>', 'X-Behind': '2', 'X-Again': '{each}'}}}},"
    " {'path': '/bad', 'calls': {"
    "   'first': {'backend': 'b', 'path': '/user'},"
    "   'a': {'backend': 'b', 'path': '/a', 'headers': {'X-User': '{first.none}'}}}},"
    " {'path': '/null', 'calls': {"
    "   'first': {'backend': 'b', 'path': '/user'},"
    "   'a': {'backend': 'b', 'path': '/a', 'headers': {'X-User': '{first.null}'}}}}]}";

static void start(struct config_scene *scene)
{
    (void)config_scene_add_backend(
        scene, OPTIONS("--delay=0ms"),
        "{'/user': {'name': 'Zo\\u00eb\\r\\nX-Evil: 1', 'n': 1.10, 'ok': true, 'null': null}, '/ids': [1, 2, 3]}");
    config_scene_start(scene, OPTIONS("--threads=4"), config);
}

static const cJSON *headers_of(const cJSON *json, const char *call)
{
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, call), "headers");

    assert_true(cJSON_IsObject(headers));
    return headers;
}

/* NULL: none. */
static void assert_header(const cJSON *json, const char *call, const char *name, const char *value)
{
    const char *seen = cJSON_GetStringValue(cJSON_GetObjectItem(headers_of(json, call), name));

    if ((seen == NULL) != (value == NULL) || (seen != NULL && strcmp(seen, value) != 0)) {
        fail_msg("%s: %s is %s instead of %s", call, name, seen != NULL ? seen : "missing",
                 value != NULL ? value : "missing");
    }
}

/* That a call has these and no others, in any order. */
static void assert_names(const cJSON *json, const char *call, const char *const *names)
{
    const cJSON *headers = headers_of(json, call);
    int count = 0;

    for (; names[count] != NULL; count++) {
        assert_case(names[count], cJSON_GetObjectItem(headers, names[count]) != NULL);
    }
    if (cJSON_GetArraySize(headers) != count) {
        cleanup_free char *text = cJSON_PrintUnformatted(headers);
        fail_msg("%s: %s", call, text);
    }
}

#define ALWAYS "Host", "Accept", "Accept-Encoding", "Via", "X-Request-Id", "traceparent", "Fanlight-Deadline-Ms"

static cJSON *ask(struct config_scene *scene, const char *mode, const char *method, const char *target,
                  const char *fields, const char *body)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    config_scene_ask(scene, mode, method, target, fields, body, &answer);
    if (answer.status != 200) {
        fail_msg("status %d: %.*s", answer.status, STR_ARGUMENTS(answer_body(&answer)));
    }
    return answer_json(&answer);
}

/* ---- of the client's, nothing by itself ---- */

static void a_call_sends_these_and_nothing_else(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cJSON *json = ask(scene, *mode, "POST", "/plain",
                          "Authorization: secret\r\nCookie: a=1\r\nUser-Agent: test\r\nAccept: text/html\r\n"
                          "Accept-Encoding: gzip\r\nForwarded: for=1\r\nX-Forwarded-For: 1\r\nVia: 1.0 me\r\n"
                          "Content-Type: a/b\r\nReferer: x\r\nIf-None-Match: \"x\"\r\nRange: bytes=0-1\r\n",
                          "body");
        const cJSON *traces[2];

        for (int i = 0; i < 2; i++) {
            const char *call = i == 0 ? "a" : "b";
            assert_names(json, call, (const char *const[]){ ALWAYS, NULL });
            assert_header(json, call, "Accept", "application/json");
            assert_header(json, call, "Accept-Encoding", "identity");
            assert_header(json, call, "Via", "1.1 fanlight");
            assert_header(json, call, "X-Request-Id", scene->request_id);
            traces[i] = cJSON_GetObjectItem(headers_of(json, call), "traceparent");
        }

        const char *a = cJSON_GetStringValue(traces[0]);
        const char *b = cJSON_GetStringValue(traces[1]);
        assert_memory_equal(a, b, 35);           /* the same trace */
        assert_string_not_equal(a + 36, b + 36); /* another span */
        cJSON_Delete(json);
    }
}

/* ---- forward_headers ---- */

static const struct {
    const char *name;
    const char *fields;
    const char *authorization, *list, *accept, *cookie;
} forward_cases[] = {
    { "none sent", "", NULL, NULL, "application/json", NULL },
    { "one", "Authorization: Bearer x=\r\n", "Bearer x=", NULL, "application/json", NULL },
    { "name in another case", "AUTHORIZATION: b\r\n", "b", NULL, "application/json", NULL },
    { "repeated, in order", "X-List: 1\r\nx-list: 2, 3\r\nX-List: 4\r\n", NULL, "1, 2, 3, 4", "application/json",
      NULL },
    { "empty", "X-List:\r\n", NULL, "", "application/json", NULL },
    { "blanks", "X-List:   a  b\r\n", NULL, "a  b", "application/json", NULL },
    { "in place of ours", "Accept: text/html, */*;q=0.1\r\n", NULL, NULL, "text/html, */*;q=0.1", NULL },
    { "of this connection", "Connection: X-List\r\nX-List: hop\r\n", NULL, NULL, "application/json", NULL },
    { "of this connection, among others", "Connection: keep-alive, x-list ,cookie\r\nX-List: hop\r\nCookie: c\r\n",
      NULL, NULL, "application/json", NULL },
    { "of this connection, in a second field", "Connection: keep-alive\r\nConnection: X-List\r\nX-List: hop\r\n", NULL,
      NULL, "application/json", NULL },
    { "of this connection, one of ours", "Connection: accept\r\nAccept: text/html\r\n", NULL, NULL, "application/json",
      NULL },
    { "not listed", "X-Other: 1\r\nCookie: c=1\r\n", NULL, NULL, "application/json", "c=1" },
};

static void listed_headers_go_along_repeated_ones_too_but_for_those_of_the_clients_connection(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(forward_cases); i++) {
            print_message("%s: %s\n", *mode, forward_cases[i].name);

            cJSON *json = ask(scene, *mode, "GET", "/forward", forward_cases[i].fields, NULL);

            assert_header(json, "a", "Authorization", forward_cases[i].authorization);
            assert_header(json, "a", "X-List", forward_cases[i].list);
            assert_header(json, "a", "Accept", forward_cases[i].accept);
            assert_header(json, "a", "Cookie", forward_cases[i].cookie);
            assert_header(json, "a", "X-Other", NULL);
            assert_header(json, "a", "Connection", NULL);
            assert_names(json, "b", (const char *const[]){ ALWAYS, NULL });
            cJSON_Delete(json);
        }
    }
}

static void a_listed_header_goes_along_as_often_as_it_is_repeated(void **state)
{
    enum { REPEATS = 100 };
    struct config_scene *scene = *state;
    cleanup_buf struct buf fields;
    cleanup_buf struct buf expected;
    start(scene);
    buf_init(&fields, 16 * 1024);
    buf_init(&expected, 16 * 1024);
    for (int i = 0; i < REPEATS; i++) {
        (void)buf_add_format(&fields, "X-List: %d\r\n", i);
        (void)buf_add_format(&expected, "%s%d", i > 0 ? ", " : "", i);
    }
    (void)buf_add_byte(&fields, '\0');
    (void)buf_add_byte(&expected, '\0');

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cJSON *json = ask(scene, *mode, "GET", "/forward", fields.base, NULL);

        assert_header(json, "a", "X-List", expected.base);
        cJSON_Delete(json);
    }
}

static void a_content_type_that_is_listed_goes_along_once(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cJSON *json = ask(scene, *mode, "POST", "/type", "Content-Type: text/x\r\n", "body");
        cJSON *none = ask(scene, *mode, "POST", "/type", "", "body");

        assert_header(json, "a", "Content-Type", "text/x");
        assert_header(none, "a", "Content-Type", NULL);
        assert_names(none, "a", (const char *const[]){ ALWAYS, "Content-Length", NULL });
        cJSON_Delete(json);
        cJSON_Delete(none);
    }
}

/* ---- headers ---- */

static const struct {
    const char *target;
    const char *id, *query;
} own_cases[] = {
    { "/own/7?page=2", "<7>", "page 2" },
    { "/own/7", "<7>", "page " },
    { "/own/a%20b?page=%C3%AB", "<a b>", "page %C3%AB" },
    { "/own/a%0D%0AX-Evil:%201?page=%0AX-Evil:1", "<a%0D%0AX-Evil: 1>", "page %0AX-Evil:1" },
    { "/own/%00%7F%FF?page=%25", "<%00%7F%FF>", "page %" },
};

static void configured_headers_replace_ours_and_no_value_makes_a_line_of_its_own(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(own_cases); i++) {
            cJSON *json = ask(scene, *mode, "GET", own_cases[i].target, "", NULL);

            assert_names(json, "a",
                         (const char *const[]){ ALWAYS, "User-Agent", "X-Nothing", "X-Id", "X-Query", "X-User", NULL });
            assert_header(json, "a", "Accept", "application/hal+json");
            assert_header(json, "a", "Accept-Encoding", "br");
            assert_header(json, "a", "User-Agent", "shop/1.0");
            assert_header(json, "a", "X-Nothing", "");
            assert_header(json, "a", "X-Id", own_cases[i].id);
            assert_header(json, "a", "X-User", "Zo%C3%AB%0D%0AX-Evil: 1/1.10/true");
            const char *query = cJSON_GetStringValue(cJSON_GetObjectItem(headers_of(json, "a"), "X-Query"));
            assert_true(str_equal(str_trim(str_of(query)), str_trim(str_of(own_cases[i].query))));
            cJSON_Delete(json);
        }
    }
}

/* ---- what calls have in common, and what not ---- */

static void check_element(cJSON *item, int number, const char *list)
{
    cJSON *alone = cJSON_CreateObject();
    char text[32];

    (void)cJSON_AddItemReferenceToObject(alone, "item", item);
    assert_names(alone, "item",
                 (const char *const[]){ ALWAYS, "X-List", "X-Before", "X-Item", "X-Behind", "X-Again", NULL });
    assert_header(alone, "item", "X-List", list);
    assert_header(alone, "item", "X-Before", "1");
    assert_header(alone, "item", "X-Behind", "2");
    (void)snprintf(text, sizeof text, "<%d>", number);
    assert_header(alone, "item", "X-Item", text);
    (void)snprintf(text, sizeof text, "%d", number);
    assert_header(alone, "item", "X-Again", text);
    cJSON_Delete(alone);
}

/* The span's digits of each call's traceparent. */
static size_t list_spans(const cJSON *json, const char *spans[])
{
    static const char *const calls[] = { "a", "b", "c", "d" };
    const cJSON *item;
    size_t count = 0;

    for (size_t i = 0; i < array_length(calls); i++) {
        spans[count++] = cJSON_GetStringValue(cJSON_GetObjectItem(headers_of(json, calls[i]), "traceparent")) + 36;
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(json, "items"))
    {
        const cJSON *headers = cJSON_GetObjectItem(item, "headers");
        spans[count++] = cJSON_GetStringValue(cJSON_GetObjectItem(headers, "traceparent")) + 36;
    }
    return count;
}

static void calls_of_one_request_get_each_its_own_headers(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cJSON *json = ask(scene, *mode, "GET", "/mixed?x=7", "X-List: 1\r\nX-List: 2\r\n", NULL);
        const char *spans[8];

        assert_names(json, "a", (const char *const[]){ ALWAYS, NULL });
        assert_names(json, "b", (const char *const[]){ ALWAYS, "X-List", NULL });
        assert_names(json, "c", (const char *const[]){ ALWAYS, "X-Kind", "X-Query", NULL });
        assert_header(json, "c", "X-Query", "7");
        assert_names(json, "d", (const char *const[]){ ALWAYS, NULL });
        for (int i = 0; i < 3; i++) {
            check_element(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "items"), i), i + 1, "1, 2");
        }

        size_t count = list_spans(json, spans);
        assert_int_equal(count, 7);
        for (size_t i = 0; i < count; i++) {
            for (size_t j = 0; j < i; j++) {
                assert_memory_not_equal(spans[i], spans[j], 16);
            }
        }
        cJSON_Delete(json);
    }
}

static void a_header_without_its_value_fails_the_call(void **state)
{
    static const char *const targets[] = { "/bad", "/null" };
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(targets); i++) {
            cleanup_answer struct answer answer = ANSWER_NONE;

            config_scene_get(scene, *mode, targets[i], &answer);

            assert_problem(&answer, 502, "dependency_failed");
            assert_backend_saw(scene, 0, 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_call_sends_these_and_nothing_else),
        config_scene_test(listed_headers_go_along_repeated_ones_too_but_for_those_of_the_clients_connection),
        config_scene_test(a_listed_header_goes_along_as_often_as_it_is_repeated),
        config_scene_test(a_content_type_that_is_listed_goes_along_once),
        config_scene_test(configured_headers_replace_ours_and_no_value_makes_a_line_of_its_own),
        config_scene_test(calls_of_one_request_get_each_its_own_headers),
        config_scene_test(a_header_without_its_value_fails_the_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
