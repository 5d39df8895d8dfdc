/* SPDX-License-Identifier: MIT */
/*
 * The pool with socket pairs: the far ends say what became of a connection.
 */
#include "gateway/wire_pool.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { CROWD = 300 };

static const struct wire_pool_limits patient = { .idle_most = 3, .idle_us = 3600 * (uint64_t)CLOCK_US_PER_SECOND };

struct fixture {
    struct loop *loop;
    struct wire_pool *pool;
    struct url url;
    struct wire_server *server;
};

static void url_from(const char *text, struct url *url)
{
    struct error error;

    assert_int_equal(url_parse(str_of(text), url, &error), 0);
}

static void open_fixture(struct fixture *fixture, const struct wire_pool_limits *limits)
{
    fixture->loop = loop_new();
    fixture->pool = wire_pool_new(fixture->loop, limits);
    assert_non_null(fixture->pool);
    url_from("http://127.0.0.1:9000", &fixture->url);
    fixture->server = wire_pool_server(fixture->pool, &fixture->url, NULL);
    assert_non_null(fixture->server);
}

static void close_fixture(struct fixture *fixture)
{
    wire_pool_free(fixture->pool);
    loop_free(fixture->loop);
}

/* Returns the far end. */
static int put_new(struct fixture *fixture, struct wire_server *server, struct wire_connection **ret_connection)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    struct wire_connection *connection = wire_connection_new(fixture->loop, pair[0], &wire_plain_transport, NULL);
    assert_non_null(connection);
    wire_pool_put(fixture->pool, server, connection);
    *ret_connection = connection;
    return pair[1];
}

/* A reset where bytes that it sent were not read. */
static bool has_ended(int far)
{
    char byte = 0;
    ssize_t count = recv(far, &byte, 1, MSG_DONTWAIT);

    return count == 0 || (count < 0 && errno == ECONNRESET);
}

static void turn(struct fixture *fixture)
{
    assert_int_equal(loop_turn(fixture->loop, 0), 0);
}

/* ---- order, bound ---- */

static void pool_hands_out_the_one_that_was_used_last(void **state)
{
    struct fixture fixture;
    struct wire_connection *connections[3];
    int far[3];
    (void)state;
    open_fixture(&fixture, &patient);
    for (size_t i = 0; i < 3; i++) {
        far[i] = put_new(&fixture, fixture.server, &connections[i]);
    }
    turn(&fixture);

    struct wire_connection *first = wire_pool_take(fixture.server);
    struct wire_connection *second = wire_pool_take(fixture.server);
    wire_pool_put(fixture.pool, fixture.server, first);
    struct wire_connection *third = wire_pool_take(fixture.server);

    assert_ptr_equal(first, connections[2]);
    assert_ptr_equal(second, connections[1]);
    assert_ptr_equal(third, first);
    assert_int_equal(wire_pool_idle_count(fixture.server), 1);
    wire_connection_close(second);
    wire_connection_close(third);
    close_fixture(&fixture);
    for (size_t i = 0; i < 3; i++) {
        assert_true(has_ended(far[i])); /* what was idle, the pool closed */
        (void)close(far[i]);
    }
}

static void pool_is_empty_at_first_and_after_the_last(void **state)
{
    struct fixture fixture;
    struct wire_connection *connection = NULL;
    (void)state;
    open_fixture(&fixture, &patient);

    assert_null(wire_pool_take(fixture.server));
    int far = put_new(&fixture, fixture.server, &connection);
    assert_ptr_equal(wire_pool_take(fixture.server), connection);
    assert_null(wire_pool_take(fixture.server));

    wire_connection_close(connection);
    (void)close(far);
    close_fixture(&fixture);
}

static void pool_closes_the_one_that_was_idle_longest_when_there_are_too_many(void **state)
{
    struct fixture fixture;
    struct wire_connection *connection = NULL;
    int far[4];
    (void)state;
    open_fixture(&fixture, &patient);

    for (size_t i = 0; i < 4; i++) {
        far[i] = put_new(&fixture, fixture.server, &connection);
    }

    assert_int_equal(wire_pool_idle_count(fixture.server), 3);
    assert_true(has_ended(far[0]));
    for (size_t i = 1; i < 4; i++) {
        assert_false(has_ended(far[i]));
    }
    close_fixture(&fixture);
    for (size_t i = 0; i < 4; i++) {
        (void)close(far[i]);
    }
}

