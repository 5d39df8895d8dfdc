/* SPDX-License-Identifier: MIT */
#include "tests/integration/curl_loop_bench.h"

#include "common/clock.h"
#include "tests/support/unit.h"

enum { HALF_A_DEADLINE_US = TRIAL_DEADLINE_MS / 2 * CLOCK_US_PER_MS };

const struct curl_loop_limits small_groups = {
    .group_transfers = GROUP_TRANSFERS,
    .kept_connections = 100,
    .group_idle_us = 3600 * (uint64_t)CLOCK_US_PER_SECOND,
};

void curl_loop_bench_open(struct curl_loop_bench *fixture, const struct curl_loop_limits *limits)
{
    *fixture = (struct curl_loop_bench){ .step = { .json = "1", .before = &fixture->gate } };
    gate_init(&fixture->gate);
    fixture->server = scripted_server_start(&fixture->step, 1);
    upstream_bench_open(&fixture->bench, BENCH_ASYNC, 1);
    fixture->curl_loop = curl_loop_new(fixture->bench.loop, limits);
    assert_non_null(fixture->curl_loop);
}

void curl_loop_bench_close(struct curl_loop_bench *fixture)
{
    curl_loop_free(fixture->curl_loop);
    upstream_bench_close(&fixture->bench);
    scripted_server_stop(fixture->server);
    gate_clear(&fixture->gate);
}

void bench_start_at(struct curl_loop_bench *fixture, struct trial *trial, struct scripted_server *server,
                    unsigned timeout_ms)
{
    trial_init(trial, &fixture->bench, scripted_server_port(server));
    trial->attempt.deadline_us = clock_monotonic_us() + (uint64_t)timeout_ms * CLOCK_US_PER_MS;
    trial->attempt.state = ATTEMPT_STARTED;
    curl_loop_start(fixture->curl_loop, &trial->attempt);
    trial->has_start_returned = true;
}

void bench_start(struct curl_loop_bench *fixture, struct trial *trial)
{
    bench_start_at(fixture, trial, fixture->server, TRIAL_DEADLINE_MS);
}

/* All at once: the server has read `request_count` requests then, since it began. */
void bench_start_crowd(struct curl_loop_bench *fixture, size_t count, size_t request_count)
{
    for (size_t i = 0; i < count; i++) {
        bench_start(fixture, &fixture->trials[i]);
    }
    upstream_bench_turn_until_requests(&fixture->bench, fixture->server, request_count);
}

void bench_finish_with(struct curl_loop_bench *fixture, size_t index, enum call_error error)
{
    struct trial *trial = &fixture->trials[index];

    trial_finish(trial, &fixture->bench);
    assert_int_equal(trial->attempt.error, error);
    assert_text(buf_view(&trial->attempt.response), error == CALL_OK ? "1" : "");
    /* Not when another call's time was over, and the loop came round for that. */
    assert_true(trial->attempt.done_us - trial->attempt.started_us < HALF_A_DEADLINE_US);
    trial_clear(trial);
}

void bench_finish_crowd(struct curl_loop_bench *fixture, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bench_finish_with(fixture, i, CALL_OK);
    }
}

void bench_cancel(struct curl_loop_bench *fixture, size_t index)
{
    curl_loop_cancel(fixture->curl_loop, &fixture->trials[index].attempt, CALL_CANCELLED);
    bench_finish_with(fixture, index, CALL_CANCELLED);
}

void bench_call_alone(struct curl_loop_bench *fixture)
{
    bench_start(fixture, &fixture->trials[0]);
    bench_finish_crowd(fixture, 1);
}

size_t bench_count_reused(const struct curl_loop_bench *fixture, size_t count)
{
    size_t reused_count = 0;

    for (size_t i = 0; i < count; i++) {
        reused_count += fixture->trials[i].attempt.is_reused ? 1 : 0;
    }
    return reused_count;
}

void bench_turn_until_groups(struct curl_loop_bench *fixture, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (curl_loop_group_count(fixture->curl_loop) != count &&
           gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(fixture->bench.loop, CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(curl_loop_group_count(fixture->curl_loop), count);
}
