/* SPDX-License-Identifier: MIT */
#include "gateway/fan_out_internal.h"

#include <errno.h>

#include "common/clock.h"
#include "common/http_server.h"
#include "gateway/call_policy.h"

static void on_call_done(void *context, struct call *call);

/* ---- the graph ---- */

static struct step *take_work(struct fan_out *fan_out)
{
    struct step *step = fan_out->work;

    fan_out->work = step->next_work;
    if (fan_out->work == NULL) {
        fan_out->last_work = &fan_out->work;
    }
    return step;
}

static void release_dependents(struct fan_out *fan_out, const struct step *step)
{
    for (size_t i = 0; i < step->planned->dependent_count; i++) {
        struct step *dependent = &fan_out->steps[step->planned->dependents[i]];
        if (--dependent->missing_count == 0 && dependent->state == STEP_WAITING) {
            dependent->state = STEP_READY;
            fan_out_add_work(fan_out, dependent);
        }
    }
}

static void fail_dependents(struct fan_out *fan_out, const struct step *step)
{
    for (size_t i = 0; i < step->planned->dependent_count; i++) {
        struct step *dependent = &fan_out->steps[step->planned->dependents[i]];
        if (dependent->state == STEP_WAITING) {
            fan_out_fail_step(fan_out, dependent, CALL_DEPENDENCY_FAILED, NULL);
        }
    }
}

static void look_at(struct fan_out *fan_out, struct step *step)
{
    switch (step->state) {
    case STEP_READY:
        fan_out_start_step(fan_out, step);
        break;
    case STEP_DONE:
        release_dependents(fan_out, step);
        break;
    case STEP_FAILED:
        fail_dependents(fan_out, step);
        break;
    case STEP_RUNNING:
        fan_out_start_elements(fan_out, step);
        break;
    case STEP_WAITING:
        break;
    }
}

/* Calls complete within it (sync), and add to the work that is being done. */
static void work(struct fan_out *fan_out)
{
    if (fan_out->is_working) {
        return;
    }
    fan_out->is_working = true;
    fan_out->now_us = 0;
    while (fan_out->work != NULL && !fan_out_is_held(fan_out)) {
        look_at(fan_out, take_work(fan_out));
    }
    fan_out->is_working = false;
    if (!fan_out->is_over && (fan_out_is_stopped(fan_out) || fan_out->unsettled_count == 0)) {
        fan_out_cancel(fan_out, CALL_CANCELLED);
        fan_out->events->on_over(fan_out->context);
    }
}

/* The request's own deadline ended it. libcurl is early by up to a millisecond. */
static bool has_met_deadline(const struct fan_out *fan_out, const struct call *call)
{
    return call_error_status(call->account.error) == 504 &&
           clock_monotonic_us() + CLOCK_US_PER_MS > fan_out->scope.deadline_us;
}

/* Past the deadline nothing starts, and no failure goes on to those that wait: they come too late themselves. Calls
 * that are under way have the same deadline; what they bring in this moment is still good. */
static void take_result(struct fan_out *fan_out, struct call *call)
{
    fan_out_settle(fan_out, call);
    fan_out->is_late = fan_out->is_late || has_met_deadline(fan_out, call);
    work(fan_out);
    if (fan_out->is_late && fan_out->running_count == 0) {
        fan_out_expire(fan_out);
    }
}

static void on_call_done(void *context, struct call *call)
{
    struct fan_out *fan_out = context;

    fan_out->running_count--;
    fan_out->unheard = fan_out->unheard == call ? NULL : fan_out->unheard;
    if (!fan_out->is_over) {
        take_result(fan_out, call);
    }
    if (fan_out->is_over && fan_out->running_count == 0) {
        fan_out->events->on_idle(fan_out->context);
    }
}

/* ---- all of it ---- */

static int keep_request_body(struct fan_out *fan_out)
{
    struct call_scope *scope = &fan_out->scope;

    for (size_t i = 0; i < fan_out->plan->call_count; i++) {
        if (fan_out->plan->calls[i].body_kind == PLAN_BODY_REQUEST) {
            struct str body = http_exchange_body(scope->exchange);
            scope->request_body = (struct str){ arena_copy(scope->arena, body), body.length };
            return scope->request_body.base != NULL ? 0 : -ENOMEM;
        }
    }
    return 0;
}

