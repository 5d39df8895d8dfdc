/* SPDX-License-Identifier: MIT */
/*
 * event_stream - what happens, as server-sent events, to several viewers at once.
 *
 *     id: 17
 *     event: done
 *     data: {"ts":…}
 *
 * All viewers read the same bytes, each from a place of its own. Who is the stream's capacity behind has lost some: its
 * connection is ended, and as a browser does by itself it may come again. A comment comes first, so that a viewer knows
 * that it is connected, and more at regular intervals to those who have read all there is, so that no proxy takes the
 * connection for dead. Ids count up, also while nobody looks on.
 *
 * A stream that keeps (`keeps`) shows a new viewer all since event_stream_forget(), or what came behind the event it
 * has seen last, as far as that is still there; one that does not shows what comes from now on.
 *
 * Memory: the capacity, however many look on.   Threads: the loop's.   Source: WHATWG HTML §9.2.
 */
#ifndef COMMON_EVENT_STREAM_H
#define COMMON_EVENT_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "common/http_server.h"
#include "common/loop.h"
#include "common/str.h"

enum { EVENT_STREAM_VIEWERS = 16 };

struct event_stream_config {
    size_t capacity_bytes; /* how much is there for those who are behind, and for those who come later */
    uint64_t comment_interval_us;
    uint64_t id_before_first; /* the first event has the next one */
    bool keeps;
};

struct event_viewer {
    struct event_stream *stream;
    struct http_exchange *exchange; /* NULL: nobody */
    struct buf first;               /* what it alone is shown before the stream's bytes */
    struct str comment;             /* what is left of the one that is being sent */
    uint64_t position;              /* how many bytes of the stream lie before what it reads next */
};

struct event_stream {
    struct event_stream_config config;
    struct loop *loop;
    struct loop_timer comment_timer;
    uint64_t last_id;
    char *ring; /* the last capacity_bytes; byte n of the stream is at n modulo that */
    uint64_t end;
    uint64_t kept_from; /* where the first event begins that new viewers are shown */
    struct event_viewer viewers[EVENT_STREAM_VIEWERS];
    size_t viewer_count;
    void (*on_viewer_left)(void *context); /* to be set after the start; may be NULL */
    void *context;
    bool is_stopping;
};

/* 0 or -ENOMEM. */
int event_stream_init(struct event_stream *stream, struct loop *loop,
                      const struct event_stream_config *config) must_check;
/* Before the server is freed: whoever reads on is ended. */
void event_stream_stop(struct event_stream *stream);
/* When all its exchanges have finished. Also of one that is all zero. */
void event_stream_clear(struct event_stream *stream);

/* `data`: one JSON object without a line break. Larger than the capacity: it is left out, and the gap in the ids tells.
 */
void event_stream_add(struct event_stream *stream, const char *event, struct str data);
/* An event that nobody is shown: its id is used up. */
void event_stream_skip(struct event_stream *stream);
/* Whether all that is kept would still be there with one more event of that much data. */
bool event_stream_has_room(const struct event_stream *stream, const char *event, size_t data_bytes);
/* Viewers that come from now on are not shown what was until now. */
void event_stream_forget(struct event_stream *stream);

/* What one viewer's stream begins with. */
struct event_stream_opening {
    const struct http_field *fields; /* the answer's, Content-Type among them */
    size_t field_count;
    const char *event; /* an event without an id, for this viewer alone; NULL: none */
    struct str data;
    struct str last_event_id; /* as the viewer says it; empty: it has seen nothing */
};

/* Answers with what is kept and all that comes. False: there are EVENT_STREAM_VIEWERS already, or no memory, and no
 * answer was given. */
bool event_stream_open(struct event_stream *stream, struct http_exchange *exchange,
                       const struct event_stream_opening *opening) must_check;

#endif
