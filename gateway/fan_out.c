/* SPDX-License-Identifier: MIT */
#include "gateway/fan_out.h"

#include <errno.h>

#include "common/clock.h"
#include "common/http_server.h"
#include "common/json_view.h"
#include "gateway/call_policy.h"

static void on_call_done(void *context, struct call *call);

/* ---- steps ---- */

static void add_work(struct fan_out *fan_out, struct step *step)
{
    step->next_work = NULL;
    *fan_out->last_work = step;
    fan_out->last_work = &step->next_work;
}

static struct step *take_work(struct fan_out *fan_out)
{
    struct step *step = fan_out->work;

    fan_out->work = step->next_work;
    if (fan_out->work == NULL) {
        fan_out->last_work = &fan_out->work;
    }
    return step;
}

static void end_step(struct fan_out *fan_out, struct step *step, enum step_state state)
{
    step->state = state;
    fan_out->unsettled_count--;
    add_work(fan_out, step);
}

static void name_call(struct fan_out *fan_out, struct step *step, struct call *call, size_t element_number)
{
    call->scope = &fan_out->scope;
    call->planned = step->planned;
    call->owner = step;
    call->account.name = step->planned->name;
    call->account.element_number = element_number;
    call->account.backend = call_backend(call)->name;
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
        end_step(fan_out, step, STEP_FAILED);
    }
}

/* The bodies of one request are bounded together, too. */
static void count_answer_bytes(struct fan_out *fan_out, struct call *call)
{
    size_t bytes = call_body(call).length;

    if (bytes > fan_out->answer_limit - fan_out->answer_bytes) {
        call->account.error = CALL_HTTP_RESPONSE_BODY_SIZE;
        call_clear(call);
        return;
    }
    fan_out->answer_bytes += bytes;
}

static void settle(struct fan_out *fan_out, struct call *call)
{
    struct step *step = call->owner;

    step->unsettled_count--;
    count_answer_bytes(fan_out, call);
    if (call->account.error != CALL_OK) {
        count_failure(fan_out, step, call);
    }
    if (step->state == STEP_RUNNING && step->unsettled_count == 0 && fan_out->failed == NULL) {
        end_step(fan_out, step, STEP_DONE);
    }
}

/* A call that is not even started. */
static void fail_call(struct fan_out *fan_out, struct call *call, enum call_error error, const char *detail)
{
    call->account.error = error;
    call->account.done_us = clock_monotonic_us();
    if (detail != NULL) {
        call->account.detail = str_of(arena_copy(fan_out->scope.arena, str_of(detail)));
    }
    call->is_settled = true;
    settle(fan_out, call);
}

/* As a whole: with `each`, before there is any element. */
static void fail_step(struct fan_out *fan_out, struct step *step, enum call_error error, const char *detail)
{
    step->state = STEP_RUNNING;
    step->element_count = 0;
    fail_call(fan_out, step->calls, error, detail);
    if (step->state == STEP_RUNNING || step->state == STEP_DONE) {
        step->state = STEP_FAILED;
    }
}

/* ---- starting ---- */

static struct str body_of(const void *context, size_t index)
{
    const struct fan_out *fan_out = context;

    return call_body(&fan_out->steps[index].calls[0]);
}

static struct template_values values_for(const struct fan_out *fan_out, struct str each)
{
    return (struct template_values){
        .captures = fan_out->match->captures,
        .query = fan_out->match->query,
        .call_body = body_of,
        .context = fan_out,
        .each = each,
    };
}

static enum template_verdict prepare(struct fan_out *fan_out, struct call *call, struct str each, struct error *error)
{
    struct template_values values = values_for(fan_out, each);

    if (call->message.method != NULL) {
        return TEMPLATE_DONE;
    }
    enum template_verdict verdict = call_message_build(&fan_out->scope, call->planned, &values, &call->message, error);
    if (verdict == TEMPLATE_BAD_REQUEST) {
        fan_out->refusal = arena_copy(fan_out->scope.arena, str_of(error->text));
        fan_out->refusal = fan_out->refusal != NULL ? fan_out->refusal : "The request cannot be made sense of.";
    }
    return verdict;
}

/* After each start, what is done is heard of: a blocking call that failed ends the request before the next one starts.
 */
static void start_call(struct fan_out *fan_out, struct call *call, struct str each)
{
    struct error error = { { '\0' } };

    call->account.queued_us = clock_monotonic_us();
    switch (prepare(fan_out, call, each, &error)) {
    case TEMPLATE_DONE:
        fan_out->running_count++;
        call_start(call);
        attempt_queue_drain(fan_out->scope.completions);
        break;
    case TEMPLATE_BAD_REQUEST:
        break;
    case TEMPLATE_BAD_INPUT:
        fail_call(fan_out, call, CALL_DEPENDENCY_FAILED, error.text);
        break;
    case TEMPLATE_NO_MEMORY:
        fail_call(fan_out, call, CALL_PROXY_INTERNAL_ERROR, NULL);
        break;
    }
}

static bool is_stopped(const struct fan_out *fan_out)
{
    return fan_out->is_over || fan_out->failed != NULL || fan_out->refusal != NULL;
}

/* Strings and numbers make calls; nothing else has one meaning in a path. */
static void start_element(struct fan_out *fan_out, struct call *call, struct str element)
{
    enum json_kind kind = json_kind(element);
    char detail[160];

    if (kind == JSON_STRING || kind == JSON_NUMBER) {
        start_call(fan_out, call, element);
        return;
    }
    (void)snprintf(detail, sizeof detail, "element %zu is %s, not a string or a number",
                   call->account.element_number - 1, json_kind_name(kind));
    fail_call(fan_out, call, CALL_DEPENDENCY_FAILED, detail);
}