int fan_out_init(struct fan_out *fan_out, const struct plan *plan, const struct call_scope *scope,
                 const struct fan_out_events *events, void *context)
{
    struct step *steps = arena_allocate_array(scope->arena, plan->call_count, sizeof steps[0]);
    struct call *calls = arena_allocate_array(scope->arena, plan->call_count, sizeof calls[0]);

    if (steps == NULL || calls == NULL) {
        return -ENOMEM;
    }
    *fan_out = (struct fan_out){
        .scope = *scope,
        .plan = plan,
        .events = events,
        .context = context,
        .steps = steps,
        .last_work = &fan_out->work,
        .unsettled_count = plan->call_count,
        .answer_room = scope->worker_config->config->limits.answer_bytes,
    };
    fan_out->scope.on_done = on_call_done;
    fan_out->scope.context = fan_out;
    fan_out->scope.lines = &fan_out->lines;
    fan_out->scope.answer_room = &fan_out->answer_room;
    for (size_t i = 0; i < plan->call_count; i++) {
        const struct plan_call *planned = &plan->calls[i];
        steps[i].planned = planned;
        steps[i].calls = &calls[i];
        steps[i].call_count = 1;
        steps[i].missing_count = planned->input_count;
        steps[i].unsettled_count = 1;
        fan_out_name_call(fan_out, &steps[i], &calls[i], 0);
    }
    return keep_request_body(fan_out);
}

/* What the client is to blame for is found before the first call is made, as far as it does not hang on others. */
static void prepare_ready_steps(struct fan_out *fan_out)
{
    for (size_t i = 0; i < fan_out->plan->call_count && fan_out->refusal == NULL; i++) {
        struct step *step = &fan_out->steps[i];
        if (step->missing_count > 0) {
            continue;
        }
        step->state = STEP_READY;
        fan_out_add_work(fan_out, step);
        fan_out_prepare_step(fan_out, step);
    }
}

void fan_out_start(struct fan_out *fan_out, const struct route_match *match)
{
    fan_out->match = match;
    prepare_ready_steps(fan_out);
    work(fan_out);
}

/* The last ones first: what waits for a thread is withdrawn before the call in front of it gives its thread back. */
void fan_out_cancel(struct fan_out *fan_out, enum call_error error)
{
    fan_out->is_over = true;
    for (size_t i = fan_out->plan->call_count; i > 0; i--) {
        struct step *step = &fan_out->steps[i - 1];
        for (size_t j = step->call_count; j > 0; j--) {
            call_cancel(&step->calls[j - 1], error);
        }
    }
}

static void expire_step(struct fan_out *fan_out, struct step *step)
{
    for (size_t i = 0; i < step->call_count; i++) {
        struct call *call = &step->calls[i];
        if (!call->is_settled) {
            call_cancel(call, CALL_HTTP_RESPONSE_TIMEOUT);
            fan_out->is_incomplete = true;
            if (!step->planned->is_optional && fan_out->failed == NULL) {
                fan_out->failed = call;
            }
        }
    }
    if (step->state != STEP_DONE) {
        step->state = step->element_count > 0 ? STEP_DONE : STEP_FAILED;
    }
}

void fan_out_expire(struct fan_out *fan_out)
{
    if (fan_out->is_over) {
        return;
    }
    fan_out->is_over = true;
    for (size_t i = 0; i < fan_out->plan->call_count; i++) {
        expire_step(fan_out, &fan_out->steps[i]);
    }
    fan_out->events->on_over(fan_out->context);
}

void fan_out_clear(struct fan_out *fan_out)
{
    for (size_t i = 0; fan_out->plan != NULL && i < fan_out->plan->call_count; i++) {
        for (size_t j = 0; j < fan_out->steps[i].call_count; j++) {
            call_clear(&fan_out->steps[i].calls[j]);
        }
    }
}
