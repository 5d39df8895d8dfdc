/* SPDX-License-Identifier: MIT */
/*
 * A thousand requests in flight in one loop: waiting costs no thread, and nobody else waits for them.
 */
#include "common/clock.h"
#include "common/descriptors.h"
#include "tests/support/fair_time.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { REQUESTS = 1000, DELAY_MS = 2000, PROMPT_MS = 750 };

struct crowd {
    struct client clients[REQUESTS];
    struct answer answers[REQUESTS];
};

static void open_crowd(struct crowd *crowd, uint16_t port)
{
    for (size_t i = 0; i < REQUESTS; i++) {
        client_open(&crowd->clients[i], port);
        client_get(&crowd->clients[i], "/task1");
    }
}

static void close_crowd(struct crowd *crowd)
{
    for (size_t i = 0; i < REQUESTS; i++) {
        client_close(&crowd->clients[i]);
        answer_clear(&crowd->answers[i]);
    }
}

static const char *const modes[] = { "--mode=async", "--mode=wire" };

static void check_finishing_together(struct scene *scene, const char *mode)
{
    cleanup_free struct crowd *crowd = calloc(1, sizeof *crowd);
    cleanup_answer struct answer hello = ANSWER_NONE;
    assert_non_null(crowd);
    assert_true(descriptors_raise_limit() > REQUESTS + 100);
    scene_start(scene, OPTIONS("--delay=2s"), OPTIONS(mode, "--workers=1"));
    client_fetch(scene->gateway_port, "/hello", &hello);
    size_t threads_before = process_thread_count(&scene->gateway);

    open_crowd(crowd, scene->gateway_port);
    process_wait_for_count(&scene->backend, "Received task1 Request!!", REQUESTS);
    client_fetch(scene->gateway_port, "/hello", &hello);
    size_t threads_during = process_thread_count(&scene->gateway);
    size_t answered_during = process_count_lines(&scene->gateway, "Send task1 response");
    client_read_all(crowd->clients, crowd->answers, REQUESTS);

    assert_int_equal(threads_during, threads_before);
    assert_int_equal(hello.status, 200);
    if (answered_during == 0) { /* otherwise the machine was too slow to have them all in flight at once */
        assert_true(fair_ms(hello.elapsed_ms) < PROMPT_MS);
    }
    uint64_t last_us = 0;
    for (size_t i = 0; i < REQUESTS; i++) {
        assert_int_equal(crowd->answers[i].status, 200);
        assert_true(crowd->answers[i].elapsed_ms >= DELAY_MS * 9 / 10);
        last_us = crowd->answers[i].received_us > last_us ? crowd->answers[i].received_us : last_us;
    }
    assert_true(fair_ms((last_us - crowd->clients[0].sent_us) / CLOCK_US_PER_MS) < 2 * DELAY_MS);
    close_crowd(crowd);
    scene_stop(scene);
}

static void a_thousand_requests_in_flight_finish_together_on_a_constant_number_of_threads(void **state)
{
    for (size_t i = 0; i < array_length(modes); i++) {
        check_finishing_together(*state, modes[i]);
    }
}

static void check_leaving_together(struct scene *scene, const char *mode)
{
    cleanup_free struct crowd *crowd = calloc(1, sizeof *crowd);
    cleanup_answer struct answer answer = ANSWER_NONE;
    assert_non_null(crowd);
    assert_true(descriptors_raise_limit() > REQUESTS + 100);
    scene_start(scene, OPTIONS("--delay=15s"), OPTIONS(mode, "--workers=1"));
    open_crowd(crowd, scene->gateway_port);
    process_wait_for_count(&scene->backend, "Received task1 Request!!", REQUESTS);

    close_crowd(crowd);
    process_wait_for_count(&scene->backend, "499 Client Closed Request", REQUESTS);
    client_fetch(scene->gateway_port, "/task2?delay=0ms", &answer);

    process_wait_for_count(&scene->gateway, "499 Client Closed Request", REQUESTS);
    assert_int_equal(answer.status, 200);
    scene_stop(scene);
}

static void a_thousand_clients_that_leave_cancel_a_thousand_calls(void **state)
{
    for (size_t i = 0; i < array_length(modes); i++) {
        check_leaving_together(*state, modes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_thousand_requests_in_flight_finish_together_on_a_constant_number_of_threads),
        scene_test(a_thousand_clients_that_leave_cancel_a_thousand_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
