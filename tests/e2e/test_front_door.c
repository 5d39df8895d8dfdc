/* SPDX-License-Identifier: MIT */
/*
 * What of a client's bytes gets through to a backend, in each mode: of refused requests nothing, of encoded bytes
 * nothing but a value where the configuration has one.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

static const char config[] =
    "{'listen': '127.0.0.1:8080', 'blocking': 'c', 'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["
    " {'path': '/value/{id}', 'methods': ['GET', 'POST'], 'calls': {'c': {'backend': 'b', "
    "   'path': '/v/{id}/end?q={query.q}&echo=1', 'headers': {'X-Copy': '{id}'}}}},"
    " {'path': '/{task}', 'methods': ['GET', 'POST'], 'calls': {'c': {'backend': 'b', 'path': '/{task}?echo=1'}}}]}";

static void start(struct config_scene *scene)
{
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=2"), config);
}

/* ---- encoded bytes ---- */

static const struct {
    const char *value;
    const char *segment; /* NULL: 400 */
    const char *query;   /* NULL: 400 */
    const char *header;
} values[] = {
    { "7", "7", "7", "7" },
    { "%0d%0aX-Evil:%201", "%0D%0AX-Evil%3A%201", "%0D%0AX-Evil%3A%201", "%0D%0AX-Evil: 1" },
    { "a%0a%0aGET%20/admin%20HTTP/1.1", NULL, "a%0A%0AGET%20%2Fadmin%20HTTP%2F1.1", NULL }, /* a slash: another route */
    { "%00", "%00", "%00", "%00" },
    { "a%00b", "a%00b", "a%00b", "a%00b" },
    { "%2f", "%2F", "%2F", "/" },
    { "..%2f..%2fadmin", "..%2F..%2Fadmin", "..%2F..%2Fadmin", "../../admin" },
    { ".", NULL, ".", NULL },
    { "..", NULL, "..", NULL },
    { "%2e%2E", NULL, "..", NULL },
    { "%5c..%5c", "%5C..%5C", "%5C..%5C", "\\..\\" },
    { "%252f", "%252f", "%252f", "%2f" },
    { "a%3fb%26c=d%23e", "a%3Fb%26c%3Dd%23e", "a%3Fb%26c%3Dd%23e", "a?b&c=d#e" },
    { "%c0%af%ff", "%C0%AF%FF", "%C0%AF%FF", "%C0%AF%FF" },
    { "%7f%1b", "%7F%1B", "%7F%1B", "%7F%1B" },
    { "%", NULL, NULL, NULL },
    { "%zz", NULL, NULL, NULL },
    { "%u0041", NULL, NULL, NULL },
};

/* What the backend saw: the path, and the header with the value in it. */
static void assert_echo(const struct answer *answer, const char *name, const char *path, const char *header)
{
    assert_case(name, answer->status == 200);
    cJSON *json = answer_json(answer);
    const cJSON *echo = cJSON_GetObjectItemCaseSensitive(json, "c");
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(echo, "headers");

    assert_string_equal(json_text(echo, "path"), path);
    assert_string_equal(json_text(headers, "X-Copy"), header);
    assert_null(cJSON_GetObjectItem(headers, "X-Evil"));
    cJSON_Delete(json);
}

static void check_value(struct config_scene *scene, const char *mode, const char *target, const char *path,
                        const char *header)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    config_scene_get(scene, mode, target, &answer);
    if (path != NULL) {
        assert_echo(&answer, target, path, header);
    } else {
        assert_case(target, answer.status == 400 || answer.status == 404);
        assert_backend_saw(scene, 0, 0);
    }
}

