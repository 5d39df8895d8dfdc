/* SPDX-License-Identifier: MIT */
#include "common/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/support/client.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { ACCEPTED_AT_MOST = 256 };

struct acceptor {
    struct loop *loop;
    int descriptor;
    uint16_t port;
    struct listener listener;
    int accepted[ACCEPTED_AT_MOST];
    size_t accepted_count;
    size_t hold_at; /* a limit: listener_hold() when so many are there; 0: none */
};

static uint16_t port_of(int descriptor)
{
    char text[64];

    listener_bound_address(descriptor, text, sizeof text);
    return (uint16_t)strtoul(strrchr(text, ':') + 1, NULL, 10);
}

static void on_accepted(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length)
{
    struct acceptor *acceptor = context;

    (void)peer_length;
    assert_int_equal(peer->sa_family, AF_INET);
    assert_true(acceptor->accepted_count < ACCEPTED_AT_MOST);
    acceptor->accepted[acceptor->accepted_count++] = descriptor;
    if (acceptor->accepted_count == acceptor->hold_at) {
        listener_hold(&acceptor->listener);
    }
}

static int setup(void **state)
{
    static const struct address any_port = { .host = "127.0.0.1" };
    struct acceptor *acceptor = calloc(1, sizeof *acceptor);
    struct error error;

    if (acceptor == NULL) {
        return -1;
    }
    acceptor->loop = loop_new();
    acceptor->descriptor = listener_open(&any_port, &error);
    acceptor->port = port_of(acceptor->descriptor);
    *state = acceptor;
    return acceptor->loop != NULL &&
                   listener_start(&acceptor->listener, acceptor->loop, acceptor->descriptor, on_accepted, acceptor) == 0
               ? 0
               : -1;
}

static int teardown(void **state)
{
    struct acceptor *acceptor = *state;

    listener_stop(&acceptor->listener);
    for (size_t i = 0; i < acceptor->accepted_count; i++) {
        (void)close(acceptor->accepted[i]);
    }
    (void)close(acceptor->descriptor);
    loop_free(acceptor->loop);
    free(acceptor);
    return 0;
}

/* They are connected, and in the listener's queue (tcp(7): of one that listens, what is unacknowledged is that). */
static void open_clients(struct acceptor *acceptor, struct client *clients, size_t count)
{
    struct tcp_info info = { .tcpi_unacked = 0 };
    socklen_t length = sizeof info;
    uint64_t start_us = clock_monotonic_us();

    for (size_t i = 0; i < count; i++) {
        client_open(&clients[i], acceptor->port);
    }
    while (info.tcpi_unacked < count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(getsockopt(acceptor->descriptor, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
    }
    assert_int_equal(info.tcpi_unacked, count);
}

static void close_clients(struct client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        client_close(&clients[i]);
    }
}

static void turn_until(struct acceptor *acceptor, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (acceptor->accepted_count < count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(acceptor->loop, CLOCK_US_PER_SECOND), 0);
    }
    assert_int_equal(acceptor->accepted_count, count);
}

static void accepts_all_that_come_however_many_turns_that_takes(void **state)
{
    struct acceptor *acceptor = *state;
    static struct client clients[150];
    open_clients(acceptor, clients, array_length(clients));

    turn_until(acceptor, array_length(clients));

    close_clients(clients, array_length(clients));
}

static void a_port_in_use_is_refused_with_a_sentence(void **state)
{
    struct acceptor *acceptor = *state;
    struct address taken = { .host = "127.0.0.1", .port = acceptor->port };
    struct error error = { { '\0' } };
    char expected[128];
    (void)snprintf(expected, sizeof expected, "cannot listen on 127.0.0.1:%u: Address already in use",
                   (unsigned)acceptor->port);

    int descriptor = listener_open(&taken, &error);

    assert_int_equal(descriptor, -1);
    assert_string_equal(error.text, expected);
}

static void an_address_that_is_not_ours_is_refused(void **state)
{
    static const struct address elsewhere = { .host = "192.0.2.1", .port = 80 }; /* RFC 5737: for documentation */
    struct error error = { { '\0' } };
    (void)state;

    int descriptor = listener_open(&elsewhere, &error);

    assert_int_equal(descriptor, -1);
    assert_non_null(strstr(error.text, "192.0.2.1:80"));
}

