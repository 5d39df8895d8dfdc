/* SPDX-License-Identifier: MIT */
#include "lab/runs.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"

enum {
    STATE_BYTES = 4096,
    LAST_EVENT_BYTES = RUN_LINE_BYTES + 4096,
    COMMENT_INTERVAL_US = 15 * CLOCK_US_PER_SECOND,
};

int runs_add_json(const struct runs *runs, struct buf *text)
{
    (void)buf_add_format(text, "{\"now_ms\":%llu,", (unsigned long long)(clock_wall_us() / CLOCK_US_PER_MS));
    (void)run_history_add_json(&runs->history, text);
    (void)buf_add_byte(text, '}');
    return text->failed ? -ENOBUFS : 0;
}

static void tell_state(struct runs *runs)
{
    cleanup_buf struct buf state = { .base = NULL };

    buf_init(&state, STATE_BYTES);
    if (runs_add_json(runs, &state) == 0) {
        event_stream_add(&runs->stream, "state", buf_view(&state));
    }
}

/* ---- the run that is under way ---- */

/* There is always room left for its last event. */
static bool on_event(void *context, struct run *run, struct str event, bool is_last)
{
    struct runs *runs = context;

    (void)run;
    if (!is_last && !event_stream_has_room(&runs->stream, "run", event.length + LAST_EVENT_BYTES)) {
        return false;
    }
    event_stream_add(&runs->stream, "run", event);
    return true;
}

static void on_over(void *context, struct run *run)
{
    struct runs *runs = context;
    const char *why = run->complaint.text;

    log_line(runs->log, LOG_INFO, "run %llu is over: %s%s%s", (unsigned long long)run->number,
             run_state_names[run->state], why[0] != '\0' ? ": " : "", why);
    tell_state(runs);
}

static void log_start(struct runs *runs, uint64_t number, const struct run_request *request)
{
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, STATE_BYTES);
    for (size_t i = 0; i < request->argument_count; i++) {
        (void)buf_add_format(&text, " %s", request->arguments[i]);
    }
    log_line(runs->log, LOG_INFO, "run %llu begins: lab%.*s", (unsigned long long)number,
             STR_ARGUMENTS(buf_view(&text)));
}

struct run *runs_start(struct runs *runs, const struct run_request *request, struct error *error)
{
    const struct run_events events = { .on_event = on_event, .on_over = on_over, .context = runs };
    struct run *run = run_start(runs->loop, runs->place, request, runs->last_number + 1, &events, error);

    if (run == NULL) {
        log_line(runs->log, LOG_ERROR, "a run cannot be started: %s", error->text);
        return NULL;
    }
    runs->last_number++;
    log_start(runs, run->number, request);
    run_history_add(&runs->history, run);
    tell_state(runs);
    event_stream_forget(&runs->stream); /* viewers that come now are told the state as it is then */
    return run;
}

/* ---- viewers ---- */

bool runs_open_stream(struct runs *runs, struct http_exchange *exchange, const struct http_field *fields,
                      size_t field_count)
{
    cleanup_buf struct buf state = { .base = NULL };

    buf_init(&state, STATE_BYTES);
    if (runs_add_json(runs, &state) < 0) {
        return false;
    }
    const struct event_stream_opening opening = {
        .fields = fields,
        .field_count = field_count,
        .event = "state",
        .data = buf_view(&state),
        .last_event_id = str_trim(http_exchange_header(exchange, "Last-Event-ID")),
    };
    return event_stream_open(&runs->stream, exchange, &opening);
}

/* ---- life ---- */

int runs_init(struct runs *runs, struct loop *loop, struct log *log, const struct service_place *place)
{
    const struct event_stream_config stream = {
        .capacity_bytes = RUNS_STREAM_BYTES,
        .comment_interval_us = COMMENT_INTERVAL_US,
        .id_before_first = clock_wall_us() / CLOCK_US_PER_MS, /* so that no id is one of an earlier server's */
        .keeps = true,
    };

    *runs = (struct runs){ .loop = loop, .log = log, .place = place };
    return event_stream_init(&runs->stream, loop, &stream);
}

void runs_stop(struct runs *runs)
{
    for (size_t i = 0; i < runs->history.count; i++) {
        run_terminate(runs->history.runs[i]);
    }
    event_stream_stop(&runs->stream);
}

void runs_clear(struct runs *runs)
{
    run_history_clear(&runs->history);
    event_stream_clear(&runs->stream);
}
