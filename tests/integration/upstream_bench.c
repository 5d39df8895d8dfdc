/* SPDX-License-Identifier: MIT */
#include "tests/integration/upstream_bench.h"

#include <stdio.h>
#include <time.h>

#include "common/clock.h"
#include "tests/support/unit.h"

const char *const bench_strategy_names[] = { "sync", "threads", "async", "wire", NULL };

static uint64_t drain_completions(void *context)
{
    struct upstream_bench *bench = context;

    attempt_queue_drain(&bench->completions);
    return CLOCK_NEVER_US;
}

static void before_block(void *context)
{
    struct upstream_bench *bench = context;

    bench->before_block_count++;
}

void upstream_bench_open(struct upstream_bench *bench, enum bench_strategy strategy, size_t threads)
{
    *bench = (struct upstream_bench){ .loop = loop_new() };
    assert_non_null(bench->loop);
    attempt_queue_init(&bench->completions);
    bench->hook = (struct loop_hook){ .before_wait = drain_completions, .context = bench };
    loop_add_hook(bench->loop, &bench->hook);
    switch (strategy) {
    case BENCH_THREADS:
        bench->pool = thread_pool_new(threads);
        assert_non_null(bench->pool);
        bench->upstream = upstream_threads_new(bench->loop, bench->pool);
        break;
    case BENCH_ASYNC:
        bench->upstream = upstream_async_new(bench->loop);
        break;
    case BENCH_WIRE:
        bench->upstream = upstream_wire_new(bench->loop);
        break;
    case BENCH_SYNC:
    case BENCH_STRATEGY_COUNT:
        bench->upstream = upstream_sync_new(before_block, bench);
        break;
    }
    assert_non_null(bench->upstream);
}

void upstream_bench_close(struct upstream_bench *bench)
{
    upstream_free(bench->upstream);
    thread_pool_free(bench->pool);
    loop_free(bench->loop);
}

static void on_done(struct attempt *attempt, void *context)
{
    struct trial *trial = context;

    assert_ptr_equal(attempt, &trial->attempt);
    assert_int_equal(attempt->state, ATTEMPT_DONE);
    trial->done_count++;
    trial->done_on = pthread_self();
    trial->done_before_start_returned += trial->has_start_returned ? 0 : 1;
}

void trial_init(struct trial *trial, struct upstream_bench *bench, uint16_t port)
{
    static const char *const no_fields[] = { NULL };

    *trial = (struct trial){ .done_count = 0 };
    trial->server = (struct url){ .host = "127.0.0.1", .port = port };
    (void)snprintf(trial->server.authority, sizeof trial->server.authority, "127.0.0.1:%u", (unsigned)port);
    trial->attempt = (struct attempt){
        .method = "GET",
        .server = &trial->server,
        .target = STR("/"),
        .fields = no_fields,
        .deadline_us = clock_monotonic_us() + (uint64_t)TRIAL_DEADLINE_MS * CLOCK_US_PER_MS,
        .connect_timeout_us = (uint64_t)TRIAL_DEADLINE_MS * CLOCK_US_PER_MS,
        .response_header_bytes = TRIAL_HEADER_BYTES,
        .completions = &bench->completions,
        .on_done = on_done,
        .context = trial,
    };
    buf_init(&trial->attempt.response, TRIAL_BODY_BYTES);
}

void trial_aim_secured(struct trial *trial, const char *host, uint16_t port)
{
    trial->server = (struct url){ .is_tls = true, .port = port };
    (void)snprintf(trial->server.host, sizeof trial->server.host, "%s", host);
    (void)snprintf(trial->server.authority, sizeof trial->server.authority, "%s:%u", host, (unsigned)port);
}

void trial_clear(struct trial *trial)
{
    buf_clear(&trial->attempt.response);
}

void trial_start(struct trial *trial, struct upstream_bench *bench)
{
    upstream_start(bench->upstream, &trial->attempt);
    trial->has_start_returned = true;
}

void trial_finish(struct trial *trial, struct upstream_bench *bench)
{
    uint64_t start_us = clock_monotonic_us();

    attempt_queue_drain(&bench->completions);
    while (trial->done_count == 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(bench->loop, 100 * (uint64_t)CLOCK_US_PER_MS), 0);
        attempt_queue_drain(&bench->completions);
    }
    assert_int_equal(trial->done_count, 1);
}

void trial_run(struct trial *trial, struct upstream_bench *bench)
{
    trial_start(trial, bench);
    trial_finish(trial, bench);
}

void upstream_bench_turn_until_requests(struct upstream_bench *bench, struct scripted_server *server, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (scripted_server_request_count(server) < count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(bench->loop, CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(scripted_server_request_count(server), count);
}

void upstream_bench_outlive_look(const struct upstream_bench *bench)
{
    const struct timespec millisecond = { .tv_nsec = 1000 * 1000 };

    while (clock_monotonic_us() - loop_now_us(bench->loop) <= 2 * (uint64_t)CLOCK_US_PER_MS) {
        (void)nanosleep(&millisecond, NULL);
    }
}

void upstream_bench_turn_idly(struct upstream_bench *bench)
{
    for (int i = 0; i < 5; i++) {
        assert_int_equal(loop_turn(bench->loop, CLOCK_US_PER_MS), 0);
    }
}

void upstream_bench_for_each(const struct scripted_step *steps, size_t count, upstream_bench_fn *test)
{
    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct upstream_bench bench;
        struct scripted_server *server = scripted_server_start(steps, count);

        print_message("%s\n", bench_strategy_names[strategy]);
        upstream_bench_open(&bench, strategy, 2);
        test(&bench, server, strategy);
        upstream_bench_close(&bench);
        scripted_server_stop(server);
    }
}
