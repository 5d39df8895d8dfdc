/* SPDX-License-Identifier: MIT */
/*
 * sweep_fixture - a sweep's options, plan and results without measuring anything.
 */
#ifndef TESTS_UNIT_LAB_SWEEP_FIXTURE_H
#define TESTS_UNIT_LAB_SWEEP_FIXTURE_H

#include "lab/sweep_options.h"
#include "lab/sweep_plan.h"
#include "lab/sweep_results.h"

/* Reads the words between NULLs, as `lab sweep` would. -1 and a sentence: they are refused. */
int sweep_fixture_options(const char *const *words, struct sweep_options *ret_options, struct error *error);

struct sweep_fixture {
    struct sweep_options options;
    struct sweep_plan plan;
    struct sweep_results results;
};

/* Ends the test if anything is refused. */
void sweep_fixture_open(struct sweep_fixture *fixture, const char *const *words);
void sweep_fixture_close(struct sweep_fixture *fixture);

/* As if it had been measured: `throughput` a second for a second, latency the same for all requests. */
struct sweep_measurement sweep_fixture_measurement(unsigned throughput, uint64_t latency_us);
/* One for each point and repeat, all the same. */
void sweep_fixture_fill(struct sweep_fixture *fixture, const struct sweep_measurement *measurement);

#endif
