/* SPDX-License-Identifier: MIT */
/*
 * How long a client may take for an answer: one that it does not take, one that it takes slowly, and one without end.
 */
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/unit.h"

enum {
    TIMEOUT_MS = 250,
    PATIENT_MS = 1000, /* where it must not be over because the machine stood still */
    LATEST_MS = 3000,  /* so late may a busy machine end what is due after TIMEOUT_MS */
    LONG_MS = 60000,
    DRIP_MS = 20,
    LARGE_BYTES = 16 * 1024 * 1024, /* more than the kernel takes for a client that does not read */
};

static char large_body[LARGE_BYTES];

static void answer_largely(struct http_server_bench *bench, struct http_exchange *exchange)
{
    struct http_answer answer = { .status = 200,
                                  .body = { large_body, sizeof large_body },
                                  .memory = HTTP_BODY_CONSTANT };

    (void)bench;
    assert_int_equal(http_exchange_answer(exchange, &answer), 0);
}

static ssize_t read_without_end(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    (void)context;
    (void)offset;
    memset(buffer, 'x', capacity);
    return (ssize_t)capacity;
}

static void stream_with_a_length(struct http_server_bench *bench, struct http_exchange *exchange)
{
    struct http_answer answer = { .status = 200 };

    (void)bench;
    assert_int_equal(http_exchange_stream(exchange, &answer, LARGE_BYTES, read_without_end, NULL), 0);
}

static void stream_without_a_length(struct http_server_bench *bench, struct http_exchange *exchange)
{
    struct http_answer answer = { .status = 200 };

    (void)bench;
    assert_int_equal(http_exchange_stream(exchange, &answer, HTTP_LENGTH_UNKNOWN, read_without_end, NULL), 0);
}

static ssize_t wait_for_ever(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    (void)context;
    (void)offset;
    (void)buffer;
    (void)capacity;
    return HTTP_STREAM_WAIT;
}

static void stream_that_stops(struct http_server_bench *bench, struct http_exchange *exchange)
{
    struct http_answer answer = { .status = 200 };

    (void)bench;
    assert_int_equal(http_exchange_stream(exchange, &answer, 10, wait_for_ever, NULL), 0);
}

/* At most so many bytes of what has arrived; they are dropped. */
static size_t take_some(struct client *client, size_t count)
{
    static char bytes[65536];
    ssize_t taken = recv(client->descriptor, bytes, count < sizeof bytes ? count : sizeof bytes, MSG_DONTWAIT);

    return taken > 0 ? (size_t)taken : 0;
}

struct untaken_case {
    const char *name;
    void (*on_request)(struct http_server_bench *bench, struct http_exchange *exchange);
    size_t taken_bytes; /* every DRIP_MS */
};

static const struct untaken_case untaken_cases[] = {
    { "nothing is taken", answer_largely, 0 },
    { "a little is taken now and then", answer_largely, 1000 },
    { "a stream with a length", stream_with_a_length, 0 },
    { "a stream with a length that has no more for now", stream_that_stops, 0 },
    { "a stream without a length, for want of movement", stream_without_a_length, 0 },
};

static void check_untaken(struct http_server_bench *bench, const struct untaken_case *untaken)
{
    struct client client;
    buf_reset(&bench->journal);
    bench->on_request = untaken->on_request;
    bench_connect(bench, &client);
    uint64_t earliest_us = clock_monotonic_us();
    client_get(&client, "/large");
    bench_turn_until(bench, "request", 1);
    uint64_t start_us = clock_monotonic_us();

    while (!bench_has(bench, "broken") && bench_milliseconds_since(start_us) < LATEST_MS) {
        bench_turn_for(bench, DRIP_MS);
        (void)take_some(&client, untaken->taken_bytes);
    }

    assert_case(untaken->name, bench_has(bench, "broken"));
    assert_case(untaken->name, bench_milliseconds_since(earliest_us) >= TIMEOUT_MS);
    bench_turn_until(bench, "room", 1);
    client_close(&client);
}

static void an_answer_that_is_not_taken_in_time_ends_unfinished(void **state)
{
    struct http_server_bench *bench = *state;
    bench_restart_timed(bench, TIMEOUT_MS);

    for (size_t i = 0; i < array_length(untaken_cases); i++) {
        check_untaken(bench, &untaken_cases[i]);
    }
}

static void a_slow_reader_that_keeps_within_its_time_gets_all(void **state)
{
    struct http_server_bench *bench = *state;
    static void (*const ways[])(struct http_server_bench * bench,
                                struct http_exchange * exchange) = { answer_largely, stream_with_a_length };
    struct http_server_config config = bench_config_timed(TIMEOUT_MS);
    config.send_timeout_us = LONG_MS * (uint64_t)CLOCK_US_PER_MS;
    bench_restart(bench, &config);

    for (size_t i = 0; i < array_length(ways); i++) {
        struct client client;
        size_t taken_bytes = 0;
        bench->on_request = ways[i];
        bench_connect(bench, &client);
        client_get(&client, "/large");
        uint64_t start_us = clock_monotonic_us();

        bench_turn_for(bench, 3 * TIMEOUT_MS);
        while (taken_bytes < LARGE_BYTES && bench_milliseconds_since(start_us) < LONG_MS) {
            bench_turn_idly(bench);
            for (size_t taken = 1; taken > 0; taken_bytes += taken) {
                taken = take_some(&client, SIZE_MAX);
            }
        }
        bench_turn_until(bench, "finished", i + 1);

        assert_true(taken_bytes > LARGE_BYTES);
        client_close(&client);
    }
}

/* "ab", then nothing for a long time, then the end. */
static ssize_t read_twice(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    struct http_server_bench *bench = context;

    assert_true(capacity >= 2);
    if (offset == 0) {
        memcpy(buffer, "ab", 2);
        return 2;
    }
    return bench->stream_step++ == 0 ? HTTP_STREAM_WAIT : HTTP_STREAM_END;
}

static void a_stream_without_a_length_lives_beyond_all_timeouts(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    struct http_answer answer = { .status = 200 };
    cleanup_answer struct answer seen = ANSWER_NONE;
    bench_restart_timed(bench, TIMEOUT_MS);
    bench->on_request = bench_hold;
    bench_connect(bench, &client);
    client_get(&client, "/events");
    bench_turn_until_held(bench, 1);

    assert_int_equal(http_exchange_stream(bench->held[0], &answer, HTTP_LENGTH_UNKNOWN, read_twice, bench), 0);
    bench_turn_for(bench, 4 * TIMEOUT_MS);
    http_exchange_wake(bench->held[0]);
    bench_read(bench, &client, &seen);

    assert_true(seen.is_complete);
    assert_text(answer_body(&seen), "ab");
    client_close(&client);
}

static void a_stream_without_a_length_that_is_taken_lives_beyond_all_timeouts(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_restart_timed(bench, PATIENT_MS);
    bench->on_request = stream_without_a_length;
    bench_connect(bench, &client);
    client_get(&client, "/endless");
    uint64_t start_us = clock_monotonic_us();

    while (bench_milliseconds_since(start_us) < 3 * PATIENT_MS) {
        bench_turn_idly(bench);
        (void)take_some(&client, SIZE_MAX);
    }

    bench_assert_journal(bench, "request ");
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(an_answer_that_is_not_taken_in_time_ends_unfinished),
        bench_test(a_slow_reader_that_keeps_within_its_time_gets_all),
        bench_test(a_stream_without_a_length_lives_beyond_all_timeouts),
        bench_test(a_stream_without_a_length_that_is_taken_lives_beyond_all_timeouts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
