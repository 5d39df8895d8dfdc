/* SPDX-License-Identifier: MIT */
/*
 * fan_out_step - what becomes of a step: its calls settle, it is done or has failed.
 */
#include "common/clock.h"
#include "gateway/call_policy.h"
#include "gateway/fan_out_internal.h"

void fan_out_add_work(struct fan_out *fan_out, struct step *step)
{
    step->next_work = NULL;
    *fan_out->last_work = step;
    fan_out->last_work = &step->next_work;
}

void fan_out_end_step(struct fan_out *fan_out, struct step *step, enum step_state state)
{
    step->state = state;
    fan_out->unsettled_count--;
    fan_out_add_work(fan_out, step);
}

void fan_out_name_call(struct fan_out *fan_out, struct step *step, struct call *call, size_t element_number)
{
    call->scope = &fan_out->scope;
    call->planned = step->planned;
    call->owner = step;
    call->account.name = step->planned->name;
    call->account.element_number = element_number;
    call->account.backend = call_backend(call)->name;
}

bool fan_out_is_stopped(const struct fan_out *fan_out)
{
    return fan_out->is_over || fan_out->failed != NULL || fan_out->refusal != NULL;
}

bool fan_out_is_held(const struct fan_out *fan_out)
{
    return fan_out_is_stopped(fan_out) || fan_out->is_late || fan_out->unheard != NULL;
}

/* ---- what became of a call ---- */

static void count_failure(struct fan_out *fan_out, struct step *step, const struct call *call)
{
    fan_out->is_incomplete = true;
    if (!step->planned->is_optional) {
        fan_out->failed = fan_out->failed != NULL ? fan_out->failed : call;
        return;
    }
    if (!step->planned->has_each) {
        fan_out_end_step(fan_out, step, STEP_FAILED);
    }
}

void fan_out_settle(struct fan_out *fan_out, struct call *call)
{
    struct step *step = call->owner;

    step->unsettled_count--;
    if (call->account.error != CALL_OK) {
        call_clear(call); /* others may have the room */
        count_failure(fan_out, step, call);
    }
    if (step->state == STEP_RUNNING && step->unsettled_count == 0 && fan_out->failed == NULL) {
        fan_out_end_step(fan_out, step, STEP_DONE);
    }
}

void fan_out_fail_call(struct fan_out *fan_out, struct call *call, enum call_error error, const char *detail)
{
    call->account.error = error;
    /* What could have started took no time to fail, however long those before it took to start. */
    call->account.done_us = call->account.queued_us != 0 ? call->account.queued_us : clock_monotonic_us();
    if (detail != NULL) {
        call->account.detail = str_of(arena_copy(fan_out->scope.arena, str_of(detail)));
    }
    call->is_settled = true;
    fan_out_settle(fan_out, call);
}

void fan_out_fail_step(struct fan_out *fan_out, struct step *step, enum call_error error, const char *detail)
{
    step->state = STEP_RUNNING;
    step->element_count = 0;
    fan_out_fail_call(fan_out, step->calls, error, detail);
    if (step->state == STEP_RUNNING || step->state == STEP_DONE) {
        step->state = STEP_FAILED;
    }
}
