/* SPDX-License-Identifier: MIT */
/*
 * company - who else is served while somebody waits for sockets.
 *
 * The sender waits for answers in its own loop. Whoever calls it may have descriptors of his own that must not wait
 * (the output of child processes, a signal): they are waited for together, and on_turn() is called after every wait.
 */
#ifndef LAB_COMPANY_H
#define LAB_COMPANY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"

enum { COMPANY_DESCRIPTORS_MOST = 8 };

struct company {
    /* Waited for; entries with a negative descriptor are passed over. on_turn() may change them. */
    struct pollfd descriptors[COMPANY_DESCRIPTORS_MOST];
    size_t count;
    /* Serves the descriptors without waiting, whether they are ready or not. *ret_due_us: when it wants to be called
     * again at the latest (monotonic clock; CLOCK_NEVER_US: whenever). Returns false to make the waiting party give up.
     */
    bool (*on_turn)(struct company *company, uint64_t *ret_due_us);
};

/* How many milliseconds a poll() may take that has to be back by `due_us`; -1: any time. Rounds up. */
int company_poll_timeout_ms(uint64_t due_us);

/* Waits until `descriptor` (-1: none) shows one of `events`, or until `due_us`, serving `company` (which may be NULL).
 * 1: it does; 0: it was due; -ECANCELED: the company gave up; other -errno: poll() failed. */
int company_wait(struct company *company, int descriptor, short events, uint64_t due_us) must_check;

#endif
