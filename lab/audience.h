/* SPDX-License-Identifier: MIT */
/*
 * audience - who is told what happens in an experiment, while it happens.
 *
 * Calls come in this order: on_begin; for each mode on_mode, its lines, on_mode_done. Whoever is told implements the
 * five functions and keeps the audience in a struct of his own:
 *
 *     struct experiment_screen { struct audience audience; FILE *output; … };
 *
 * Memory: what is passed is valid during the call.   Threads: the main thread's.
 */
#ifndef LAB_AUDIENCE_H
#define LAB_AUDIENCE_H

#include "common/str.h"
#include "common/url.h"
#include "lab/journal.h"
#include "lab/log_line.h"
#include "lab/results.h"

struct audience_line {
    const struct mode_result *mode;
    enum journal_side side;
    enum log_line_event event;
    uint64_t at_us;   /* since the mode's first request was sent, as the line's stamp says or that of the line before */
    struct str text;  /* any bytes */
    const char *task; /* whose; NULL: nobody's */
};

struct audience {
    /* Of the results, names and theory are known. */
    void (*on_begin)(struct audience *audience, const struct experiment_result *plan);
    /* Its gateway is ready, its tasks are about to be sent. */
    void (*on_mode)(struct audience *audience, const struct mode_result *mode, const struct url *gateway);
    void (*on_line)(struct audience *audience, const struct audience_line *line);
    /* No more lines for now. */
    void (*on_pause)(struct audience *audience);
    void (*on_mode_done)(struct audience *audience, const struct mode_result *mode);
};

#endif
