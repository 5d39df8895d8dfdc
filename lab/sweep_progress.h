/* SPDX-License-Identifier: MIT */
/*
 * sweep_progress - one line that tells how far a sweep is. Pure.
 *
 *     [#######.................]  29 %  2 min 10 s left  async, 64 clients, fan-out 10, 50ms  round 1 of 3
 */
#ifndef LAB_SWEEP_PROGRESS_H
#define LAB_SWEEP_PROGRESS_H

#include "common/buf.h"
#include "lab/sweep.h"

/* Without a line break; at most `columns` wide: what does not fit is left out, the bar first. */
void sweep_progress_add(struct buf *line, const struct sweep_position *position, unsigned columns);
/* "4 s", "2 min 10 s", "1 h 5 min". */
void sweep_progress_add_duration(struct buf *text, uint64_t duration_us);

#endif
