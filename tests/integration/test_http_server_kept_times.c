/* SPDX-License-Identifier: MIT */
/*
 * How long a connection may be idle on which a request waited for its answer, and how draining ends it.
 */
#include "tests/integration/http_server_bench.h"

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum {
    TIMEOUT_MS = 250,
    LATEST_MS = 3000, /* so late may a busy machine end what is due after TIMEOUT_MS */
};

static struct http_server_config config_of(int idle_ms, int header_ms)
{
    struct http_server_config config = bench_config();

    config.idle_timeout_us = (uint64_t)idle_ms * CLOCK_US_PER_MS;
    config.header_timeout_us = (uint64_t)header_ms * CLOCK_US_PER_MS;
    return config;
}

static void restart(struct http_server_bench *bench, int idle_ms, int header_ms)
{
    struct http_server_config config = config_of(idle_ms, header_ms);

    bench_restart(bench, &config);
}

/* ---- by time ---- */

static void an_idle_connection_ends_in_time_without_a_word(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    restart(bench, TIMEOUT_MS, TIMEOUT_MS);
    uint64_t earliest_us = clock_monotonic_us();
    bench_connect_kept(bench, &client);
    uint64_t start_us = clock_monotonic_us();

    bool has_ended = bench_sees_end(bench, &client, TEST_PATIENCE_MS);

    assert_true(has_ended);
    assert_false(client.is_reset);
    assert_true(bench_milliseconds_since(earliest_us) >= TIMEOUT_MS);
    assert_true(bench_milliseconds_since(start_us) < LATEST_MS);
    bench_expect_no_connection(bench);
    client_close(&client);
}

static void a_connection_with_a_request_now_and_then_stays(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    restart(bench, 4 * TIMEOUT_MS, TIMEOUT_MS);
    bench_connect_kept(bench, &client);

    for (int i = 0; i < 6; i++) {
        bench_turn_for(bench, TIMEOUT_MS);
        bench_wait_once(bench, &client);
    }

    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    client_close(&client);
}

static void no_time_counts_while_a_later_request_waits(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    restart(bench, TIMEOUT_MS, TIMEOUT_MS);
    bench_connect_kept(bench, &client);

    client_get(&client, "/wait");
    bench_turn_until_held(bench, 1);
    bench_turn_for(bench, 3 * TIMEOUT_MS);
    bench_answer_held(bench);

    bench_expect(bench, &client, "GET /wait");
    client_close(&client);
}

static void an_idle_timeout_that_changes_holds_at_once(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config shorter = config_of(TIMEOUT_MS, TIMEOUT_MS);
    struct client client;
    bench_connect_kept(bench, &client);

    assert_false(bench_sees_end(bench, &client, 2 * TIMEOUT_MS));
    http_server_set_limits(bench->server, &shorter);

    assert_true(bench_sees_end(bench, &client, LATEST_MS));
    client_close(&client);
}

/* microhttpd reads the requests and leaves the end behind them unread: nothing tells it again. */
static void an_end_behind_the_last_request_does_not_keep_the_connection(void **state)
{
    struct http_server_bench *bench = *state;
    restart(bench, TIMEOUT_MS, TIMEOUT_MS);

    for (int i = 0; i < 8; i++) {
        struct client client;
        bench_connect(bench, &client);
        client_get(&client, "/1");
        client_get(&client, "/2");
        client_shut(&client);
        bench_expect(bench, &client, "GET /1");
        bench_expect(bench, &client, "GET /2");

        assert_true(bench_sees_end(bench, &client, LATEST_MS));
        client_close(&client);
        buf_reset(&bench->journal);
    }
}

