/* SPDX-License-Identifier: MIT */
/*
 * load_bench - runs loads against servers of a test.
 *
 *     struct load_setup setup = load_bench_setup(port, "/");
 *     setup.request_limit = 5;
 *     struct load_result result = load_bench_run(&setup);
 *     …
 *     load_result_clear(&result);
 *
 * Functions end the running test when something cannot be had.
 *
 * Threads: the test's own; load_bench_start() runs the load in one of its own, so that the test can act meanwhile.
 */
#ifndef TESTS_INTEGRATION_LOAD_BENCH_H
#define TESTS_INTEGRATION_LOAD_BENCH_H

#include <pthread.h>
#include <stdint.h>

#include "common/clock.h"
#include "lab/load.h"

enum { LOAD_BENCH_GRACE_US = 15 * CLOCK_US_PER_SECOND };

/* One client in a closed loop without an end, on 127.0.0.1. */
struct load_setup load_bench_setup(uint16_t port, const char *path);
struct load_result load_bench_run(const struct load_setup *setup);

/* A load in a thread. */
struct load_bench {
    struct load load;
    struct load_setup setup;
    struct load_result result;
    struct error error;
    int status;
    pthread_t thread;
};

void load_bench_start(struct load_bench *bench, const struct load_setup *setup);
/* Waits for its end; the result is to be cleared. */
void load_bench_join(struct load_bench *bench);

/* How many samples are at least as long. */
size_t load_bench_count_from(const struct samples *samples, uint64_t value_us);
uint64_t load_bench_percentile_us(struct samples *samples, double fraction);
/* A port of 127.0.0.1 that nobody listens on. */
uint16_t load_bench_free_port(void);

#endif
