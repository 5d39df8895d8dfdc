/* SPDX-License-Identifier: MIT */
/*
 * fan_out_start - starts a step: one call, or one for each element of an array.
 */
#include <errno.h>

#include "common/clock.h"
#include "common/json_view.h"
#include "gateway/call_policy.h"
#include "gateway/fan_out_internal.h"

/* NULL: no memory. */
static struct json_field *find_fields(struct arena *arena, const struct step *step)
{
    const struct plan_call *planned = step->planned;
    struct json_field *fields = arena_allocate_array(arena, planned->field_count, sizeof fields[0]);

    for (size_t i = 0; fields != NULL && i < planned->field_count; i++) {
        fields[i].path = planned->fields[i];
    }
    if (fields != NULL) {
        json_fields_find(call_body(step->calls), fields, planned->field_count);
    }
    return fields;
}

/* With the first field that is asked for all of them are found. A body may be large, and referred to often. */
static struct str field_of(const void *context, const struct template_part *part)
{
    const struct fan_out *fan_out = context;
    struct step *step = &fan_out->steps[part->index];

    if (step->fields == NULL) {
        step->fields = find_fields(fan_out->scope.arena, step);
    }
    return step->fields != NULL ? step->fields[part->field].value : json_find(call_body(step->calls), part->text);
}

static struct template_values values_for(const struct fan_out *fan_out, struct str each)
{
    return (struct template_values){
        .captures = fan_out->match->captures,
        .query = fan_out->match->query,
        .call_field = field_of,
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

static uint64_t read_clock(struct fan_out *fan_out)
{
    if (fan_out->now_us == 0) {
        fan_out->now_us = clock_monotonic_us();
    }
    return fan_out->now_us;
}

/* After each start, what is done is heard of: a blocking call that failed ends the request before the next one starts.
 * Where this is itself done in the course of hearing, its turn comes as soon as we return. Calls that are heard of may
 * have taken any time, and so may those that start because of it. */
static void hear_of_done(struct fan_out *fan_out, const struct call *call)
{
    if (fan_out->scope.completions->first == NULL) {
        return;
    }
    fan_out->now_us = 0;
    attempt_queue_drain(fan_out->scope.completions);
    if (call->attempt.state == ATTEMPT_DONE && call->state != CALL_DONE) {
        fan_out->unheard = call;
    }
}

static void start_call(struct fan_out *fan_out, struct call *call, struct str each)
{
    struct error error = { { '\0' } };

    call->account.queued_us = read_clock(fan_out);
    switch (prepare(fan_out, call, each, &error)) {
    case TEMPLATE_DONE:
        fan_out->running_count++;
        call_start(call);
        hear_of_done(fan_out, call);
        break;
    case TEMPLATE_BAD_REQUEST:
        break;
    case TEMPLATE_BAD_INPUT:
        fan_out_fail_call(fan_out, call, CALL_DEPENDENCY_FAILED, error.text);
        break;
    case TEMPLATE_NO_MEMORY:
        fan_out_fail_call(fan_out, call, CALL_PROXY_INTERNAL_ERROR, NULL);
        break;
    }
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
    fan_out_fail_call(fan_out, call, CALL_DEPENDENCY_FAILED, detail);
}

static void refuse_rest(struct fan_out *fan_out, struct step *step, size_t count)
{
    char detail[160];

    (void)snprintf(detail, sizeof detail, "the array has %zu elements, %zu more than max allows", count,
                   count - step->element_count);
    fan_out_fail_call(fan_out, &step->calls[step->element_count], CALL_DEPENDENCY_FAILED, detail);
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
        fan_out_name_call(fan_out, step, &step->calls[i], i < element_count ? i + 1 : 0);
    }
    step->call_count = call_count;
    step->unsettled_count = call_count;
    step->element_count = element_count;
    return 0;
}

void fan_out_start_elements(struct fan_out *fan_out, struct step *step)
{
    struct str element = { NULL, 0 };

    while (step->started_count < step->element_count && !fan_out_is_held(fan_out) &&
           json_walk_element(&step->elements, &element)) {
        start_element(fan_out, &step->calls[step->started_count++], element);
    }
    if (step->started_count < step->element_count && fan_out->unheard != NULL && !fan_out_is_stopped(fan_out)) {
        fan_out_add_work(fan_out, step);
    }
}

static void start_each(struct fan_out *fan_out, struct step *step)
{
    struct template_values values = values_for(fan_out, (struct str){ NULL, 0 });
    struct str array = { NULL, 0 };
    struct error error = { { '\0' } };

    if (template_find_array(&step->planned->each, &values, &array, &error) != TEMPLATE_DONE) {
        fan_out_fail_step(fan_out, step, CALL_DEPENDENCY_FAILED, error.text);
        return;
    }
    size_t count = json_count(array);
    if (expand(fan_out, step, count) < 0) {
        fan_out_fail_step(fan_out, step, CALL_PROXY_INTERNAL_ERROR, NULL);
        return;
    }
    if (count == 0) {
        fan_out_end_step(fan_out, step, STEP_DONE);
        return;
    }
    if (count > step->element_count) {
        refuse_rest(fan_out, step, count);
    }
    step->elements = json_walk_begin(array);
    fan_out_start_elements(fan_out, step);
}

void fan_out_start_step(struct fan_out *fan_out, struct step *step)
{
    step->state = STEP_RUNNING;
    if (step->planned->has_each) {
        start_each(fan_out, step);
    } else {
        start_call(fan_out, step->calls, (struct str){ NULL, 0 });
    }
}

void fan_out_prepare_step(struct fan_out *fan_out, struct step *step)
{
    struct error error;

    if (!step->planned->has_each) {
        (void)prepare(fan_out, step->calls, (struct str){ NULL, 0 }, &error);
    }
}