/* ---- servers ---- */

static void pool_keeps_servers_apart_by_scheme_host_and_port_and_knows_equal_ones(void **state)
{
    static const char *const others[] = { "https://127.0.0.1:9000", "http://127.0.0.1:9001", "http://127.0.0.2:9000",
                                          "http://localhost:9000" };
    struct fixture fixture;
    struct wire_connection *connection = NULL;
    struct url url;
    (void)state;
    open_fixture(&fixture, &patient);
    int far = put_new(&fixture, fixture.server, &connection);

    for (size_t i = 0; i < array_length(others); i++) {
        url_from(others[i], &url);
        struct wire_server *other = wire_pool_server(fixture.pool, &url, NULL);
        assert_case(others[i], other != fixture.server && wire_pool_take(other) == NULL);
    }
    url_from("http://127.0.0.1:9000/another/path", &url); /* of another configuration */
    assert_ptr_equal(wire_pool_server(fixture.pool, &url, NULL), fixture.server);
    close_fixture(&fixture);
    (void)close(far);
}

/* A bucket holds several. */
static void pool_finds_each_of_a_thousand_servers(void **state)
{
    struct fixture fixture;
    struct wire_server *servers[1000];
    char text[64];
    struct url url;
    (void)state;
    open_fixture(&fixture, &patient);

    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < array_length(servers); i++) {
            (void)snprintf(text, sizeof text, "http://127.0.0.1:%zu", 10000 + i);
            url_from(text, &url);
            struct wire_server *server = wire_pool_server(fixture.pool, &url, NULL);
            assert_true(round == 0 || server == servers[i]);
            servers[i] = server;
        }
    }
    close_fixture(&fixture);
}

/* ---- the end of an idle connection ---- */

static void say_something(int far)
{
    assert_int_equal(send(far, "x", 1, 0), 1);
}

static void half_close(int far)
{
    assert_int_equal(shutdown(far, SHUT_WR), 0);
}

static void (*const events[])(int far) = { say_something, half_close };

static void any_event_ends_an_idle_connection(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(events); i++) {
        struct fixture fixture;
        struct wire_connection *connection = NULL;
        open_fixture(&fixture, &patient);
        int other = put_new(&fixture, fixture.server, &connection);
        int far = put_new(&fixture, fixture.server, &connection);
        turn(&fixture);
        assert_int_equal(wire_pool_idle_count(fixture.server), 2);

        events[i](far);
        turn(&fixture);

        assert_int_equal(wire_pool_idle_count(fixture.server), 1);
        assert_true(has_ended(far));
        assert_false(has_ended(other));
        (void)close(far);
        (void)close(other);
        close_fixture(&fixture);
    }
}

static void what_came_since_the_loops_last_look_is_seen_when_a_connection_is_taken(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(events); i++) {
        struct fixture fixture;
        struct wire_connection *good = NULL;
        struct wire_connection *bad = NULL;
        open_fixture(&fixture, &patient);
        int good_far = put_new(&fixture, fixture.server, &good);
        int far = put_new(&fixture, fixture.server, &bad);
        turn(&fixture);
        events[i](far);

        struct wire_connection *taken = wire_pool_take(fixture.server);

        assert_ptr_equal(taken, good);
        assert_true(has_ended(far));
        wire_connection_close(taken);
        (void)close(far);
        (void)close(good_far);
        close_fixture(&fixture);
    }
}

/* ---- age ---- */

static void pool_closes_what_nobody_used_for_a_while(void **state)
{
    static const struct wire_pool_limits hasty = { .idle_most = 3, .idle_us = 20 * CLOCK_US_PER_MS };
    struct fixture fixture;
    struct wire_connection *connection = NULL;
    uint64_t start_us = clock_monotonic_us();
    (void)state;
    open_fixture(&fixture, &hasty);
    int far = put_new(&fixture, fixture.server, &connection);

    while (wire_pool_idle_count(fixture.server) > 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(fixture.loop, CLOCK_US_PER_SECOND), 0);
    }

    assert_int_equal(wire_pool_idle_count(fixture.server), 0);
    assert_true(clock_monotonic_us() - start_us >= hasty.idle_us);
    assert_true(has_ended(far));
    (void)close(far);
    close_fixture(&fixture);
}