static void encoded_bytes_stay_values_in_every_mode(void **state)
{
    struct config_scene *scene = *state;
    char target[256];
    char path[256];
    start(scene);

    for (size_t i = 0; config_scene_modes[i] != NULL; i++) {
        for (size_t j = 0; j < array_length(values); j++) {
            const char *segment = values[j].segment;
            const char *query = values[j].query;
            (void)snprintf(target, sizeof target, "/value/%s?q=1", values[j].value);
            (void)snprintf(path, sizeof path, "/v/%s/end?q=1&echo=1", segment != NULL ? segment : "");
            check_value(scene, config_scene_modes[i], target, segment != NULL ? path : NULL, values[j].header);
            (void)snprintf(target, sizeof target, "/value/1?q=%s", values[j].value);
            (void)snprintf(path, sizeof path, "/v/1/end?q=%s&echo=1", query != NULL ? query : "");
            check_value(scene, config_scene_modes[i], target, query != NULL ? path : NULL, "1");
        }
    }
}

/* ---- the built-in routes ---- */

static const struct {
    const char *target;
    const char *path; /* NULL: 400, 404 or 405, and no call */
} built_in[] = {
    { "/task1?echo=1&x=%0d%0aX-Evil:%201", "/task1?echo=1&x=%0d%0aX-Evil:%201" },
    { "/task1?echo=1&x=%00%2f..%2f", "/task1?echo=1&x=%00%2f..%2f" },
    { "/task1%0d%0aX-Evil:%201?echo=1", NULL },
    { "/task1%00?echo=1", NULL },
    { "/..?echo=1", NULL },
    { "/%2e%2e?echo=1", NULL },
    { "/a%2fb?echo=1", NULL },
    { "/a/../b?echo=1", NULL },
    { "//healthz?echo=1", NULL },
    { "/fanout?echo=1&tasks=%2e%2e", NULL },
    { "/fanout?echo=1&tasks=a%2f..%2fb", NULL },
    { "/fanout?echo=1&tasks=a%00", NULL },
    { "/fanout?echo=1&tasks=a%0d%0aX-Evil:%201", NULL },
};

static void encoded_bytes_do_not_change_a_built_in_call(void **state)
{
    static const char *const modes[] = { "sync", "threads", "async", "mixed", "wire" };
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(modes); i++) {
        char option[32];
        (void)snprintf(option, sizeof option, "--mode=%s", modes[i]);
        scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS(option, "--blocking=task1"));
        for (size_t j = 0; j < array_length(built_in); j++) {
            cleanup_answer struct answer answer = ANSWER_NONE;
            client_fetch(scene->gateway_port, built_in[j].target, &answer);
            if (built_in[j].path == NULL) {
                assert_case(built_in[j].target, answer.status >= 400 && answer.status <= 405);
                continue;
            }
            cJSON *json = answer_json(&answer);
            const cJSON *echo = cJSON_GetObjectItemCaseSensitive(json, "res");
            assert_string_equal(json_text(echo, "path"), built_in[j].path);
            assert_null(cJSON_GetObjectItem(cJSON_GetObjectItemCaseSensitive(echo, "headers"), "X-Evil"));
            cJSON_Delete(json);
        }
        process_wait_for_count(&scene->backend, "INFO:", 2);
        assert_int_equal(process_count_lines(&scene->backend, "INFO:"), 2);
        scene_stop(scene);
    }
}

/* ---- the admin's pages ---- */

static void no_spelling_of_another_path_reaches_an_admin_page(void **state)
{
    static const char *const targets[] = { "/x/../metrics", "/./metrics", "//metrics",   "/metrics/",    "/%6detrics",
                                           "/metrics%00",   "/metrics;a", "/metrics%2f", "/%2e/metrics", "/METRICS" };
    struct scene *scene = *state;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));

    for (size_t i = 0; i < array_length(targets); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        client_fetch(scene->admin_port, targets[i], &answer);

        assert_case(targets[i], answer.status == 404);
    }
}

/* ---- refused requests ---- */

#define GET_HEAD "GET /task HTTP/1.1\r\nHost: a\r\n"
#define POST_HEAD "POST /task HTTP/1.1\r\nHost: a\r\n"
#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

