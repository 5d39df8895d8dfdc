/* SPDX-License-Identifier: MIT */
/*
 * What a client is told when a backend is down or misbehaves: the same in every mode, and the gateway goes on serving.
 */
#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { DEADLINE_MS = 800 };

static const char *const modes[] = { "--mode=sync", "--mode=threads", "--mode=async", "--mode=mixed", "--mode=wire" };

struct fault_case {
    const char *name;
    const char *target;
    int status;
    const char *error;       /* NULL: the answer is good */
    int backend_status;      /* in the account of the call; 0: null */
    unsigned takes_deadline; /* 1: the answer comes at the deadline */
};

static const struct fault_case fault_cases[] = {
    { "reset", "/task1?fault=reset", 502, "connection_terminated", 0, 0 },
    { "close", "/task1?fault=close", 502, "connection_terminated", 0, 0 },
    { "close-mid", "/task1?fault=close-mid", 502, "http_response_incomplete", 200, 0 },
    { "reset-mid", "/task1?fault=reset-mid", 502, "http_response_incomplete", 200, 0 },
    { "garbage", "/task1?fault=garbage", 502, "http_protocol_error", 0, 0 },
    { "bad-json", "/task1?fault=bad-json", 502, "invalid_json", 200, 0 },
    { "stall", "/task1?fault=stall", 504, "http_response_timeout", 200, 1 },
    { "silent", "/task1?fault=silent", 504, "http_response_timeout", 0, 1 },
    { "drip", "/task1?fault=drip", 504, "http_response_timeout", 200, 1 },
    { "slow", "/task1?delay=5s", 504, "http_response_timeout", 0, 1 },
    { "status 500", "/task1?status=500", 502, "http_response_status", 500, 0 },
    { "status 404", "/task1?status=404", 502, "http_response_status", 404, 0 },
    { "no content", "/task1?status=204", 502, "invalid_json", 204, 0 },
    { "empty body", "/task1?bytes=0", 502, "invalid_json", 200, 0 },
    { "redirect", "/task1?status=302", 502, "http_response_status", 302, 0 },
    { "endless", "/task1?fault=endless", 502, "http_response_body_size", 200, 0 },
    { "too long", "/task1?bytes=1048577", 502, "http_response_body_size", 200, 0 },
    { "dup-length", "/task1?fault=dup-length", 502, "http_protocol_error", 200, 0 },
    { "length-and-chunked", "/task1?fault=length-and-chunked", 502, "http_protocol_error", 200, 0 },
    { "short-length", "/task1?fault=short-length", 502, "invalid_json", 200, 0 },
    { "huge-header", "/task1?fault=huge-header", 502, "http_response_header_section_size", 200, 0 },
    { "many-headers", "/task1?fault=many-headers", 502, "http_response_header_section_size", 200, 0 },
    { "extra-bytes", "/task1?fault=extra-bytes", 200, NULL, 200, 0 },
    { "close-next", "/task1?fault=close-next", 200, NULL, 200, 0 },
};

static void check_account_of_the_call(const struct answer *answer, const struct fault_case *fault)
{
    cJSON *problem = answer_json(answer);
    const cJSON *calls = cJSON_GetObjectItemCaseSensitive(problem, "calls");
    const cJSON *call = cJSON_GetArrayItem(calls, 0);
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(call, "status");

    assert_case(fault->name, cJSON_GetArraySize(calls) == 1);
    assert_string_equal(json_text(call, "call"), "task1");
    assert_string_equal(json_text(call, "error"), fault->error);
    assert_case(fault->name, cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(call, "elapsed_ms")));
    assert_case(fault->name, fault->backend_status != 0 || cJSON_IsNull(status));
    assert_case(fault->name, fault->backend_status == 0 || (int)cJSON_GetNumberValue(status) == fault->backend_status);
    cJSON_Delete(problem);
}

/* Errors to clients never show an internal address. */
static void check_secrets(const struct answer *answer, uint16_t backend_port)
{
    char port[16];

    (void)snprintf(port, sizeof port, ":%u", (unsigned)backend_port);
    assert_null(memmem(answer->body.base, answer->body.length, port, strlen(port)));
    assert_null(memmem(answer->body.base, answer->body.length, "127.0.0.1", strlen("127.0.0.1")));
    assert_null(memmem(answer->head.base, answer->head.length, port, strlen(port)));
}

/* With a deadline only where that is what ends the call: eight megabytes may take a slow machine longer. */
static void fetch(const struct scene *scene, const struct fault_case *fault, struct answer *answer)
{
    struct client client;
    char fields[64] = "";

    if (fault->takes_deadline) {
        (void)snprintf(fields, sizeof fields, "Fanlight-Deadline-Ms: %d\r\n", (int)DEADLINE_MS);
    }
    client_open(&client, scene->gateway_port);
    client_request(&client, "GET", fault->target, fields, NULL);
    client_read(&client, answer);
    client_close(&client);
}

static void check_fault(const struct scene *scene, const struct fault_case *fault)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char proxy_status[96];

    fetch(scene, fault, &answer);

    if (answer.status != fault->status) {
        fail_msg("case \"%s\": %d %.*s", fault->name, answer.status, STR_ARGUMENTS(answer_body(&answer)));
    }
    if (fault->error == NULL) {
        assert_text(answer_header(&answer, "Fanlight-Complete"), "true");
        assert_null(answer_header(&answer, "Proxy-Status").base);
        return;
    }
    assert_problem(&answer, fault->status, fault->error);
    check_account_of_the_call(&answer, fault);
    check_secrets(&answer, scene->backend_port);
    (void)snprintf(proxy_status, sizeof proxy_status, "fanlight; error=%s", fault->error);
    assert_case(fault->name, str_starts_with(answer_header(&answer, "Proxy-Status"), str_of(proxy_status)));
    assert_text(answer_header(&answer, "Fanlight-Complete"), "false");
    if (fault->takes_deadline) {
        assert_took(answer.elapsed_ms, DEADLINE_MS);
    }
}

