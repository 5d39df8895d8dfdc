/* SPDX-License-Identifier: MIT */
/*
 * run_history - the last runs of a server, the newest first.
 *
 * Memory: owns its runs, RUN_HISTORY_MOST at most; the oldest goes when a new one comes.   Threads: the loop's.
 */
#ifndef LAB_RUN_HISTORY_H
#define LAB_RUN_HISTORY_H

#include "lab/run.h"

enum { RUN_HISTORY_MOST = 8 };

struct run_history {
    struct run *runs[RUN_HISTORY_MOST];
    size_t count;
};

void run_history_add(struct run_history *history, struct run *run);
/* NULL: there is none of that number. */
struct run *run_history_find(const struct run_history *history, uint64_t number);
/* The newest, if it is under way; else NULL. */
struct run *run_history_current(const struct run_history *history);
/* "current":"7","runs":[{"run":"7","kind":"experiment","state":"running","started_at":"2026-11-22T09:00:00Z"}]
 * 0 or -errno as buf_add(). */
int run_history_add_json(const struct run_history *history, struct buf *text);
/* Ends what runs. */
void run_history_clear(struct run_history *history);

#endif
