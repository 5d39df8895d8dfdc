/* SPDX-License-Identifier: MIT */
/*
 * fuzz_plan - what the built-in routes make of a client's target and body.
 *
 *     the target -- the body, which makes it a POST
 *
 * Whatever comes: either a refusal that can be shown, or calls with good names, each once, whose targets are one line
 * of visible ASCII.
 */
#include <string.h>

#include "common/buf.h"
#include "common/json_scan.h"
#include "common/json_view.h"
#include "common/percent.h"
#include "gateway/route_table.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_BYTES = 4 * 1024 * 1024, FAN_OUT_LIMIT = 256 };

/* ---- what all plans have ---- */

static bool is_name(struct str text)
{
    static const char bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    for (size_t i = 0; i < text.length; i++) {
        if (text.base[i] == '\0' || strchr(bytes, text.base[i]) == NULL) {
            return false;
        }
    }
    return text.length >= 1 && text.length <= 64 && text.base[0] != '_' && !str_equal(text, STR(".")) &&
           !str_equal(text, STR(".."));
}

static struct str target_of(const struct plan_call *call)
{
    fuzz_check(call->target.part_count == 1 && call->target.parts[0].source == TEMPLATE_TEXT);
    return call->target.parts[0].text;
}

static void check_call(const struct plan *plan, size_t index)
{
    const struct plan_call *call = &plan->calls[index];
    struct str target = target_of(call);

    fuzz_check(is_name(call->name) && plan_is_name(call->name));
    for (size_t i = 0; i < index; i++) {
        fuzz_check(!str_equal(plan->calls[i].name, call->name));
    }
    fuzz_check(str_starts_with(target, STR("/")) && str_is_visible(target) && str_find(target, '#') == target.length);
    fuzz_check(target.base[target.length] == '\0');
    fuzz_check(call->backend == 0 && strcmp(call->method, "GET") == 0 && !call->is_optional && !call->is_text);
    fuzz_check(call->body_kind == PLAN_BODY_NONE && !call->has_each);
    fuzz_check(call->input_count == 0 && call->dependent_count == 0);
}

/* ---- GET ---- */

static bool is_named(struct str parameter, struct str wanted)
{
    struct str name = str_split(&parameter, '=');
    char decoded[16];
    size_t length = 0;

    return name.length < sizeof decoded && percent_decode(name, decoded, &length) == 0 &&
           str_equal((struct str){ decoded, length }, wanted);
}

/* Every parameter but n and tasks, which is known to stand once. */
static void add_rest(struct buf *rest, struct str query)
{
    while (query.length > 0) {
        struct str parameter = str_split(&query, '&');
        if (parameter.length > 0 && !is_named(parameter, STR("n")) && !is_named(parameter, STR("tasks"))) {
            (void)buf_add_byte(rest, rest->length > 0 ? '&' : '?');
            (void)buf_add_str(rest, parameter);
        }
    }
}

/* "/NAME" and the query that goes along. */
static void check_targets(const struct plan *plan, struct str query)
{
    for (size_t i = 0; i < plan->call_count; i++) {
        struct str target = target_of(&plan->calls[i]);
        fuzz_check(str_equal(plan->calls[i].member, plan->calls[i].name) || plan->call_count == 1);
        fuzz_check(str_starts_with(str_from(target, 1), plan->calls[i].name));
        fuzz_check(str_equal(str_from(target, 1 + plan->calls[i].name.length), query));
    }
}

static void check_get(const struct plan *plan, const struct route_match *match)
{
    cleanup_buf struct buf query;

    buf_init(&query, ARENA_BYTES);
    if (match->route->kind == ROUTE_FANOUT) {
        add_rest(&query, match->query);
    } else {
        fuzz_check(plan->call_count == 1 && str_equal(plan->calls[0].member, STR("res")));
        (void)buf_add_text(&query, match->query.length > 0 ? "?" : "");
        (void)buf_add_str(&query, match->query);
    }
    check_targets(plan, buf_view(&query));
}

/* ---- POST ---- */

static void check_string(struct str string, struct str expected)
{
    fuzz_check(string.base != NULL && json_kind(string) == JSON_STRING && json_string_equal(string, expected));
}

/* What json_view finds in the body is what was planned. */
static void check_post(const struct plan *plan, struct str body)
{
    struct json_walk walk = json_walk_begin(json_member(body, STR("tasks")));
    struct str task = { NULL, 0 };
    size_t index = 0;

    fuzz_check(json_scan_check(body, JSON_SCAN_DEPTH, NULL) == 0 && json_count(body) == 1);
    while (json_walk_element(&walk, &task)) {
        fuzz_check(index < plan->call_count && json_count(task) == 2);
        check_string(json_member(task, STR("name")), plan->calls[index].name);
        check_string(json_member(task, STR("path")), target_of(&plan->calls[index]));
        index++;
    }
    fuzz_check(index == plan->call_count);
}

/* ---- what must not be refused ---- */

