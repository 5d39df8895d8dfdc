/* SPDX-License-Identifier: MIT */
/*
 * How a connection ends on which a request waited for its answer: by the client, or with the server. By an answer:
 * test_http_server_kept_or_ended.
 */
#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { TIMEOUT_MS = 250 };

/* ---- by the client ---- */

static void (*const ways_to_leave[])(struct client *client) = { client_close, client_reset };

static void a_client_that_leaves_an_idle_connection_makes_room(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);

        ways_to_leave[i](&client);

        bench_expect_no_connection(bench);
        bench_assert_journal(bench, "room ");
    }
}

static void a_client_that_leaves_as_soon_as_it_is_answered_makes_room(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < 2 * array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);
        client_get(&client, "/wait");
        bench_answer_held(bench);
        if (i < array_length(ways_to_leave)) {
            bench_expect(bench, &client, "GET /wait");
        }

        ways_to_leave[i % array_length(ways_to_leave)](&client);

        bench_expect_no_connection(bench);
        assert_true(bench_has(bench, "request"));
    }
}

static void begin_a_head(struct client *client)
{
    client_send(client, "GET /never HTTP/1.1\r\nHo");
}

static void a_client_that_leaves_within_a_head_makes_room(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);
        begin_a_head(&client);
        bench_turn_briefly(bench);

        ways_to_leave[i](&client);

        bench_expect_no_connection(bench);
        bench_assert_journal(bench, "room ");
    }
}

/* microhttpd 0.9 overlooks an end that comes together with bytes: then the timeout ends it, and here either may. */
static void a_client_that_leaves_with_the_bytes_of_a_head_makes_room_in_time(void **state)
{
    struct http_server_bench *bench = *state;
    bench_restart_timed(bench, TIMEOUT_MS);

    for (size_t i = 0; i < array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);

        begin_a_head(&client);
        ways_to_leave[i](&client);

        bench_expect_no_connection(bench);
        bench_assert_journal(bench, "room ");
    }
}

static void a_client_that_leaves_a_later_request_that_waits_is_told_once(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < 2 * array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);
        client_get(&client, "/wait");
        bench_turn_until_held(bench, 1);
        if (i < array_length(ways_to_leave)) {
            client_get(&client, "/sent-ahead");
            bench_turn_briefly(bench);
        }

        ways_to_leave[i % array_length(ways_to_leave)](&client);

        bench_expect_no_connection(bench);
        bench_assert_journal(bench, "request gone broken room ");
        bench->held_count = 0;
    }
}

static void a_half_closed_idle_connection_is_closed(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_connect_kept(bench, &client);

    client_shut(&client);

    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    assert_false(client.is_reset);
    bench_expect_no_connection(bench);
    client_close(&client);
}

/* When the connection ends is another matter, see above. */
static void a_request_with_the_end_right_behind_it_is_answered_if_it_need_not_wait(void **state)
{
    struct http_server_bench *bench = *state;
    static const char *const targets[] = { "/1", "/2", "/3" };

    for (size_t count = 1; count <= array_length(targets); count++) {
        struct client client;
        bench_connect_kept(bench, &client);

        for (size_t i = 0; i < count; i++) {
            client_get(&client, targets[i]);
        }
        client_shut(&client);

        for (size_t i = 0; i < count; i++) {
            char expected[32];
            (void)snprintf(expected, sizeof expected, "GET %s", targets[i]);
            bench_expect(bench, &client, expected);
        }
        client_reset(&client);
        bench_expect_no_connection(bench);
    }
}

/* The end comes by itself, unlike above. */
static void a_client_that_half_closes_later_and_has_been_answered_sees_the_end(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_connect_kept(bench, &client);

    client_get(&client, "/next");
    bench_expect(bench, &client, "GET /next");
    client_shut(&client);

    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    bench_expect_no_connection(bench);
    client_close(&client);
}

static void a_client_that_closes_right_behind_its_request_makes_room(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(ways_to_leave); i++) {
        struct client client;
        bench_connect_kept(bench, &client);

        client_get(&client, "/next");
        ways_to_leave[i](&client);

        bench_expect_no_connection(bench);
        assert_int_equal(bench_has(bench, "request"), bench_has(bench, "finished") || bench_has(bench, "broken"));
    }
}

static void a_request_with_the_end_right_behind_it_that_must_wait_is_abandoned(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_connect_kept(bench, &client);

    client_get(&client, "/wait");
    client_shut(&client);

    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    bench_expect_no_connection(bench);
    bench_assert_journal(bench, "request gone broken room ");
    client_close(&client);
}

/* ---- with the server ---- */

static void leave_alone(struct client *client)
{
    (void)client;
}

static void begin_a_line(struct client *client)
{
    client_send(client, "G");
}

static void ask(struct client *client)
{
    client_get(client, "/wait");
}

static void shut_it(struct client *client)
{
    client_shut(client);
}

static void (*const last_deeds[])(struct client *client) = {
    leave_alone, begin_a_head, begin_a_line, ask, shut_it, client_close, client_reset,
};

/* `is_seen`: the server has had time for what the clients did last. */
static void check_free(struct http_server_bench *bench, bool is_seen)
{
    struct client clients[array_length(last_deeds)];
    struct http_server_config config = bench_config();
    for (size_t i = 0; i < array_length(clients); i++) {
        bench_connect_kept(bench, &clients[i]);
    }
    for (size_t i = 0; i < array_length(clients); i++) {
        last_deeds[i](&clients[i]);
    }
    if (is_seen) {
        bench_turn_idly(bench);
    }

    bench_restart(bench, &config);

    for (size_t i = 0; i < array_length(clients); i++) {
        if (clients[i].descriptor >= 0) {
            assert_true(client_sees_end(&clients[i], TEST_PATIENCE_MS));
            client_close(&clients[i]);
        }
    }
    assert_int_equal(http_server_connection_count(bench->server), 0);
    bench->held_count = 0;
}

static void freeing_the_server_ends_idle_connections_whatever_comes_on_them(void **state)
{
    struct http_server_bench *bench = *state;

    check_free(bench, true);
    check_free(bench, false);
}

static void freeing_the_server_ends_a_connection_that_was_answered_in_this_turn(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config config = bench_config();
    struct client client;
    bench_connect_kept(bench, &client);
    client_get(&client, "/wait");
    bench_answer_held(bench);

    bench_restart(bench, &config);

    assert_true(bench_has(bench, "finished") || bench_has(bench, "broken"));
    uint64_t start_us = clock_monotonic_us();
    while (!client.is_at_end && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        client_gather(&client);
    }
    assert_true(client.is_at_end);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_client_that_leaves_an_idle_connection_makes_room),
        bench_test(a_client_that_leaves_as_soon_as_it_is_answered_makes_room),
        bench_test(a_client_that_leaves_within_a_head_makes_room),
        bench_test(a_client_that_leaves_with_the_bytes_of_a_head_makes_room_in_time),
        bench_test(a_client_that_leaves_a_later_request_that_waits_is_told_once),
        bench_test(a_half_closed_idle_connection_is_closed),
        bench_test(a_request_with_the_end_right_behind_it_is_answered_if_it_need_not_wait),
        bench_test(a_client_that_half_closes_later_and_has_been_answered_sees_the_end),
        bench_test(a_client_that_closes_right_behind_its_request_makes_room),
        bench_test(a_request_with_the_end_right_behind_it_that_must_wait_is_abandoned),
        bench_test(freeing_the_server_ends_idle_connections_whatever_comes_on_them),
        bench_test(freeing_the_server_ends_a_connection_that_was_answered_in_this_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
