/* SPDX-License-Identifier: MIT */
/*
 * The routes that are there without a configuration, and the headers in both directions.
 */
#include <regex.h>

#include "tests/support/scene.h"
#include "tests/support/unit.h"

#define SUCCESS "{\"message\":\"success\"}"

static void assert_matches(struct str text, const char *expression)
{
    cleanup_free char *copy = strndup(text.base != NULL ? text.base : "", text.length);
    regex_t compiled;

    assert_int_equal(regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB), 0);
    int result = regexec(&compiled, copy, 0, NULL, 0);
    regfree(&compiled);
    if (result != 0) {
        fail_msg("\"%s\" is not of the form %s", copy, expression);
    }
}

/* ---- answers ---- */

struct route_case {
    const char *name;
    const char *method;
    const char *target;
    const char *body; /* NULL: none */
    int status;
    const char *answer; /* NULL: a problem document, or not looked at */
};

static const struct route_case route_cases[] = {
    { "hello", "GET", "/hello", NULL, 200, "Hello world" },
    { "hello with a query", "GET", "/hello?x", NULL, 200, "Hello world" },
    { "a task", "GET", "/task1", NULL, 200, "{\"res\":" SUCCESS "}" },
    { "another task", "GET", "/a.b_c-9", NULL, 200, "{\"res\":" SUCCESS "}" },
    { "the query goes along", "GET", "/task1?bytes=1", NULL, 200, "{\"res\":0}" },
    { "fan-out by number", "GET", "/fanout?n=2", NULL, 200, "{\"task1\":" SUCCESS ",\"task2\":" SUCCESS "}" },
    { "fan-out by names", "GET", "/fanout?tasks=b,a", NULL, 200, "{\"b\":" SUCCESS ",\"a\":" SUCCESS "}" },
    { "other parameters go to every call", "GET", "/fanout?n=2&bytes=1", NULL, 200, "{\"task1\":0,\"task2\":0}" },
    { "fan-out by a body", "POST", "/fanout", "{\"tasks\":[{\"name\":\"a\",\"path\":\"/x?bytes=1\"}]}", 200,
      "{\"a\":0}" },
    { "HEAD has no body", "HEAD", "/task1", NULL, 200, "" },
    { "no route", "GET", "/a/b", NULL, 404, NULL },
    { "the root", "GET", "/", NULL, 404, NULL },
    { "method of a task", "POST", "/task1", "{}", 405, NULL },
    { "method of fan-out", "PUT", "/fanout", "{}", 405, NULL },
    { "no number", "GET", "/fanout", NULL, 400, NULL },
    { "number 0", "GET", "/fanout?n=0", NULL, 400, NULL },
    { "over the limit", "GET", "/fanout?n=257", NULL, 400, NULL },
    { "not a number", "GET", "/fanout?n=x", NULL, 400, NULL },
    { "both ways", "GET", "/fanout?n=1&tasks=a", NULL, 400, NULL },
    { "a name twice", "GET", "/fanout?tasks=a,a", NULL, 400, NULL },
    { "a name with an underscore in front", "GET", "/fanout?tasks=_errors", NULL, 400, NULL },
    { "a name that is none", "GET", "/fanout?tasks=a,,b", NULL, 400, NULL },
    { "a name with a slash", "GET", "/fanout?tasks=a%2Fb", NULL, 400, NULL },
    { "a path of dots", "GET", "/..", NULL, 400, NULL },
    { "an escaped path of dots", "GET", "/%2e%2e", NULL, 400, NULL },
    { "an escaped NUL", "GET", "/task%001", NULL, 400, NULL },
    { "an escaped line break", "GET", "/task%0d%0aX:1", NULL, 400, NULL },
    { "an escaped slash", "GET", "/a%2fb", NULL, 400, NULL },
    { "a body that is not JSON", "POST", "/fanout", "{", 400, NULL },
    { "a body without tasks", "POST", "/fanout", "{}", 400, NULL },
    { "an empty body", "POST", "/fanout", "", 400, NULL },
    { "an absolute URL as path", "POST", "/fanout", "{\"tasks\":[{\"name\":\"a\",\"path\":\"http://b/\"}]}", 400,
      NULL },
    { "a line break in a path", "POST", "/fanout", "{\"tasks\":[{\"name\":\"a\",\"path\":\"/a\\r\\nX: 1\"}]}", 400,
      NULL },
};

