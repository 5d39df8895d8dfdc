/* SPDX-License-Identifier: MIT */
/*
 * A plain connection on a socket pair.
 */
#include "gateway/wire_connection.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common/compiler.h"
#include "tests/support/unit.h"

struct fixture {
    struct loop *loop;
    struct wire_connection *connection;
    int far;
};

static void open_fixture(struct fixture *fixture)
{
    int pair[2];

    fixture->loop = loop_new();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    fixture->connection = wire_connection_new(fixture->loop, pair[0], &wire_plain_transport, NULL);
    assert_non_null(fixture->connection);
    fixture->far = pair[1];
}

static void close_fixture(struct fixture *fixture)
{
    wire_connection_close(fixture->connection);
    (void)close(fixture->far);
    loop_free(fixture->loop);
}

static void turn(struct fixture *fixture)
{
    assert_int_equal(loop_turn(fixture->loop, 0), 0);
}

static ssize_t receive(struct fixture *fixture, char *bytes, size_t size)
{
    return fixture->connection->transport->receive(fixture->connection, bytes, size);
}

static ssize_t send_text(struct fixture *fixture, const char *text)
{
    return fixture->connection->transport->send(fixture->connection, text, strlen(text));
}

static void add_events(void *context, uint32_t events)
{
    *(uint32_t *)context |= events;
}

static void events_go_to_whoever_has_it_and_to_nobody_at_first(void **state)
{
    struct fixture fixture;
    uint32_t first = 0;
    uint32_t second = 0;
    (void)state;
    open_fixture(&fixture);
    assert_int_equal(send(fixture.far, "x", 1, 0), 1);
    turn(&fixture);

    wire_connection_give(fixture.connection, add_events, &first);
    turn(&fixture);
    uint32_t first_before = first;
    wire_connection_give(fixture.connection, add_events, &second);
    assert_int_equal(shutdown(fixture.far, SHUT_WR), 0);
    turn(&fixture);

    assert_int_equal(first_before, EPOLLIN);
    assert_int_equal(first, first_before);
    assert_int_equal(second, EPOLLIN | EPOLLRDHUP);
    close_fixture(&fixture);
}

static void room_is_told_while_it_is_wanted(void **state)
{
    struct fixture fixture;
    uint32_t events = 0;
    (void)state;
    open_fixture(&fixture);
    wire_connection_give(fixture.connection, add_events, &events);

    turn(&fixture);
    assert_int_equal(events, 0);
    wire_connection_want_room(fixture.connection, true);
    turn(&fixture);
    assert_int_equal(events, EPOLLOUT);
    wire_connection_want_room(fixture.connection, false);
    events = 0;
    turn(&fixture);

    assert_int_equal(events, 0);
    close_fixture(&fixture);
}

static void bytes_go_both_ways(void **state)
{
    struct fixture fixture;
    char bytes[8] = "";
    (void)state;
    open_fixture(&fixture);

    assert_int_equal(receive(&fixture, bytes, sizeof bytes), -EAGAIN);
    assert_int_equal(send_text(&fixture, "ab"), 2);
    assert_int_equal(recv(fixture.far, bytes, sizeof bytes, 0), 2);
    assert_memory_equal(bytes, "ab", 2);
    assert_int_equal(send(fixture.far, "cde", 3, 0), 3);
    assert_int_equal(receive(&fixture, bytes, sizeof bytes), 3);
    assert_memory_equal(bytes, "cde", 3);

    close_fixture(&fixture);
}

static void the_end_is_zero_and_sending_after_it_an_error_and_no_signal(void **state)
{
    struct fixture fixture;
    char bytes[8];
    (void)state;
    open_fixture(&fixture);

    (void)close(fixture.far);

    assert_int_equal(receive(&fixture, bytes, sizeof bytes), 0);
    assert_int_equal(send_text(&fixture, "ab"), -EPIPE);
    fixture.far = -1;
    close_fixture(&fixture);
}

static void sending_says_when_there_is_no_room(void **state)
{
    struct fixture fixture;
    static char many[1024 * 1024];
    ssize_t count = 1;
    (void)state;
    open_fixture(&fixture);

    while (count > 0) {
        count = fixture.connection->transport->send(fixture.connection, many, sizeof many);
    }

    assert_int_equal(count, -EAGAIN);
    close_fixture(&fixture);
}

static void it_is_quiet_until_something_lies_there_or_it_ended(void **state)
{
    struct fixture fixture;
    char bytes[8];
    (void)state;
    open_fixture(&fixture);

    assert_true(wire_connection_is_quiet(fixture.connection));
    assert_int_equal(send(fixture.far, "x", 1, 0), 1);
    assert_false(wire_connection_is_quiet(fixture.connection));
    assert_int_equal(receive(&fixture, bytes, sizeof bytes), 1); /* looking takes nothing away */
    assert_true(wire_connection_is_quiet(fixture.connection));
    assert_int_equal(shutdown(fixture.far, SHUT_WR), 0);
    assert_false(wire_connection_is_quiet(fixture.connection));

    close_fixture(&fixture);
}

static void close_it(void *context, uint32_t events)
{
    struct fixture *fixture = context;

    (void)events;
    wire_connection_close(take_pointer(fixture->connection));
}

/* Two of a batch: the first that is told closes the other, which must not be told any more. */
static void a_closed_one_hears_nothing_more_and_its_far_end_sees_it(void **state)
{
    struct fixture one;
    struct fixture other;
    char byte = 0;
    (void)state;
    int pair[2];
    open_fixture(&one);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    other.connection = wire_connection_new(one.loop, pair[0], &wire_plain_transport, NULL);
    other.far = pair[1];
    wire_connection_give(one.connection, close_it, &other);
    wire_connection_give(other.connection, close_it, &one);
    assert_int_equal(send(one.far, "x", 1, 0), 1);
    assert_int_equal(send(other.far, "x", 1, 0), 1);

    turn(&one);

    assert_int_equal((one.connection == NULL) + (other.connection == NULL), 1);
    int closed = one.connection == NULL ? one.far : other.far;
    assert_true(recv(closed, &byte, 1, 0) <= 0);
    wire_connection_close(one.connection);
    wire_connection_close(other.connection);
    (void)close(one.far);
    (void)close(other.far);
    loop_free(one.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_go_to_whoever_has_it_and_to_nobody_at_first),
        cmocka_unit_test(room_is_told_while_it_is_wanted),
        cmocka_unit_test(bytes_go_both_ways),
        cmocka_unit_test(the_end_is_zero_and_sending_after_it_an_error_and_no_signal),
        cmocka_unit_test(sending_says_when_there_is_no_room),
        cmocka_unit_test(it_is_quiet_until_something_lies_there_or_it_ended),
        cmocka_unit_test(a_closed_one_hears_nothing_more_and_its_far_end_sees_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
