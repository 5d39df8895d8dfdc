/* SPDX-License-Identifier: MIT */
/*
 * theory - when each of several tasks should be answered that are sent at the same instant. Pure.
 *
 * What blocking means, taken to its logical end: the only thing that costs time is the backend's delay D, and a gateway
 * has one event loop.
 *
 *   sync      task k after k × D: the loop stands still for one call after the other
 *   threads   task k after ⌈k / threads⌉ × D
 *   async     D
 *   mixed     see below
 *
 * In mixed, tasks that block hold the loop for D each, one after the other in the order they came: the k-th of them is
 * answered after k × D. One that does not block needs a free loop twice, for its call to begin and for its answer. With
 * b blocking tasks in front of it the loop comes to it after b × D: it is answered after (b + 1) × D at the earliest.
 * If blocking tasks were sent an instant behind it, they may get hold of the loop before its call has begun; then it
 * waits for all B blocking tasks and is answered after (B + 1) × D. Which of the two is a race, so theory is a range.
 *
 * Units: microseconds from the instant of sending.
 */
#ifndef LAB_THEORY_H
#define LAB_THEORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/mode.h"

struct theory_input {
    enum mode mode;
    uint64_t delay_us;
    unsigned threads;        /* of MODE_THREADS, at least 1 */
    const bool *is_blocking; /* of MODE_MIXED: one for each task */
    size_t task_count;
};

/* When an answer is due; the two are equal but for a race. */
struct theory_range {
    uint64_t earliest_us, latest_us;
};

/* Fills `due`, one for each task. */
void theory_answer_times(const struct theory_input *input, struct theory_range *due);

/* From 0.95 × earliest to 1.15 × latest + 50 ms? */
bool theory_holds(struct theory_range due, uint64_t measured_us);

#endif
