/* SPDX-License-Identifier: MIT */
/*
 * fan_out_account - what a fan-out's calls have to tell, and the critical path through them.
 */
#include "gateway/fan_out.h"

static const struct call *last_done(const struct step *step)
{
    const struct call *last = NULL;

    for (size_t i = 0; i < step->call_count; i++) {
        const struct call *call = &step->calls[i];
        if (call->account.error != CALL_CANCELLED && call->account.done_us != 0 &&
            (last == NULL || call->account.done_us > last->account.done_us)) {
            last = call;
        }
    }
    return last;
}

static const struct call *later_of(const struct call *a, const struct call *b)
{
    if (a == NULL || b == NULL) {
        return a != NULL ? a : b;
    }
    return b->account.done_us > a->account.done_us ? b : a;
}

static const struct call *last_of_all(const struct fan_out *fan_out)
{
    const struct call *last = NULL;

    for (size_t i = 0; i < fan_out->plan->call_count; i++) {
        last = later_of(last, last_done(&fan_out->steps[i]));
    }
    return last;
}

static const struct call *last_input(const struct fan_out *fan_out, const struct call *call)
{
    const struct call *last = NULL;

    for (size_t i = 0; i < call->planned->input_count; i++) {
        last = later_of(last, last_done(&fan_out->steps[call->planned->inputs[i]]));
    }
    return last;
}

/* Backwards from the call that the end waited for; then turned round. */
static void trace_critical_path(const struct fan_out *fan_out, const struct call_account **path, size_t *ret_count)
{
    const struct call *call = fan_out->failed != NULL ? fan_out->failed : last_of_all(fan_out);
    size_t count = 0;

    for (; call != NULL && count < fan_out->plan->call_count; call = last_input(fan_out, call)) {
        path[count++] = &call->account;
    }
    for (size_t i = 0; i < count / 2; i++) {
        const struct call_account *kept = path[i];
        path[i] = path[count - 1 - i];
        path[count - 1 - i] = kept;
    }
    *ret_count = count;
}

void fan_out_account(const struct fan_out *fan_out, struct account *account)
{
    size_t plan_count = fan_out->plan != NULL ? fan_out->plan->call_count : 0;
    size_t count = 0;

    for (size_t i = 0; i < plan_count; i++) {
        count += fan_out->steps[i].call_count;
    }
    if (plan_count == 0) {
        return;
    }
    const struct call_account **calls =
        arena_allocate_array(fan_out->scope.arena, count + plan_count, sizeof(const struct call_account *));
    if (calls == NULL) {
        return;
    }
    count = 0;
    for (size_t i = 0; i < plan_count; i++) {
        for (size_t j = 0; j < fan_out->steps[i].call_count; j++) {
            calls[count++] = &fan_out->steps[i].calls[j].account;
        }
    }
    account->calls = calls;
    account->call_count = count;
    account->critical_path = calls + count;
    trace_critical_path(fan_out, calls + count, &account->critical_count);
}
