/* SPDX-License-Identifier: MIT */
/*
 * The exact form of every line on standard output, as text and as JSON.
 */
#include "tests/support/gate.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

#define STAMP "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} - "

static const char *next_line(struct process *process)
{
    return process_line(process, TEST_PATIENCE_MS);
}

/* That the next line is of this form. */
static void assert_line(struct process *process, const char *expression)
{
    const char *line = next_line(process);

    assert_non_null(line);
    assert_matches(str_of(line), expression);
}

/* That the next line is the last one of a request by this client, and ends like that. */
static void assert_last_line(struct process *process, const struct client *client, const char *end)
{
    char expression[256];

    (void)snprintf(expression, sizeof expression, "^INFO:     127\\.0\\.0\\.1:%u%s$", (unsigned)client->local_port,
                   end);
    assert_line(process, expression);
}

/* ---- text ---- */

static void text_lines_of_the_start_say_where_it_listens_last(void **state)
{
    struct scene *scene = *state;
    scene->backend_port = 9;

    process_start(&scene->gateway, "gateway", OPTIONS("--listen=127.0.0.1:0", "--admin=127.0.0.1:0"));
    process_start(&scene->backend, "backend", OPTIONS("--listen=127.0.0.1:0"));

    assert_line(&scene->gateway, "^" STAMP "[0-9]+ descriptors allow [0-9]+ connections$");
    assert_line(&scene->gateway, "^" STAMP "admin on 127\\.0\\.0\\.1:[0-9]+$");
    assert_line(&scene->gateway, "^" STAMP "listening on 127\\.0\\.0\\.1:[0-9]+$");
    assert_line(&scene->backend, "^" STAMP "[0-9]+ descriptors allow [0-9]+ connections$");
    assert_line(&scene->backend, "^" STAMP "listening on 127\\.0\\.0\\.1:[0-9]+$");
}

static const struct {
    const char *name;
    const char *request;
    const char *received;
    const char *send;
    const char *done; /* behind the client's address */
} text_cases[] = {
    { "a task", "GET /task1 HTTP/1.1\r\nHost: a\r\n\r\n", "Received task1 Request!!", "Send task1 response",
      " - \"GET /task1 HTTP/1\\.1\" 200 OK" },
    { "the query stands in the last line only", "GET /task2?x=1 HTTP/1.1\r\nHost: a\r\n\r\n",
      "Received task2 Request!!", "Send task2 response", " - \"GET /task2\\?x=1 HTTP/1\\.1\" 200 OK" },
    { "hello", "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "Received hello Request!!", "Send hello response",
      " - \"GET /hello HTTP/1\\.1\" 200 OK" },
    { "fan-out", "GET /fanout?n=2 HTTP/1.1\r\nHost: a\r\n\r\n", "Received fanout Request!!", "Send fanout response",
      " - \"GET /fanout\\?n=2 HTTP/1\\.1\" 200 OK" },
    { "no such route", "GET /dashboard/7 HTTP/1.1\r\nHost: a\r\n\r\n", "Received dashboard/7 Request!!",
      "Send dashboard/7 response", " - \"GET /dashboard/7 HTTP/1\\.1\" 404 Not Found" },
    { "no such method", "DELETE /task1 HTTP/1.1\r\nHost: a\r\n\r\n", "Received task1 Request!!", "Send task1 response",
      " - \"DELETE /task1 HTTP/1\\.1\" 405 Method Not Allowed" },
    { "a failed call", "GET /task1?status=500 HTTP/1.1\r\nHost: a\r\n\r\n", "Received task1 Request!!",
      "Send task1 response", " - \"GET /task1\\?status=500 HTTP/1\\.1\" 502 Bad Gateway" },
    { "quotes and backslashes are escaped", "GET /a\"\\b HTTP/1.1\r\nHost: a\r\n\r\n",
      "Received a\\\\x22\\\\x5[cC]b Request!!", "Send a\\\\x22\\\\x5[cC]b response",
      " - \"GET /a\\\\x22\\\\x5[cC]b HTTP/1\\.1\" 400 Bad Request" },
    { "what is percent-encoded stays so", "GET /a%0d%0aINFO HTTP/1.1\r\nHost: a\r\n\r\n",
      "Received a%0d%0aINFO Request!!", "Send a%0d%0aINFO response",
      " - \"GET /a%0d%0aINFO HTTP/1\\.1\" 400 Bad Request" },
    { "a refused head", "GET /task1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "Received task1 Request!!",
      "Send task1 response", " - \"GET /task1 HTTP/1\\.1\" 400 Bad Request" },
};

static void text_lines_of_a_request_are_received_send_and_the_last(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));

    for (size_t i = 0; i < array_length(text_cases); i++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        char expression[256];
        client_open(&client, scene->gateway_port);

        client_send(&client, text_cases[i].request);
        client_read(&client, &answer);

        (void)snprintf(expression, sizeof expression, "^" STAMP "%s$", text_cases[i].received);
        assert_line(&scene->gateway, expression);
        (void)snprintf(expression, sizeof expression, "^" STAMP "%s$", text_cases[i].send);
        assert_line(&scene->gateway, expression);
        assert_last_line(&scene->gateway, &client, text_cases[i].done);
        client_close(&client);
    }
}