/* As it is read off the query; SIZE_MAX: some name is none. */
static size_t count_names(struct str names)
{
    size_t count = 1;

    for (size_t i = 0; i < names.length; i++) {
        count += names.base[i] == ',';
    }
    for (size_t i = 0; i < count; i++) {
        struct str rest = names;
        struct str name = str_split(&names, ',');
        if (!is_name(name)) {
            return SIZE_MAX;
        }
        (void)str_split(&rest, ',');
        for (size_t j = i + 1; j < count; j++) {
            if (str_equal(str_split(&rest, ','), name)) {
                return SIZE_MAX;
            }
        }
    }
    return count;
}

/* A query that is nothing but "n=" or "tasks=", without escapes. */
static bool is_good_query(struct str query)
{
    struct str value = query;
    struct str name = str_split(&value, '=');
    uint64_t count = 0;

    if (str_find(query, '&') < query.length || str_find(query, '%') < query.length) {
        return false;
    }
    if (str_equal(name, STR("n"))) {
        return str_to_number(value, FAN_OUT_LIMIT, &count) == 0 && count > 0;
    }
    return str_equal(name, STR("tasks")) && count_names(value) <= FAN_OUT_LIMIT;
}

static bool is_good_task(struct str task)
{
    struct str name = json_member(task, STR("name"));
    struct str path = json_member(task, STR("path"));

    if (json_count(task) != 2 || name.base == NULL || path.base == NULL || str_find(task, '\\') < task.length) {
        return false;
    }
    if (json_kind(name) != JSON_STRING || json_kind(path) != JSON_STRING) {
        return false;
    }
    name = (struct str){ name.base + 1, name.length - 2 };
    path = (struct str){ path.base + 1, path.length - 2 };
    return is_name(name) && str_starts_with(path, STR("/")) && path.length <= 8192 && str_is_visible(path) &&
           str_find(path, '#') == path.length;
}

static bool has_name_twice(struct str tasks)
{
    struct json_walk walk = json_walk_begin(tasks);
    struct str task;
    struct str other;

    while (json_walk_element(&walk, &task)) {
        struct json_walk rest = walk;
        while (json_walk_element(&rest, &other)) {
            if (str_equal(json_member(task, STR("name")), json_member(other, STR("name")))) {
                return true;
            }
        }
    }
    return false;
}

/* A body without escapes. */
static bool is_good_body(struct str body)
{
    struct str task;
    size_t count = 0;

    if (json_scan_check(body, 3, NULL) < 0 || json_kind(json_scan_trim(body)) != JSON_OBJECT || json_count(body) != 1) {
        return false;
    }
    struct str tasks = json_member(body, STR("tasks"));
    if (tasks.base == NULL || json_kind(tasks) != JSON_ARRAY || str_find(body, '\\') < body.length) {
        return false;
    }
    struct json_walk walk = json_walk_begin(tasks);
    while (json_walk_element(&walk, &task)) {
        count++;
        if (json_kind(task) != JSON_OBJECT || !is_good_task(task)) {
            return false;
        }
    }
    return count > 0 && count <= FAN_OUT_LIMIT && !has_name_twice(tasks);
}

static bool is_good(const struct route_match *match, struct str body)
{
    if (!str_is_visible(match->query) || str_find(match->query, '#') < match->query.length) {
        return false;
    }
    switch (match->route->kind) {
    case ROUTE_TASK:
        return is_name(str_from(match->path, 1));
    case ROUTE_FANOUT:
        return is_good_query(match->query);
    case ROUTE_FANOUT_POST:
        return is_good_body(body);
    case ROUTE_CALLS:
    case ROUTE_RESPOND:
        break;
    }
    return false;
}

/* ---- all ---- */

static void check_plan(struct arena *arena, const struct route_match *match, struct str body)
{
    struct error error = { "" };
    int status = 0;
    const struct plan *plan = plan_build(arena, match, body, FAN_OUT_LIMIT, &status, &error);

    if (plan == NULL) {
        fuzz_check(status == 400 || status == 413);
        fuzz_check_sentence(error.text);
        fuzz_check(!is_good(match, body));
        return;
    }
    fuzz_check(plan->call_count >= 1 && plan->call_count <= FAN_OUT_LIMIT);
    for (size_t i = 0; i < plan->call_count; i++) {
        check_call(plan, i);
    }
    if (match->route->kind == ROUTE_FANOUT_POST) {
        check_post(plan, body);
    } else {
        check_get(plan, match);
    }
}

void fuzz_one(struct str input)
{
    struct fuzz_pieces pieces = { .rest = input };
    struct str target = fuzz_pieces_take(&pieces);
    struct str body = fuzz_pieces_take(&pieces);
    struct route_match match;
    struct arena arena;
    size_t count = 0;

    arena_init(&arena, ARENA_BYTES);
    const struct route *routes = route_built_in(&arena, &count);
    fuzz_check(routes != NULL);
    const struct route_table *table = route_table_build(&arena, routes, count);
    fuzz_check(table != NULL);
    struct str method = body.length > 0 ? STR("POST") : STR("GET");
    if (route_match(table, &arena, method, target, &match) == 0 && match.route != NULL) {
        check_plan(&arena, &match, body);
    }
    arena_clear(&arena);
    fuzz_pieces_clear(&pieces);
}
