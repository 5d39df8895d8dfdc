/* SPDX-License-Identifier: MIT */
/*
 * runs - what is run for the viewers of a page: at most one at a time, the last few kept, everything told to all.
 *
 * The stream (common/event_stream) has these events:
 *
 *     state   {"now_ms":…,"current":"7","runs":[…]}: at once for each viewer, and whenever a run begins or ends
 *     run     what a run tells (lab/run.h)
 *
 * Whoever comes late is shown the newest run from its beginning.
 *
 * Memory: RUNS_STREAM_BYTES, and eight documents.   Threads: the loop's.
 */
#ifndef LAB_RUNS_H
#define LAB_RUNS_H

#include "common/event_stream.h"
#include "common/log.h"
#include "lab/run_history.h"

enum { RUNS_STREAM_BYTES = 12 * 1024 * 1024 };

struct runs {
    struct loop *loop;
    struct log *log;
    const struct service_place *place;
    struct run_history history;
    struct event_stream stream;
    uint64_t last_number;
};

/* 0 or -ENOMEM. */
int runs_init(struct runs *runs, struct loop *loop, struct log *log, const struct service_place *place) must_check;
/* Before the server is freed: tells the child to end, and ends who looks on. */
void runs_stop(struct runs *runs);
/* After it. */
void runs_clear(struct runs *runs);

/* None may be under way. NULL: *error says why it cannot be started. */
struct run *runs_start(struct runs *runs, const struct run_request *request, struct error *error) must_check;
/* {"now_ms":…,"current":…,"runs":[…]} 0 or -errno as buf_add(). */
int runs_add_json(const struct runs *runs, struct buf *text);
/* False: there are too many viewers. `fields`: of the answer. */
bool runs_open_stream(struct runs *runs, struct http_exchange *exchange, const struct http_field *fields,
                      size_t field_count) must_check;

#endif