static void every_fault_has_its_cause_in_every_mode_and_the_gateway_goes_on_serving(void **state)
{
    struct scene *scene = *state;
    scene_start_backend(scene, OPTIONS("--delay=0ms"));

    for (size_t i = 0; i < array_length(modes); i++) {
        print_message("%s\n", modes[i]);
        scene_start_gateway(scene, OPTIONS(modes[i], "--deadline=20s"));
        for (size_t j = 0; j < array_length(fault_cases); j++) {
            cleanup_answer struct answer hello = ANSWER_NONE;
            cleanup_answer struct answer task = ANSWER_NONE;

            check_fault(scene, &fault_cases[j]);
            client_fetch(scene->gateway_port, "/hello", &hello);
            client_fetch(scene->gateway_port, "/task1", &task);

            assert_text(answer_body(&hello), "Hello world");
            assert_text(answer_body(&task), "{\"res\":{\"message\":\"success\"}}");
        }
        assert_int_equal(process_stop(&scene->gateway), 0);
        process_clear(&scene->gateway);
    }
}

static void a_backend_that_is_down_is_a_refused_connection_and_is_used_again_once_it_is_up(void **state)
{
    struct scene *scene = *state;
    char listen_option[64];

    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_answer struct answer down = ANSWER_NONE;
        cleanup_answer struct answer up = ANSWER_NONE;
        scene->backend_port = scene_closed_port();
        (void)snprintf(listen_option, sizeof listen_option, "--listen=127.0.0.1:%u", (unsigned)scene->backend_port);
        scene_start_gateway(scene, OPTIONS(modes[i]));

        client_fetch(scene->gateway_port, "/task1", &down);
        scene_start_backend(scene, OPTIONS(listen_option, "--delay=0ms"));
        client_fetch(scene->gateway_port, "/task1", &up);

        assert_problem(&down, 502, "connection_refused");
        assert_int_equal(up.status, 200);
        scene_stop(scene);
    }
}

static void a_backend_that_was_killed_and_restarted_costs_nothing_but_what_was_in_flight(void **state)
{
    struct scene *scene = *state;
    char listen_option[64];

    for (size_t i = 0; i < array_length(modes); i++) {
        struct client client;
        cleanup_answer struct answer lost = ANSWER_NONE;
        cleanup_answer struct answer after = ANSWER_NONE;
        (void)snprintf(listen_option, sizeof listen_option, "--listen=127.0.0.1:%u", (unsigned)scene_closed_port());
        scene_start(scene, OPTIONS(listen_option, "--delay=10s"), OPTIONS(modes[i]));
        client_open(&client, scene->gateway_port);
        client_get(&client, "/task1");
        (void)process_wait_for(&scene->backend, "Received task1 Request!!");

        process_clear(&scene->backend);
        client_read(&client, &lost);
        scene_start_backend(scene, OPTIONS(listen_option, "--delay=0ms"));
        client_fetch(scene->gateway_port, "/task1", &after);

        assert_problem(&lost, 502, "connection_terminated");
        assert_int_equal(after.status, 200);
        client_close(&client);
        scene_stop(scene);
    }
}

static void a_failed_call_ends_a_fan_out_at_once_and_cancels_the_others(void **state)
{
    struct scene *scene = *state;
    static const char *const non_blocking[] = { "--mode=async", "--mode=threads", "--mode=wire" };
    static const char tasks[] = "{\"tasks\":[{\"name\":\"slow\",\"path\":\"/slow?delay=5s\"},"
                                "{\"name\":\"bad\",\"path\":\"/bad?delay=500ms&status=503\"}]}";

    for (size_t i = 0; i < array_length(non_blocking); i++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS(non_blocking[i]));
        client_open(&client, scene->gateway_port);

        client_request(&client, "POST", "/fanout", "", tasks);
        client_read(&client, &answer);

        assert_problem(&answer, 502, "http_response_status");
        assert_text(answer_header(&answer, "Proxy-Status"),
                    "fanlight; error=http_response_status; received-status=503");
        assert_took(answer.elapsed_ms, 500);
        cJSON *problem = answer_json(&answer);
        const cJSON *calls = cJSON_GetObjectItemCaseSensitive(problem, "calls");
        assert_string_equal(json_text(cJSON_GetArrayItem(calls, 0), "error"), "cancelled");
        assert_string_equal(json_text(cJSON_GetArrayItem(calls, 1), "error"), "http_response_status");
        cJSON_Delete(problem);
        process_wait_for_count(&scene->backend, "/slow?delay=5s HTTP/1.1\" 499 Client Closed Request", 1);
        client_close(&client);
        scene_stop(scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(every_fault_has_its_cause_in_every_mode_and_the_gateway_goes_on_serving),
        scene_test(a_backend_that_is_down_is_a_refused_connection_and_is_used_again_once_it_is_up),
        scene_test(a_backend_that_was_killed_and_restarted_costs_nothing_but_what_was_in_flight),
        scene_test(a_failed_call_ends_a_fan_out_at_once_and_cancels_the_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
