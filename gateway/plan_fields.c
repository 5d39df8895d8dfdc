/* SPDX-License-Identifier: MIT */
#include "gateway/plan_fields.h"

#include <errno.h>
#include <stdlib.h>

#include "common/json_fields.h"

/* ---- references to calls ---- */

typedef void reference_fn(struct plan_call *referred, struct template_part *part);

static void visit(const struct plan *plan, struct template_part *part, reference_fn *on_reference)
{
    if (part->source == TEMPLATE_CALL) {
        on_reference(&plan->calls[part->index], part);
    }
}

static void visit_template(const struct plan *plan, const struct template *template, reference_fn *on_reference)
{
    for (size_t i = 0; i < template->part_count; i++) {
        visit(plan, &template->parts[i], on_reference);
    }
}

static void for_each_reference(const struct plan *plan, reference_fn *on_reference)
{
    for (size_t i = 0; i < plan->call_count; i++) {
        struct plan_call *call = &plan->calls[i];
        visit_template(plan, &call->target, on_reference);
        visit_template(plan, &call->body, on_reference);
        for (size_t j = 0; j < call->header_count; j++) {
            visit_template(plan, &call->headers[j].value, on_reference);
        }
        visit(plan, &call->each, on_reference);
    }
}

/* ---- what is done with them ---- */

static void count(struct plan_call *referred, struct template_part *part)
{
    (void)part;
    referred->field_count++;
}

static void add(struct plan_call *referred, struct template_part *part)
{
    referred->fields[referred->field_count++] = part->text;
}

static void number(struct plan_call *referred, struct template_part *part)
{
    part->field = json_paths_search(referred->fields, referred->field_count, part->text);
}

static void sort_and_thin_out(struct plan_call *call)
{
    size_t kept = 0;

    json_paths_sort(call->fields, call->field_count);
    for (size_t i = 0; i < call->field_count; i++) {
        if (kept == 0 || !str_equal(call->fields[kept - 1], call->fields[i])) {
            call->fields[kept++] = call->fields[i];
        }
    }
    call->field_count = kept;
}

int plan_fields_link(struct arena *arena, struct plan *plan)
{
    for_each_reference(plan, count);
    for (size_t i = 0; i < plan->call_count; i++) {
        struct plan_call *call = &plan->calls[i];
        if (call->field_count == 0) {
            continue;
        }
        call->fields = arena_allocate_array(arena, call->field_count, sizeof call->fields[0]);
        if (call->fields == NULL) {
            return -ENOMEM;
        }
        call->field_count = 0;
    }
    for_each_reference(plan, add);
    for (size_t i = 0; i < plan->call_count; i++) {
        sort_and_thin_out(&plan->calls[i]);
    }
    for_each_reference(plan, number);
    return 0;
}
