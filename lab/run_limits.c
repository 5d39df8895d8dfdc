/* SPDX-License-Identifier: MIT */
#include "lab/run_limits.h"

#include <errno.h>

#include "lab/sweep_cases.h"
#include "lab/task.h"

const enum mode run_modes[RUN_MODES_MOST] = { MODE_SYNC, MODE_ASYNC, MODE_MIXED, MODE_THREADS, MODE_WIRE };

struct limit {
    const char *name;
    int value;
};

static void add_limits(struct buf *text, const struct limit *limits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_format(text, ",\"%s\":%d", limits[i].name, limits[i].value);
    }
}

/* "modes":[…] */
static void add_modes(struct buf *text)
{
    (void)buf_add_text(text, "\"modes\":[");
    for (size_t i = 0; i < RUN_MODES_MOST; i++) {
        (void)buf_add_format(text, "%s\"%s\"", i > 0 ? "," : "", mode_names[run_modes[i]]);
    }
    (void)buf_add_byte(text, ']');
}

static void add_experiment(struct buf *text)
{
    static const struct limit limits[] = {
        { "tasks_most", RUN_TASKS_MOST },       { "delay_least_ms", RUN_DELAY_LEAST_MS },
        { "delay_most_ms", RUN_DELAY_MOST_MS }, { "threads_most", RUN_THREADS_MOST },
        { "total_most_s", RUN_TOTAL_MOST_S },
    };

    (void)buf_add_text(text, "\"experiment\":{");
    add_modes(text);
    (void)buf_add_text(text, ",\"task_name\":\"" TASK_NAME_ALLOWED "\"");
    add_limits(text, limits, array_length(limits));
    (void)buf_add_byte(text, '}');
}

static void add_cases(struct buf *text)
{
    (void)buf_add_text(text, ",\"cases\":[");
    for (size_t i = 0; i < sweep_case_count; i++) {
        (void)buf_add_text(text, i > 0 ? ",{\"name\":" : "{\"name\":");
        (void)buf_add_json_string(text, str_of(sweep_cases[i].name));
        (void)buf_add_text(text, ",\"title\":");
        (void)buf_add_json_string(text, str_of(sweep_cases[i].title));
        (void)buf_add_byte(text, '}');
    }
    (void)buf_add_byte(text, ']');
}

static void add_sweep(struct buf *text)
{
    static const struct limit limits[] = {
        { "clients_most", RUN_CLIENTS_MOST },
        { "clients_count_most", RUN_CLIENTS_COUNT_MOST },
        { "delay_least_ms", RUN_DELAY_LEAST_MS },
        { "delay_most_ms", RUN_SWEEP_DELAY_MOST_MS },
        { "fan_out_most", RUN_FAN_OUT_MOST },
        { "fan_out_count_most", RUN_FAN_OUT_COUNT_MOST },
        { "calls_most", RUN_CALLS_MOST },
        { "rate_most", RUN_RATE_MOST },
        { "duration_least_ms", RUN_DURATION_LEAST_MS },
        { "duration_most_ms", RUN_DURATION_MOST_MS },
        { "repeats_most", RUN_REPEATS_MOST },
        { "points_most", RUN_POINTS_MOST },
    };

    (void)buf_add_text(text, "\"sweep\":{");
    add_modes(text);
    add_limits(text, limits, array_length(limits));
    add_cases(text);
    (void)buf_add_byte(text, '}');
}

int run_limits_add_json(struct buf *text)
{
    (void)buf_add_byte(text, '{');
    add_experiment(text);
    (void)buf_add_byte(text, ',');
    add_sweep(text);
    (void)buf_add_text(text, ",\"watch\":{\"hosts\":\"addresses of this machine only\"},\"version\":\"" FANLIGHT_VERSION
                             "\"}");
    return text->failed ? -ENOBUFS : 0;
}
