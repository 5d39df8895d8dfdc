/* SPDX-License-Identifier: MIT */
/*
 * upstream_bench - one upstream strategy on a loop of its own, as a worker would hold it, and attempts to try on it.
 *
 * Functions that wait end the running test when it takes longer than TEST_PATIENCE_MS.
 */
#ifndef TESTS_INTEGRATION_UPSTREAM_BENCH_H
#define TESTS_INTEGRATION_UPSTREAM_BENCH_H

#include <pthread.h>

#include "common/loop.h"
#include "gateway/attempt.h"
#include "gateway/thread_pool.h"
#include "gateway/upstream.h"
#include "tests/support/scripted_server.h"

enum bench_strategy { BENCH_SYNC, BENCH_THREADS, BENCH_ASYNC, BENCH_WIRE, BENCH_STRATEGY_COUNT };
extern const char *const bench_strategy_names[];

struct upstream_bench {
    struct loop *loop;
    struct loop_hook hook;
    struct attempt_queue completions;
    struct thread_pool *pool;
    struct upstream *upstream;
    unsigned before_block_count;
};

/* `threads`: of the pool, for BENCH_THREADS. */
void upstream_bench_open(struct upstream_bench *bench, enum bench_strategy strategy, size_t threads);
void upstream_bench_close(struct upstream_bench *bench);

struct trial {
    struct attempt attempt;
    struct url server;
    unsigned done_count;
    pthread_t done_on;
    unsigned done_before_start_returned;
    bool has_start_returned;
};

enum { TRIAL_BODY_BYTES = 4096, TRIAL_HEADER_BYTES = 4096, TRIAL_DEADLINE_MS = 10000 };

/* Ready to be started: GET / on that port of loopback. */
void trial_init(struct trial *trial, struct upstream_bench *bench, uint16_t port);
void trial_clear(struct trial *trial);
/* At that server over TLS instead. */
void trial_aim_secured(struct trial *trial, const char *host, uint16_t port);
void trial_start(struct trial *trial, struct upstream_bench *bench);
/* Turns the loop until it is done. */
void trial_finish(struct trial *trial, struct upstream_bench *bench);
void trial_run(struct trial *trial, struct upstream_bench *bench);
/* Turns the loop until the server has read as many requests. */
void upstream_bench_turn_until_requests(struct upstream_bench *bench, struct scripted_server *server, size_t count);
/* Runs `test` for each strategy, with a pool of two threads and a server of its own. */
typedef void upstream_bench_fn(struct upstream_bench *bench, struct scripted_server *server,
                               enum bench_strategy strategy);
void upstream_bench_for_each(const struct scripted_step *steps, size_t count, upstream_bench_fn *test);
/* Lets so much time pass since the loop last looked that nobody can go by what it saw. */
void upstream_bench_outlive_look(const struct upstream_bench *bench);
/* A few turns in which nothing is expected to happen. */
void upstream_bench_turn_idly(struct upstream_bench *bench);

#endif