static void check_answer(const struct route_case *route, const struct answer *answer)
{
    if (answer->status != route->status) {
        fail_msg("case \"%s\": %d %.*s", route->name, answer->status, STR_ARGUMENTS(answer_body(answer)));
    }
    if (route->answer != NULL) {
        assert_text(answer_body(answer), route->answer);
    } else {
        assert_problem(answer, route->status, "");
    }
}

static void check_headers_of_every_answer(const struct answer *answer)
{
    assert_matches(answer_header(answer, "Server-Timing"), "total;dur=[0-9]+\\.[0-9], gateway;dur=[0-9]+\\.[0-9]$");
    assert_text(answer_header(answer, "Fanlight-Complete"), "true");
    assert_text(answer_header(answer, "Fanlight-Mode"), "async");
    assert_matches(answer_header(answer, "X-Request-Id"), "^[0-9a-f]{32}$");
    assert_null(answer_header(answer, "Proxy-Status").base);
    assert_int_equal(answer_count_headers(answer, "Content-Length"), 1);
}

static void each_route_answers_as_the_contract_says(void **state)
{
    struct scene *scene = *state;
    struct client client;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));
    client_open(&client, scene->gateway_port); /* one for all: none of these answers ends the connection */

    for (size_t i = 0; i < array_length(route_cases); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        client_request(&client, route_cases[i].method, route_cases[i].target, "", route_cases[i].body);
        client_read(&client, &answer);

        check_answer(&route_cases[i], &answer);
        check_headers_of_every_answer(&answer);
    }
    client_close(&client);
}

static void a_method_that_a_route_does_not_know_is_told_which_it_knows(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *method;
        const char *target;
        int status;
        const char *allow;
    } cases[] = {
        { "DELETE", "/task1", 405, "GET, HEAD, OPTIONS" },
        { "DELETE", "/fanout", 405, "GET, HEAD, POST, OPTIONS" },
        { "OPTIONS", "/task1", 204, "GET, HEAD, OPTIONS" },
        { "OPTIONS", "/fanout", 204, "GET, HEAD, POST, OPTIONS" },
    };
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));

    for (size_t i = 0; i < array_length(cases); i++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_open(&client, scene->gateway_port);

        client_request(&client, cases[i].method, cases[i].target, "", NULL);
        client_read(&client, &answer);

        assert_int_equal(answer.status, cases[i].status);
        assert_text(answer_header(&answer, "Allow"), cases[i].allow);
        client_close(&client);
    }
}

static void a_fan_out_of_256_calls_is_answered_in_order(void **state)
{
    struct scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=uniform(1ms,50ms)"), OPTIONS("--mode=async"));

    client_fetch(scene->gateway_port, "/fanout?n=256&bytes=1", &answer);

    assert_int_equal(answer.status, 200);
    cJSON *json = answer_json(&answer);
    int number = 0;
    for (const cJSON *member = json->child; member != NULL; member = member->next) {
        char name[16];
        (void)snprintf(name, sizeof name, "task%d", ++number);
        assert_string_equal(member->string, name);
    }
    assert_int_equal(number, 256);
    assert_matches(answer_header(&answer, "Server-Timing"), "more;desc=\"224\"$");
    assert_true(answer.head.length < 4096 + 256);
    cJSON_Delete(json);
}

/* ---- limits ---- */

static void a_body_over_the_limit_is_refused_before_it_is_read(void **state)
{
    struct scene *scene = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));
    client_open(&client, scene->gateway_port);

    client_send(&client, "POST /fanout HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n");
    client_read(&client, &answer);

    assert_problem(&answer, 413, "");
    assert_true(answer_says_close(&answer));
    assert_true(client_sees_end(&client, 5000));
    client_close(&client);
}

static void a_head_over_the_limit_is_refused_and_the_gateway_goes_on(void **state)
{
    struct scene *scene = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    cleanup_answer struct answer hello = ANSWER_NONE;
    cleanup_buf struct buf head;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));
    buf_init(&head, 1024 * 1024);
    (void)buf_add_text(&head, "GET /hello HTTP/1.1\r\nHost: a\r\nX-Long: ");
    for (int i = 0; i < 40000; i++) {
        (void)buf_add_byte(&head, 'x');
    }
    (void)buf_add_text(&head, "\r\n\r\n");
    client_open(&client, scene->gateway_port);

    client_send_bytes(&client, head.base, head.length);
    client_read(&client, &answer);
    client_fetch(scene->gateway_port, "/hello", &hello);

    assert_int_equal(answer.status, 431);
    assert_int_equal(hello.status, 200);
    client_close(&client);
}

