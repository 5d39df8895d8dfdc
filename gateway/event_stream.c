/* SPDX-License-Identifier: MIT */
#include "gateway/event_stream.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/clock.h"

static const struct str greeting = STR_STATIC(": connected\n\n");
static const struct str still_here = STR_STATIC(": still here\n\n");

/* ---- the ring ---- */

static void add_bytes(struct event_stream *stream, struct str bytes)
{
    size_t place = (size_t)(stream->end % EVENT_STREAM_BYTES);
    size_t until_wrap = EVENT_STREAM_BYTES - place;
    size_t first = bytes.length < until_wrap ? bytes.length : until_wrap;

    memcpy(stream->ring + place, bytes.base, first);
    memcpy(stream->ring, bytes.base + first, bytes.length - first);
    stream->end += bytes.length;
}

static size_t copy_bytes(const struct event_stream *stream, uint64_t position, char *buffer, size_t capacity)
{
    size_t place = (size_t)(position % EVENT_STREAM_BYTES);
    size_t count = (size_t)(stream->end - position);

    count = count < capacity ? count : capacity;
    count = count < EVENT_STREAM_BYTES - place ? count : EVENT_STREAM_BYTES - place;
    memcpy(buffer, stream->ring + place, count);
    return count;
}

static void wake_viewers(struct event_stream *stream)
{
    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        if (stream->viewers[i].exchange != NULL) {
            http_exchange_wake(stream->viewers[i].exchange);
        }
    }
}

void event_stream_add(struct event_stream *stream, struct str record)
{
    char head[64];

    stream->last_id++;
    if (stream->viewer_count == 0) {
        return;
    }
    int length = snprintf(head, sizeof head, "id: %" PRIu64 "\nevent: done\ndata: ", stream->last_id);
    if (length < 0 || (size_t)length + record.length + 2 > EVENT_STREAM_BYTES) {
        return; /* the gap in the ids tells */
    }
    add_bytes(stream, (struct str){ head, (size_t)length });
    add_bytes(stream, record);
    add_bytes(stream, STR("\n\n"));
    wake_viewers(stream);
}

static void on_comment_due(void *context)
{
    struct event_stream *stream = context;

    add_bytes(stream, still_here);
    wake_viewers(stream);
    if (loop_arm(stream->loop, &stream->comment_timer, clock_monotonic_us() + stream->comment_interval_us) < 0) {
        return; /* no memory for a timer: connections without events end by their idle timeout */
    }
}

/* ---- viewers ---- */

static ssize_t read_more(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    struct event_viewer *viewer = context;
    const struct event_stream *stream = viewer->stream;

    if (offset < greeting.length) {
        struct str rest = str_from(greeting, (size_t)offset);
        size_t count = rest.length < capacity ? rest.length : capacity;
        memcpy(buffer, rest.base, count);
        return (ssize_t)count;
    }
    if (stream->is_stopping || stream->end - viewer->position > EVENT_STREAM_BYTES) {
        return HTTP_STREAM_ABORT;
    }
    size_t count = copy_bytes(stream, viewer->position, buffer, capacity);
    viewer->position += count;
    return count > 0 ? (ssize_t)count : HTTP_STREAM_WAIT;
}

static void on_finished(void *context, bool is_complete)
{
    struct event_viewer *viewer = context;

    (void)is_complete;
    viewer->exchange = NULL;
    viewer->stream->viewer_count--;
}

static struct event_viewer *free_viewer(struct event_stream *stream)
{
    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        if (stream->viewers[i].exchange == NULL) {
            return &stream->viewers[i];
        }
    }
    return NULL;
}

bool event_stream_open(struct event_stream *stream, struct http_exchange *exchange)
{
    static const struct http_exchange_events events = { .on_finished = on_finished };
    static const struct http_field fields[] = { { "Content-Type", "text/event-stream" },
                                                { "Cache-Control", "no-store" } };
    struct http_answer answer = { .status = 200, .fields = fields, .field_count = array_length(fields) };
    struct event_viewer *viewer = free_viewer(stream);

    if (viewer == NULL) {
        return false;
    }
    *viewer = (struct event_viewer){ .stream = stream, .exchange = exchange, .position = stream->end };
    stream->viewer_count++;
    http_exchange_set_owner(exchange, &events, viewer);
    (void)http_exchange_stream(exchange, &answer, HTTP_LENGTH_UNKNOWN, read_more, viewer);
    return true;
}

/* ---- life ---- */

int event_stream_init(struct event_stream *stream, struct loop *loop, uint64_t comment_interval_us)
{
    *stream = (struct event_stream){
        .loop = loop,
        .comment_timer = { .on_due = on_comment_due, .context = stream },
        .comment_interval_us = comment_interval_us,
        .ring = malloc(EVENT_STREAM_BYTES),
    };
    if (stream->ring == NULL) {
        return -ENOMEM;
    }
    return loop_arm(loop, &stream->comment_timer, clock_monotonic_us() + comment_interval_us);
}

/* The server ends the streams that wait. One that is about to be read must not begin to wait after that: microhttpd
 * aborts the process when it is stopped with a suspended connection. */
void event_stream_stop(struct event_stream *stream)
{
    stream->is_stopping = true;
}

void event_stream_clear(struct event_stream *stream)
{
    if (stream->ring != NULL) {
        loop_disarm(stream->loop, &stream->comment_timer);
    }
    free(stream->ring);
    stream->ring = NULL;
}
