/* SPDX-License-Identifier: MIT */
/*
 * Answers: bytes, streams that wait, raw ones, large headers, and the end by draining.
 */
#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

/* ---- bytes ---- */

static void an_answer_carries_its_status_fields_and_body(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer seen = ANSWER_NONE;
    static const struct http_field fields[] = { { "X-One", "1" }, { "X-Two", "a" }, { "X-Two", "b" } };
    struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/a");
    struct http_answer answer = {
        .status = 502,
        .fields = fields,
        .field_count = array_length(fields),
        .body = { strdup("owned"), 5 },
        .memory = HTTP_BODY_OWNED,
    };

    int result = http_exchange_answer(exchange, &answer);
    bench_read(bench, &client, &seen);

    assert_int_equal(result, 0);
    assert_int_equal(seen.status, 502);
    assert_text(answer_header(&seen, "X-One"), "1");
    assert_int_equal(answer_count_headers(&seen, "X-Two"), 2);
    assert_text(answer_header(&seen, "Content-Length"), "5");
    assert_text(answer_body(&seen), "owned");
    client_close(&client);
}

static void an_answer_that_closes_says_so_and_does(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer seen = ANSWER_NONE;
    struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/a");
    struct http_answer answer = { .status = 200, .body = STR("x"), .memory = HTTP_BODY_CONSTANT, .close = true };

    (void)http_exchange_answer(exchange, &answer);
    bench_read(bench, &client, &seen);

    assert_true(answer_says_close(&seen));
    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    client_close(&client);
}

