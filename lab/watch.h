/* SPDX-License-Identifier: MIT */
/*
 * watch - running gateways that viewers of the page look at: for each one child, `lab watch --events --admin=…`, whose
 * lines are told to all of its viewers.
 *
 *     status   {"connected":true|false,"error":"one sentence"|null}: at once for each viewer, and when it changes
 *     record   what the gateway tells of a request
 *
 * A gateway that ends, or is not there yet, is tried again every WATCH_RETRY_US as long as somebody looks on; when
 * nobody does for WATCH_LINGER_US, the child is ended.
 *
 * Memory: WATCH_STREAM_BYTES for each gateway that is looked at.   Threads: the loop's.
 */
#ifndef LAB_WATCH_H
#define LAB_WATCH_H

#include "common/clock.h"
#include "common/event_stream.h"
#include "lab/child_watch.h"
#include "lab/service.h"

enum {
    WATCH_GATEWAYS_MOST = 4,
    WATCH_VIEWERS_MOST = 16, /* of all gateways together */
    WATCH_STREAM_BYTES = 1024 * 1024,
    WATCH_TARGET_BYTES = 300,
    WATCH_RETRY_US = 2 * CLOCK_US_PER_SECOND,
    WATCH_LINGER_US = 1 * CLOCK_US_PER_SECOND,
};

struct watch_list;

/* One gateway. */
struct watch {
    struct watch_list *list;
    char target[WATCH_TARGET_BYTES]; /* "127.0.0.1:9901"; empty: this place is free */
    struct event_stream stream;
    struct child_watch child;
    struct loop_timer timer; /* to try again, or to see whether somebody looks on */
    bool is_connected;
    struct error complaint; /* why not; empty: not known yet */
};

struct watch_list {
    struct loop *loop;
    const struct service_place *place;
    struct watch watches[WATCH_GATEWAYS_MOST];
};

void watch_list_init(struct watch_list *list, struct loop *loop, const struct service_place *place);
/* Before the server is freed: tells the children to end, and ends who looks on. */
void watch_list_stop(struct watch_list *list);
/* After it. */
void watch_list_clear(struct watch_list *list);

/* Answers with what the gateway at `target` tells from now on; `target` as loopback_format() makes it. 0; -EBUSY: as
 * many gateways or viewers as may be; -ENOMEM. Only after 0 the exchange has an answer. */
int watch_list_open(struct watch_list *list, const char *target, struct http_exchange *exchange,
                    const struct http_field *fields, size_t field_count) must_check;

#endif