static void a_large_answer_and_the_headers_of_a_large_fan_out_fit_on_one_connection(void **state)
{
    struct scene *scene = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));
    client_open(&client, scene->gateway_port);

    client_get(&client, "/fanout?n=7&bytes=1048576");
    client_read(&client, &answer);
    bool is_complete = answer.is_complete;
    size_t length = answer.body.length;
    client_get(&client, "/fanout?n=9&bytes=1048576");
    client_read(&client, &answer);

    assert_true(is_complete);
    assert_true(length > 7 * 1048576);
    assert_problem(&answer, 502, "http_response_body_size"); /* together over 8 MiB */
    client_close(&client);
}

/* ---- headers to the client ---- */

static void server_timing_names_each_call(void **state)
{
    struct scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=50ms"), OPTIONS("--mode=async"));

    client_fetch(scene->gateway_port, "/fanout?tasks=b,a", &answer);

    assert_matches(
        answer_header(&answer, "Server-Timing"),
        "^b;dur=[0-9]+\\.[0-9], a;dur=[0-9]+\\.[0-9], total;dur=[0-9]+\\.[0-9], gateway;dur=[0-9]+\\.[0-9]$");
}

static void a_request_id_of_the_client_is_kept_if_it_is_harmless(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *fields;
        const char *expression;
    } cases[] = {
        { "X-Request-Id: my-id_1.A\r\n", "^my-id_1\\.A$" },
        { "X-Request-Id: two words\r\n", "^[0-9a-f]{32}$" },
        { "X-Request-Id: <script>\r\n", "^[0-9a-f]{32}$" },
        { "", "^[0-9a-f]{32}$" },
    };
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));

    for (size_t i = 0; i < array_length(cases); i++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_open(&client, scene->gateway_port);

        client_request(&client, "GET", "/task1", cases[i].fields, NULL);
        client_read(&client, &answer);

        assert_matches(answer_header(&answer, "X-Request-Id"), cases[i].expression);
        client_close(&client);
    }
}

/* ---- headers to the backend ---- */

/* The headers that the backend saw, as one JSON object; to be freed. */
static cJSON *echoed_headers(const struct scene *scene, const char *fields)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_open(&client, scene->gateway_port);
    client_request(&client, "GET", "/task1?echo=1&x=%20y", fields, NULL);
    client_read(&client, &answer);
    client_close(&client);
    cJSON *json = answer_json(&answer);
    const cJSON *echo = cJSON_GetObjectItemCaseSensitive(json, "res");
    assert_string_equal(json_text(echo, "method"), "GET");
    assert_string_equal(json_text(echo, "path"), "/task1?echo=1&x=%20y");
    assert_string_equal(json_text(echo, "body"), "");
    cJSON *headers = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(echo, "headers"), 1);
    cJSON_Delete(json);
    return headers;
}

static void assert_header_matches(const cJSON *headers, const char *name, const char *expression)
{
    assert_matches(str_of(json_text(headers, name)), expression);
}

static void a_call_has_these_headers_and_nothing_of_the_client(void **state)
{
    struct scene *scene = *state;
    char host[32];
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async", "--deadline=2s"));
    (void)snprintf(host, sizeof host, "^127\\.0\\.0\\.1:%u$", (unsigned)scene->backend_port);

    cJSON *headers = echoed_headers(scene, "Cookie: secret\r\nAuthorization: secret\r\nUser-Agent: me\r\n"
                                           "Connection: X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nExpect-Not: 1\r\n"
                                           "X-Request-Id: my-id\r\n");

    assert_header_matches(headers, "Host", host);
    assert_header_matches(headers, "Accept", "^application/json$");
    assert_header_matches(headers, "Accept-Encoding", "^identity$");
    assert_header_matches(headers, "Via", "^1\\.1 fanlight$");
    assert_header_matches(headers, "X-Request-Id", "^my-id$");
    assert_header_matches(headers, "traceparent", "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$");
    assert_header_matches(headers, "Fanlight-Deadline-Ms", "^(1[0-9]{3}|2000)$");
    assert_int_equal(cJSON_GetArraySize(headers), 7);
    cJSON_Delete(headers);
}

