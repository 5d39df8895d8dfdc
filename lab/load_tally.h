/* SPDX-License-Identifier: MIT */
/*
 * load_tally - which requests of a load count, and as what. Pure: it is told the times.
 *
 * A measurement looks at a window of time. A request belongs to it by when it was due; in the closed loop that is the
 * instant at which its client was free for it. Those that were due in the window are followed to their end, also behind
 * the window; those due before it are not counted, with two exceptions in the closed loop, where a client that still
 * waits for an early request cannot send any other:
 *
 *   - if none at all was due in the window, those that were under way all the time count instead;
 *   - one that has no answer in the very end counts, as unanswered: leaving out whoever waits longest would flatter.
 *
 * Throughput is another question: how many answers came in the window, whenever their requests were due. With answers
 * that take longer than the window, counting the window's own requests would find none.
 *
 * Memory: the result's.   Threads: none shared.   Units: microseconds of the monotonic clock.
 */
#ifndef LAB_LOAD_TALLY_H
#define LAB_LOAD_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/load.h"

/* One request's times. */
struct load_request {
    uint64_t due_us;
    uint64_t sent_us; /* its first byte was handed to the socket; CLOCK_NEVER_US: not yet */
    bool is_counted;
};

struct load_tally {
    struct load_result *result;
    bool is_open_loop;
    uint64_t window_begin_us, window_end_us; /* the end may be CLOCK_NEVER_US, and may be moved */
    uint64_t due_count;                      /* of those due in the window so far */
    int status;                              /* -ENOMEM, or -ENOBUFS: there is no room for more samples */
};

/* The request is begun: it is due at due_us. `had_to_wait`: no connection was free then. */
void load_tally_begin(struct load_tally *tally, struct load_request *request, uint64_t due_us, bool had_to_wait);
/* It was answered in full. */
void load_tally_answered(struct load_tally *tally, const struct load_request *request, int status, uint64_t now_us);
void load_tally_failed(struct load_tally *tally, const struct load_request *request, enum call_error error);
/* It will not be waited for any longer. */
void load_tally_unanswered(struct load_tally *tally, const struct load_request *request, uint64_t now_us);
/* For each request that is under way when the window ends. */
void load_tally_window_over(const struct load_tally *tally, struct load_request *request);

#endif