static void text_lines_of_the_backend_have_the_same_form(void **state)
{
    struct scene *scene = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start_backend(scene, OPTIONS("--delay=0ms"));
    client_open(&client, scene->backend_port);

    client_get(&client, "/hello");
    client_read(&client, &answer);
    client_get(&client, "/task1?status=503");
    client_read(&client, &answer);

    assert_line(&scene->backend, "^" STAMP "Received task1 Request!!$");
    assert_line(&scene->backend, "^" STAMP "Send task1 response$");
    assert_last_line(&scene->backend, &client, " - \"GET /task1\\?status=503 HTTP/1\\.1\" 503 Service Unavailable");
    client_close(&client);
}

static void text_lines_of_the_end_say_that_it_drained(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));

    assert_int_equal(process_stop(&scene->gateway), 0);

    assert_line(&scene->gateway, "^" STAMP "draining$");
    assert_line(&scene->gateway, "^" STAMP "drained$");
    assert_null(next_line(&scene->gateway));
}

static void request_lines_are_info_and_the_ready_line_is_always_there(void **state)
{
    struct scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=0ms", "--log-level=warn"), OPTIONS("--log-level=error"));

    client_fetch(scene->gateway_port, "/task1", &answer);
    assert_int_equal(process_stop(&scene->gateway), 0);
    assert_int_equal(process_stop(&scene->backend), 0);

    assert_int_equal(answer.status, 200);
    assert_null(next_line(&scene->gateway));
    assert_null(next_line(&scene->backend));
}

/* ---- JSON ---- */

static const char *const received_members[] = { "ts",    "event",  "request_id", "worker", "mode",
                                                "route", "method", "target",     "client", NULL };
static const char *const send_members[] = { "ts",     "event",  "request_id", "worker", "mode", "route",
                                            "method", "target", "client",     "status", NULL };
static const char *const done_members[] = { "ts",     "event",  "request_id",    "worker", "mode",     "route",
                                            "method", "target", "client",        "status", "total_us", "queue_us",
                                            "own_us", "calls",  "critical_path", NULL };
static const char *const call_members[] = { "name",         "backend", "server",        "status",    "error",
                                            "attempts",     "reused",  "bytes",         "queued_us", "started_us",
                                            "connected_us", "sent_us", "first_byte_us", "done_us",   NULL };

static void assert_members(const cJSON *object, const char *const *names)
{
    for (const cJSON *member = object->child; member != NULL; member = member->next) {
        assert_non_null(*names);
        assert_string_equal(member->string, *names);
        names++;
    }
    assert_null(*names);
}

/* The next line, which must be exactly one JSON object; to be freed. */
static cJSON *next_object(struct process *process)
{
    const char *line = next_line(process);

    assert_non_null(line);
    cJSON *object = cJSON_ParseWithOpts(line, NULL, 1);
    if (object == NULL) {
        fail_msg("not a JSON object: %s", line);
    }
    assert_matches(str_of(json_text(object, "ts")),
                   "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}\\+00:00$");
    return object;
}

static double number_of(const cJSON *object, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    assert_true(cJSON_IsNumber(member));
    return member->valuedouble;
}

static void assert_request(const cJSON *object, const char *event, const char *target)
{
    assert_string_equal(json_text(object, "event"), event);
    assert_string_equal(json_text(object, "request_id"), "my-id.1");
    assert_true(number_of(object, "worker") == 0);
    assert_string_equal(json_text(object, "mode"), "async");
    assert_string_equal(json_text(object, "route"), "/{task}");
    assert_string_equal(json_text(object, "method"), "GET");
    assert_string_equal(json_text(object, "target"), target);
    assert_matches(str_of(json_text(object, "client")), "^127\\.0\\.0\\.1:[0-9]+$");
}

static void start_with_json_log(struct scene *scene)
{
    scene_start(scene, OPTIONS("--delay=100ms", "--log-format=json"), OPTIONS("--mode=async", "--log-format=json"));
}

static void fetch_with_id(struct client *client, const char *target)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_request(client, "GET", target, "X-Request-Id: my-id.1\r\n", NULL);
    client_read(client, &answer);
    assert_int_equal(answer.status, 200);
}

static void json_lines_have_the_members_of_the_contract_in_its_order(void **state)
{
    struct scene *scene = *state;
    struct client client;
    start_with_json_log(scene);
    client_open(&client, scene->gateway_port);

    fetch_with_id(&client, "/task1?a=%22");

    cJSON *received = next_object(&scene->gateway);
    assert_members(received, received_members);
    assert_request(received, "received", "/task1?a=%22");
    cJSON *sent = next_object(&scene->gateway);
    assert_members(sent, send_members);
    assert_request(sent, "send", "/task1?a=%22");
    assert_true(number_of(sent, "status") == 200);
    cJSON *done = next_object(&scene->gateway);
    assert_members(done, done_members);
    assert_request(done, "done", "/task1?a=%22");
    assert_true(number_of(done, "status") == 200);
    const cJSON *calls = cJSON_GetObjectItemCaseSensitive(done, "calls");
    assert_int_equal(cJSON_GetArraySize(calls), 1);
    assert_members(cJSON_GetArrayItem(calls, 0), call_members);
    cJSON_Delete(received);
    cJSON_Delete(sent);
    cJSON_Delete(done);
    client_close(&client);
}

