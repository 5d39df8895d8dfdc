/* SPDX-License-Identifier: MIT */
#include "lab/run_settings.h"

#include <string.h>

#include "common/clock.h"
#include "lab/theory.h"

const char *const run_kind_names[] = { "experiment", "sweep", NULL };

struct run_settings run_settings_unless_said(enum run_kind kind)
{
    struct run_settings settings = {
        .kind = kind,
        .delay_us = kind == RUN_EXPERIMENT ? 2 * CLOCK_US_PER_SECOND : 50 * CLOCK_US_PER_MS,
        .tasks = { .names = { "task1", "task2" }, .count = 2 },
        .blocking = { .names = { "task1" }, .count = 1 },
        .threads = 16,
        .clients = { .numbers = { 1, 4, 16, 64 }, .count = 4 },
        .fan_out = { .numbers = { 1, 10 }, .count = 2 },
        .duration_us = CLOCK_US_PER_SECOND,
        .repeats = 3,
    };

    for (size_t i = 0; i < RUN_MODES_UNLESS_SAID; i++) {
        settings.modes.modes[settings.modes.count++] = run_modes[i];
    }
    return settings;
}

/* ---- how long an experiment takes ---- */

static bool is_among(const struct run_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* When the last task of a mode is answered. */
static uint64_t mode_us(const struct run_settings *settings, enum mode mode)
{
    bool is_blocking[RUN_TASKS_MOST];
    struct theory_range due[RUN_TASKS_MOST];
    uint64_t latest_us = 0;
    const struct theory_input input = {
        .mode = mode,
        .delay_us = settings->delay_us,
        .threads = (unsigned)settings->threads,
        .is_blocking = is_blocking,
        .task_count = settings->tasks.count,
    };

    for (size_t i = 0; i < settings->tasks.count; i++) {
        is_blocking[i] = is_among(&settings->blocking, settings->tasks.names[i]);
    }
    theory_answer_times(&input, due);
    for (size_t i = 0; i < settings->tasks.count; i++) {
        latest_us = due[i].latest_us > latest_us ? due[i].latest_us : latest_us;
    }
    return latest_us;
}

static int check_total(const struct run_settings *settings, struct run_refusal *refusal)
{
    uint64_t total_us = 0;

    for (size_t i = 0; i < settings->modes.count; i++) {
        total_us += mode_us(settings, settings->modes.modes[i]);
    }
    if (total_us <= RUN_TOTAL_MOST_S * (uint64_t)CLOCK_US_PER_SECOND) {
        return 0;
    }
    return run_refuse(refusal, "delay",
                      "delay is too long for so many tasks: all modes together would take %llu s, and at most %d s are "
                      "allowed.",
                      (unsigned long long)(total_us / CLOCK_US_PER_SECOND), RUN_TOTAL_MOST_S);
}

/* ---- how large a sweep is ---- */

static uint64_t largest(const struct run_numbers *numbers)
{
    uint64_t most = 0;

    for (size_t i = 0; i < numbers->count; i++) {
        most = numbers->numbers[i] > most ? numbers->numbers[i] : most;
    }
    return most;
}

static int check_points(const struct run_settings *settings, struct run_refusal *refusal)
{
    size_t points = settings->modes.count * settings->clients.count * settings->fan_out.count;
    uint64_t calls = largest(&settings->clients) * largest(&settings->fan_out);

    if (calls > RUN_CALLS_MOST) {
        return run_refuse(refusal, "clients",
                          "clients and fan_out together make %llu calls at once, and at most %d are allowed.",
                          (unsigned long long)calls, RUN_CALLS_MOST);
    }
    if (points > RUN_POINTS_MOST) {
        return run_refuse(refusal, "clients",
                          "modes, clients and fan_out together make %zu points, and at most %d are allowed.", points,
                          RUN_POINTS_MOST);
    }
    return 0;
}

int run_settings_check(const struct run_settings *settings, struct run_refusal *refusal)
{
    return settings->kind == RUN_EXPERIMENT ? check_total(settings, refusal) : check_points(settings, refusal);
}
