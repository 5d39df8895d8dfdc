/* SPDX-License-Identifier: MIT */
/*
 * timer_heap - the timers of a loop that are armed, the one due next in front.
 *
 * A binary heap: arming and disarming cost the logarithm of how many are armed. Each timer knows its place in it
 * (`heap_index`, 0: not armed), so that none is ever searched for. Pure.
 *
 * Memory: grows with the number of armed timers and never shrinks; `{ 0 }` is an empty one.
 * Threads: belongs to one loop.   Units: microseconds of the monotonic clock.
 */
#ifndef COMMON_TIMER_HEAP_H
#define COMMON_TIMER_HEAP_H

#include "common/loop.h"

struct timer_heap {
    struct timer_slot *slots; /* slots[1] is due first; slots[0] is not used */
    size_t count;
    size_t capacity;
};

/* Arms or moves the timer. 0, or -ENOMEM (then it is not armed). */
int timer_heap_arm(struct timer_heap *heap, struct loop_timer *timer, uint64_t due_us) must_check;
/* Nothing where it is not armed. */
void timer_heap_disarm(struct timer_heap *heap, struct loop_timer *timer);
/* When the first one is due; CLOCK_NEVER_US: none is armed. */
uint64_t timer_heap_first_us(const struct timer_heap *heap);
/* The first one if it is due, and then it is no longer armed; else NULL. */
struct loop_timer *timer_heap_take_due(struct timer_heap *heap, uint64_t now_us);
void timer_heap_clear(struct timer_heap *heap);

#endif
