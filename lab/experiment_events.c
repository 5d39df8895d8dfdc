/* SPDX-License-Identifier: MIT */
#include "lab/experiment_events.h"

#include "lab/results_json.h"

enum { EVENT_BYTES = 32 * 1024 * 1024 };

static const char *const side_names[JOURNAL_SIDE_COUNT] = {
    [JOURNAL_SENDER] = "sender",
    [JOURNAL_GATEWAY] = "gateway",
    [JOURNAL_BACKEND] = "backend",
};

static void write_event(const struct experiment_events *events, const struct buf *text)
{
    if (!text->failed) {
        (void)fwrite(text->base, 1, text->length, events->output);
        (void)fflush(events->output);
    }
}

/* `{"event":…`, to be filled and handed to finish(); NULL: no memory. */
static cJSON *begin(const char *name)
{
    cJSON *event = cJSON_CreateObject();

    if (event != NULL && cJSON_AddStringToObject(event, "event", name) == NULL) {
        cJSON_Delete(event);
        return NULL;
    }
    return event;
}

/* Writes the event if all of it could be made, and deletes it. */
static void finish(const struct experiment_events *events, cJSON *event, bool is_whole)
{
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, EVENT_BYTES);
    if (!is_whole) {
        cJSON_Delete(event);
    } else if (results_json_print(event, &text) == 0) {
        write_event(events, &text);
    }
}

/* Hands `item` over to `object`, or to an array where `name` is NULL. */
static bool attach(cJSON *object, const char *name, cJSON *item)
{
    bool is_attached = object != NULL && item != NULL &&
                       (name != NULL ? cJSON_AddItemToObject(object, name, item) : cJSON_AddItemToArray(object, item));

    if (!is_attached) {
        cJSON_Delete(item);
    }
    return is_attached;
}

static bool add_theory(cJSON *modes, const struct mode_result *mode)
{
    cJSON *entry = cJSON_CreateObject();

    if (!attach(modes, NULL, entry) || cJSON_AddStringToObject(entry, "mode", mode_names[mode->mode]) == NULL) {
        return false;
    }
    cJSON *tasks = cJSON_AddArrayToObject(entry, "tasks");
    for (size_t i = 0; i < mode->task_count; i++) {
        struct theory_range due = mode->tasks[i].theory;
        cJSON *task = cJSON_CreateObject();
        if (!attach(tasks, NULL, task) ||
            cJSON_AddNumberToObject(task, "earliest_s", (double)due.earliest_us / 1e6) == NULL ||
            cJSON_AddNumberToObject(task, "latest_s", (double)due.latest_us / 1e6) == NULL) {
            return false;
        }
    }
    return true;
}

static bool add_plan(cJSON *event, const struct experiment_result *plan)
{
    if (event == NULL || cJSON_AddStringToObject(event, "kind", "experiment") == NULL ||
        cJSON_AddNumberToObject(event, "delay_ms", (double)plan->delay_us / 1000.0) == NULL) {
        return false;
    }
    cJSON *modes = cJSON_AddArrayToObject(event, "modes");
    cJSON *tasks = cJSON_AddArrayToObject(event, "tasks");
    for (size_t i = 0; i < plan->mode_count; i++) {
        if (!attach(modes, NULL, cJSON_CreateString(mode_names[plan->modes[i].mode]))) {
            return false;
        }
    }
    for (size_t i = 0; plan->mode_count > 0 && i < plan->modes[0].task_count; i++) {
        if (!attach(tasks, NULL, cJSON_CreateString(plan->modes[0].tasks[i].name))) {
            return false;
        }
    }
    return cJSON_AddNumberToObject(event, "threads", (double)plan->threads) != NULL &&
           attach(event, "blocking", results_json_names(plan->blocking));
}

static void on_begin(struct audience *audience, const struct experiment_result *plan)
{
    const struct experiment_events *events = container_of(audience, struct experiment_events, audience);
    cJSON *event = begin("begin");
    bool is_whole = add_plan(event, plan);
    cJSON *theory = is_whole ? cJSON_AddArrayToObject(event, "theory") : NULL;

    for (size_t i = 0; is_whole && i < plan->mode_count; i++) {
        is_whole = add_theory(theory, &plan->modes[i]);
    }
    finish(events, event, is_whole);
}

static void on_mode(struct audience *audience, const struct mode_result *mode, const struct url *gateway)
{
    const struct experiment_events *events = container_of(audience, struct experiment_events, audience);
    cJSON *event = begin("mode");

    (void)gateway;
    finish(events, event, event != NULL && cJSON_AddStringToObject(event, "mode", mode_names[mode->mode]) != NULL);
}

static const char *what_of(enum journal_side side, enum log_line_event event)
{
    switch (event) {
    case LOG_LINE_SENT:
        return "send";
    case LOG_LINE_RECEIVED:
        return side == JOURNAL_BACKEND ? "call_started" : "received";
    case LOG_LINE_SEND:
        return side == JOURNAL_BACKEND ? "call_done" : "answered";
    case LOG_LINE_ANSWERED:
        return "answered";
    case LOG_LINE_OTHER:
    case LOG_LINE_DONE:
    case LOG_LINE_BEGUN:
    case LOG_LINE_FAILED:
        break;
    }
    return "other";
}

/* Written by hand: cJSON would pass on what is not UTF-8. */
static void on_line(struct audience *audience, const struct audience_line *line)
{
    const struct experiment_events *events = container_of(audience, struct experiment_events, audience);
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, EVENT_BYTES);
    (void)buf_add_format(&text, "{\"event\":\"line\",\"mode\":\"%s\",\"side\":\"%s\",\"at_ms\":%.3f,\"text\":",
                         mode_names[line->mode->mode], side_names[line->side], (double)line->at_us / 1000.0);
    (void)buf_add_json_string(&text, line->text);
    (void)buf_add_text(&text, ",\"task\":");
    if (line->task != NULL) {
        (void)buf_add_json_string(&text, str_of(line->task));
    } else {
        (void)buf_add_text(&text, "null");
    }
    (void)buf_add_format(&text, ",\"what\":\"%s\"}\n", what_of(line->side, line->event));
    write_event(events, &text);
}

static void on_pause(struct audience *audience)
{
    (void)audience;
}

static void on_mode_done(struct audience *audience, const struct mode_result *mode)
{
    const struct experiment_events *events = container_of(audience, struct experiment_events, audience);
    cJSON *event = begin("mode_done");
    bool is_whole = event != NULL && cJSON_AddStringToObject(event, "mode", mode_names[mode->mode]) != NULL;

    is_whole = is_whole && attach(event, "result", results_json_mode(mode));
    finish(events, event, is_whole);
}

void experiment_events_init(struct experiment_events *events)
{
    events->audience = (struct audience){
        .on_begin = on_begin,
        .on_mode = on_mode,
        .on_line = on_line,
        .on_pause = on_pause,
        .on_mode_done = on_mode_done,
    };
}

void experiment_events_end(struct experiment_events *events, cJSON *document)
{
    cJSON *event = document != NULL ? begin("end") : NULL;

    if (event == NULL) {
        cJSON_Delete(document);
        experiment_events_fail(events, "out of memory");
        return;
    }
    finish(events, event, attach(event, "document", document));
}

/* By hand: the sentence may have bytes of a program's complaint in it. */
void experiment_events_fail(struct experiment_events *events, const char *error)
{
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, EVENT_BYTES);
    (void)buf_add_text(&text, "{\"event\":\"failed\",\"error\":");
    (void)buf_add_json_string(&text, str_of(error));
    (void)buf_add_text(&text, "}\n");
    write_event(events, &text);
}
