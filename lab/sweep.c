/* SPDX-License-Identifier: MIT */
#include "lab/sweep.h"

#include "common/clock.h"

/* One sweep under way. */
struct run {
    const struct sweep_config *config;
    struct sweep_position position;
    uint64_t began_us, turn_began_us;
    uint64_t planned_done_us; /* what the turns that are done should have taken */
    uint64_t planned_left_us; /* this turn and all behind it */
};

static uint64_t left_us(const struct run *run)
{
    uint64_t now_us = clock_monotonic_us();
    uint64_t in_turn_us = now_us - run->turn_began_us;
    double factor = 1;

    if (run->planned_done_us > 0) {
        factor = (double)(run->turn_began_us - run->began_us) / (double)run->planned_done_us;
    }
    uint64_t planned_us = (uint64_t)((double)run->planned_left_us * factor);
    return planned_us > in_turn_us ? planned_us - in_turn_us : 0;
}

static void on_tick(void *context)
{
    struct run *run = context;
    const struct sweep_listener *listener = run->config->listener;

    if (listener->on_tick != NULL) {
        run->position.left_us = left_us(run);
        listener->on_tick(listener->context, &run->position);
    }
}

static void begin_turn(struct run *run, size_t index)
{
    const struct sweep_listener *listener = run->config->listener;

    run->turn_began_us = clock_monotonic_us();
    run->position.turn = sweep_plan_turn(run->config->plan, index);
    run->position.left_us = left_us(run);
    if (listener->on_turn != NULL) {
        listener->on_turn(listener->context, &run->position);
    }
}

static void end_turn(struct run *run, const struct sweep_results *results)
{
    const struct sweep_listener *listener = run->config->listener;
    uint64_t planned_us = sweep_point_expected_us(&run->config->plan->points[run->position.turn.point]);

    run->planned_done_us += planned_us;
    run->planned_left_us -= planned_us;
    run->turn_began_us = clock_monotonic_us();
    run->position.done++;
    run->position.left_us = left_us(run);
    if (listener->on_done != NULL) {
        listener->on_done(listener->context, &run->position, results);
    }
}

enum sweep_outcome sweep_run(const struct sweep_config *config, struct sweep_results *results, struct error *error)
{
    const struct sweep_plan *plan = config->plan;
    struct run run = {
        .config = config,
        .position = { .plan = plan, .of = sweep_plan_turns(plan) },
        .began_us = clock_monotonic_us(),
        .planned_left_us = sweep_plan_expected_us(plan, 0),
    };
    const struct sweep_stage stage = {
        .place = config->place,
        .settings = &plan->settings,
        .interrupt = config->interrupt,
        .on_tick = on_tick,
        .context = &run,
    };

    for (size_t i = 0; i < run.position.of; i++) {
        struct sweep_measurement measurement;
        begin_turn(&run, i);
        struct sweep_turn turn = run.position.turn;
        int status = sweep_point_measure(&stage, &plan->points[turn.point], turn.repeat, &measurement, error);
        if (config->interrupt->was_seen) {
            return SWEEP_INTERRUPTED;
        }
        if (status < 0) {
            return SWEEP_FAILED;
        }
        sweep_results_add(results, turn.point, &measurement);
        end_turn(&run, results);
    }
    return SWEEP_DONE;
}
