/* SPDX-License-Identifier: MIT */
/*
 * load_theory - what a load should measure if the only thing that costs time is the backend's delay. Pure.
 *
 * With D the mean delay, n calls a request, C clients, W workers, T threads:
 *
 *   sync      a loop makes one call at a time: at most W / (n D) requests a second
 *   threads   T calls at a time: at most T / (n D); alone, a request takes ceil(n / T) D
 *   async     all calls at once: a request takes as long as the longest of its n
 *   mixed     the b calls that block hold the loop, at most W / (b D); the others follow them, together
 *   a backend that serves K calls at once: at most K / (n D), whoever calls
 *
 * Closed loop: C clients get the lesser of C / latency-alone and that most; where it is the most, Little's law gives
 * the mean latency, C / throughput. Open loop, below the most: the latency alone. Above it the line grows as long as it
 * lasts, and a request that is due at t waits for all before it: t × (rate / most - 1), and then the latency alone.
 *
 * With a distribution: the longest of n has the quantiles Q(p^(1/n)). The quantiles of sums (calls one after the
 * other) are not known in such a simple way, nor is who has to wait where clients do not divide evenly: then they are
 * NAN, rather than wrong. The gateway's own work is left out: what is measured differs by it.
 *
 * Units: microseconds, and requests a second.   Threads: any.
 */
#ifndef LAB_LOAD_THEORY_H
#define LAB_LOAD_THEORY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/delay.h"
#include "gateway/mode.h"

enum { LOAD_THEORY_WHY_BYTES = 400 };

/* The percentiles that are looked at, here and in what is measured. */
enum load_percentile { LOAD_P50, LOAD_P90, LOAD_P99, LOAD_PERCENTILE_COUNT };
extern const double load_fractions[LOAD_PERCENTILE_COUNT];

struct load_theory_input {
    enum mode mode;
    const struct delay *delay;
    unsigned fan_out;
    unsigned blocking_calls;      /* of the fan-out, in MODE_MIXED */
    unsigned threads, workers;    /* at least 1 each */
    unsigned backend_concurrency; /* 0: no limit */
    unsigned clients;
    double rate_per_second; /* 0: closed loop */
    /* Open loop: what is counted is due from here on, for so long. */
    uint64_t warm_up_us, window_us;
};

/* NAN: not known. */
struct load_theory {
    double throughput;
    double mean_us;
    double percentiles_us[LOAD_PERCENTILE_COUNT];
    double most_throughput;          /* INFINITY: no limit */
    double beat_us;                  /* answers come in bursts this far apart, or one by one; 0: not known */
    bool is_growing;                 /* open loop above the most */
    char why[LOAD_THEORY_WHY_BYTES]; /* one or two sentences */
};

void load_theory_predict(const struct load_theory_input *input, struct load_theory *ret_theory);

#endif
