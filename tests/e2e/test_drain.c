/* SPDX-License-Identifier: MIT */
/*
 * SIGTERM: what is in flight is answered, what is idle is closed, and the process ends with 0; impatience ends it at
 * once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/support/fair_time.h"
#include "tests/support/gate.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

static const char *const modes[] = { "--mode=sync", "--mode=threads", "--mode=async", "--mode=mixed", "--mode=wire" };

/* Without a word from the other side it is not waited for: what comes just before a socket is closed may get none, and
 * the kernel asks again after a second. */
static bool is_refused(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd entry = { .fd = descriptor, .events = POLLOUT };
    socklen_t length = sizeof(int);
    int error = 0;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(descriptor >= 0);
    if (connect(descriptor, (const struct sockaddr *)&address, sizeof address) < 0) {
        error = errno;
    }
    if (error == EINPROGRESS && poll(&entry, 1, 20) >= 0) {
        assert_int_equal(getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length), 0);
    }
    (void)close(descriptor);
    return error == ECONNREFUSED;
}

/* The gateway has closed its listening socket; waits for it. */
static void wait_until_refused(uint16_t port)
{
    uint64_t start_us = clock_monotonic_us();

    while (!is_refused(port)) {
        assert_true(gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);
        (void)poll(NULL, 0, 5);
    }
}

static void get_hello(struct client *client, struct answer *answer)
{
    client_get(client, "/hello");
    client_read(client, answer);
}

static void a_request_in_flight_is_answered_in_full_and_its_connection_closed(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(modes); i++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        scene_start(scene, OPTIONS("--delay=1s"), OPTIONS(modes[i]));
        client_open(&client, scene->gateway_port);
        client_get(&client, "/task1");
        (void)process_wait_for(&scene->backend, "Received task1 Request!!");

        process_signal(&scene->gateway, SIGTERM);
        client_read(&client, &answer);

        assert_int_equal(answer.status, 200);
        assert_text(answer_body(&answer), "{\"res\":{\"message\":\"success\"}}");
        assert_int_equal(process_wait(&scene->gateway), 0);
        if (strcmp(modes[i], "--mode=sync") != 0 && strcmp(modes[i], "--mode=mixed") != 0) {
            assert_true(answer_says_close(&answer)); /* a blocked loop hears of the signal after its answer */
        }
        assert_true(client_sees_end(&client, TEST_PATIENCE_MS));
        client_close(&client);
        process_clear(&scene->gateway);
        scene_stop(scene);
    }
}

static void while_it_drains_it_refuses_new_connections_and_serves_kept_ones_once_more(void **state)
{
    struct scene *scene = *state;
    struct client busy;
    struct client kept;
    cleanup_answer struct answer answer = ANSWER_NONE;
    cleanup_answer struct answer ready = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=3s"), OPTIONS("--mode=async"));
    client_open(&kept, scene->gateway_port);
    client_open(&busy, scene->gateway_port);
    client_get(&busy, "/task1");
    (void)process_wait_for(&scene->backend, "Received task1 Request!!");
    get_hello(&kept, &answer); /* after a second of idleness it would be closed */
    assert_false(answer_says_close(&answer));

    process_signal(&scene->gateway, SIGTERM);
    wait_until_refused(scene->gateway_port);
    get_hello(&kept, &answer);
    client_fetch(scene->admin_port, "/readyz", &ready);

    assert_int_equal(ready.status, 503);
    assert_int_equal(answer.status, 200);
    assert_true(answer_says_close(&answer));
    assert_true(client_sees_end(&kept, 5000));
    client_read(&busy, &answer);
    assert_int_equal(answer.status, 200);
    assert_true(answer_says_close(&answer));
    client_close(&busy);
    client_close(&kept);
    assert_int_equal(process_wait(&scene->gateway), 0);
}

static void a_kept_connection_is_closed_after_a_second_of_idleness(void **state)
{
    struct scene *scene = *state;
    struct client kept;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async"));
    client_open(&kept, scene->gateway_port);
    get_hello(&kept, &answer);
    uint64_t asked_us = kept.sent_us; /* it is idle from a moment on between that and the answer's being read */

    process_signal(&scene->gateway, SIGTERM);
    bool has_ended = client_sees_end(&kept, TEST_PATIENCE_MS);

    uint64_t elapsed_ms = (clock_monotonic_us() - asked_us) / CLOCK_US_PER_MS;
    assert_true(has_ended);
    assert_true(elapsed_ms >= 900 && fair_ms(elapsed_ms) <= 2500);
    assert_int_equal(process_wait(&scene->gateway), 0);
    client_close(&kept);
}

static void without_connections_it_ends_at_once(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(modes); i++) {
        scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS(modes[i], "--workers=2"));
        uint64_t start_us = clock_monotonic_us();

        process_signal(&scene->gateway, SIGINT);
        int exit_code = process_wait(&scene->gateway);

        assert_int_equal(exit_code, 0);
        assert_true(fair_ms((clock_monotonic_us() - start_us) / CLOCK_US_PER_MS) < 1500);
        scene_stop(scene);
    }
}

