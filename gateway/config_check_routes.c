/* SPDX-License-Identifier: MIT */
/*
 * config_check_routes - the rows of the routes, each with the tree of its calls.
 */
#include "common/clock.h"
#include "gateway/config_check_internal.h"
#include "gateway/config_text.h"

enum { SHORT_JSON_BYTES = 40, NAMES_SHOWN = 4 };

enum column { COLUMN_WHO, COLUMN_WHEN, COLUMN_WHAT, COLUMN_HOW };

/* ---- words ---- */

static void add_printable(struct buf *text, char byte)
{
    if (byte >= ' ' && byte <= '~') {
        (void)buf_add(text, &byte, 1);
    } else {
        (void)buf_add_format(text, "\\x%02X", (unsigned char)byte);
    }
}

/* On one line, without the white space between its tokens, and cut if it is long. */
static void add_short_json(struct buf *text, struct str json)
{
    size_t start = text->length;
    bool is_in_string = false;
    bool is_escaped = false;

    for (size_t i = 0; i < json.length; i++) {
        char byte = json.base[i];
        if (text->length - start >= SHORT_JSON_BYTES) {
            (void)buf_add_text(text, "...");
            return;
        }
        is_in_string = is_in_string != (byte == '"' && !is_escaped);
        is_escaped = byte == '\\' && !is_escaped;
        if (is_in_string || byte == '"' || (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n')) {
            add_printable(text, byte);
        }
    }
}

/* ---- a route ---- */

static void add_methods(struct buf *cell, unsigned methods)
{
    for (size_t i = 0; i < config_text_method_count; i++) {
        if ((methods & 1U << i) != 0) {
            (void)buf_add_format(cell, "%s%s", cell->length > 0 ? ", " : "", config_text_methods[i]);
        }
    }
}

/* The longest possible time, and what bounds it where that is the deadline. */
static void add_longest(struct buf *cell, uint64_t calls_us, uint64_t deadline_us)
{
    if (calls_us == CLOCK_NEVER_US) {
        check_add_duration(cell, "longest ", deadline_us);
        (void)buf_add_text(cell, " (the deadline alone)");
    } else if (calls_us > deadline_us) {
        check_add_duration(cell, "longest ", deadline_us);
        check_add_duration(cell, " (the deadline; its calls alone could take ", calls_us);
        (void)buf_add_byte(cell, ')');
    } else {
        check_add_duration(cell, "longest ", calls_us);
    }
}

static void add_calls_summary(struct buf *cell, const struct route *route, const struct check_time *time)
{
    check_add_count(cell, route->plan.call_count, "call");
    if (time->call_maximum != route->plan.call_count) {
        (void)buf_add_format(cell, ", at most %zu", time->call_maximum);
    }
    (void)buf_add_text(cell, route->is_pass ? ", passed on" : "");
}

static void add_respond_summary(struct buf *cell, const struct route_respond *respond)
{
    struct str type = str_of(respond->content_type);

    if (str_starts_with(type, STR("text/plain"))) {
        (void)buf_add_text(cell, "text");
    } else if (str_starts_with(type, STR("application/json"))) {
        (void)buf_add_text(cell, "JSON");
    } else {
        (void)buf_add_escaped(cell, type);
    }
    (void)buf_add_format(cell, ", %d", respond->status);
}

/* What a request for the route gets, and without any call. */
static void add_kind(struct buf *cell, const struct check *check, const struct route *route,
                     const struct check_time *time)
{
    switch (route->kind) {
    case ROUTE_RESPOND:
        add_respond_summary(cell, &route->respond);
        break;
    case ROUTE_CALLS:
        add_calls_summary(cell, route, time);
        break;
    case ROUTE_TASK:
        (void)buf_add_text(cell, "1 call, GET default /{task} with the query");
        break;
    case ROUTE_FANOUT:
    case ROUTE_FANOUT_POST:
        (void)buf_add_format(cell, "up to %zu calls at once, named by the %s", check->config->limits.fan_out,
                             route->kind == ROUTE_FANOUT ? "query" : "body");
        break;
    }
}

static void add_route_summary(struct buf *cell, const struct check *check, const struct route *route,
                              const struct check_time *time)
{
    const struct config *config = check->config;
    enum mode mode = check_route_mode(config, route);

    add_kind(cell, check, route, time);
    if (route->kind == ROUTE_RESPOND) {
        return;
    }
    if (mode != (enum mode)config->settings.mode) {
        (void)buf_add_format(cell, "; mode %s", mode_names[mode]);
    }
    if (route->deadline_us != CLOCK_NEVER_US) {
        check_add_duration(cell, "; deadline ", route->deadline_us);
    }
    (void)buf_add_text(cell, "; ");
    add_longest(cell, route->kind == ROUTE_CALLS ? time->longest_us : CLOCK_NEVER_US, check_deadline_us(config, route));
}

/* ---- a call ---- */

static void add_lines(struct buf *cell, const struct check_node *node)
{
    for (unsigned level = 0; level < node->level; level++) {
        (void)buf_add_text(cell, (node->continued & 1U << level) != 0 ? "│  " : "   ");
    }
    (void)buf_add_text(cell, node->is_last ? "└─ " : "├─ ");
    (void)buf_add_text(cell, node->is_deeper ? "… " : "");
}

static void add_when(struct buf *cell, const struct plan *plan, const struct check_time *time, size_t index)
{
    const struct plan_call *call = &plan->calls[index];

    if (call->input_count == 0) {
        (void)buf_add_text(cell, "at once");
        return;
    }
    if (call->input_count > NAMES_SHOWN) {
        (void)buf_add_text(cell, "after ");
        (void)buf_add_escaped(cell, plan->calls[check_parent(plan, time, index)].name);
        (void)buf_add_format(cell, " and %zu more", call->input_count - 1);
        return;
    }
    for (size_t i = 0; i < call->input_count; i++) {
        const char *between = i + 1 < call->input_count ? ", " : " and ";
        (void)buf_add_text(cell, i == 0 ? "after " : between);
        (void)buf_add_escaped(cell, plan->calls[call->inputs[i]].name);
    }
}

static void add_request(struct buf *cell, const struct config *config, const struct plan_call *call)
{
    cleanup_buf struct buf target;

    buf_init(&target, cell->limit);
    config_text_add_target(&target, &call->target);
    (void)buf_add_format(cell, "%s ", call->method);
    (void)buf_add_escaped(cell, config->backends[call->backend].name);
    (void)buf_add_byte(cell, ' ');
    (void)buf_add_escaped(cell, buf_view(&target));
    cell->failed = cell->failed || target.failed;
}

static void add_failure(struct buf *cell, const struct plan_call *call)
{
    if (!call->is_optional) {
        (void)buf_add_text(cell, ", required");
        return;
    }
    (void)buf_add_text(cell, ", optional: ");
    add_short_json(cell, call->default_json.length > 0 ? call->default_json : STR("null"));
}

static void add_call_mode(struct buf *cell, const struct config *config, const struct route *route,
                          const struct plan_call *call)
{
    enum mode mode = check_call_mode(config, route, call);

    if (mode != check_route_mode(config, route)) {
        (void)buf_add_format(cell, ", mode %s", mode_names[mode]);
    }
    if (mode == MODE_MIXED && check_call_strategy(config, route, call) == STRATEGY_SYNC) {
        (void)buf_add_text(cell, ", blocks");
    }
}

static void add_sent(struct buf *cell, const struct plan_call *call)
{
    if (call->body_kind != PLAN_BODY_NONE) {
        (void)buf_add_text(cell, call->body_kind == PLAN_BODY_REQUEST ? "; sends the request's body" : "; sends JSON");
    }
    for (size_t i = 0; call->forward_headers != NULL && call->forward_headers[i] != NULL; i++) {
        (void)buf_add_text(cell, i == 0 ? "; forwards " : ", ");
        (void)buf_add_escaped(cell, str_of(call->forward_headers[i]));
    }
}

static void add_how(struct buf *cell, const struct config *config, const struct route *route,
                    const struct plan_call *call)
{
    uint64_t timeout_us = check_timeout_us(config, call);

    if (timeout_us == CLOCK_NEVER_US) {
        (void)buf_add_text(cell, "no timeout");
    } else {
        check_add_duration(cell, "", timeout_us);
    }
    add_failure(cell, call);
    (void)buf_add_text(cell, call->is_text ? ", as text" : "");
    add_call_mode(cell, config, route, call);
    if (call->has_each) {
        (void)buf_add_text(cell, "; one for each of ");
        (void)buf_add_escaped(cell, call->each.written);
        (void)buf_add_format(cell, ", at most %zu", call->each_maximum);
    }
    add_sent(cell, call);
}

/* ---- routes ---- */

static void add_call_row(const struct check *check, size_t route_index, const struct check_node *node,
                         struct check_table *table)
{
    const struct route *route = &check->config->routes[route_index];
    const struct plan_call *call = &route->plan.calls[node->call];

    add_lines(&table->cells[COLUMN_WHO], node);
    (void)buf_add_escaped(&table->cells[COLUMN_WHO], call->name);
    add_when(&table->cells[COLUMN_WHEN], &route->plan, &check->times[route_index], node->call);
    add_request(&table->cells[COLUMN_WHAT], check->config, call);
    add_how(&table->cells[COLUMN_HOW], check->config, route, call);
}

void check_add_route_rows(const struct check *check, struct check_table *table, struct buf *text)
{
    for (size_t i = 0; i < check->config->route_count; i++) {
        const struct route *route = &check->config->routes[i];
        (void)buf_add_escaped(&table->cells[COLUMN_WHO], str_of(route->path));
        add_methods(&table->cells[COLUMN_WHEN], route->methods);
        add_route_summary(&table->cells[COLUMN_WHAT], check, route, &check->times[i]);
        check_table_end_row(table, text);
        for (size_t k = 0; k < check->trees[i].count; k++) {
            add_call_row(check, i, &check->trees[i].nodes[k], table);
            check_table_end_row(table, text);
        }
    }
}
