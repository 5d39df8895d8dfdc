/* SPDX-License-Identifier: MIT */
/*
 * The backend by itself: delays, knobs, faults, limits.
 */
#include <poll.h>

#include "common/clock.h"
#include "common/descriptors.h"
#include "tests/support/gate.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

#define SUCCESS "{\"message\":\"success\"}"

/* ---- knobs ---- */

static const struct {
    const char *name;
    const char *target;
    int status;
    const char *body; /* NULL: not looked at */
    unsigned delay_ms;
} knob_cases[] = {
    { "its own delay", "/task1", 200, SUCCESS, 200 },
    { "another delay", "/task1?delay=400ms", 200, SUCCESS, 400 },
    { "no delay", "/task1?delay=0ms", 200, SUCCESS, 0 },
    { "a distribution, escaped", "/task1?delay=uniform%28200ms%2C200ms%29", 200, SUCCESS, 200 },
    { "a status", "/task1?delay=0ms&status=503", 503, SUCCESS, 0 },
    { "bytes", "/task1?delay=0ms&bytes=3", 200, "\"x\"", 0 },
    { "no bytes", "/task1?delay=0ms&bytes=0", 200, "", 0 },
    { "an unknown parameter is left alone", "/task1?delay=0ms&x=1", 200, SUCCESS, 0 },
    { "bad delay", "/task1?delay=soon", 400, NULL, 0 },
    { "bad status", "/task1?status=99", 400, NULL, 0 },
    { "bad bytes", "/task1?bytes=-1", 400, NULL, 0 },
    { "bad fault", "/task1?fault=none", 400, NULL, 0 },
    { "twice", "/task1?delay=0ms&delay=0ms", 400, NULL, 0 },
    { "hello is answered at once", "/hello", 200, "Hello world", 0 },
    { "healthz is answered at once", "/healthz", 200, NULL, 0 },
};

static void knobs_change_one_request(void **state)
{
    struct scene *scene = *state;
    struct client client;
    scene_start_backend(scene, OPTIONS("--delay=200ms"));
    client_open(&client, scene->backend_port);

    for (size_t i = 0; i < array_length(knob_cases); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        client_get(&client, knob_cases[i].target);
        client_read(&client, &answer);

        if (answer.status != knob_cases[i].status) {
            fail_msg("case \"%s\": %d", knob_cases[i].name, answer.status);
        }
        if (knob_cases[i].body != NULL) {
            assert_text(answer_body(&answer), knob_cases[i].body);
        }
        if (answer.status == 400) {
            assert_problem(&answer, 400, "");
        }
        assert_took(answer.elapsed_ms, knob_cases[i].delay_ms);
    }
    client_close(&client);
}

static void any_method_and_path_is_answered(void **state)
{
    struct scene *scene = *state;
    static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW" };
    struct client client;
    scene_start_backend(scene, OPTIONS("--delay=0ms"));
    client_open(&client, scene->backend_port);

    for (size_t i = 0; i < array_length(methods); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        client_request(&client, methods[i], "/a/b/c", "", "{}");
        client_read(&client, &answer);

        assert_case(methods[i], answer.status == 200);
        assert_text(answer_header(&answer, "Content-Type"), "application/json");
    }
    client_close(&client);
}

static void echo_tells_the_request_as_it_came(void **state)
{
    struct scene *scene = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start_backend(scene, OPTIONS("--delay=0ms"));
    client_open(&client, scene->backend_port);

    client_request(&client, "POST", "/a%2Fb/%2e%2e/%00?echo=1&x=%0d%0a", "X-One: 1\r\nX-Two: a\r\nX-Two: b\r\n",
                   "a \"body\"");
    client_read(&client, &answer);

    cJSON *echo = answer_json(&answer);
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(echo, "headers");
    assert_string_equal(json_text(echo, "method"), "POST");
    assert_string_equal(json_text(echo, "path"), "/a%2Fb/%2e%2e/%00?echo=1&x=%0d%0a");
    assert_string_equal(json_text(echo, "body"), "a \"body\"");
    assert_string_equal(json_text(headers, "X-One"), "1");
    assert_string_equal(json_text(headers, "X-Two"), "a, b");
    cJSON_Delete(echo);
    client_close(&client);
}