/* A blocked worker has not even accepted it when the signal comes. */
static void a_connection_that_waits_in_the_queue_is_accepted_and_answered(void **state)
{
    struct scene *scene = *state;
    struct client clients[2];
    struct answer answers[2] = { ANSWER_NONE, ANSWER_NONE };
    scene_start(scene, OPTIONS("--delay=500ms"), OPTIONS("--mode=sync"));
    client_open(&clients[0], scene->gateway_port);
    client_get(&clients[0], "/task1");
    (void)process_wait_for(&scene->backend, "Received task1 Request!!");
    client_open(&clients[1], scene->gateway_port);
    client_get(&clients[1], "/task2");

    process_signal(&scene->gateway, SIGTERM);
    client_read_all(clients, answers, 2);

    assert_int_equal(answers[0].status, 200);
    assert_int_equal(answers[1].status, 200);
    for (size_t i = 0; i < 2; i++) {
        client_close(&clients[i]);
        answer_clear(&answers[i]);
    }
    assert_int_equal(process_wait(&scene->gateway), 0);
}

/* ---- impatience ---- */

static void start_a_request_that_takes_long(struct scene *scene, struct client *client, const char *const *options)
{
    scene_start(scene, OPTIONS("--delay=15s"), options);
    client_open(client, scene->gateway_port);
    client_get(client, "/task1");
    (void)process_wait_for(&scene->backend, "Received task1 Request!!");
}

/* The backend, too, has a request that waits. */
static void end_backend(struct scene *scene)
{
    process_clear(&scene->backend);
}

static void a_second_signal_ends_it_at_once(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(modes); i++) {
        struct client client;
        start_a_request_that_takes_long(scene, &client, OPTIONS(modes[i]));
        process_signal(&scene->gateway, SIGTERM);
        (void)process_wait_for(&scene->gateway, "draining");
        uint64_t start_us = clock_monotonic_us();

        process_signal(&scene->gateway, SIGTERM);
        int exit_code = process_wait(&scene->gateway);

        assert_int_equal(exit_code, 1);
        assert_true(fair_ms((clock_monotonic_us() - start_us) / CLOCK_US_PER_MS) < 1500);
        client_close(&client);
        process_clear(&scene->gateway);
        end_backend(scene);
    }
}

static void the_drain_timeout_ends_it(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(modes); i++) {
        struct client client;
        start_a_request_that_takes_long(scene, &client, OPTIONS(modes[i], "--drain-timeout=300ms"));
        uint64_t start_us = clock_monotonic_us();

        process_signal(&scene->gateway, SIGTERM);
        int exit_code = process_wait(&scene->gateway);

        uint64_t elapsed_ms = (clock_monotonic_us() - start_us) / CLOCK_US_PER_MS;
        assert_int_equal(exit_code, 1);
        assert_true(elapsed_ms >= 280 && fair_ms(elapsed_ms) <= 1500);
        client_close(&client);
        process_clear(&scene->gateway);
        end_backend(scene);
    }
}

/* ---- the backend ---- */

static void the_backend_answers_what_waits_and_ends_what_would_wait_for_ever(void **state)
{
    struct scene *scene = *state;
    struct client waiting;
    struct client held;
    cleanup_answer struct answer answer = ANSWER_NONE;
    scene_start_backend(scene, OPTIONS("--delay=1500ms"));
    client_open(&held, scene->backend_port);
    client_get(&held, "/silent?delay=0ms&fault=silent");
    client_open(&waiting, scene->backend_port);
    client_get(&waiting, "/task1");
    (void)process_wait_for(&scene->backend, "Received task1 Request!!");

    process_signal(&scene->backend, SIGTERM);
    bool has_ended = client_sees_end(&held, TEST_PATIENCE_MS);
    client_read(&waiting, &answer);

    assert_true(has_ended);
    assert_int_equal(answer.status, 200);
    assert_true(answer_says_close(&answer));
    assert_int_equal(process_wait(&scene->backend), 0);
    client_close(&waiting);
    client_close(&held);
}

static void the_backend_ends_at_once_on_a_second_signal_or_at_its_drain_timeout(void **state)
{
    struct scene *scene = *state;

    for (int signals = 1; signals <= 2; signals++) {
        struct client client;
        scene_start_backend(scene, OPTIONS("--delay=15s", signals == 1 ? "--drain-timeout=300ms" : NULL));
        client_open(&client, scene->backend_port);
        client_get(&client, "/task1");
        (void)process_wait_for(&scene->backend, "Received task1 Request!!");

        process_signal(&scene->backend, SIGTERM);
        (void)process_wait_for(&scene->backend, "draining");
        if (signals == 2) {
            process_signal(&scene->backend, SIGTERM);
        }

        assert_int_equal(process_wait(&scene->backend), 1);
        client_close(&client);
        process_clear(&scene->backend);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(a_request_in_flight_is_answered_in_full_and_its_connection_closed),
        scene_test(while_it_drains_it_refuses_new_connections_and_serves_kept_ones_once_more),
        scene_test(a_kept_connection_is_closed_after_a_second_of_idleness),
        scene_test(without_connections_it_ends_at_once),
        scene_test(a_connection_that_waits_in_the_queue_is_accepted_and_answered),
        scene_test(a_second_signal_ends_it_at_once),
        scene_test(the_drain_timeout_ends_it),
        scene_test(the_backend_answers_what_waits_and_ends_what_would_wait_for_ever),
        scene_test(the_backend_ends_at_once_on_a_second_signal_or_at_its_drain_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
