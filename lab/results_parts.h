/* SPDX-License-Identifier: MIT */
/*
 * results_parts - cuts the time of a mode's tasks into parts: waiting, connecting, backend, gateway. Pure.
 *
 * The gateway's record of a request tells its side to the microsecond. What it cannot tell is what happened while its
 * loop stood still: a connection that was there long before the loop came to see it, an answer that lay in the socket.
 * So where another task's call blocked the same loop, only the backend was at work; the rest of that time is waiting.
 * When the backend had answered is in the backend's log, to a millisecond.
 *
 * Without a record the logs alone tell, to a millisecond; without logs the time is `unknown`.
 */
#ifndef LAB_RESULTS_PARTS_H
#define LAB_RESULTS_PARTS_H

#include "lab/results.h"

/* "waiting", "connecting", …: in documents and events. */
extern const char *const part_names[PART_KIND_COUNT];
/* What such a part means, for a person. */
extern const char *const part_meanings[PART_KIND_COUNT];

/* Fills the parts of all tasks of the mode: without gaps from sending to answer, none of them empty. */
void results_cut(struct mode_result *mode);

/* Which kinds there are in the mode, in parts of at least `least_us`. Adds to `is_used`. */
void results_find_kinds(const struct mode_result *mode, uint64_t least_us, bool is_used[PART_KIND_COUNT]);

#endif
