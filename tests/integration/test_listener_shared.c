/* SPDX-License-Identifier: MIT */
/* Several loops that share one listening socket. */
#include <pthread.h>
#include <stdatomic.h>

#include "common/clock.h"
#include "tests/integration/listener_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

static void end_other(struct acceptor *other)
{
    listener_stop(&other->listener);
    for (size_t i = 0; i < other->accepted_count; i++) {
        (void)close(other->accepted[i]);
    }
    loop_free(other->loop);
}

static void two_loops_share_one_socket_and_a_loop_that_stands_still_loses_nothing(void **state)
{
    struct acceptor *acceptor = *state;
    struct acceptor other = { .descriptor = acceptor->descriptor, .loop = loop_new() };
    struct client clients[4];
    assert_non_null(other.loop);
    assert_int_equal(listener_start(&other.listener, other.loop, other.descriptor, acceptor_accept, &other), 0);
    open_clients(acceptor, clients, array_length(clients));

    acceptor_turn_until(&other, array_length(clients)); /* the first loop takes no turn meanwhile */

    assert_int_equal(acceptor->accepted_count, 0);
    close_clients(clients, array_length(clients));
    end_other(&other);
}

static void loops_that_take_turns_accept_one_connection_each(void **state)
{
    struct acceptor *acceptor = *state;
    struct acceptor other = { .descriptor = acceptor->descriptor, .loop = loop_new() };
    struct client clients[8];
    assert_non_null(other.loop);
    assert_int_equal(listener_start(&other.listener, other.loop, other.descriptor, acceptor_accept, &other), 0);
    listener_take_turns(&acceptor->listener);
    listener_take_turns(&other.listener);
    open_clients(acceptor, clients, array_length(clients));

    for (size_t turn = 1; turn <= array_length(clients) / 2; turn++) {
        acceptor_turn_until(acceptor, turn);
        acceptor_turn_until(&other, turn);
    }

    close_clients(clients, array_length(clients));
    end_other(&other);
}

struct counter {
    struct loop *loop;
    struct listener listener;
    pthread_t thread;
    atomic_int thread_id; /* 0: it does not run yet */
    atomic_size_t count;
};

static void on_counted(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length)
{
    struct counter *counter = context;

    (void)peer;
    (void)peer_length;
    (void)close(descriptor);
    atomic_fetch_add(&counter->count, 1);
}

static void *run_loop(void *context)
{
    struct counter *counter = context;

    atomic_store(&counter->thread_id, gettid());
    return loop_run(counter->loop) == 0 ? NULL : counter;
}

/* Its loop waits for events: nothing else lets the thread sleep (proc(5), /proc/PID/stat). */
static bool is_waiting(struct counter *counter)
{
    char path[64];
    char state = '?';

    (void)snprintf(path, sizeof path, "/proc/self/task/%d/stat", atomic_load(&counter->thread_id));
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    int fields = fscanf(file, "%*d (%*[^)]) %c", &state);
    (void)fclose(file);
    return fields == 1 && state == 'S';
}

static void wait_until_waiting(struct counter *counter)
{
    uint64_t start_us = clock_monotonic_us();

    while (!is_waiting(counter)) {
        assert_true(gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);
        (void)usleep(100);
    }
}

static void start_counter(struct counter *counter, int descriptor)
{
    counter->loop = loop_new();
    assert_non_null(counter->loop);
    atomic_init(&counter->thread_id, 0);
    atomic_init(&counter->count, 0);
    assert_int_equal(listener_start(&counter->listener, counter->loop, descriptor, on_counted, counter), 0);
    listener_take_turns(&counter->listener);
    assert_int_equal(pthread_create(&counter->thread, NULL, run_loop, counter), 0);
}

static void stop_counter(struct counter *counter)
{
    loop_stop(counter->loop);
    assert_int_equal(pthread_join(counter->thread, NULL), 0);
    listener_stop(&counter->listener);
    loop_free(counter->loop);
}

/* Without turns the kernel wakes the same one each time. It can only choose while both wait. */
static void loops_that_wait_share_connections_that_come_one_by_one(void **state)
{
    enum { CONNECTIONS = 40, LEAST = 15 };
    struct acceptor *acceptor = *state;
    struct counter counters[2];
    listener_stop(&acceptor->listener);
    for (size_t i = 0; i < array_length(counters); i++) {
        start_counter(&counters[i], acceptor->descriptor);
    }

    for (size_t i = 1; i <= CONNECTIONS; i++) {
        struct client client;
        wait_until_waiting(&counters[0]);
        wait_until_waiting(&counters[1]);
        client_open(&client, acceptor->port);
        uint64_t start_us = clock_monotonic_us();
        while (atomic_load(&counters[0].count) + atomic_load(&counters[1].count) < i) {
            assert_true(gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);
            (void)usleep(1000);
        }
        client_close(&client);
    }

    for (size_t i = 0; i < array_length(counters); i++) {
        stop_counter(&counters[i]);
        assert_true(atomic_load(&counters[i].count) >= LEAST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        listener_test(two_loops_share_one_socket_and_a_loop_that_stands_still_loses_nothing),
        listener_test(loops_that_take_turns_accept_one_connection_each),
        listener_test(loops_that_wait_share_connections_that_come_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
