/* SPDX-License-Identifier: MIT */
/*
 * A client that goes away: its calls are cancelled where the mode can, and the log says 499.
 */
#include "common/clock.h"
#include "tests/support/fair_time.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

/* A delay that no test waits out: what ends before it ended because it was cancelled. */
#define LONG_DELAY "--delay=15s"

static const struct {
    const char *name;
    const char *option;
    uint64_t bound_ms; /* until the backend sees it */
} cancelling_modes[] = {
    { "async", "--mode=async", 1500 },
    { "wire", "--mode=wire", 1500 },
    { "threads", "--mode=threads", 1500 },
    { "mixed, a call that does not block", "--mode=mixed", 1500 },
};

static void leave_orderly(struct client *client)
{
    client_close(client);
}

static void (*const ways_to_leave[])(struct client *client) = { leave_orderly, client_reset };

static void check_leaving(struct scene *scene, const char *option, void (*leave)(struct client *), uint64_t bound_ms)
{
    struct client client;
    scene_start(scene, OPTIONS(LONG_DELAY), OPTIONS(option));
    client_open(&client, scene->gateway_port);
    client_get(&client, "/task9");
    (void)process_wait_for(&scene->backend, "Received task9 Request!!");
    uint64_t left_us = clock_monotonic_us();

    leave(&client);

    process_wait_for_count(&scene->backend, "\"GET /task9 HTTP/1.1\" 499 Client Closed Request", 1);
    uint64_t elapsed_ms = (clock_monotonic_us() - left_us) / CLOCK_US_PER_MS;
    process_wait_for_count(&scene->gateway, "\"GET /task9 HTTP/1.1\" 499 Client Closed Request", 1);
    assert_true(fair_ms(elapsed_ms) < bound_ms);
    assert_int_equal(process_count_lines(&scene->gateway, "Send task9"), 0);
    assert_int_equal(process_count_lines(&scene->backend, "Send task9"), 0);
    scene_stop(scene);
}

static void a_client_that_leaves_cancels_its_call(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(cancelling_modes); i++) {
        print_message("%s\n", cancelling_modes[i].name);
        for (size_t j = 0; j < array_length(ways_to_leave); j++) {
            check_leaving(scene, cancelling_modes[i].option, ways_to_leave[j], cancelling_modes[i].bound_ms);
        }
    }
}

static void a_client_that_leaves_cancels_all_calls_of_its_fan_out_and_nobody_elses(void **state)
{
    struct scene *scene = *state;
    struct client leaver;
    struct client stayer;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=700ms"), OPTIONS("--mode=async"));
    client_open(&leaver, scene->gateway_port);
    client_open(&stayer, scene->gateway_port);
    client_get(&leaver, "/fanout?n=5&delay=15s");
    client_get(&stayer, "/other");
    process_wait_for_count(&scene->backend, "Received ", 6);

    client_close(&leaver);
    client_read(&stayer, &answer);

    process_wait_for_count(&scene->backend, "?delay=15s HTTP/1.1\" 499 Client Closed Request", 5);
    process_wait_for_count(&scene->gateway, "499 Client Closed Request", 1);
    assert_int_equal(answer.status, 200);
    client_close(&stayer);
}

static void a_call_that_waits_for_a_thread_is_withdrawn_and_never_reaches_the_backend(void **state)
{
    struct scene *scene = *state;
    struct client clients[2];
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=1500ms"), OPTIONS("--mode=threads", "--threads=1"));
    client_open(&clients[0], scene->gateway_port);
    client_open(&clients[1], scene->gateway_port);
    client_get(&clients[0], "/task1");
    (void)process_wait_for(&scene->backend, "Received task1 Request!!");
    client_get(&clients[1], "/task2");
    (void)process_wait_for(&scene->gateway, "Received task2 Request!!");
    client_close(&clients[1]);
    (void)process_wait_for(&scene->gateway, "499 Client Closed Request");

    client_read(&clients[0], &answer);
    client_get(&clients[0], "/task3?delay=0ms"); /* by the thread that would have been task2's */
    client_read(&clients[0], &answer);

    assert_int_equal(answer.status, 200);
    assert_int_equal(process_count_lines(&scene->backend, "Received task2"), 0);
    client_close(&clients[0]);
}

/* There is one thread: while it makes the first call the second waits, and the failure ends both. */
static void the_thread_of_a_failed_call_does_not_begin_what_that_failure_ends(void **state)
{
    enum { ROUNDS = 200 };
    static const char *const targets[] = { "/fanout?tasks=a,b&status=500", "/fanout?tasks=a,b&fault=garbage" };
    struct scene *scene = *state;
    struct client client;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=threads", "--threads=1"));
    client_open(&client, scene->gateway_port);

    for (int i = 0; i < ROUNDS; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_get(&client, targets[i % 2]);
        client_read(&client, &answer);
        assert_int_equal(answer.status, 502);
    }

    process_wait_for_count(&scene->backend, "Received a Request!!", ROUNDS);
    assert_int_equal(process_count_lines(&scene->backend, "Received b"), 0);
    client_close(&client);
}

static void a_thread_whose_call_was_cancelled_serves_the_next(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=threads", "--threads=1"));

    for (int i = 0; i < 3; i++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_open(&client, scene->gateway_port);
        client_get(&client, "/lost?delay=15s");
        (void)process_wait_for(&scene->backend, "Received lost Request!!");

        client_close(&client);
        client_fetch(scene->gateway_port, "/task1", &answer);

        assert_int_equal(answer.status, 200);
        assert_true(fair_ms(answer.elapsed_ms) < 1500);
    }
}

static void sync_cannot_cancel_a_running_call_and_goes_on_when_it_is_over(void **state)
{
    struct scene *scene = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=400ms"), OPTIONS("--mode=sync"));
    client_open(&client, scene->gateway_port);
    client_get(&client, "/task1");
    (void)process_wait_for(&scene->backend, "Received task1 Request!!");

    client_close(&client);
    client_fetch(scene->gateway_port, "/hello", &answer);

    assert_int_equal(answer.status, 200);
    process_wait_for_count(&scene->backend, "\"GET /task1 HTTP/1.1\" 200 OK", 1);
    process_wait_for_count(&scene->gateway, "\"GET /task1 HTTP/1.1\" ", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_client_that_leaves_cancels_its_call),
        scene_test(a_client_that_leaves_cancels_all_calls_of_its_fan_out_and_nobody_elses),
        scene_test(a_call_that_waits_for_a_thread_is_withdrawn_and_never_reaches_the_backend),
        scene_test(the_thread_of_a_failed_call_does_not_begin_what_that_failure_ends),
        scene_test(a_thread_whose_call_was_cancelled_serves_the_next),
        scene_test(sync_cannot_cancel_a_running_call_and_goes_on_when_it_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
