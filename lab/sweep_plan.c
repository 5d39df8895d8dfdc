/* SPDX-License-Identifier: MIT */
#include "lab/sweep_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/str.h"

enum { NAME_BYTES = 32 };

enum {
    BURSTS_LEAST = 6,                            /* in a window: one more or less is then a sixth at most */
    LONGEST_WINDOW_US = 3 * CLOCK_US_PER_SECOND, /* unless more was asked for */
    LONGEST_GRACE_US = 3 * CLOCK_US_PER_SECOND,  /* for what is under way at the end of a window */
    SHORTEST_GRACE_US = 250 * CLOCK_US_PER_MS,
    AROUND_US = 150 * CLOCK_US_PER_MS, /* to start the programs, and to stop them */
};

/* How much longer than theory says an answer may take and still be waited for. */
static const double grace_factor = 1.25;

/* ---- one point ---- */

static unsigned count_blocking(const struct sweep_settings *settings, unsigned fan_out)
{
    unsigned count = 0;

    for (unsigned i = 1; i <= fan_out; i++) {
        char name[NAME_BYTES];
        (void)snprintf(name, sizeof name, "task%u", i);
        count += mode_strategy(MODE_MIXED, str_of(name), str_of(settings->blocking)) == STRATEGY_SYNC;
    }
    return count;
}

static void predict(const struct sweep_settings *settings, struct sweep_point *point)
{
    const struct load_theory_input input = {
        .mode = point->mode,
        .delay = &point->delay.delay,
        .fan_out = point->fan_out,
        .blocking_calls = count_blocking(settings, point->fan_out),
        .threads = settings->threads,
        .workers = settings->workers,
        .backend_concurrency = point->backend_concurrency,
        .clients = point->clients,
        .rate_per_second = point->rate,
        .warm_up_us = point->warm_up_us,
        .window_us = point->window_us,
    };

    load_theory_predict(&input, &point->theory);
}

static uint64_t clamp_us(double wanted_us, uint64_t least_us, uint64_t most_us)
{
    if (!(wanted_us > (double)least_us)) { /* NAN, too */
        return least_us;
    }
    return wanted_us < (double)most_us ? (uint64_t)wanted_us : most_us;
}

static void set_times(const struct sweep_settings *settings, struct sweep_point *point)
{
    uint64_t longest_us = settings->duration_us > LONGEST_WINDOW_US ? settings->duration_us : LONGEST_WINDOW_US;

    point->warm_up_us = settings->warm_up_us;
    point->window_us = settings->duration_us;
    predict(settings, point);
    if (point->rate == 0) {
        point->window_us = clamp_us(BURSTS_LEAST * point->theory.beat_us, settings->duration_us, longest_us);
    }

    double expected_us =
        isnan(point->theory.percentiles_us[LOAD_P50]) ? point->theory.mean_us : point->theory.percentiles_us[LOAD_P50];
    double waited_us = grace_factor * expected_us;
    point->grace_us = clamp_us(waited_us + SHORTEST_GRACE_US, SHORTEST_GRACE_US, LONGEST_GRACE_US);
    if (waited_us > LONGEST_GRACE_US && point->rate == 0) {
        point->grace_us = 0;
    }
    predict(settings, point);
}

uint64_t sweep_point_expected_us(const struct sweep_point *point)
{
    double latency_us = point->theory.mean_us;
    uint64_t grace_us = clamp_us(latency_us, 0, point->grace_us);

    return AROUND_US + point->warm_up_us + point->window_us + grace_us;
}

void sweep_point_describe(const struct sweep_point *point, char *text, size_t size)
{
    const char *mode = mode_names[point->mode];

    if (point->bytes > 0) {
        (void)snprintf(text, size, "%s, %u clients, %u bytes", mode, point->clients, point->bytes);
    } else if (point->rate > 0) {
        (void)snprintf(text, size, "%s, %u a second, fan-out %u, %s", mode, point->rate, point->fan_out,
                       point->delay.text);
    } else {
        (void)snprintf(text, size, "%s, %u client%s, fan-out %u, %s", mode, point->clients,
                       point->clients == 1 ? "" : "s", point->fan_out, point->delay.text);
    }
}

/* ---- all of them ---- */

/* The points of one case, or of a plain sweep: every combination of these. */
struct grid {
    const struct sweep_case *preset;
    struct sweep_modes modes;
    const struct sweep_delay *delays;
    size_t delay_count;
    struct sweep_numbers fan_out, rates, clients, bytes;
    unsigned backend_concurrency;
};

static int add_point(struct sweep_plan *plan, const struct sweep_point *point, struct error *error)
{
    if (plan->count == SWEEP_POINTS_MOST) {
        return error_set(error,
                         "too many points: at most %d are allowed, in modes x delays x fan-outs x clients or rates",
                         SWEEP_POINTS_MOST);
    }
    plan->points[plan->count++] = *point;
    return 0;
}

static int add_group(struct sweep_plan *plan, const struct grid *grid, const struct sweep_point *common,
                     struct error *error)
{
    struct sweep_point point = *common;

    point.group_begin = plan->count;
    point.group_size = grid->modes.count;
    for (size_t i = 0; i < grid->modes.count; i++) {
        point.mode = grid->modes.modes[i];
        set_times(&plan->settings, &point);
        if (add_point(plan, &point, error) < 0) {
            return -1;
        }
    }
    return 0;
}