/* microhttpd builds them in the connection's pool, and closes without a word where that is too small. */
static void headers_of_4_kib_fit_however_long_the_requests_were(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer seen = ANSWER_NONE;
    cleanup_buf struct buf request;
    static char value[4096];
    struct http_field field = { "X-Long", value };
    struct http_answer answer = { .status = 200, .fields = &field, .field_count = 1, .memory = HTTP_BODY_CONSTANT };
    memset(value, 'v', sizeof value - 1);
    buf_init(&request, 65536);
    (void)buf_add_text(&request, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    memset(buf_reserve(&request, BENCH_HEADER_BYTES - 100), 'x', BENCH_HEADER_BYTES - 100);
    request.length += BENCH_HEADER_BYTES - 100;
    (void)buf_add_text(&request, "\r\n\r\n");
    bench->on_request = bench_hold;
    bench_connect(bench, &client);
    client_send_bytes(&client, request.base, request.length);
    bench_turn_until_held(bench, 1);

    (void)http_exchange_answer(bench->held[0], &answer);
    bench_read(bench, &client, &seen);

    assert_int_equal(seen.status, 200);
    assert_int_equal(answer_header(&seen, "X-Long").length, sizeof value - 1);
    client_close(&client);
}

static void an_exchange_is_answered_once(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer seen = ANSWER_NONE;
    struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/a");
    struct http_answer first = { .status = 200, .body = STR("first"), .memory = HTTP_BODY_CONSTANT };
    struct http_answer second = { .status = 500, .body = { strdup("second"), 6 }, .memory = HTTP_BODY_OWNED };

    int first_result = http_exchange_answer(exchange, &first);
    int second_result = http_exchange_answer(exchange, &second);
    bench_read(bench, &client, &seen);

    assert_int_equal(first_result, 0);
    assert_true(second_result < 0);
    assert_text(answer_body(&seen), "first");
    client_close(&client);
}

static void a_field_that_http_does_not_allow_closes_without_an_answer(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer seen = ANSWER_NONE;
    struct http_field field = { "X-Split", "a\r\nInjected: 1" };
    struct http_answer answer = { .status = 200, .fields = &field, .field_count = 1, .memory = HTTP_BODY_CONSTANT };
    struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/a");

    int result = http_exchange_answer(exchange, &answer);
    bench_read(bench, &client, &seen);

    assert_true(result < 0);
    assert_int_equal(seen.status, 0);
    assert_true(client_sees_end(&client, 0));
    bench_turn_until(bench, "broken", 1);
    client_close(&client);
}

/* ---- streams ---- */

/* "ab", then nothing for now, then "cd", then the end. */
static ssize_t read_more(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    struct http_server_bench *bench = context;
    static const char *const parts[] = { "ab", "", "cd" };

    assert_true(capacity >= 2);
    if (bench->stream_step == array_length(parts)) {
        assert_int_equal(offset, 4);
        return HTTP_STREAM_END;
    }
    const char *part = parts[bench->stream_step++];
    memcpy(buffer, part, strlen(part));
    return (ssize_t)strlen(part);
}

static void a_stream_that_waits_goes_on_when_it_is_woken(void **state)
{
    struct http_server_bench *bench = *state;
    static const uint64_t lengths[] = { HTTP_LENGTH_UNKNOWN, 4 };

    for (size_t i = 0; i < array_length(lengths); i++) {
        struct client client;
        cleanup_answer struct answer seen = ANSWER_NONE;
        struct http_answer answer = { .status = 200 };
        bench->held_count = 0;
        bench->stream_step = 0;
        struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/a");

        int result = http_exchange_stream(exchange, &answer, lengths[i], read_more, bench);
        bench_turn_idly(bench);
        bool is_complete = client_poll(&client, &seen);
        assert_text(answer_body(&seen), "ab"); /* the first part is out, though there is no more */
        http_exchange_wake(exchange);
        bench_read(bench, &client, &seen);

        assert_int_equal(result, 0);
        assert_false(is_complete);
        assert_int_equal(seen.is_chunked, lengths[i] == HTTP_LENGTH_UNKNOWN);
        assert_text(answer_body(&seen), "abcd");
        client_close(&client);
    }
    bench_turn_until(bench, "room", array_length(lengths));
}

static void a_client_that_leaves_a_stream_that_waits_finishes_it(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    struct http_answer answer = { .status = 200 };
    struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/a");
    assert_int_equal(http_exchange_stream(exchange, &answer, HTTP_LENGTH_UNKNOWN, read_more, bench), 0);
    bench_turn_idly(bench);

    client_close(&client);
    bench_turn_until(bench, "room", 1);

    assert_true(bench_has(bench, "broken"));
    assert_int_equal(bench->stream_step, 2); /* it was not asked again */
}

static ssize_t abort_stream(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    (void)context;
    (void)capacity;
    if (offset > 0) {
        return HTTP_STREAM_ABORT;
    }
    buffer[0] = 'x';
    return 1;
}

static void a_stream_that_aborts_is_never_presented_as_complete(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer seen = ANSWER_NONE;
    struct http_answer answer = { .status = 200 };
    struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/a");

    (void)http_exchange_stream(exchange, &answer, HTTP_LENGTH_UNKNOWN, abort_stream, NULL);
    bench_read(bench, &client, &seen);

    assert_false(seen.is_complete);
    assert_true(client.is_at_end);
    bench_turn_until(bench, "broken", 1);
    client_close(&client);
}

/* ---- raw ---- */

static void raw_bytes_and_an_orderly_end(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer seen = ANSWER_NONE;
    struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/a");

    ssize_t sent = http_exchange_raw_send(exchange, "HTTP/1.1 999 Odd\r\nContent-Length: 9\r\n\r\nx", 40);
    http_exchange_raw_close(exchange);
    bench_read(bench, &client, &seen);

    assert_int_equal(sent, 40);
    assert_int_equal(seen.status, 999);
    assert_false(seen.is_complete);
    assert_false(client.is_reset);
    bench_turn_until(bench, "room", 1);
    assert_true(bench_has(bench, "broken"));
    client_close(&client);
}

static void close_at_once(struct http_server_bench *bench, struct http_exchange *exchange)
{
    (void)bench;
    http_exchange_raw_close(exchange);
}

static void reset_at_once(struct http_server_bench *bench, struct http_exchange *exchange)
{
    (void)bench;
    http_exchange_raw_reset(exchange);
}

static void raw_ends_work_inside_the_handler_and_after_a_suspension(void **state)
{
    struct http_server_bench *bench = *state;
    static const struct {
        void (*at_once)(struct http_server_bench *bench, struct http_exchange *exchange);
        void (*later)(struct http_exchange *exchange);
        bool is_reset;
    } cases[] = {
        { close_at_once, NULL, false },
        { reset_at_once, NULL, true },
        { NULL, http_exchange_raw_close, false },
        { NULL, http_exchange_raw_reset, true },
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        struct client client;
        bench->held_count = 0;
        bench->on_request = cases[i].at_once != NULL ? cases[i].at_once : bench_hold;
        bench_connect(bench, &client);
        client_get(&client, "/a");
        if (cases[i].later != NULL) {
            bench_turn_until_held(bench, 1);
            cases[i].later(bench->held[0]);
        }

        bool has_ended = bench_sees_end(bench, &client, TEST_PATIENCE_MS);

        assert_true(has_ended);
        assert_int_equal(client.is_reset, cases[i].is_reset);
        client_close(&client);
    }
    bench_turn_until(bench, "room", array_length(cases));
}

/* ---- draining ---- */

static void draining_says_close_in_answers_and_serves_a_kept_connection_once_more(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer before = ANSWER_NONE;
    cleanup_answer struct answer after = ANSWER_NONE;
    bench_connect(bench, &client);
    client_get(&client, "/a");
    bench_read(bench, &client, &before);

    http_server_drain(bench->server);
    client_get(&client, "/b");
    bench_read(bench, &client, &after);

    assert_false(answer_says_close(&before));
    assert_int_equal(after.status, 200);
    assert_true(answer_says_close(&after));
    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    client_close(&client);
}

static void draining_closes_a_connection_that_was_idle_for_a_second(void **state)
{
    struct http_server_bench *bench = *state;
    struct client silent;
    struct client kept;
    cleanup_answer struct answer answer = ANSWER_NONE;
    bench_connect(bench, &silent);
    bench_connect(bench, &kept);
    uint64_t earliest_us = clock_monotonic_us(); /* it is idle from its answer on */
    client_get(&kept, "/a");
    bench_read(bench, &kept, &answer);

    http_server_drain(bench->server);
    bool kept_ended = bench_sees_end(bench, &kept, TEST_PATIENCE_MS);
    int elapsed_ms = bench_milliseconds_since(earliest_us);
    bool silent_ended = bench_sees_end(bench, &silent, TEST_PATIENCE_MS);

    assert_true(kept_ended);
    assert_true(silent_ended);
    assert_in_range(elapsed_ms, 950, 3000);
    bench_turn_until(bench, "room", 2);
    client_close(&silent);
    client_close(&kept);
}

static void draining_leaves_a_request_in_flight_alone_and_closes_after_its_answer(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/a");

    http_server_drain(bench->server);
    bool has_ended = bench_sees_end(bench, &client, 1300); /* longer than an idle one would be left */
    bench_answer(exchange, STR("late"));
    bench_read(bench, &client, &answer);

    assert_false(has_ended);
    assert_text(answer_body(&answer), "late");
    assert_true(answer_says_close(&answer));
    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(an_answer_carries_its_status_fields_and_body),
        bench_test(an_answer_that_closes_says_so_and_does),
        bench_test(headers_of_4_kib_fit_however_long_the_requests_were),
        bench_test(an_exchange_is_answered_once),
        bench_test(a_field_that_http_does_not_allow_closes_without_an_answer),
        bench_test(a_stream_that_waits_goes_on_when_it_is_woken),
        bench_test(a_client_that_leaves_a_stream_that_waits_finishes_it),
        bench_test(a_stream_that_aborts_is_never_presented_as_complete),
        bench_test(raw_bytes_and_an_orderly_end),
        bench_test(raw_ends_work_inside_the_handler_and_after_a_suspension),
        bench_test(draining_says_close_in_answers_and_serves_a_kept_connection_once_more),
        bench_test(draining_closes_a_connection_that_was_idle_for_a_second),
        bench_test(draining_leaves_a_request_in_flight_alone_and_closes_after_its_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