static void nothing_is_accepted_while_it_is_held(void **state)
{
    struct acceptor *acceptor = *state;
    struct client clients[3];
    acceptor->hold_at = 1;
    open_clients(acceptor, clients, array_length(clients));

    turn_until(acceptor, 1);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(loop_turn(acceptor->loop, CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(acceptor->accepted_count, 1);
    listener_release(&acceptor->listener);

    turn_until(acceptor, 3);
    close_clients(clients, array_length(clients));
}

static void draining_accepts_what_waits_in_the_queue_and_then_no_more(void **state)
{
    struct acceptor *acceptor = *state;
    struct client waiting[5];
    struct client late;
    open_clients(acceptor, waiting, array_length(waiting));

    assert_int_equal(listener_drain(&acceptor->listener), 0);
    assert_int_equal(acceptor->accepted_count, array_length(waiting));
    client_open(&late, acceptor->port);
    assert_int_equal(loop_turn(acceptor->loop, 10 * (uint64_t)CLOCK_US_PER_MS), 0);

    assert_int_equal(acceptor->accepted_count, array_length(waiting));
    close_clients(waiting, array_length(waiting));
    client_close(&late);
}

/* Without blocking; whether it is connected. */
static bool begin_to_connect(int descriptor, uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0;
}

static int end_of_attempt(int descriptor, int timeout_ms)
{
    struct pollfd entry = { .fd = descriptor, .events = POLLOUT };
    int code = 0;
    socklen_t length = sizeof code;

    if (poll(&entry, 1, timeout_ms) == 0) {
        return EINPROGRESS;
    }
    assert_int_equal(getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length), 0);
    return code;
}

/* The kernel may want privileges for the filter. Then whoever comes before the last accept is one of those who wait. */
static void check_late_one_is_accepted(struct acceptor *acceptor, int late, size_t waiting_count)
{
    print_message("this kernel wants privileges for a filter\n");
    (void)begin_to_connect(late, acceptor->port);

    assert_int_equal(listener_drain(&acceptor->listener), 0);

    assert_int_equal(end_of_attempt(late, TEST_PATIENCE_MS), 0);
    assert_int_equal(acceptor->accepted_count, waiting_count + 1);
    (void)close(late);
}

static void once_it_is_shut_who_waits_is_accepted_and_nobody_gets_in_behind_them(void **state)
{
    struct acceptor *acceptor = *state;
    struct client waiting[5];
    int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    open_clients(acceptor, waiting, array_length(waiting));

    int result = listener_shut(&acceptor->listener);
    if (result == -EPERM) {
        check_late_one_is_accepted(acceptor, late, array_length(waiting));
        close_clients(waiting, array_length(waiting));
        return;
    }
    assert_int_equal(result, 0);
    bool is_connected = begin_to_connect(late, acceptor->port);
    assert_int_equal(listener_drain(&acceptor->listener), 0);

    assert_false(is_connected);
    assert_int_equal(acceptor->accepted_count, array_length(waiting));
    assert_int_equal(end_of_attempt(late, 100), EINPROGRESS);
    for (size_t i = 0; i < array_length(waiting); i++) { /* what is connected stays so */
        client_send(&waiting[i], "x");
        assert_int_equal(poll(&(struct pollfd){ .fd = acceptor->accepted[i], .events = POLLIN }, 1, TEST_PATIENCE_MS),
                         1);
        char byte = '\0';
        assert_int_equal(recv(acceptor->accepted[i], &byte, 1, 0), 1);
    }
    (void)close(acceptor->descriptor);
    assert_int_equal(end_of_attempt(late, TEST_PATIENCE_MS), ECONNREFUSED);
    acceptor->descriptor = dup(late); /* for the teardown */
    (void)close(late);
    close_clients(waiting, array_length(waiting));
}

static void a_drain_without_descriptors_says_so_and_goes_on_when_there_are_some(void **state)
{
    struct acceptor *acceptor = *state;
    struct client waiting[5];
    struct rlimit limit = { .rlim_cur = 0 };
    open_clients(acceptor, waiting, array_length(waiting));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    rlim_t allowed = limit.rlim_cur;

    limit.rlim_cur = 3; /* what is open stays open */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    int without = listener_drain(&acceptor->listener);
    limit.rlim_cur = allowed;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    size_t count_without = acceptor->accepted_count;
    int with = listener_drain(&acceptor->listener);

    assert_int_equal(without, -EMFILE);
    assert_int_equal(count_without, 0);
    assert_int_equal(with, 0);
    assert_int_equal(acceptor->accepted_count, array_length(waiting));
    close_clients(waiting, array_length(waiting));
}

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
    assert_int_equal(listener_start(&other.listener, other.loop, other.descriptor, on_accepted, &other), 0);
    open_clients(acceptor, clients, array_length(clients));

    turn_until(&other, array_length(clients)); /* the first loop takes no turn meanwhile */

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
    assert_int_equal(listener_start(&other.listener, other.loop, other.descriptor, on_accepted, &other), 0);
    listener_take_turns(&acceptor->listener);
    listener_take_turns(&other.listener);
    open_clients(acceptor, clients, array_length(clients));

    for (size_t turn = 1; turn <= array_length(clients) / 2; turn++) {
        turn_until(acceptor, turn);
        turn_until(&other, turn);
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

#define listener_test(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        listener_test(accepts_all_that_come_however_many_turns_that_takes),
        listener_test(a_port_in_use_is_refused_with_a_sentence),
        listener_test(an_address_that_is_not_ours_is_refused),
        listener_test(nothing_is_accepted_while_it_is_held),
        listener_test(draining_accepts_what_waits_in_the_queue_and_then_no_more),
        listener_test(once_it_is_shut_who_waits_is_accepted_and_nobody_gets_in_behind_them),
        listener_test(a_drain_without_descriptors_says_so_and_goes_on_when_there_are_some),
        listener_test(two_loops_share_one_socket_and_a_loop_that_stands_still_loses_nothing),
        listener_test(loops_that_take_turns_accept_one_connection_each),
        listener_test(loops_that_wait_share_connections_that_come_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