static void a_large_answer_has_exactly_the_size_asked_for(void **state)
{
    struct scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start_backend(scene, OPTIONS("--delay=0ms"));

    client_fetch(scene->backend_port, "/task1?bytes=3000000", &answer);

    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body.length, 3000000);
    cJSON *json = answer_json(&answer);
    assert_string_equal(json_text(json, "message"), "success");
    cJSON_Delete(json);
}

/* ---- faults ---- */

struct fault_case {
    const char *name;
    int status;         /* 0: no answer begins */
    bool is_complete;   /* the answer ends as its framing says */
    bool ends;          /* the backend ends the connection by itself */
    bool is_reset;      /* with an RST */
    size_t least_bytes; /* of body that come */
};

static const struct fault_case fault_cases[] = {
    { .name = "reset", .ends = true, .is_reset = true },
    { .name = "close", .ends = true },
    { .name = "close-mid", .status = 200, .ends = true, .least_bytes = 1 },
    { .name = "reset-mid", .status = 200, .ends = true, .is_reset = true },
    { .name = "garbage", .ends = true },
    { .name = "bad-json", .status = 200, .is_complete = true, .least_bytes = 1 },
    { .name = "stall", .status = 200 },
    { .name = "silent" },
    { .name = "drip", .status = 200, .least_bytes = 3 },
};

/* Reads for as long as the backend says more, until its end or what is due has come. */
static void watch_fault(struct client *client, struct answer *answer, const struct fault_case *fault)
{
    struct pollfd poll_entry = { .fd = client->descriptor, .events = POLLIN };
    uint64_t start_us = clock_monotonic_us();
    bool is_over = false;

    while (!is_over) {
        int left_ms = gate_milliseconds_left(start_us, TEST_PATIENCE_MS);
        assert_case(fault->name, poll(&poll_entry, 1, left_ms) == 1);
        is_over = client_poll(client, answer);
        is_over =
            is_over || (!fault->ends && answer->status == fault->status && answer->body.length >= fault->least_bytes);
    }
}

static void each_fault_is_the_misbehaviour_that_it_is_named_after(void **state)
{
    struct scene *scene = *state;
    char target[64];
    scene_start_backend(scene, OPTIONS("--delay=0ms"));

    for (size_t i = 0; i < array_length(fault_cases); i++) {
        const struct fault_case *fault = &fault_cases[i];
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        (void)snprintf(target, sizeof target, "/task1?fault=%s", fault->name);
        client_open(&client, scene->backend_port);

        client_get(&client, target);
        if (strcmp(fault->name, "silent") != 0) {
            watch_fault(&client, &answer, fault);
        } else {
            assert_false(client_sees_end(&client, 300));
        }

        assert_case(fault->name, answer.status == fault->status);
        assert_case(fault->name, answer.is_complete == fault->is_complete);
        assert_case(fault->name, client.is_at_end == fault->ends);
        assert_case(fault->name, client.is_reset == fault->is_reset);
        client_close(&client);
    }
}

static void a_client_that_leaves_a_held_connection_is_a_499(void **state)
{
    struct scene *scene = *state;
    static const char *const targets[] = { "/a?fault=silent", "/b?fault=stall", "/c?fault=drip", "/d?delay=15s" };
    struct client clients[array_length(targets)];
    scene_start_backend(scene, OPTIONS("--delay=0ms"));

    for (size_t i = 0; i < array_length(targets); i++) {
        client_open(&clients[i], scene->backend_port);
        client_get(&clients[i], targets[i]);
    }
    process_wait_for_count(&scene->backend, "Received ", array_length(targets));
    for (size_t i = 0; i < array_length(targets); i++) {
        client_close(&clients[i]);
    }

    process_wait_for_count(&scene->backend, "499 Client Closed Request", array_length(targets));
}

