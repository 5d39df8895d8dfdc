/* SPDX-License-Identifier: MIT */
/*
 * sweep_results - what a sweep has measured so far, and each point's figures over its repeats: medians and spread.
 * Pure.
 *
 * A figure is there for the repeats that have been measured; where a repeat had nothing to say (no answer to divide by)
 * it is left out, and a figure that no repeat had is NAN.
 *
 * A percentile's median is a lower bound where one of the repeats that are not above it is.
 *
 * Memory: sweep_results_clear(); the plan must live as long.   Units: microseconds.
 */
#ifndef LAB_SWEEP_RESULTS_H
#define LAB_SWEEP_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/sweep_plan.h"
#include "lab/sweep_point.h"

/* With fewer answers than this in a window, throughput and percentiles are an impression. */
enum { SWEEP_FEW_ANSWERS = 5 };

struct sweep_results {
    const struct sweep_plan *plan;
    struct sweep_measurement *measurements; /* of point i from i × repeats on */
    unsigned *counts;                       /* of point i: how many there are */
};

/* 0 or -ENOMEM. */
int sweep_results_init(struct sweep_results *results, const struct sweep_plan *plan) must_check;
void sweep_results_clear(struct sweep_results *results);
void sweep_results_add(struct sweep_results *results, size_t point, const struct sweep_measurement *measurement);
bool sweep_results_have(const struct sweep_results *results, size_t point);

struct sweep_duration {
    struct spread us;
    bool is_lower_bound; /* the median is */
};

/* One point, all of its repeats together. */
struct sweep_figures {
    unsigned repeats;
    uint64_t requests, answered, failed, unanswered, answered_in_windows;
    struct spread throughput;
    struct sweep_duration latency[SWEEP_PERCENTILE_COUNT];
    struct sweep_duration uncorrected[SWEEP_PERCENTILE_COUNT]; /* open loop only */
    struct spread cpu_us_per_request, gateway_cores, resident_bytes, switches_per_request;
    uint64_t thread_count; /* the most */
    struct spread client_cores;
    struct spread late_p99_us; /* open loop only */
    enum sweep_limit limit;    /* of the usages' medians */
    bool is_client_limited;
    bool has_few_answers;
};

struct sweep_figures sweep_results_figures(const struct sweep_results *results, size_t point);
/* measured / theory; NAN: one of the two is not known, is a bound only, or rests on few answers. */
double sweep_deviation_of_throughput(const struct sweep_figures *figures, const struct load_theory *theory);
double sweep_deviation_of_latency(const struct sweep_figures *figures, const struct load_theory *theory,
                                  enum load_percentile percentile);

/* How often requests of that point failed by each cause, all repeats together; status: of the first refused one. */
struct sweep_failures {
    uint64_t by_cause[CALL_ERROR_COUNT];
    uint64_t refused;
    int status;
};
struct sweep_failures sweep_results_failures(const struct sweep_results *results, size_t point);
/* Of all points. */
uint64_t sweep_results_all_failed(const struct sweep_results *results);

#endif
