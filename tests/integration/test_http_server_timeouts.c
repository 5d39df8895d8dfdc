/* SPDX-License-Identifier: MIT */
/*
 * How long a client may take for heads and bodies, whose time counts, and limits that change. Answers:
 * test_http_server_answer_times.
 */
#include <time.h>

#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum {
    TIMEOUT_MS = 250,
    PATIENT_MS = 800, /* where it must not be over because the machine stood still */
    LATEST_MS = 3000, /* so late may a busy machine end what is due after TIMEOUT_MS */
    LONG_MS = 60000,
    DRIP_MS = 20,
    KERNEL_TICK_MS = 20, /* its clock for what a connection received last is coarse */
};

static void serve_one(struct http_server_bench *bench, struct client *client)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_get(client, "/first");
    bench_read(bench, client, &answer);
    assert_int_equal(answer.status, 200);
}

/* A byte now and then, until the connection ends or so much time has passed. */
static void drip_for(struct http_server_bench *bench, struct client *client, int duration_ms)
{
    uint64_t start_us = clock_monotonic_us();

    while (!client->is_at_end && gate_milliseconds_left(start_us, duration_ms) > 0) {
        client_send(client, "x");
        bench_turn_for(bench, DRIP_MS);
        client_gather(client);
    }
}

/* ---- heads and bodies ---- */

#define HEAD "POST / HTTP/1.1\r\nHost: a\r\n"

struct drip_case {
    const char *name;
    bool is_kept; /* a request was served on the connection before */
    const char *begin;
    int timeouts; /* how many of them it has */
};

static const struct drip_case drip_cases[] = {
    { "a new connection's request line", false, "GET /", 1 },
    { "a new connection's head", false, "GET / HTTP/1.1\r\nX: ", 1 },
    { "a kept connection's request line", true, "GET /", 2 },
    { "a kept connection's head", true, "GET / HTTP/1.1\r\nX: ", 1 },
    { "a body", false, HEAD "Content-Length: 900\r\n\r\n", 1 },
    { "a body on a kept connection", true, HEAD "Content-Length: 900\r\n\r\n", 1 },
    { "a chunk", false, HEAD "Transfer-Encoding: chunked\r\n\r\n384\r\n", 1 },
};

/* When it was begun. */
static uint64_t open_and_begin(struct http_server_bench *bench, const struct drip_case *drip, struct client *client)
{
    uint64_t begun_us = clock_monotonic_us();

    bench_connect(bench, client);
    if (drip->is_kept) {
        serve_one(bench, client);
    }
    bench_turn_idly(bench);
    buf_reset(&bench->journal);
    client_send(client, drip->begin);
    return begun_us;
}

static void check_drip(struct http_server_bench *bench, const struct drip_case *drip)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    /* A kept one that is idle counts from its answer, a new one from its opening: both later than this. */
    int timeout_ms = TIMEOUT_MS;
    bench_restart_timed(bench, timeout_ms);
    uint64_t earliest_us = open_and_begin(bench, drip, &client);
    while (bench_milliseconds_since(earliest_us) >= timeout_ms) { /* its time was over before it had said a word */
        timeout_ms *= 2;
        client_close(&client);
        bench_restart_timed(bench, timeout_ms);
        earliest_us = open_and_begin(bench, drip, &client);
    }
    uint64_t start_us = clock_monotonic_us();

    drip_for(bench, &client, 2 * timeout_ms + LATEST_MS);
    int elapsed_ms = bench_milliseconds_since(start_us);
    int waited_ms = bench_milliseconds_since(earliest_us);
    (void)client_poll(&client, &answer);

    assert_case(drip->name, client.is_at_end);
    assert_case(drip->name, answer.status == 408 && answer.is_complete);
    assert_case(drip->name, waited_ms >= drip->timeouts * timeout_ms);
    assert_case(drip->name, elapsed_ms < 2 * timeout_ms + LATEST_MS);
    bench_turn_until(bench, "room", 1);
    assert_case(drip->name, !bench_has(bench, "request"));
    client_close(&client);
}

static void a_request_that_comes_in_drips_is_ended_with_408(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(drip_cases); i++) {
        check_drip(bench, &drip_cases[i]);
    }
}

