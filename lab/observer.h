/* SPDX-License-Identifier: MIT */
/*
 * observer - watches one mode of an experiment while its requests are under way.
 *
 * Takes the lines of the sender's log and of the children, tells an audience of them as they come, in the order of
 * time, and reads from those of gateway and backend when each task was received and when its call began and ended.
 *
 *     observer_init(&observer, &setup, &error);
 *     …  sender_run() with observer.log as its log and &observer.company as its company  …
 *     observer_settle(&observer);
 *     observer_clear(&observer);
 *
 * Memory: the setup's parts must outlive the observer.   Threads: the main thread's.
 */
#ifndef LAB_OBSERVER_H
#define LAB_OBSERVER_H

#include "common/error.h"
#include "common/log.h"
#include "lab/audience.h"
#include "lab/company.h"
#include "lab/journal.h"
#include "lab/results.h"
#include "lab/stage.h"

struct observer_setup {
    struct stage *stage;
    struct mode_result *mode; /* the times that logs tell are filled in, from the first request's sending on */
    struct audience *audience;
    const struct log_options *log; /* form of the sender's lines */
};

struct observer {
    struct observer_setup setup;
    struct company company;
    struct log log; /* for the sender */
    struct log_sink sink;
    int sender_lines; /* memfd_create(2): the sink writes, we read */
    uint64_t sender_offset;
    struct buf sender_line;
    struct journal journal;
    bool has_origin; /* the first request was sent, at … */
    uint64_t origin_day_us;
    uint64_t last_us[JOURNAL_SIDE_COUNT]; /* what the last stamp told of each side said */
    const char *answered_task;            /* whose status the sender told last: its body comes next */
    size_t gateway_done_count, backend_done_count;
};

int observer_init(struct observer *observer, const struct observer_setup *setup, struct error *error) must_check;
void observer_clear(struct observer *observer);
/* After the last answer: waits a moment for the last lines of the children, and tells what is left. */
void observer_settle(struct observer *observer);

#endif