/* ---- many ---- */

enum { CROWD = 2500 };

static void thousands_of_requests_wait_on_a_constant_number_of_threads(void **state)
{
    struct scene *scene = *state;
    cleanup_free struct client *clients = calloc(CROWD, sizeof *clients);
    cleanup_free struct answer *answers = calloc(CROWD, sizeof *answers);
    assert_true(clients != NULL && answers != NULL);
    assert_true(descriptors_raise_limit() > CROWD + 100);
    scene_start_backend(scene, OPTIONS("--delay=3s"));
    size_t threads_before = process_thread_count(&scene->backend);

    for (size_t i = 0; i < CROWD; i++) {
        client_open(&clients[i], scene->backend_port);
        client_get(&clients[i], "/task1");
    }
    process_wait_for_count(&scene->backend, "Received task1 Request!!", CROWD);
    size_t threads_during = process_thread_count(&scene->backend);
    client_read_all(clients, answers, CROWD);

    assert_int_equal(threads_before, 1);
    assert_int_equal(threads_during, threads_before);
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(answers[i].status, 200);
        assert_true(answers[i].elapsed_ms >= 2700);
        client_close(&clients[i]);
        answer_clear(&answers[i]);
    }
}

static void concurrency_lets_so_many_wait_at_once_and_queues_the_rest(void **state)
{
    struct scene *scene = *state;
    static const unsigned delays[] = { 1, 1, 2, 2, 3 };
    struct client clients[array_length(delays)];
    struct answer answers[array_length(delays)] = { ANSWER_NONE };
    scene_start_backend(scene, OPTIONS("--delay=400ms", "--concurrency=2"));

    for (size_t i = 0; i < array_length(delays); i++) {
        client_open(&clients[i], scene->backend_port);
        client_get(&clients[i], "/task1");
        process_wait_for_count(&scene->backend, "Received task1 Request!!", i + 1);
    }
    client_read_all(clients, answers, array_length(delays));

    for (size_t i = 0; i < array_length(delays); i++) {
        uint64_t since_first_us = answers[i].received_us - clients[0].sent_us;
        assert_took(since_first_us / CLOCK_US_PER_MS, (uint64_t)delays[i] * 400);
        client_close(&clients[i]);
        answer_clear(&answers[i]);
    }
}

/* ---- seeds ---- */

enum { DRAWS = 12 };

static void draw_delays(struct scene *scene, const char *seed, double delays_us[DRAWS])
{
    struct client client;
    scene_start_backend(scene, OPTIONS("--delay=exp(5ms)", seed, "--log-format=json"));
    client_open(&client, scene->backend_port);

    for (size_t i = 0; i < DRAWS;) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_get(&client, "/task1");
        client_read(&client, &answer);
        cJSON *done = cJSON_Parse(process_wait_for(&scene->backend, "\"event\":\"done\""));
        delays_us[i++] = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(done, "delay_us"));
        cJSON_Delete(done);
    }
    client_close(&client);
    scene_stop(scene);
}

static void a_seed_repeats_its_delays_and_another_has_others(void **state)
{
    struct scene *scene = *state;
    double first[DRAWS];
    double again[DRAWS];
    double other[DRAWS];

    draw_delays(scene, "--seed=7", first);
    draw_delays(scene, "--seed=7", again);
    draw_delays(scene, "--seed=8", other);

    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(knobs_change_one_request),
        scene_test(any_method_and_path_is_answered),
        scene_test(echo_tells_the_request_as_it_came),
        scene_test(a_large_answer_has_exactly_the_size_asked_for),
        scene_test(each_fault_is_the_misbehaviour_that_it_is_named_after),
        scene_test(a_client_that_leaves_a_held_connection_is_a_499),
        scene_test(thousands_of_requests_wait_on_a_constant_number_of_threads),
        scene_test(concurrency_lets_so_many_wait_at_once_and_queues_the_rest),
        scene_test(a_seed_repeats_its_delays_and_another_has_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
