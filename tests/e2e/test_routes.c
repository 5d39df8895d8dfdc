/* SPDX-License-Identifier: MIT */
/*
 * The routes that are there without a configuration: status, body and limits.
 */
#include "tests/support/scene.h"
#include "tests/support/unit.h"

#define SUCCESS "{\"message\":\"success\"}"

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
    assert_matches(answer_header(answer, "Server-Timing"),
                   "total;dur=[0-9]+\\.[0-9]{3}, gateway;dur=[0-9]+\\.[0-9]{3}$");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(each_route_answers_as_the_contract_says),
        scene_test(a_method_that_a_route_does_not_know_is_told_which_it_knows),
        scene_test(a_fan_out_of_256_calls_is_answered_in_order),
        scene_test(a_body_over_the_limit_is_refused_before_it_is_read),
        scene_test(a_head_over_the_limit_is_refused_and_the_gateway_goes_on),
        scene_test(a_large_answer_and_the_headers_of_a_large_fan_out_fit_on_one_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
