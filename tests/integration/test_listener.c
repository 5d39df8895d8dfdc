/* SPDX-License-Identifier: MIT */
#include "common/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/integration/listener_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

static void accepts_all_that_come_however_many_turns_that_takes(void **state)
{
    struct acceptor *acceptor = *state;
    static struct client clients[150];
    open_clients(acceptor, clients, array_length(clients));

    acceptor_turn_until(acceptor, array_length(clients));

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

    acceptor_turn_until(acceptor, 1);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(loop_turn(acceptor->loop, CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(acceptor->accepted_count, 1);
    listener_release(&acceptor->listener);

    acceptor_turn_until(acceptor, 3);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