static cJSON *done_event(struct process *process)
{
    cJSON *object = next_object(process);

    while (strcmp(json_text(object, "event"), "done") != 0) {
        cJSON_Delete(object);
        object = next_object(process);
    }
    return object;
}

static void json_account_tells_where_the_time_went(void **state)
{
    struct scene *scene = *state;
    struct client client;
    char server[32];
    start_with_json_log(scene);
    (void)snprintf(server, sizeof server, "127.0.0.1:%u", (unsigned)scene->backend_port);
    client_open(&client, scene->gateway_port);

    fetch_with_id(&client, "/task1");

    cJSON *done = done_event(&scene->gateway);
    const cJSON *call = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(done, "calls"), 0);
    assert_string_equal(json_text(call, "name"), "task1");
    assert_string_equal(json_text(call, "server"), server);
    assert_true(number_of(call, "status") == 200);
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(call, "error")));
    assert_true(number_of(call, "attempts") == 1);
    assert_true(number_of(call, "bytes") == 21);
    assert_true(number_of(call, "queued_us") <= number_of(call, "started_us"));
    assert_true(number_of(call, "started_us") <= number_of(call, "connected_us"));
    assert_true(number_of(call, "connected_us") <= number_of(call, "sent_us"));
    assert_true(number_of(call, "sent_us") + 90000 <= number_of(call, "first_byte_us"));
    assert_true(number_of(call, "first_byte_us") <= number_of(call, "done_us"));
    assert_true(number_of(call, "done_us") <= number_of(done, "total_us"));
    assert_true(number_of(done, "own_us") + number_of(done, "queue_us") < number_of(done, "total_us"));
    cJSON_Delete(done);
    client_close(&client);
}

static void json_account_of_a_reused_connection_has_no_connect(void **state)
{
    struct scene *scene = *state;
    struct client client;
    start_with_json_log(scene);
    client_open(&client, scene->gateway_port);

    fetch_with_id(&client, "/task1");
    fetch_with_id(&client, "/task2");

    cJSON *first = done_event(&scene->gateway);
    cJSON *second = done_event(&scene->gateway);
    const cJSON *first_call = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(first, "calls"), 0);
    const cJSON *second_call = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(second, "calls"), 0);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(first_call, "reused")));
    assert_true(cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(first_call, "connected_us")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(second_call, "reused")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(second_call, "connected_us")));
    cJSON_Delete(first);
    cJSON_Delete(second);
    client_close(&client);
}

static void json_lines_stay_one_event_a_line_whatever_bytes_come(void **state)
{
    struct scene *scene = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    start_with_json_log(scene);
    client_open(&client, scene->gateway_port);

    client_send(&client, "GET /a\"b\\c?x=\",\"event\":\"x HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\"b\r\n\r\n");
    client_read(&client, &answer);

    assert_int_equal(answer.status, 400);
    for (int i = 0; i < 3; i++) {
        cJSON *object = next_object(&scene->gateway);
        assert_string_equal(json_text(object, "target"), "/a\"b\\c?x=\",\"event\":\"x");
        assert_matches(str_of(json_text(object, "request_id")), "^[0-9a-f]{32}$");
        cJSON_Delete(object);
    }
    client_close(&client);
}

static void json_log_of_the_backend_carries_the_id_of_the_client_that_asked_the_gateway(void **state)
{
    struct scene *scene = *state;
    struct client client;
    start_with_json_log(scene);
    client_open(&client, scene->gateway_port);

    fetch_with_id(&client, "/task1");

    cJSON *done = done_event(&scene->backend);
    assert_string_equal(json_text(done, "request_id"), "my-id.1");
    assert_true(number_of(done, "delay_us") == 100000);
    cJSON_Delete(done);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(text_lines_of_the_start_say_where_it_listens_last),
        scene_test(text_lines_of_a_request_are_received_send_and_the_last),
        scene_test(text_lines_of_the_backend_have_the_same_form),
        scene_test(text_lines_of_the_end_say_that_it_drained),
        scene_test(request_lines_are_info_and_the_ready_line_is_always_there),
        scene_test(json_lines_have_the_members_of_the_contract_in_its_order),
        scene_test(json_account_tells_where_the_time_went),
        scene_test(json_account_of_a_reused_connection_has_no_connect),
        scene_test(json_lines_stay_one_event_a_line_whatever_bytes_come),
        scene_test(json_log_of_the_backend_carries_the_id_of_the_client_that_asked_the_gateway),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
