/* SPDX-License-Identifier: MIT */
#include "gateway/plan.h"

#include <stdbool.h>
#include <string.h>

#include "common/percent.h"
#include "gateway/plan_builder.h"
#include "gateway/route_table.h"

/* ---- calls that are a name and a query ---- */

typedef int add_fn(struct plan_builder *builder, struct str name, struct str target);

/* GET /name?query, where the name comes in two pieces; the call's name is a view into its target. */
static int add_call(struct plan_builder *builder, struct str front, struct str back, struct str query, add_fn *add)
{
    const struct str pieces[] = { STR("/"), front, back, query.length > 0 ? STR("?") : STR(""), query };
    const char *target = arena_join(builder->arena, pieces, array_length(pieces));

    if (target == NULL) {
        return plan_builder_refuse_size(builder);
    }
    size_t name_length = front.length + back.length;
    size_t length = 1 + name_length + pieces[3].length + query.length;
    return add(builder, (struct str){ target + 1, name_length }, (struct str){ target, length });
}

static int add_named_call(struct plan_builder *builder, struct str name, struct str query)
{
    return add_call(builder, name, STR(""), query, plan_builder_add);
}

static int read_task(struct plan_builder *builder, const struct route_match *match)
{
    if (plan_builder_start(builder, 1) < 0 || add_named_call(builder, str_from(match->path, 1), match->query) < 0) {
        return -1;
    }
    builder->plan->calls[0].member = STR("res");
    return 0;
}

/* ---- GET /fanout ---- */

struct fan_out_query {
    bool is_given;    /* n or tasks was there */
    bool is_count;    /* it was n */
    struct str value; /* of n or tasks, decoded */
    char *rest;       /* all other parameters as they came */
    size_t rest_length;
};

/* Names of parameters are compared decoded: "%6e" is n. */
static bool is_parameter(struct str raw_name, struct str wanted)
{
    char decoded[sizeof "tasks" * 3];
    size_t length = 0;

    if (raw_name.length > sizeof decoded || percent_decode(raw_name, decoded, &length) < 0) {
        return false;
    }
    return str_equal((struct str){ decoded, length }, wanted);
}

static void keep_parameter(struct fan_out_query *query, struct str parameter)
{
    if (parameter.length == 0) {
        return;
    }
    if (query->rest_length > 0) {
        query->rest[query->rest_length++] = '&';
    }
    memcpy(query->rest + query->rest_length, parameter.base, parameter.length);
    query->rest_length += parameter.length;
}

static int read_parameter(struct plan_builder *builder, struct fan_out_query *query, struct str parameter)
{
    struct str value = parameter;
    struct str name = str_split(&value, '=');
    bool is_count = is_parameter(name, STR("n"));

    if (!is_count && !is_parameter(name, STR("tasks"))) {
        keep_parameter(query, parameter);
        return 0;
    }
    if (query->is_given) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The query may have one of n and tasks, and that once.");
    }
    char *decoded = arena_allocate(builder->arena, value.length + 1);
    if (decoded == NULL) {
        return plan_builder_refuse_size(builder);
    }
    size_t length = 0;
    if (percent_decode(value, decoded, &length) < 0) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST,
                                   "The query parameter %s has a \"%%\" without two hexadecimal digits behind it.",
                                   is_count ? "n" : "tasks");
    }
    query->is_given = true;
    query->is_count = is_count;
    query->value = (struct str){ decoded, length };
    return 0;
}

static int read_query(struct plan_builder *builder, struct str raw, struct fan_out_query *query)
{
    query->rest = arena_allocate(builder->arena, raw.length + 1);
    if (query->rest == NULL) {
        return plan_builder_refuse_size(builder);
    }
    while (raw.length > 0) {
        if (read_parameter(builder, query, str_split(&raw, '&')) < 0) {
            return -1;
        }
    }
    if (!query->is_given) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST,
                                   "The query must have n=1 to n=%zu, or tasks= and names with commas between them.",
                                   builder->limit);
    }
    return 0;
}

/* task1 to taskN */
static int add_numbered(struct plan_builder *builder, const struct fan_out_query *query)
{
    const struct str rest = { query->rest, query->rest_length };
    uint64_t count = 0;

    if (str_to_number(query->value, builder->limit, &count) < 0 || count == 0) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The query parameter n must be an integer from 1 to %zu.",
                                   builder->limit);
    }
    if (plan_builder_start(builder, (size_t)count) < 0) {
        return -1;
    }
    for (size_t i = 1; i <= count; i++) {
        char room[24];
        struct buf number;
        buf_init_on(&number, room, sizeof room, sizeof room - 1);
        (void)buf_add_number(&number, i);
        if (add_call(builder, STR("task"), buf_view(&number), rest, plan_builder_add_made) < 0) {
            return -1;
        }
    }
    return 0;
}

static int add_named(struct plan_builder *builder, const struct fan_out_query *query)
{
    struct str names = query->value;
    size_t count = 1;

    for (size_t i = 0; i < names.length; i++) {
        count += names.base[i] == ',';
    }
    if (plan_builder_start(builder, count) < 0) {
        return -1;
    }
    /* Counted beforehand, so that the empty name behind a last comma is seen and refused. */
    for (size_t i = 0; i < count; i++) {
        if (add_named_call(builder, str_split(&names, ','), (struct str){ query->rest, query->rest_length }) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_fan_out(struct plan_builder *builder, const struct route_match *match)
{
    struct fan_out_query query = { .is_given = false };

    if (read_query(builder, match->query, &query) < 0) {
        return -1;
    }
    return query.is_count ? add_numbered(builder, &query) : add_named(builder, &query);
}

/* ---- all of them ---- */

static int build(struct plan_builder *builder, const struct route_match *match, struct str body)
{
    /* The query becomes part of request lines to backends. */
    if (!str_is_visible(match->query) || str_find(match->query, '#') < match->query.length) {
        return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The query must be visible ASCII without \"#\".");
    }
    switch (match->route->kind) {
    case ROUTE_TASK:
        return read_task(builder, match);
    case ROUTE_FANOUT:
        return read_fan_out(builder, match);
    case ROUTE_FANOUT_POST:
        return plan_body_read(builder, body);
    case ROUTE_CALLS:
    case ROUTE_RESPOND:
        break;
    }
    return plan_builder_refuse(builder, PLAN_BAD_REQUEST, "The path does not ask for any call.");
}

const struct plan *plan_build(struct arena *arena, const struct route_match *match, struct str body,
                              size_t fan_out_limit, int *ret_status, struct error *error)
{
    struct plan_builder builder = { .arena = arena, .limit = fan_out_limit, .ret_status = ret_status, .error = error };

    return build(&builder, match, body) < 0 ? NULL : builder.plan;
}
