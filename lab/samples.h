/* SPDX-License-Identifier: MIT */
/*
 * samples - measured durations, kept one by one, and what statistics says of them. Pure.
 *
 * Percentiles are exact (nearest rank: the smallest value that at least p of all do not exceed), because every value is
 * kept; four bytes each, so an hour at most, and SAMPLES_MOST of them. A duration may be known only as a lower bound (a
 * request that had no answer when the measurement ended): a percentile that falls on or behind such a value is one too.
 *
 * Memory: grows to its limit; samples_clear().   Threads: none shared.   Units: microseconds.
 */
#ifndef LAB_SAMPLES_H
#define LAB_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"

enum { SAMPLES_MOST = 16 * 1024 * 1024 };

struct samples {
    uint32_t *values;
    size_t count, capacity;
    bool is_sorted;
    uint32_t least_bound; /* of the values that are only lower bounds the smallest; UINT32_MAX: none is */
};

struct percentile {
    uint64_t value_us;
    bool is_lower_bound; /* "at least" */
};

void samples_init(struct samples *samples);
void samples_clear(struct samples *samples);
/* 0, or -ENOMEM, or -ENOBUFS: SAMPLES_MOST are there. Longer than UINT32_MAX counts as that, and as a lower bound. */
int samples_add(struct samples *samples, uint64_t value_us);
int samples_add_lower_bound(struct samples *samples, uint64_t value_us);
/* `fraction`: 0 to 1; 1 is the largest. Sorts. Of no samples: 0. */
struct percentile samples_percentile(struct samples *samples, double fraction);
double samples_mean_us(const struct samples *samples);

/* What repeated measurements of one figure have in common: the median, and the spread around it. */
struct spread {
    double median, least, most;
};

/* Sorts `values`; of an even number the median is the mean of the two in the middle. None: all 0. */
struct spread spread_of(double *values, size_t count);

#endif