static int add_clients_and_bytes(struct sweep_plan *plan, const struct grid *grid, struct sweep_point *point,
                                 struct error *error)
{
    for (size_t i = 0; i < grid->clients.count; i++) {
        for (size_t k = 0; k < grid->bytes.count; k++) {
            point->clients = grid->clients.values[i];
            point->bytes = grid->bytes.values[k];
            if (add_group(plan, grid, point, error) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int add_fan_outs_and_rates(struct sweep_plan *plan, const struct grid *grid, struct sweep_point *point,
                                  struct error *error)
{
    for (size_t i = 0; i < grid->fan_out.count; i++) {
        for (size_t k = 0; k < grid->rates.count; k++) {
            point->fan_out = grid->fan_out.values[i];
            point->rate = grid->rates.values[k];
            if (add_clients_and_bytes(plan, grid, point, error) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int add_grid(struct sweep_plan *plan, const struct grid *grid, struct error *error)
{
    struct sweep_point point = { .preset = grid->preset, .backend_concurrency = grid->backend_concurrency };

    for (size_t i = 0; i < grid->delay_count; i++) {
        point.delay = grid->delays[i];
        if (add_fan_outs_and_rates(plan, grid, &point, error) < 0) {
            return -1;
        }
    }
    return 0;
}

static struct sweep_numbers numbers_of(const unsigned *values, size_t count)
{
    struct sweep_numbers numbers = { .count = count };

    for (size_t i = 0; i < count; i++) {
        numbers.values[i] = values[i];
    }
    return numbers;
}

static const struct sweep_numbers only_zero = { .values = { 0 }, .count = 1 };

static int add_case(struct sweep_plan *plan, const struct sweep_case *preset, struct error *error)
{
    struct sweep_delay delay = { .text = "" };
    struct grid grid = {
        .preset = preset,
        .delays = &delay,
        .delay_count = 1,
        .fan_out = numbers_of(&preset->fan_out, 1),
        .rates = only_zero,
        .clients = numbers_of(preset->clients, preset->clients_count),
        .bytes = numbers_of(preset->bytes, preset->bytes_count),
        .backend_concurrency = preset->backend_concurrency,
    };

    for (size_t i = 0; i < preset->mode_count; i++) {
        grid.modes.modes[grid.modes.count++] = preset->modes[i];
    }
    (void)snprintf(delay.text, sizeof delay.text, "%s", preset->delay);
    if (delay_parse(str_of(preset->delay), &delay.delay, error) < 0) {
        return -1;
    }
    return add_grid(plan, &grid, error);
}

static int add_points(struct sweep_plan *plan, const struct sweep_options *options, struct error *error)
{
    if (options->case_choice == SWEEP_NO_CASE) {
        const struct grid grid = {
            .modes = options->modes,
            .delays = options->delays.delays,
            .delay_count = options->delays.count,
            .fan_out = options->fan_out,
            .rates = options->rates.count > 0 ? options->rates : only_zero,
            .clients = options->clients,
            .bytes = only_zero,
        };
        return add_grid(plan, &grid, error);
    }
    for (size_t i = 0; i < sweep_case_count; i++) {
        bool is_chosen = (size_t)options->case_choice == i || (size_t)options->case_choice == sweep_case_count;
        if (is_chosen && add_case(plan, &sweep_cases[i], error) < 0) {
            return -1;
        }
    }
    return 0;
}

int sweep_plan_make(struct sweep_plan *plan, const struct sweep_options *options, struct error *error)
{
    *plan = (struct sweep_plan){
        .settings = {
            .threads = (unsigned)options->threads,
            .workers = (unsigned)options->workers,
            .repeats = (unsigned)options->repeats,
            .blocking = options->blocking,
            .warm_up_us = options->warm_up_us,
            .duration_us = options->duration_us,
            .seed = (uint64_t)options->seed,
        },
        .points = calloc(SWEEP_POINTS_MOST, sizeof *plan->points),
    };
    if (plan->points == NULL) {
        return error_set(error, "out of memory");
    }
    if (add_points(plan, options, error) < 0) {
        sweep_plan_clear(plan);
        return -1;
    }
    return 0;
}

void sweep_plan_clear(struct sweep_plan *plan)
{
    free(plan->points);
    *plan = (struct sweep_plan){ .points = NULL };
}

/* ---- turns ---- */

size_t sweep_plan_turns(const struct sweep_plan *plan)
{
    return plan->count * plan->settings.repeats;
}

struct sweep_turn sweep_plan_turn(const struct sweep_plan *plan, size_t index)
{
    struct sweep_turn turn = { .repeat = (unsigned)(index / plan->count), .point = index % plan->count };
    const struct sweep_point *point = &plan->points[turn.point];
    size_t place = (turn.point - point->group_begin + turn.repeat) % point->group_size;

    turn.point = point->group_begin + place;
    return turn;
}

uint64_t sweep_plan_expected_us(const struct sweep_plan *plan, size_t from_turn)
{
    uint64_t sum_us = 0;

    for (size_t i = from_turn; i < sweep_plan_turns(plan); i++) {
        sum_us += sweep_point_expected_us(&plan->points[sweep_plan_turn(plan, i).point]);
    }
    return sum_us;
}