/* Uses one of two until the other is closed. False: a busy machine let it wait for so long itself that this tells
 * nothing. */
static bool keeps_what_is_used(uint64_t idle_us)
{
    const struct wire_pool_limits limits = { .idle_most = 3, .idle_us = idle_us };
    struct fixture fixture;
    struct wire_connection *used = NULL;
    struct wire_connection *idle = NULL;
    bool is_in_time = true;
    open_fixture(&fixture, &limits);
    int idle_far = put_new(&fixture, fixture.server, &idle);
    int used_far = put_new(&fixture, fixture.server, &used);
    uint64_t put_us = clock_monotonic_us();

    while (is_in_time && !has_ended(idle_far)) {
        struct wire_connection *taken = wire_pool_take(fixture.server);
        assert_ptr_equal(taken, used);
        wire_pool_put(fixture.pool, fixture.server, taken);
        assert_int_equal(loop_turn(fixture.loop, CLOCK_US_PER_MS), 0);
        is_in_time = clock_monotonic_us() - put_us < idle_us / 3;
        put_us = clock_monotonic_us();
    }

    assert_true(!is_in_time || wire_pool_idle_count(fixture.server) == 1);
    assert_true(!is_in_time || !has_ended(used_far));
    (void)close(idle_far);
    (void)close(used_far);
    close_fixture(&fixture);
    return is_in_time;
}

static void pool_does_not_close_what_was_used_in_time(void **state)
{
    uint64_t start_us = clock_monotonic_us();
    uint64_t idle_us = 60 * CLOCK_US_PER_MS;
    (void)state;

    while (!keeps_what_is_used(idle_us)) {
        assert_true(gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);
        idle_us *= 2;
    }
}

/* ---- for want of descriptors ---- */

static void pool_closes_the_half_that_was_idle_longest_of_each_server(void **state)
{
    struct fixture fixture;
    struct wire_connection *connections[5];
    struct wire_connection *other = NULL;
    struct url url;
    int far[5];
    (void)state;
    open_fixture(&fixture, &(struct wire_pool_limits){ .idle_most = 8, .idle_us = patient.idle_us });
    url_from("http://127.0.0.1:9001", &url);
    struct wire_server *other_server = wire_pool_server(fixture.pool, &url, NULL);
    for (size_t i = 0; i < array_length(far); i++) {
        far[i] = put_new(&fixture, fixture.server, &connections[i]);
    }
    int other_far = put_new(&fixture, other_server, &other);

    wire_pool_close_half(fixture.pool);

    for (size_t i = 0; i < array_length(far); i++) {
        assert_int_equal(has_ended(far[i]), i < 3);
    }
    assert_true(has_ended(other_far));
    assert_int_equal(wire_pool_idle_count(other_server), 0);
    wire_pool_close_half(fixture.pool);
    assert_true(has_ended(far[3]));
    wire_pool_close_half(fixture.pool);
    assert_int_equal(wire_pool_idle_count(fixture.server), 0);
    wire_pool_close_half(fixture.pool);
    close_fixture(&fixture);
    for (size_t i = 0; i < array_length(far); i++) {
        (void)close(far[i]);
    }
    (void)close(other_far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_hands_out_the_one_that_was_used_last),
        cmocka_unit_test(pool_is_empty_at_first_and_after_the_last),
        cmocka_unit_test(pool_closes_the_one_that_was_idle_longest_when_there_are_too_many),
        cmocka_unit_test(pool_keeps_servers_apart_by_scheme_host_and_port_and_knows_equal_ones),
        cmocka_unit_test(pool_finds_each_of_a_thousand_servers),
        cmocka_unit_test(any_event_ends_an_idle_connection),
        cmocka_unit_test(what_came_since_the_loops_last_look_is_seen_when_a_connection_is_taken),
        cmocka_unit_test(pool_closes_what_nobody_used_for_a_while),
        cmocka_unit_test(pool_does_not_close_what_was_used_in_time),
        cmocka_unit_test(pool_closes_the_half_that_was_idle_longest_of_each_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
