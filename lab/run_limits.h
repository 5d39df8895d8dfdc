/* SPDX-License-Identifier: MIT */
/*
 * run_limits - how much a run that is started from the page may ask for. Pure data.
 *
 * The bounds are tighter than the commands' own: whoever types a command knows what he does to his machine, a page is
 * clicked at. run_request checks exactly these, and the page reads them before it lets anybody type.
 */
#ifndef LAB_RUN_LIMITS_H
#define LAB_RUN_LIMITS_H

#include "common/buf.h"
#include "gateway/mode.h"

enum {
    RUN_MODES_MOST = 5,
    RUN_MODES_UNLESS_SAID = 4, /* the first of run_modes */
    RUN_THREADS_MOST = 64,
    /* of an experiment */
    RUN_TASKS_MOST = 16,
    RUN_DELAY_LEAST_MS = 1,
    RUN_DELAY_MOST_MS = 10 * 1000,
    RUN_TOTAL_MOST_S = 600, /* all modes together, as theory says */
    /* of a sweep */
    RUN_CLIENTS_MOST = 512,
    RUN_CLIENTS_COUNT_MOST = 12,
    RUN_SWEEP_DELAY_MOST_MS = 2000,
    RUN_FAN_OUT_MOST = 64,
    RUN_FAN_OUT_COUNT_MOST = 4,
    RUN_RATE_MOST = 20000,
    RUN_DURATION_LEAST_MS = 100,
    RUN_DURATION_MOST_MS = 10 * 1000,
    RUN_REPEATS_MOST = 5,
    RUN_CALLS_MOST = 20000, /* at once, clients times fan-out: the command's own limit */
    RUN_POINTS_MOST = 200,
};

/* Which modes may be asked for, in the order in which a page shows them. */
extern const enum mode run_modes[RUN_MODES_MOST];

/* All of them as a JSON object, for /api/limits. 0 or -errno as buf_add(). */
int run_limits_add_json(struct buf *text) must_check;

#endif
