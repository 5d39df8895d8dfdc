/* SPDX-License-Identifier: MIT */
/*
 * sweep_point - one point of a sweep measured once, on a backend and a gateway of its own.
 *
 * Nobody used the two before and nobody will after: what a blocked gateway still has in its line cannot spoil the next
 * point, and processor time, memory and threads are this point's alone. The load runs in a thread of its own; the main
 * thread waits with the children, for an interrupt, and for the two instants at which gateway and backend are probed.
 *
 * Memory: none is kept.   Threads: the main thread's.   Units: microseconds.
 */
#ifndef LAB_SWEEP_POINT_H
#define LAB_SWEEP_POINT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "gateway/call_error.h"
#include "lab/interrupt.h"
#include "lab/samples.h"
#include "lab/service.h"
#include "lab/sweep_limit.h"
#include "lab/sweep_plan.h"

enum sweep_percentile { SWEEP_P50, SWEEP_P90, SWEEP_P99, SWEEP_MAX, SWEEP_PERCENTILE_COUNT };

/* What one measurement found. NAN: nothing to say (no answer to divide by). */
struct sweep_measurement {
    uint64_t answered, refused, unanswered;
    uint64_t failed[CALL_ERROR_COUNT];
    int refusal_status; /* of the first of `refused` */
    uint64_t answered_in_window;
    double throughput;
    struct percentile latency[SWEEP_PERCENTILE_COUNT];
    struct percentile uncorrected[SWEEP_PERCENTILE_COUNT]; /* open loop only, of … */
    uint64_t sent_count;                                   /* … those that got a connection to be sent on */
    double gateway_cpu_us_per_request;
    double resident_bytes;
    uint64_t thread_count;
    double switches_per_request;
    struct sweep_usage usage;
};

struct sweep_stage {
    const struct service_place *place;
    const struct sweep_settings *settings;
    struct interrupt *interrupt;
    /* Every tenth of a second or so while something is waited for; may be NULL. */
    void (*on_tick)(void *context);
    void *context;
};

/* 0, or -1 and a sentence (look at the interrupt first). `repeat` from 0. */
int sweep_point_measure(const struct sweep_stage *stage, const struct sweep_point *point, unsigned repeat,
                        struct sweep_measurement *ret_measurement, struct error *error) must_check;

/* "/fanout?n=10&bytes=65536": what is asked of the gateway. */
void sweep_point_target(const struct sweep_point *point, char *text, size_t size);

#endif
