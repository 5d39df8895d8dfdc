/* SPDX-License-Identifier: MIT */
/*
 * load_session - one run of a load: the loop that sends what is due and takes what comes.
 *
 * A loop of its own, not common/loop: due times are kept to the microsecond, and it costs two system calls a request
 * and as few as possible beside them. The clock is read once a turn and twice a request.
 *
 * Memory: the pool, 64 KiB to receive into, two descriptors; load_session_close().   Threads: the caller's.
 */
#ifndef LAB_LOAD_SESSION_H
#define LAB_LOAD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/load.h"
#include "lab/load_pool.h"
#include "lab/load_schedule.h"
#include "lab/load_tally.h"
#include "lab/load_target.h"
#include "lab/load_timer.h"

struct load_session {
    struct load *load;
    const struct load_setup *setup;
    struct load_pool pool;
    struct load_link link;
    struct load_tally tally;
    struct load_timer timer;

    struct load_schedule schedule;
    uint64_t ended_count; /* requests, warm-up included */
    uint64_t last_end_us; /* when one ended last */
    bool is_window_open, is_window_over;
    uint64_t cpu_begin_us;
};

/* `result` is empty and is filled by the run. 0, or -1 and a sentence. */
int load_session_open(struct load_session *session, struct load *load, const struct load_setup *setup,
                      const struct load_target *target, struct load_result *result, struct error *error) must_check;
/* 0, or -1 and a sentence: out of memory on the way. */
int load_session_run(struct load_session *session, struct error *error) must_check;
void load_session_close(struct load_session *session);

#endif
