/* SPDX-License-Identifier: MIT */
#include "lab/watch.h"

#include <errno.h>
#include <string.h>

#include "common/json_scan.h"
#include "common/json_view.h"
#include "lab/printable.h"
#include "lab/watch_command.h"

enum {
    COMMENT_INTERVAL_US = 15 * CLOCK_US_PER_SECOND,
    STOP_GRACE_US = 100 * CLOCK_US_PER_MS,
    STATUS_BYTES = 8 * 1024,
    LINE_SPARE_BYTES = 256,
};

/* ---- what viewers are told ---- */

static int render_status(const struct watch *watch, struct buf *text)
{
    (void)buf_add_format(text, "{\"connected\":%s,\"error\":", watch->is_connected ? "true" : "false");
    if (watch->complaint.text[0] != '\0') {
        (void)buf_add_json_string(text, str_of(watch->complaint.text));
    } else {
        (void)buf_add_text(text, "null");
    }
    (void)buf_add_byte(text, '}');
    return text->failed ? -ENOMEM : 0;
}

static void tell_status(struct watch *watch)
{
    cleanup_buf struct buf status = { .base = NULL };

    buf_init(&status, STATUS_BYTES);
    if (render_status(watch, &status) == 0) {
        event_stream_add(&watch->stream, "status", buf_view(&status));
    }
}

/* ---- the child ---- */

static void keep_complaint(struct watch *watch, struct str sentence)
{
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, sizeof watch->complaint.text);
    if (sentence.base != NULL && json_kind(sentence) == JSON_STRING) {
        (void)json_add_text(sentence, &text);
    }
    (void)error_set(&watch->complaint, "%.*s", STR_ARGUMENTS(buf_view(&text)));
}

/* A carriage return would be the end of a line to whoever reads the stream. */
static void on_line(void *context, struct str line)
{
    struct watch *watch = context;

    if (json_scan_check(line, JSON_SCAN_DEPTH, NULL) < 0 || str_find(line, '\r') < line.length) {
        return;
    }
    struct str event = json_member(line, STR("event"));
    if (event.base == NULL || json_kind(event) != JSON_STRING) {
        return;
    }
    if (json_string_equal(event, STR("record"))) {
        struct str record = json_member(line, STR("record"));
        if (record.base != NULL) {
            event_stream_add(&watch->stream, "record", record);
        }
    } else if (json_string_equal(event, STR("connected"))) {
        watch->is_connected = true;
        watch->complaint.text[0] = '\0';
        tell_status(watch);
    } else if (json_string_equal(event, STR("failed"))) {
        keep_complaint(watch, json_member(line, STR("error")));
    }
}

static void arm(struct watch *watch, uint64_t wait_us)
{
    if (loop_arm(watch->list->loop, &watch->timer, clock_monotonic_us() + wait_us) < 0) {
        return; /* no memory: it stays as it is until somebody comes or goes */
    }
}

static void on_ended(void *context)
{
    struct watch *watch = context;

    if (watch->complaint.text[0] == '\0') {
        cleanup_buf struct buf text = { .base = NULL };
        buf_init(&text, CHILD_COMPLAINT_BYTES);
        (void)printable_add(&text, child_first_complaint(&watch->child.child));
        (void)error_set(&watch->complaint, "lab watch has ended%s%.*s", text.length > 0 ? ": " : "",
                        STR_ARGUMENTS(buf_view(&text)));
    }
    watch->is_connected = false;
    child_watch_stop(&watch->child, 0);
    tell_status(watch);
    arm(watch, WATCH_RETRY_US);
}

static void start_child(struct watch *watch)
{
    const struct service_place *place = watch->list->place;
    const struct child_watch_config config = {
        .line_bytes = WATCH_RECORD_BYTES + LINE_SPARE_BYTES,
        .on_line = on_line,
        .on_ended = on_ended,
        .context = watch,
    };
    char own_path[sizeof place->own_path];
    char command[] = "watch";
    char events[] = "--events";
    char admin[WATCH_TARGET_BYTES + LINE_SPARE_BYTES];
    char *arguments[] = { own_path, command, events, admin, NULL };

    (void)snprintf(own_path, sizeof own_path, "%s", place->own_path);
    (void)snprintf(admin, sizeof admin, "--admin=http://%s", watch->target);
    if (child_watch_start(&watch->child, watch->list->loop, &config, arguments, place->environment, &watch->complaint) <
        0) {
        tell_status(watch);
        arm(watch, WATCH_RETRY_US);
    }
}

