/* SPDX-License-Identifier: MIT */
/*
 * run - one experiment or sweep that somebody started from the page: the child that does it, and what it tells.
 *
 * The child is this program again, `lab experiment --events …`; it writes one JSON object a line (docs/lab.md). Each is
 * checked, and told on with the run's number and the time in front of its own members:
 *
 *     {"run":"7","time_ms":1795339294486,"event":"begin",…}
 *
 * The last of them is `end` or `failed`, always and once: where the child dies without a word, the run says `failed` in
 * its place. The run is over at that moment; the child has a little time left to leave.
 *
 * Memory: the result's document, RUN_DOCUMENT_BYTES at most, until run_free().   Threads: the loop's.
 */
#ifndef LAB_RUN_H
#define LAB_RUN_H

#include "lab/child_watch.h"
#include "lab/run_request.h"
#include "lab/service.h"

enum { RUN_DOCUMENT_BYTES = 4 * 1024 * 1024, RUN_LINE_BYTES = RUN_DOCUMENT_BYTES + 4096 };

enum run_state { RUN_UNDER_WAY, RUN_DONE, RUN_CANCELLED, RUN_FAILED };
/* "running", "done", "cancelled", "failed" */
extern const char *const run_state_names[];

struct run;

struct run_events {
    /* `event`: one JSON object without a line break. False: it cannot be kept, and the run is over. What is_last is
     * kept in any case. */
    bool (*on_event)(void *context, struct run *run, struct str event, bool is_last);
    /* Behind its last event; `state` says how it ended. The run may not be freed in here. */
    void (*on_over)(void *context, struct run *run);
    void *context;
};

struct run {
    uint64_t number; /* from 1 */
    enum run_kind kind;
    enum run_state state;
    uint64_t started_us;    /* wall clock */
    struct buf document;    /* empty: there is none */
    struct error complaint; /* why it failed, or has no document */
    bool is_cancelled;      /* somebody asked for it */
    struct child_watch child;
    struct run_events events;
};

/* NULL: *error says why it cannot be started. */
struct run *run_start(struct loop *loop, const struct service_place *place, const struct run_request *request,
                      uint64_t number, const struct run_events *events, struct error *error) must_check;
/* Of one that is under way. Asks it to end with what it has measured; one that does not within a few seconds is
 * killed, and has no document. */
void run_cancel(struct run *run);
/* The server is about to end: tells the child so, and does not wait. */
void run_terminate(struct run *run);
/* Ends the child, if there is one; waits for that, but not long. NULL is fine. */
void run_free(struct run *run);

#endif
