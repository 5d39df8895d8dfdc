/* SPDX-License-Identifier: MIT */
/*
 * gate - something that one thread waits for and another opens, once and for all: tests wait for events, not for time.
 *
 * Memory: one descriptor.   Threads: any.
 */
#ifndef TESTS_SUPPORT_GATE_H
#define TESTS_SUPPORT_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* How long any wait in a test may take before the test has failed: far longer than all that it waits for. */
enum { TEST_PATIENCE_MS = 20000 };

struct gate {
    int descriptor;      /* an eventfd: readable once it is open */
    atomic_bool is_open; /* what was written before it opened is seen by those who waited for it */
};

void gate_init(struct gate *gate);
void gate_clear(struct gate *gate);
void gate_open(struct gate *gate);
bool gate_is_open(const struct gate *gate);
/* False: it did not open in time. */
bool gate_wait(const struct gate *gate, int timeout_ms);

/* What is left of `timeout_ms` for poll(2), counted from `start_us`: 0 and up. */
int gate_milliseconds_left(uint64_t start_us, int timeout_ms);

/* The same as a moment of the monotonic clock, for pthread_cond_timedwait(). */
struct timespec gate_moment_after(int timeout_ms);

#endif