/* ---- coming and going ---- */

/* Nobody looks on. */
static void give_up(struct watch *watch)
{
    loop_disarm(watch->list->loop, &watch->timer);
    child_watch_stop(&watch->child, STOP_GRACE_US);
    event_stream_clear(&watch->stream);
    watch->target[0] = '\0';
}

static void on_timer(void *context)
{
    struct watch *watch = context;

    if (watch->stream.viewer_count == 0) {
        give_up(watch);
    } else if (!watch->child.is_running) {
        start_child(watch);
    }
}

static void on_viewer_left(void *context)
{
    struct watch *watch = context;

    if (watch->stream.viewer_count == 0 && !watch->stream.is_stopping) {
        arm(watch, WATCH_LINGER_US);
    }
}

static int begin(struct watch *watch, struct watch_list *list, const char *target)
{
    const struct event_stream_config config = {
        .capacity_bytes = WATCH_STREAM_BYTES,
        .comment_interval_us = COMMENT_INTERVAL_US,
    };

    *watch = (struct watch){ .list = list, .timer = { .on_due = on_timer, .context = watch } };
    if (event_stream_init(&watch->stream, list->loop, &config) < 0) {
        event_stream_clear(&watch->stream);
        return -ENOMEM;
    }
    watch->stream.on_viewer_left = on_viewer_left;
    watch->stream.context = watch;
    (void)snprintf(watch->target, sizeof watch->target, "%s", target);
    start_child(watch);
    return 0;
}

/* The one of that target; else a free place, or one that nobody looks at any more. NULL: there is none. */
static struct watch *find(struct watch_list *list, const char *target)
{
    struct watch *unused = NULL;

    for (size_t i = 0; i < WATCH_GATEWAYS_MOST; i++) {
        struct watch *watch = &list->watches[i];
        if (strcmp(watch->target, target) == 0) {
            return watch;
        }
        if (watch->target[0] == '\0' || (unused == NULL && watch->stream.viewer_count == 0)) {
            unused = watch;
        }
    }
    return unused;
}

static size_t count_viewers(const struct watch_list *list)
{
    size_t count = 0;

    for (size_t i = 0; i < WATCH_GATEWAYS_MOST; i++) {
        count += list->watches[i].stream.viewer_count;
    }
    return count;
}

static int open_viewer(struct watch *watch, struct http_exchange *exchange, const struct http_field *fields,
                       size_t field_count)
{
    cleanup_buf struct buf status = { .base = NULL };

    buf_init(&status, STATUS_BYTES);
    if (render_status(watch, &status) < 0) {
        return -ENOMEM;
    }
    const struct event_stream_opening opening = {
        .fields = fields,
        .field_count = field_count,
        .event = "status",
        .data = buf_view(&status),
    };
    return event_stream_open(&watch->stream, exchange, &opening) ? 0 : -EBUSY;
}

int watch_list_open(struct watch_list *list, const char *target, struct http_exchange *exchange,
                    const struct http_field *fields, size_t field_count)
{
    struct watch *watch = find(list, target);

    if (watch == NULL || count_viewers(list) >= WATCH_VIEWERS_MOST) {
        return -EBUSY;
    }
    if (strcmp(watch->target, target) != 0) {
        if (watch->target[0] != '\0') {
            give_up(watch);
        }
        int result = begin(watch, list, target);
        if (result < 0) {
            return result;
        }
    }
    int result = open_viewer(watch, exchange, fields, field_count);
    if (watch->stream.viewer_count == 0) {
        arm(watch, WATCH_LINGER_US);
    }
    return result;
}

/* ---- life ---- */

void watch_list_init(struct watch_list *list, struct loop *loop, const struct service_place *place)
{
    *list = (struct watch_list){ .loop = loop, .place = place };
}

void watch_list_stop(struct watch_list *list)
{
    for (size_t i = 0; i < WATCH_GATEWAYS_MOST; i++) {
        child_watch_terminate(&list->watches[i].child);
        event_stream_stop(&list->watches[i].stream);
    }
}

void watch_list_clear(struct watch_list *list)
{
    for (size_t i = 0; i < WATCH_GATEWAYS_MOST; i++) {
        if (list->watches[i].target[0] != '\0') {
            give_up(&list->watches[i]);
        }
    }
}
