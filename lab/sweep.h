/* SPDX-License-Identifier: MIT */
/*
 * sweep - all points of a plan, in the order of its turns.
 *
 * Memory: the results are the caller's.   Threads: the main thread's.
 */
#ifndef LAB_SWEEP_H
#define LAB_SWEEP_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "lab/interrupt.h"
#include "lab/service.h"
#include "lab/sweep_plan.h"
#include "lab/sweep_results.h"

/* How far a sweep is. */
struct sweep_position {
    const struct sweep_plan *plan;
    size_t done, of;        /* turns */
    struct sweep_turn turn; /* that is under way, or was just done */
    uint64_t left_us;       /* as planned, corrected by how long the turns have taken so far */
};

struct sweep_listener {
    /* Any of them may be NULL. */
    void (*on_turn)(void *context, const struct sweep_position *position); /* one begins */
    void (*on_tick)(void *context, const struct sweep_position *position); /* a tenth of a second went by */
    void (*on_done)(void *context, const struct sweep_position *position, const struct sweep_results *results);
    void *context;
};

struct sweep_config {
    const struct sweep_plan *plan;
    const struct service_place *place;
    struct interrupt *interrupt;
    const struct sweep_listener *listener;
};

enum sweep_outcome { SWEEP_DONE, SWEEP_INTERRUPTED, SWEEP_FAILED };

/* `results` holds what was measured, whatever the outcome. SWEEP_FAILED: *error says why. */
enum sweep_outcome sweep_run(const struct sweep_config *config, struct sweep_results *results,
                             struct error *error) must_check;

#endif
