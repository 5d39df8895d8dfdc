/* SPDX-License-Identifier: MIT */
#include "common/event_stream.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/clock.h"

enum { HEAD_BYTES = 128, ID_LINE_BYTES = 32, FIRST_SPARE_BYTES = 256 };

static const struct str greeting = STR_STATIC(": connected\n\n");
static const struct str still_here = STR_STATIC(": still here\n\n");
static const struct str end_of_event = STR_STATIC("\n\n");

/* ---- the ring ---- */

static void add_bytes(struct event_stream *stream, struct str bytes)
{
    size_t capacity = stream->config.capacity_bytes;
    size_t place = (size_t)(stream->end % capacity);
    size_t until_wrap = capacity - place;
    size_t first = bytes.length < until_wrap ? bytes.length : until_wrap;

    memcpy(stream->ring + place, bytes.base, first);
    memcpy(stream->ring, bytes.base + first, bytes.length - first);
    stream->end += bytes.length;
}

/* What lies behind `position` in one piece. */
static struct str piece_at(const struct event_stream *stream, uint64_t position)
{
    size_t place = (size_t)(position % stream->config.capacity_bytes);
    uint64_t count = stream->end - position;
    size_t until_wrap = stream->config.capacity_bytes - place;

    return (struct str){ stream->ring + place, count < until_wrap ? (size_t)count : until_wrap };
}

