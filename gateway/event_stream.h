/* SPDX-License-Identifier: MIT */
/*
 * event_stream - finished requests as server-sent events, to several viewers at once.
 *
 *     id: 17
 *     event: done
 *     data: {"ts":…}
 *
 * All viewers read the same bytes, each from a place of its own. Who is EVENT_STREAM_BYTES behind has lost some: its
 * connection is ended, and as a browser does by itself it may come again. A comment comes first, so that a viewer knows
 * that it is connected, and more at regular intervals, so that no proxy takes the connection for dead. Ids count up,
 * also while nobody looks on.
 *
 * Memory: EVENT_STREAM_BYTES, however many look on.   Threads: the loop's.   Source: WHATWG HTML §9.2.
 */
#ifndef GATEWAY_EVENT_STREAM_H
#define GATEWAY_EVENT_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/compiler.h"
#include "common/http_server.h"
#include "common/loop.h"
#include "common/str.h"

enum { EVENT_STREAM_BYTES = 1024 * 1024, EVENT_STREAM_VIEWERS = 16 };

struct event_viewer {
    struct event_stream *stream;
    struct http_exchange *exchange; /* NULL: nobody */
    uint64_t position;              /* how many bytes of the stream lie before what it reads next */
};

struct event_stream {
    struct loop *loop;
    struct loop_timer comment_timer;
    uint64_t comment_interval_us;
    uint64_t last_id;
    char *ring; /* the last EVENT_STREAM_BYTES; byte n of the stream is at n modulo that */
    uint64_t end;
    struct event_viewer viewers[EVENT_STREAM_VIEWERS];
    size_t viewer_count;
    bool is_stopping;
};

/* 0 or -ENOMEM. */
int event_stream_init(struct event_stream *stream, struct loop *loop, uint64_t comment_interval_us) must_check;
/* Before the server is freed: whoever reads on is ended. */
void event_stream_stop(struct event_stream *stream);
/* When all its exchanges have finished. */
void event_stream_clear(struct event_stream *stream);
/* One JSON object without a line break. */
void event_stream_add(struct event_stream *stream, struct str record);
/* Answers with all that comes from now on. False: there are EVENT_STREAM_VIEWERS already, and no answer was given. */
bool event_stream_open(struct event_stream *stream, struct http_exchange *exchange);

#endif