static void a_head_on_a_kept_connection_counts_from_its_request_line(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config config = bench_config_timed(TIMEOUT_MS);
    struct client client;
    config.idle_timeout_us = LONG_MS * (uint64_t)CLOCK_US_PER_MS;
    bench_restart(bench, &config);
    bench_connect(bench, &client);
    serve_one(bench, &client);

    client_send(&client, "GET / HTTP/1.1\r\nX: ");
    drip_for(bench, &client, LATEST_MS);

    assert_true(client.is_at_end);
    client_close(&client);
}

static void a_408_is_a_whole_answer_that_closes(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    bench_restart_timed(bench, TIMEOUT_MS);
    bench_connect(bench, &client);

    client_send(&client, "G");
    bench_read(bench, &client, &answer);

    assert_true(str_starts_with(buf_view(&answer.head), STR("HTTP/1.1 408 Request Timeout\r\n")));
    assert_true(answer_says_close(&answer));
    assert_text(answer_header(&answer, "Content-Length"), "0");
    assert_int_equal(answer_header(&answer, "Date").length, strlen("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    assert_false(client.is_reset);
    client_close(&client);
}

static void a_connection_that_says_nothing_ends_without_a_word(void **state)
{
    struct http_server_bench *bench = *state;
    bench_restart_timed(bench, TIMEOUT_MS);

    for (int is_kept = 0; is_kept < 2; is_kept++) {
        struct client client;
        uint64_t start_us = clock_monotonic_us();
        bench_connect(bench, &client);
        if (is_kept) {
            serve_one(bench, &client);
        }

        bool has_ended = bench_sees_end(bench, &client, LATEST_MS);

        assert_true(has_ended);
        assert_in_range(bench_milliseconds_since(start_us), TIMEOUT_MS, LATEST_MS);
        client_close(&client);
    }
    bench_turn_until(bench, "room", 2);
}

static void send_in_pieces(struct http_server_bench *bench, struct client *client, const char *text, int duration_ms)
{
    size_t length = strlen(text);
    uint64_t start_us = clock_monotonic_us();

    for (size_t i = 0; i < length; i++) {
        client_send_bytes(client, text + i, 1);
        while (bench_milliseconds_since(start_us) < duration_ms * (int)(i + 1) / (int)length) {
            bench_turn_idly(bench);
        }
    }
}

/* Head and body each within their time, together beyond either; and on a kept connection, each request anew. */
static void a_slow_client_that_keeps_within_its_time_is_served(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_restart_timed(bench, 1000);
    bench_connect(bench, &client);

    for (int i = 0; i < 2; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        send_in_pieces(bench, &client, HEAD "Content-Length: 5\r\n\r\n", 550);
        send_in_pieces(bench, &client, "slow!", 550);
        bench_read(bench, &client, &answer);
        assert_int_equal(answer.status, 200);
    }

    bench_assert_journal(bench, "request finished request finished ");
    client_close(&client);
}

static void without_limits_of_their_own_heads_and_bodies_end_when_nothing_moves(void **state)
{
    struct http_server_bench *bench = *state;
    static const char *const beginnings[] = { "GET /?", HEAD "Content-Length: 900\r\n\r\n" };
    struct http_server_config config = bench_config();
    config.idle_timeout_us = PATIENT_MS * (uint64_t)CLOCK_US_PER_MS;
    bench_restart(bench, &config);

    for (size_t i = 0; i < array_length(beginnings); i++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        bench_connect(bench, &client);
        client_send(&client, beginnings[i]);
        drip_for(bench, &client, 2 * PATIENT_MS);
        assert_false(client.is_at_end);

        bench_read(bench, &client, &answer);

        assert_int_equal(answer.status, 408);
        int elapsed_ms = bench_milliseconds_since(client.sent_us);
        assert_in_range(elapsed_ms, PATIENT_MS - KERNEL_TICK_MS, PATIENT_MS + LATEST_MS);
        client_close(&client);
    }
}

/* ---- the owner's time, and ours ---- */

static void no_time_counts_while_the_owner_works(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    bench_restart_timed(bench, TIMEOUT_MS);
    bench->on_request = bench_hold;
    bench_connect(bench, &client);
    client_get(&client, "/slow");
    bench_turn_until_held(bench, 1);

    bench_turn_for(bench, 4 * TIMEOUT_MS);
    bench_answer(bench->held[0], STR("at last"));
    bench_read(bench, &client, &answer);

    assert_int_equal(answer.status, 200);
    assert_text(answer_body(&answer), "at last");
    client_close(&client);
}

static void block_for_longer_than_a_client_has(void)
{
    struct timespec blocking_call = { .tv_sec = 2 * PATIENT_MS / 1000,
                                      .tv_nsec = 2L * PATIENT_MS % 1000 * 1000 * 1000 };

    assert_int_equal(nanosleep(&blocking_call, NULL), 0);
}

static void block_while_the_other_client_goes_on(struct http_server_bench *bench, struct http_exchange *exchange)
{
    if (str_equal(http_exchange_target(exchange), STR("/blocking"))) {
        client_send(&bench->clients[1], "Host: a\r\n\r\n");
        block_for_longer_than_a_client_has();
    }
    bench_answer(exchange, http_exchange_target(exchange));
}

static void what_came_while_a_call_blocked_the_loop_came_in_time(void **state)
{
    struct http_server_bench *bench = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    bench_restart_timed(bench, PATIENT_MS);
    bench->on_request = block_while_the_other_client_goes_on;
    bench_connect(bench, &bench->clients[0]);
    bench_connect(bench, &bench->clients[1]);
    client_send(&bench->clients[1], "GET /other HTTP/1.1\r\n");
    bench_turn_idly(bench);

    client_get(&bench->clients[0], "/blocking");
    bench_read(bench, &bench->clients[1], &answer);

    assert_text(answer_body(&answer), "/other");
    client_close(&bench->clients[0]);
    client_close(&bench->clients[1]);
}

/* ---- limits that change ---- */

static void timeouts_change_for_connections_that_are_there(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config shorter = bench_config_timed(TIMEOUT_MS);
    struct http_server_config none = bench_config_timed(0);
    struct client client;
    bench_restart(bench, &none);
    bench_connect(bench, &client);
    serve_one(bench, &client);

    bool ended_without_timeout = bench_sees_end(bench, &client, 2 * TIMEOUT_MS);
    http_server_set_limits(bench->server, &shorter);
    http_server_set_limits(bench->server, &none);
    bool ended_with_none_again = bench_sees_end(bench, &client, 2 * TIMEOUT_MS);
    serve_one(bench, &client);
    http_server_set_limits(bench->server, &shorter);
    bool ended_with_timeout = bench_sees_end(bench, &client, LATEST_MS);

    assert_false(ended_without_timeout);
    assert_false(ended_with_none_again);
    assert_true(ended_with_timeout);
    client_close(&client);
}

static void limits_that_are_set_again_prolong_nothing(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config config = bench_config_timed(TIMEOUT_MS);
    struct client client;
    bench_restart(bench, &config);
    bench_connect(bench, &client);
    uint64_t start_us = clock_monotonic_us();

    while (!client_sees_end(&client, 0) && bench_milliseconds_since(start_us) < LATEST_MS) {
        bench_turn_idly(bench);
        http_server_set_limits(bench->server, &config);
    }

    assert_true(client_sees_end(&client, 0));
    client_close(&client);
}

static void a_body_limit_changes_for_the_next_request(void **state)
{
    struct http_server_bench *bench = *state;
    static const struct {
        size_t body_bytes;
        int status;
    } limits[] = { { 5, 200 }, { 1000, 200 }, { 4, 413 } };

    for (size_t i = 0; i < array_length(limits); i++) {
        struct http_server_config config = bench_config();
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        config.body_bytes = limits[i].body_bytes;
        bench_connect(bench, &client);
        serve_one(bench, &client);

        http_server_set_limits(bench->server, &config);
        client_request(&client, "POST", "/", "", "12345");
        bench_read(bench, &client, &answer);

        assert_int_equal(answer.status, limits[i].status);
        client_close(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_request_that_comes_in_drips_is_ended_with_408),
        bench_test(a_head_on_a_kept_connection_counts_from_its_request_line),
        bench_test(a_408_is_a_whole_answer_that_closes),
        bench_test(a_connection_that_says_nothing_ends_without_a_word),
        bench_test(a_slow_client_that_keeps_within_its_time_is_served),
        bench_test(without_limits_of_their_own_heads_and_bodies_end_when_nothing_moves),
        bench_test(no_time_counts_while_the_owner_works),
        bench_test(what_came_while_a_call_blocked_the_loop_came_in_time),
        bench_test(timeouts_change_for_connections_that_are_there),
        bench_test(limits_that_are_set_again_prolong_nothing),
        bench_test(a_body_limit_changes_for_the_next_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
