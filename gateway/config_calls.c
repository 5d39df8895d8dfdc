/* SPDX-License-Identifier: MIT */
/*
 * config_calls - reads a route's `calls` into its plan.
 *
 * First the names, then what is no template (so that templates can be told what they may refer to), then the templates,
 * then what can only be said of all of them: how many they are, and whether they wait for each other in a ring.
 */
#include <stdlib.h>

#include "gateway/config_sections.h"
#include "gateway/plan_fields.h"
#include "gateway/plan_graph.h"

enum { RING_NAMES_SHOWN = 8, RING_BYTES = 2048 };

/* ---- what can be said of all of them ---- */

static void check_sum(const struct config_calls *calls, const struct config_value *value)
{
    size_t limit = calls->reader->config->limits.fan_out;
    size_t sum = 0;

    for (size_t i = 0; i < calls->count; i++) {
        const struct plan_call *planned = calls->items[i].planned;
        sum += planned->has_each ? planned->each_maximum : 1;
    }
    if (sum > limit) {
        config_fault(calls->reader, value, "can come to %zu calls for one request; the most are %zu (limits.fan_out)",
                     sum, limit);
    }
}

/* A name that is none is told in its own place. */
static void add_ring_name(struct buf *text, struct str name)
{
    (void)buf_add_text(text, text->length > 0 ? " \xe2\x86\x92 " : "");
    if (plan_is_name(name)) {
        (void)buf_add_str(text, name);
    } else {
        (void)buf_add_text(text, config_quote(name).text);
    }
}

static void tell_ring(const struct config_calls *calls, const size_t *ring, size_t length)
{
    cleanup_buf struct buf text;

    buf_init(&text, RING_BYTES);
    for (size_t i = 0; i < length && i < RING_NAMES_SHOWN; i++) {
        add_ring_name(&text, calls->names[ring[i]]);
    }
    if (length > RING_NAMES_SHOWN) {
        (void)buf_add_text(&text, " \xe2\x86\x92 ...");
    }
    add_ring_name(&text, calls->names[ring[0]]);
    config_fault(calls->reader, &calls->items[ring[0]].value, "waits for itself: %.*s", STR_ARGUMENTS(buf_view(&text)));
}

static void link_calls(const struct config_calls *calls, struct plan *plan)
{
    cleanup_free size_t *ring = calloc(plan->call_count, sizeof ring[0]);
    size_t length = 0;

    if (ring == NULL || plan_graph_find_ring(plan, ring, &length) < 0 ||
        plan_graph_link(&calls->reader->config->arena, plan) < 0 ||
        plan_fields_link(&calls->reader->config->arena, plan) < 0) {
        config_refuse_size(calls->reader);
    } else if (length > 0) {
        tell_ring(calls, ring, length);
    }
}

/* ---- reading them ---- */

static void read_all(struct config_calls *calls, const struct config_member *members, const struct config_value *value,
                     struct plan *plan)
{
    for (size_t i = 0; i < calls->count; i++) {
        calls->items[i].planned = &plan->calls[i];
        config_read_call(calls, &members[i], &calls->items[i]);
    }
    for (size_t i = 0; i < calls->count && calls->scope->captures != NULL; i++) {
        config_read_templates(calls, i);
    }
    check_sum(calls, value);
    link_calls(calls, plan);
}

/* The room that reading takes, and that is not kept. */
static void read_members(struct config_calls *calls, const struct config_member *members,
                         const struct config_value *value, struct plan *plan)
{
    size_t count = calls->count;
    cleanup_free struct config_call *items = calloc(count, sizeof *items);
    cleanup_free struct str *names = calloc(count, sizeof *names);
    cleanup_free size_t *inputs = calloc(count, sizeof *inputs);
    cleanup_free size_t *seen_by = calloc(count, sizeof *seen_by);

    if (items == NULL || names == NULL || inputs == NULL || seen_by == NULL) {
        config_refuse_size(calls->reader);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = members[i].name;
    }
    calls->items = items;
    calls->names = names;
    calls->inputs = inputs;
    calls->seen_by = seen_by;
    read_all(calls, members, value, plan);
}

void config_read_calls(struct config_reader *reader, const struct config_value *value,
                       const struct config_route_scope *scope, struct plan *plan)
{
    struct config_key bounds = { .minimum = 1, .maximum = reader->config->limits.fan_out };
    struct config_calls calls = { .reader = reader, .scope = scope };
    cleanup_free struct config_member *members =
        config_list_members(reader, value, &bounds, "calls (limits.fan_out)", &calls.count);

    if (members == NULL) {
        return;
    }
    if (scope->pass != NULL && calls.count != 1) {
        config_fault(reader, scope->pass, "needs exactly one call, not %zu", calls.count);
    }
    plan->calls = config_allocate(reader, calls.count, sizeof plan->calls[0]);
    if (plan->calls == NULL) {
        return;
    }
    plan->call_count = calls.count;
    read_members(&calls, members, value, plan);
}
