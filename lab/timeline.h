/* SPDX-License-Identifier: MIT */
/*
 * timeline - where the time went, drawn in text: one axis for all modes, a lane for each task. Pure.
 *
 *                   0         1 s       2 s       3 s       4 s
 *                   ├─────────┼─────────┼─────────┼─────────┼
 *     sync   task1  ████████████████████                         2.003 s
 *            task2  ░░░░░░░░░░░░░░░░░░░░████████████████████     4.006 s
 *
 * UTF-8. A cell shows what happened at the middle of its time.
 */
#ifndef LAB_TIMELINE_H
#define LAB_TIMELINE_H

#include "common/buf.h"
#include "lab/results.h"

struct timeline_style {
    unsigned columns; /* of the whole picture; narrower than it can be drawn is drawn at its narrowest */
    bool is_coloured; /* with the terminal's SGR sequences (ECMA-48) */
};

void timeline_add(struct buf *text, const struct experiment_result *experiment, const struct timeline_style *style);

/* The round step (1, 2 or 5 times a power of ten) that cuts `longest_us` into at most `most_steps` (at least 1) parts.
 */
uint64_t timeline_step_us(uint64_t longest_us, unsigned most_steps);
/* "0", "1.5 s", "20 ms": a mark on an axis with steps of that size. */
void timeline_format_mark(uint64_t time_us, uint64_t step_us, char *text, size_t size);

#endif