static size_t copy_bytes(const struct event_stream *stream, uint64_t position, char *buffer, size_t capacity)
{
    struct str piece = piece_at(stream, position);
    size_t count = piece.length < capacity ? piece.length : capacity;

    memcpy(buffer, piece.base, count);
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

/* "id: 17\nevent: done\ndata: "; base is NULL: the name is too long. */
static struct str render_head(char head[HEAD_BYTES], uint64_t id, const char *event)
{
    int length = snprintf(head, HEAD_BYTES, "id: %" PRIu64 "\nevent: %s\ndata: ", id, event);

    return length > 0 && length < HEAD_BYTES ? (struct str){ head, (size_t)length } : (struct str){ NULL, 0 };
}

static size_t event_bytes(struct str head, size_t data_bytes)
{
    return head.length + data_bytes + end_of_event.length;
}

bool event_stream_has_room(const struct event_stream *stream, const char *event, size_t data_bytes)
{
    char text[HEAD_BYTES];
    struct str head = render_head(text, UINT64_MAX, event); /* the longest id */
    uint64_t used = stream->end - stream->kept_from;

    return used <= stream->config.capacity_bytes && data_bytes <= stream->config.capacity_bytes &&
           event_bytes(head, data_bytes) <= stream->config.capacity_bytes - used;
}

void event_stream_skip(struct event_stream *stream)
{
    stream->last_id++;
}

void event_stream_add(struct event_stream *stream, const char *event, struct str data)
{
    char text[HEAD_BYTES];

    stream->last_id++;
    if (stream->viewer_count == 0 && !stream->config.keeps) {
        return;
    }
    struct str head = render_head(text, stream->last_id, event);
    if (head.base == NULL || data.length > stream->config.capacity_bytes ||
        event_bytes(head, data.length) > stream->config.capacity_bytes) {
        return; /* the gap in the ids tells */
    }
    add_bytes(stream, head);
    add_bytes(stream, data);
    add_bytes(stream, end_of_event);
    wake_viewers(stream);
}

/* ---- what was before ---- */

void event_stream_forget(struct event_stream *stream)
{
    stream->kept_from = stream->end;
}

/* The id of the event that begins there; 0: it says none. */
static uint64_t id_at(const struct event_stream *stream, uint64_t position)
{
    char text[ID_LINE_BYTES];
    uint64_t id = 0;
    size_t length = copy_bytes(stream, position, text, sizeof text);

    length += copy_bytes(stream, position + length, text + length, sizeof text - length);
    struct str line = { text, length };
    line.length = str_find(line, '\n');
    if (!str_starts_with(line, STR("id: ")) || str_to_number(str_from(line, 4), UINT64_MAX, &id) < 0) {
        return 0;
    }
    return id;
}

/* Behind the next empty line: data has none. */
static uint64_t next_event(const struct event_stream *stream, uint64_t position)
{
    bool was_break = false;

    while (position < stream->end) {
        struct str piece = piece_at(stream, position);
        if (was_break && piece.base[0] == '\n') {
            return position + 1;
        }
        position += str_find(piece, '\n');
        was_break = position < stream->end && piece_at(stream, position).base[0] == '\n';
        position += was_break ? 1 : 0;
    }
    return stream->end;
}

/* Where a viewer begins that has seen all up to that event. */
static uint64_t position_behind(struct event_stream *stream, struct str last_event_id)
{
    uint64_t id = 0;

    if (!stream->config.keeps) {
        return stream->end;
    }
    if (stream->end - stream->kept_from > stream->config.capacity_bytes) {
        return stream->end; /* its beginning is overwritten: half of it would be wrong */
    }
    if (str_to_number(last_event_id, UINT64_MAX, &id) < 0 || id == 0) {
        return stream->kept_from;
    }
    for (uint64_t position = stream->kept_from; position < stream->end;) {
        bool is_seen = id_at(stream, position) == id;
        position = next_event(stream, position);
        if (is_seen) {
            return position;
        }
    }
    return stream->kept_from;
}

/* ---- comments ---- */

/* Not in the ring, where they would push out what is kept. Only between events: whoever is in the middle of one will be
 * sent more anyway. */
static void on_comment_due(void *context)
{
    struct event_stream *stream = context;

    for (size_t i = 0; i < EVENT_STREAM_VIEWERS; i++) {
        struct event_viewer *viewer = &stream->viewers[i];
        if (viewer->exchange != NULL && viewer->position == stream->end && viewer->comment.length == 0) {
            viewer->comment = still_here;
            http_exchange_wake(viewer->exchange);
        }
    }
    if (loop_arm(stream->loop, &stream->comment_timer, clock_monotonic_us() + stream->config.comment_interval_us) < 0) {
        return; /* no memory for a timer: connections without events end by their idle timeout */
    }
}

/* ---- viewers ---- */

static ssize_t copy_text(struct str text, char *buffer, size_t capacity)
{
    size_t count = text.length < capacity ? text.length : capacity;

    memcpy(buffer, text.base, count);
    return (ssize_t)count;
}

static ssize_t read_more(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    struct event_viewer *viewer = context;
    const struct event_stream *stream = viewer->stream;

    if (offset < viewer->first.length) {
        return copy_text(str_from(buf_view(&viewer->first), (size_t)offset), buffer, capacity);
    }
    if (stream->is_stopping || stream->end - viewer->position > stream->config.capacity_bytes) {
        return HTTP_STREAM_ABORT;
    }
    if (viewer->comment.length > 0) {
        ssize_t count = copy_text(viewer->comment, buffer, capacity);
        viewer->comment = str_from(viewer->comment, (size_t)count);
        return count;
    }
    size_t count = copy_bytes(stream, viewer->position, buffer, capacity);
    viewer->position += count;
    return count > 0 ? (ssize_t)count : HTTP_STREAM_WAIT;
}

static void on_finished(void *context, bool is_complete)
{
    struct event_viewer *viewer = context;
    struct event_stream *stream = viewer->stream;

    (void)is_complete;
    buf_clear(&viewer->first);
    viewer->exchange = NULL;
    stream->viewer_count--;
    if (stream->on_viewer_left != NULL) {
        stream->on_viewer_left(stream->context);
    }
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

/* The greeting, and what this viewer alone is told. */
static int add_first(struct buf *first, const struct event_stream_opening *opening)
{
    buf_init(first, FIRST_SPARE_BYTES + opening->data.length);
    (void)buf_add_str(first, greeting);
    if (opening->event != NULL) {
        (void)buf_add_format(first, "event: %s\ndata: ", opening->event);
        (void)buf_add_str(first, opening->data);
        (void)buf_add_str(first, end_of_event);
    }
    return first->failed ? -ENOMEM : 0;
}

bool event_stream_open(struct event_stream *stream, struct http_exchange *exchange,
                       const struct event_stream_opening *opening)
{
    static const struct http_exchange_events events = { .on_finished = on_finished };
    struct http_answer answer = { .status = 200, .fields = opening->fields, .field_count = opening->field_count };
    struct event_viewer *viewer = free_viewer(stream);

    if (viewer == NULL) {
        return false;
    }
    *viewer = (struct event_viewer){ .stream = stream };
    if (add_first(&viewer->first, opening) < 0) {
        buf_clear(&viewer->first);
        return false;
    }
    viewer->exchange = exchange;
    viewer->position = position_behind(stream, opening->last_event_id);
    stream->viewer_count++;
    http_exchange_set_owner(exchange, &events, viewer);
    (void)http_exchange_stream(exchange, &answer, HTTP_LENGTH_UNKNOWN, read_more, viewer);
    return true;
}

/* ---- life ---- */

int event_stream_init(struct event_stream *stream, struct loop *loop, const struct event_stream_config *config)
{
    *stream = (struct event_stream){
        .config = *config,
        .loop = loop,
        .comment_timer = { .on_due = on_comment_due, .context = stream },
        .last_id = config->id_before_first,
        .ring = malloc(config->capacity_bytes),
    };
    if (stream->ring == NULL) {
        return -ENOMEM;
    }
    return loop_arm(loop, &stream->comment_timer, clock_monotonic_us() + config->comment_interval_us);
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
