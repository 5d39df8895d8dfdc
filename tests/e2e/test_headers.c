/* SPDX-License-Identifier: MIT */
/*
 * The headers of an answer, and those of a call.
 */
#include "tests/support/scene.h"
#include "tests/support/unit.h"

/* ---- headers to the client ---- */

static void server_timing_names_each_call(void **state)
{
    struct scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=50ms"), OPTIONS("--mode=async"));

    client_fetch(scene->gateway_port, "/fanout?tasks=b,a", &answer);

    assert_matches(answer_header(&answer, "Server-Timing"),
                   "^b;dur=[0-9]+\\.[0-9]{3}, a;dur=[0-9]+\\.[0-9]{3}, total;dur=[0-9]+\\.[0-9]{3}, "
                   "gateway;dur=[0-9]+\\.[0-9]{3}$");
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
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async", "--deadline=9s"));
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
    assert_header_matches(headers, "Fanlight-Deadline-Ms", "^([1-8][0-9]{3}|9000)$");
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

    assert_in_range(deadline_ms(own), 3001, 5000);
    assert_in_range(deadline_ms(shorter), 1000, 3000);
    assert_in_range(deadline_ms(longer), 3001, 5000);
    assert_in_range(deadline_ms(nonsense), 3001, 5000);
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
