/* SPDX-License-Identifier: MIT */
/*
 * delay - how long the backend takes: always the same, or drawn from a distribution.
 *
 *     250ms                          always that
 *     uniform(50ms,150ms)            anything between the two, all equally likely
 *     exp(100ms)                     exponential, by its mean
 *     lognormal(50ms,p99=400ms)      by its median and by what 1 of 100 exceeds
 *     mix(0.95:20ms,0.05:2s)         one of several durations, by probabilities that add up to 1
 *
 * The generator (xoshiro256**, seeded through splitmix64; Blackman and Vigna, public domain) is a plain struct: one
 * seed gives one sequence of delays, on every machine.
 *
 * Memory: nothing to free.   Threads: one generator, one thread.   Units: microseconds; no sample exceeds 24 hours.
 */
#ifndef COMMON_DELAY_H
#define COMMON_DELAY_H

#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"
#include "common/error.h"
#include "common/options.h"
#include "common/random.h"
#include "common/str.h"

/* What a person may write, for help and error messages. */
#define DELAY_ALLOWED                                                                                                  \
    "a duration such as 250ms, 2s or 1m, or uniform(50ms,150ms), exp(100ms), lognormal(50ms,p99=400ms) or "            \
    "mix(0.95:20ms,0.05:2s)"

#define DELAY_LONGEST_US UINT64_C(86400000000)

enum { DELAY_MIX_MAXIMUM = 16 };

enum delay_kind { DELAY_CONSTANT, DELAY_UNIFORM, DELAY_EXPONENTIAL, DELAY_LOGNORMAL, DELAY_MIX };

struct delay_share {
    double probability;
    uint64_t duration_us;
};

struct delay {
    enum delay_kind kind;
    uint64_t low_us;  /* the constant; uniform: the least; exponential: the mean; lognormal: the median */
    uint64_t high_us; /* uniform: the most */
    double sigma;     /* lognormal: of the underlying normal distribution */
    struct delay_share shares[DELAY_MIX_MAXIMUM];
    size_t share_count;
};

/* 0; or -1 and what is allowed there, as in "must be …". */
int delay_parse(struct str text, struct delay *ret_delay, struct error *allowed) must_check;
/* For a table of options: the field is a `struct delay`. */
option_parse_fn delay_option_parse;

/* The next one, in microseconds. */
uint64_t delay_sample(const struct delay *delay, struct random_source *random);

/* What the distribution itself says, in microseconds, not cut at 24 hours. */
double delay_mean_us(const struct delay *delay);
/* The delay that a share `fraction` of all do not exceed; 0: the shortest there is, 1: the longest (INFINITY, where
 * there is none). Relative error below 1e-9. */
double delay_quantile_us(const struct delay *delay, double fraction);
/* What the longest of `count` independent delays is on average. */
double delay_mean_of_longest_us(const struct delay *delay, unsigned count);

#endif