static void refuse_rest(struct fan_out *fan_out, struct step *step, size_t count)
{
    char detail[160];

    (void)snprintf(detail, sizeof detail, "the array has %zu elements, %zu more than max allows", count,
                   count - step->element_count);
    fail_call(fan_out, &step->calls[step->element_count], CALL_DEPENDENCY_FAILED, detail);
}

static int expand(struct fan_out *fan_out, struct step *step, size_t count)
{
    bool has_rest = count > step->planned->each_maximum;
    size_t element_count = has_rest ? step->planned->each_maximum : count;
    size_t call_count = element_count + has_rest;

    if (call_count > 0) {
        struct call *calls = arena_allocate_array(fan_out->scope.arena, call_count, sizeof calls[0]);
        if (calls == NULL) {
            return -ENOMEM;
        }
        step->calls = calls;
    }
    for (size_t i = 0; i < call_count; i++) {
        name_call(fan_out, step, &step->calls[i], i < element_count ? i + 1 : 0);
    }
    step->call_count = call_count;
    step->unsettled_count = call_count;
    step->element_count = element_count;
    return 0;
}

static void start_each(struct fan_out *fan_out, struct step *step)
{
    struct template_values values = values_for(fan_out, (struct str){ NULL, 0 });
    struct str array = { NULL, 0 };
    struct str element = { NULL, 0 };
    struct error error = { { '\0' } };

    if (template_find_array(&step->planned->each, &values, &array, &error) != TEMPLATE_DONE) {
        fail_step(fan_out, step, CALL_DEPENDENCY_FAILED, error.text);
        return;
    }
    size_t count = json_count(array);
    if (expand(fan_out, step, count) < 0) {
        fail_step(fan_out, step, CALL_PROXY_INTERNAL_ERROR, NULL);
        return;
    }
    if (count == 0) {
        end_step(fan_out, step, STEP_DONE);
        return;
    }
    if (count > step->element_count) {
        refuse_rest(fan_out, step, count);
    }
    struct json_walk walk = json_walk_begin(array);
    for (size_t i = 0; i < step->element_count && !is_stopped(fan_out) && json_walk_element(&walk, &element); i++) {
        start_element(fan_out, &step->calls[i], element);
    }
}

static void start_step(struct fan_out *fan_out, struct step *step)
{
    step->state = STEP_RUNNING;
    if (step->planned->has_each) {
        start_each(fan_out, step);
    } else {
        start_call(fan_out, step->calls, (struct str){ NULL, 0 });
    }
}

/* ---- the graph ---- */

static void release_dependents(struct fan_out *fan_out, const struct step *step)
{
    for (size_t i = 0; i < step->planned->dependent_count; i++) {
        struct step *dependent = &fan_out->steps[step->planned->dependents[i]];
        if (--dependent->missing_count == 0 && dependent->state == STEP_WAITING) {
            dependent->state = STEP_READY;
            add_work(fan_out, dependent);
        }
    }
}

static void fail_dependents(struct fan_out *fan_out, const struct step *step)
{
    for (size_t i = 0; i < step->planned->dependent_count; i++) {
        struct step *dependent = &fan_out->steps[step->planned->dependents[i]];
        if (dependent->state == STEP_WAITING) {
            fail_step(fan_out, dependent, CALL_DEPENDENCY_FAILED, NULL);
        }
    }
}

static void look_at(struct fan_out *fan_out, struct step *step)
{
    switch (step->state) {
    case STEP_READY:
        start_step(fan_out, step);
        break;
    case STEP_DONE:
        release_dependents(fan_out, step);
        break;
    case STEP_FAILED:
        fail_dependents(fan_out, step);
        break;
    case STEP_WAITING:
    case STEP_RUNNING:
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
    while (fan_out->work != NULL && !is_stopped(fan_out)) {
        look_at(fan_out, take_work(fan_out));
    }
    fan_out->is_working = false;
    if (!fan_out->is_over && (is_stopped(fan_out) || fan_out->unsettled_count == 0)) {
        fan_out_cancel(fan_out, CALL_CANCELLED);
        fan_out->events->on_over(fan_out->context);
    }
}

static void on_call_done(void *context, struct call *call)
{
    struct fan_out *fan_out = context;

    fan_out->running_count--;
    if (!fan_out->is_over) {
        settle(fan_out, call);
        work(fan_out);
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
        .answer_limit = scope->worker_config->config->limits.answer_bytes,
    };
    fan_out->scope.on_done = on_call_done;
    fan_out->scope.context = fan_out;
    for (size_t i = 0; i < plan->call_count; i++) {
        const struct plan_call *planned = &plan->calls[i];
        steps[i] = (struct step){
            .planned = planned,
            .calls = &calls[i],
            .call_count = 1,
            .missing_count = planned->input_count,
            .unsettled_count = 1,
        };
        name_call(fan_out, &steps[i], &calls[i], 0);
    }
    return keep_request_body(fan_out);
}

/* What the client is to blame for is found before the first call is made, as far as it does not hang on others. */
static void prepare_ready_steps(struct fan_out *fan_out)
{
    for (size_t i = 0; i < fan_out->plan->call_count && fan_out->refusal == NULL; i++) {
        struct step *step = &fan_out->steps[i];
        struct error error;
        if (step->missing_count > 0) {
            continue;
        }
        step->state = STEP_READY;
        add_work(fan_out, step);
        if (!step->planned->has_each) {
            (void)prepare(fan_out, step->calls, (struct str){ NULL, 0 }, &error);
        }
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