static const struct {
    const char *name;
    struct str request;
    int status;
} refused[] = {
    { "two lengths", STR_STATIC(POST_HEAD "Content-Length: 2\r\nContent-Length: 36\r\n\r\n{}" SMUGGLED), 400 },
    { "a length and chunks",
      STR_STATIC(POST_HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED), 400 },
    { "a folded length", STR_STATIC(POST_HEAD "Content-Length: 36\r\n x\r\n\r\n" SMUGGLED), 400 },
    { "a header without a name", STR_STATIC(POST_HEAD ": x\r\nContent-Length: 36\r\n\r\n" SMUGGLED), 400 },
    { "a NUL in a value", STR_STATIC(GET_HEAD "X: a\0b\r\n\r\n" SMUGGLED), 400 },
    { "a bare line feed", STR_STATIC(GET_HEAD "X: a\n\r\n" SMUGGLED), 400 },
    { "a blank in the target", STR_STATIC("GET /task b HTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED), 400 },
    { "no host", STR_STATIC("GET /task HTTP/1.1\r\n\r\n" SMUGGLED), 400 },
    { "another server's target", STR_STATIC("GET http://b/task HTTP/1.1\r\nHost: b\r\n\r\n" SMUGGLED), 421 },
    { "another expectation", STR_STATIC(GET_HEAD "Expect: x\r\n\r\n" SMUGGLED), 417 },
    { "CONNECT", STR_STATIC("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n" SMUGGLED), 501 },
    { "a body too long that waits to be asked for",
      STR_STATIC(POST_HEAD "Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n"), 413 },
    { "a bad chunk", STR_STATIC(POST_HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\n" SMUGGLED), 400 },
    { "a chunk too long", STR_STATIC(POST_HEAD "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n" SMUGGLED),
      413 },
};

static void no_backend_hears_of_a_refused_request_in_any_mode(void **state)
{
    static const char *const modes[] = { "sync", "threads", "async", "mixed", "wire" };
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(modes); i++) {
        char option[32];
        (void)snprintf(option, sizeof option, "--mode=%s", modes[i]);
        scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS(option));
        for (size_t j = 0; j < array_length(refused); j++) {
            struct client client;
            cleanup_answer struct answer answer = ANSWER_NONE;
            cleanup_answer struct answer nothing = ANSWER_NONE;
            client_open(&client, scene->gateway_port);
            client_send_bytes(&client, refused[j].request.base, refused[j].request.length);
            client_read(&client, &answer);
            client_read(&client, &nothing);
            assert_case(refused[j].name, answer.status == refused[j].status && answer_says_close(&answer));
            assert_case(refused[j].name, nothing.status == 0);
            client_close(&client);
        }
        cleanup_answer struct answer last = ANSWER_NONE;
        client_fetch(scene->gateway_port, "/last", &last);
        (void)process_wait_for(&scene->backend, "\"GET /last HTTP/1.1\" 200 OK");
        assert_int_equal(process_count_lines(&scene->backend, "INFO:"), 1);
        scene_stop(scene);
    }
}

/* ---- absolute targets ---- */

static void an_absolute_target_is_routed_by_its_path_and_logged_as_it_came(void **state)
{
    struct scene *scene = *state;
    struct client client;
    char request[256];
    char line[256];
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));
    unsigned port = scene->gateway_port;
    client_open(&client, scene->gateway_port);

    (void)snprintf(request, sizeof request, "GET http://127.0.0.1:%u/task1?a=b HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
                   port, port);
    client_send(&client, request);
    client_read(&client, &answer);

    assert_int_equal(answer.status, 200);
    assert_text(answer_body(&answer), "{\"res\":{\"message\":\"success\"}}");
    (void)snprintf(line, sizeof line, "\"GET http://127.0.0.1:%u/task1?a=b HTTP/1.1\" 200 OK", port);
    (void)process_wait_for(&scene->gateway, "Received task1 Request!!");
    (void)process_wait_for(&scene->gateway, line);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(encoded_bytes_stay_values_in_every_mode),
        scene_test(encoded_bytes_do_not_change_a_built_in_call),
        scene_test(no_spelling_of_another_path_reaches_an_admin_page),
        scene_test(no_backend_hears_of_a_refused_request_in_any_mode),
        scene_test(an_absolute_target_is_routed_by_its_path_and_logged_as_it_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
