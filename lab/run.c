/* SPDX-License-Identifier: MIT */
#include "lab/run.h"

#include <string.h>

#include "common/clock.h"
#include "common/json_scan.h"
#include "common/json_view.h"
#include "lab/printable.h"

enum {
    CANCEL_GRACE_US = 5 * CLOCK_US_PER_SECOND,
    LEAVE_GRACE_US = 5 * CLOCK_US_PER_SECOND,
    FREE_GRACE_US = 500 * CLOCK_US_PER_MS,
    EVENT_DEPTH = 32,
    HEAD_BYTES = 96,
};

const char *const run_state_names[] = { "running", "done", "cancelled", "failed" };

/* ---- telling ---- */

/* `members`: "\"event\":…}" */
static bool tell(struct run *run, struct str members, bool is_last)
{
    cleanup_buf struct buf event = { .base = NULL };

    buf_init(&event, HEAD_BYTES + members.length);
    (void)buf_add_format(&event, "{\"run\":\"%llu\",\"time_ms\":%llu,", (unsigned long long)run->number,
                         (unsigned long long)(clock_wall_us() / CLOCK_US_PER_MS));
    (void)buf_add_str(&event, members);
    return !event.failed && run->events.on_event(run->events.context, run, buf_view(&event), is_last);
}

static void be_over(struct run *run, enum run_state state)
{
    run->state = state;
    child_watch_expect_end(&run->child, LEAVE_GRACE_US);
    run->events.on_over(run->events.context, run);
}

/* In the child's place. */
static void fail(struct run *run)
{
    cleanup_buf struct buf members = { .base = NULL };

    buf_init(&members, HEAD_BYTES + 8 * sizeof run->complaint.text);
    (void)buf_add_text(&members, "\"event\":\"failed\",\"error\":");
    (void)buf_add_json_string(&members, str_of(run->complaint.text));
    (void)buf_add_byte(&members, '}');
    (void)tell(run, buf_view(&members), true);
    be_over(run, run->is_cancelled ? RUN_CANCELLED : RUN_FAILED);
}

/* ---- what the child says ---- */

static bool is_interrupted(struct str document)
{
    return str_equal(json_find(document, STR("origin.interrupted")), STR("true"));
}

static void on_end_event(struct run *run, struct str line)
{
    struct str document = json_member(line, STR("document"));

    if (document.base == NULL || json_kind(document) != JSON_OBJECT || buf_add_str(&run->document, document) < 0) {
        (void)error_set(&run->complaint, "It ended without a result that can be kept.");
        fail(run);
        return;
    }
    (void)tell(run, str_from(line, 1), true);
    be_over(run, run->is_cancelled && is_interrupted(document) ? RUN_CANCELLED : RUN_DONE);
}

static void on_failed_event(struct run *run, struct str line)
{
    cleanup_buf struct buf text = { .base = NULL };
    struct str sentence = json_member(line, STR("error"));

    buf_init(&text, sizeof run->complaint.text);
    if (sentence.base != NULL && json_kind(sentence) == JSON_STRING) {
        (void)json_add_text(sentence, &text);
    }
    (void)error_set(&run->complaint, "%.*s", STR_ARGUMENTS(buf_view(&text)));
    (void)tell(run, str_from(line, 1), true);
    be_over(run, run->is_cancelled ? RUN_CANCELLED : RUN_FAILED);
}

/* The event's name, a JSON string; base is NULL: the line is none. White space is part of JSON, but a carriage return
 * would be the end of a line to whoever reads the stream. */
static struct str event_name(struct str line)
{
    struct str name = { NULL, 0 };

    if (json_scan_check(line, EVENT_DEPTH, NULL) == 0 && str_starts_with(line, STR("{")) &&
        str_find(line, '\r') == line.length) {
        name = json_member(line, STR("event"));
    }
    return name.base != NULL && json_kind(name) == JSON_STRING ? name : (struct str){ NULL, 0 };
}

static void on_line(void *context, struct str line)
{
    struct run *run = context;
    struct str name = event_name(line);

    if (run->state != RUN_UNDER_WAY || name.base == NULL) {
        return; /* it has said its last word, or something that is not for us */
    }
    if (json_string_equal(name, STR("end"))) {
        on_end_event(run, line);
    } else if (json_string_equal(name, STR("failed"))) {
        on_failed_event(run, line);
    } else if (!tell(run, str_from(line, 1), false)) {
        (void)error_set(&run->complaint, "It was ended: it tells more than can be kept.");
        child_watch_terminate(&run->child);
        fail(run);
    }
}

static void on_ended(void *context)
{
    struct run *run = context;
    cleanup_buf struct buf complaint = { .base = NULL };

    buf_init(&complaint, CHILD_COMPLAINT_BYTES);
    (void)printable_add(&complaint, child_first_complaint(&run->child.child));
    child_watch_stop(&run->child, 0);
    if (run->state != RUN_UNDER_WAY) {
        return;
    }
    if (run->is_cancelled) {
        (void)error_set(&run->complaint, "Cancelled. Nothing had been measured yet."); /* it had hardly started */
    } else {
        (void)error_set(&run->complaint, "It ended without a result%s%.*s", complaint.length > 0 ? ": " : ".",
                        STR_ARGUMENTS(buf_view(&complaint)));
    }
    fail(run);
}

/* ---- life ---- */

static int start_child(struct run *run, struct loop *loop, const struct service_place *place,
                       const struct run_request *request, struct error *error)
{
    const struct child_watch_config config = {
        .line_bytes = RUN_LINE_BYTES,
        .on_line = on_line,
        .on_ended = on_ended,
        .context = run,
    };
    char own_path[sizeof place->own_path];
    char *arguments[RUN_ARGUMENTS_MOST + 2] = { own_path };

    (void)snprintf(own_path, sizeof own_path, "%s", place->own_path);
    for (size_t i = 0; i < request->argument_count; i++) {
        arguments[i + 1] = request->arguments[i];
    }
    return child_watch_start(&run->child, loop, &config, arguments, place->environment, error);
}

struct run *run_start(struct loop *loop, const struct service_place *place, const struct run_request *request,
                      uint64_t number, const struct run_events *events, struct error *error)
{
    struct run *run = calloc(1, sizeof *run);

    if (run == NULL) {
        (void)error_set(error, "There is no memory for a run.");
        return NULL;
    }
    *run = (struct run){
        .number = number,
        .kind = request->kind,
        .started_us = clock_wall_us(),
        .events = *events,
    };
    buf_init(&run->document, RUN_DOCUMENT_BYTES);
    if (start_child(run, loop, place, request, error) < 0) {
        free(run);
        return NULL;
    }
    return run;
}

void run_cancel(struct run *run)
{
    run->is_cancelled = true;
    child_watch_interrupt(&run->child, CANCEL_GRACE_US);
}

void run_terminate(struct run *run)
{
    child_watch_terminate(&run->child);
}

void run_free(struct run *run)
{
    if (run == NULL) {
        return;
    }
    child_watch_stop(&run->child, FREE_GRACE_US);
    buf_clear(&run->document);
    free(run);
}