static const char *const slow_heads[] = { "G", "GET /", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: " };

/* When it was begun. */
static uint64_t open_and_begin(struct http_server_bench *bench, const char *head, struct client *client)
{
    uint64_t begun_us = clock_monotonic_us();

    bench_connect_kept(bench, client);
    bench_turn_idly(bench); /* its bytes must come later than the last answer, by the kernel's clock */
    client_send(client, head);
    return begun_us;
}

static void check_slow_head(struct http_server_bench *bench, const char *head, bool drips)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    int timeout_ms = TIMEOUT_MS;
    restart(bench, timeout_ms, timeout_ms);
    uint64_t earliest_us = open_and_begin(bench, head, &client);
    while (bench_milliseconds_since(earliest_us) >= timeout_ms) { /* it was idle for too long before it said a word */
        timeout_ms *= 2;
        client_close(&client);
        restart(bench, timeout_ms, timeout_ms);
        earliest_us = open_and_begin(bench, head, &client);
    }
    uint64_t start_us = clock_monotonic_us();

    while (!client.is_at_end && bench_milliseconds_since(start_us) < TEST_PATIENCE_MS) {
        bench_turn_idly(bench);
        client_gather(&client);
        if (drips) {
            client_send(&client, "x");
        }
    }
    int elapsed_ms = bench_milliseconds_since(start_us);
    (void)client_poll(&client, &answer);

    assert_case(head, answer.status == 408 && answer.is_complete);
    assert_case(head, bench_milliseconds_since(earliest_us) >= timeout_ms && elapsed_ms < timeout_ms + LATEST_MS);
    bench_expect_no_connection(bench);
    bench_assert_journal(bench, "room ");
    client_close(&client);
}

static void a_slow_head_after_a_request_that_waited_is_ended_with_408(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(slow_heads); i++) {
        check_slow_head(bench, slow_heads[i], false);
        check_slow_head(bench, slow_heads[i], true);
    }
}

/* ---- by draining ---- */

static void draining_closes_a_connection_that_is_idle_after_a_request_that_waited(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    uint64_t earliest_us = clock_monotonic_us();
    bench_connect_kept(bench, &client);
    uint64_t start_us = clock_monotonic_us();

    http_server_drain(bench->server);
    bool has_ended = bench_sees_end(bench, &client, TEST_PATIENCE_MS);

    assert_true(has_ended);
    assert_false(client.is_reset);
    assert_true(bench_milliseconds_since(earliest_us) >= 950);
    assert_true(bench_milliseconds_since(start_us) < LATEST_MS);
    bench_expect_no_connection(bench);
    client_close(&client);
}

static void draining_answers_a_request_that_is_already_there(void **state)
{
    struct http_server_bench *bench = *state;
    static const char *const targets[] = { "/there", "/wait-there" };

    for (size_t i = 0; i < array_length(targets); i++) {
        struct http_server_config config = bench_config();
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        bench_restart(bench, &config);
        bench_connect_kept(bench, &client);
        bench_turn_for(bench, 1100); /* long enough for draining to close it at once */

        client_get(&client, targets[i]);
        http_server_drain(bench->server);
        if (i == 1) {
            bench_answer_held(bench);
        }
        bench_read(bench, &client, &answer);

        assert_int_equal(answer.status, 200);
        assert_true(answer_says_close(&answer));
        assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
        client_close(&client);
    }
}

static void draining_serves_an_idle_connection_once_more(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    bench_connect_kept(bench, &client);

    http_server_drain(bench->server);
    bench_turn_briefly(bench);
    client_get(&client, "/wait");
    bench_answer_held(bench);
    bench_read(bench, &client, &answer);

    assert_int_equal(answer.status, 200);
    assert_true(answer_says_close(&answer));
    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(an_idle_connection_ends_in_time_without_a_word),
        bench_test(a_connection_with_a_request_now_and_then_stays),
        bench_test(no_time_counts_while_a_later_request_waits),
        bench_test(an_idle_timeout_that_changes_holds_at_once),
        bench_test(an_end_behind_the_last_request_does_not_keep_the_connection),
        bench_test(a_slow_head_after_a_request_that_waited_is_ended_with_408),
        bench_test(draining_closes_a_connection_that_is_idle_after_a_request_that_waited),
        bench_test(draining_answers_a_request_that_is_already_there),
        bench_test(draining_serves_an_idle_connection_once_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