static void a_trace_goes_on_with_a_span_of_its_own_per_call(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));

    cJSON *headers = echoed_headers(scene, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
                                           "tracestate: a=1,b=2\r\n");
    cJSON *others = echoed_headers(scene, "traceparent: 00-zzz\r\ntracestate: a=1\r\n");

    assert_header_matches(headers, "traceparent", "^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$");
    assert_null(strstr(json_text(headers, "traceparent"), "b7ad6b7169203331"));
    assert_header_matches(headers, "tracestate", "^a=1,b=2$");
    assert_header_matches(others, "traceparent", "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$");
    assert_null(cJSON_GetObjectItemCaseSensitive(others, "tracestate"));
    cJSON_Delete(headers);
    cJSON_Delete(others);
}

static long deadline_ms(const cJSON *headers)
{
    return strtol(json_text(headers, "Fanlight-Deadline-Ms"), NULL, 10);
}

static void what_is_left_of_the_deadline_goes_along_and_a_client_may_only_shorten_it(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=sync", "--deadline=5s"));

    cJSON *own = echoed_headers(scene, "");
    cJSON *shorter = echoed_headers(scene, "Fanlight-Deadline-Ms: 3000\r\n");
    cJSON *longer = echoed_headers(scene, "Fanlight-Deadline-Ms: 99000\r\n");
    cJSON *nonsense = echoed_headers(scene, "Fanlight-Deadline-Ms: -1\r\n");

    assert_in_range(deadline_ms(own), 4000, 5000);
    assert_in_range(deadline_ms(shorter), 2000, 3000);
    assert_in_range(deadline_ms(longer), 4000, 5000);
    assert_in_range(deadline_ms(nonsense), 4000, 5000);
    cJSON_Delete(own);
    cJSON_Delete(shorter);
    cJSON_Delete(longer);
    cJSON_Delete(nonsense);
}

static void the_deadline_shrinks_from_call_to_call_of_a_blocking_fan_out(void **state)
{
    struct scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=300ms"), OPTIONS("--mode=sync", "--deadline=5s"));

    client_fetch(scene->gateway_port, "/fanout?n=2&echo=1", &answer);

    cJSON *json = answer_json(&answer);
    const cJSON *first = cJSON_GetObjectItemCaseSensitive(json, "task1");
    const cJSON *second = cJSON_GetObjectItemCaseSensitive(json, "task2");
    long first_ms = deadline_ms(cJSON_GetObjectItemCaseSensitive(first, "headers"));
    long second_ms = deadline_ms(cJSON_GetObjectItemCaseSensitive(second, "headers"));
    assert_true(second_ms <= first_ms - 270);
    cJSON_Delete(json);
}

static void a_deadline_that_the_client_shortened_ends_the_request(void **state)
{
    struct scene *scene = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=10s"), OPTIONS("--mode=async"));
    client_open(&client, scene->gateway_port);

    client_request(&client, "GET", "/task1", "Fanlight-Deadline-Ms: 300\r\n", NULL);
    client_read(&client, &answer);

    assert_problem(&answer, 504, "http_response_timeout");
    assert_took(answer.elapsed_ms, 300);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(each_route_answers_as_the_contract_says),
        scene_test(a_method_that_a_route_does_not_know_is_told_which_it_knows),
        scene_test(a_fan_out_of_256_calls_is_answered_in_order),
        scene_test(a_body_over_the_limit_is_refused_before_it_is_read),
        scene_test(a_head_over_the_limit_is_refused_and_the_gateway_goes_on),
        scene_test(a_large_answer_and_the_headers_of_a_large_fan_out_fit_on_one_connection),
        scene_test(server_timing_names_each_call),
        scene_test(a_request_id_of_the_client_is_kept_if_it_is_harmless),
        scene_test(a_call_has_these_headers_and_nothing_of_the_client),
        scene_test(a_trace_goes_on_with_a_span_of_its_own_per_call),
        scene_test(what_is_left_of_the_deadline_goes_along_and_a_client_may_only_shorten_it),
        scene_test(the_deadline_shrinks_from_call_to_call_of_a_blocking_fan_out),
        scene_test(a_deadline_that_the_client_shortened_ends_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
