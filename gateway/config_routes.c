/* SPDX-License-Identifier: MIT */
/*
 * config_routes - reads `routes`: paths and methods, and for each what its requests get; finds routes out of reach.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "gateway/config_sections.h"
#include "gateway/mode.h"
#include "gateway/route_table.h"

/* ---- keys ---- */

static void read_path(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                      void *field)
{
    struct str path = { NULL, 0 };
    struct error error = { { '\0' } };
    size_t offset = 0;

    (void)key;
    if (!config_read_text(reader, value, "a path such as /users/{id}", &path)) {
        return;
    }
    if (route_parse_path(&reader->config->arena, path, field, &offset, &error) < 0) {
        config_fault_at(reader, value, config_place_in(value, offset), "%s", error.text);
    }
}

static const char *const method_names[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", NULL };

static void read_methods(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                         void *field)
{
    struct json_walk walk = json_walk_begin(value->json);
    struct config_value element = { .outer = NULL };
    unsigned methods = 0;

    *(unsigned *)field = 0; /* none: out of nobody's reach, and in nobody's way */
    if (!config_is_list(reader, value, key, "methods")) {
        return;
    }
    while (config_next_element(value, &walk, &element)) {
        int index = config_read_choice(reader, &element, method_names);
        unsigned method = index < 0 ? 0 : route_method(str_of(method_names[index]));
        if ((methods & method) != 0) {
            config_fault(reader, &element, "stands more than once");
        }
        methods |= method;
    }
    *(unsigned *)field = methods;
}

enum route_key { KEY_PATH, KEY_METHODS, KEY_DEADLINE, KEY_MODE, KEY_RESPOND, KEY_PASS, KEY_CALLS, KEY_COUNT };

static const struct config_key route_keys[KEY_COUNT] = {
    [KEY_PATH] = { .name = "path", .read = read_path, .is_required = true },
    [KEY_METHODS] = { .name = "methods",
                      .read = read_methods,
                      .offset = offsetof(struct route, methods),
                      .minimum = 1,
                      .maximum = array_length(method_names) - 1 },
    [KEY_DEADLINE] = CONFIG_DURATION_ROW("deadline", struct route, deadline_us, CLOCK_US_PER_MS),
    [KEY_MODE] = CONFIG_MODE_ROW(struct route, mode),
    [KEY_RESPOND] = { .name = "respond", .read = config_read_respond, .offset = offsetof(struct route, respond) },
    [KEY_PASS] = { .name = "pass", .read = config_read_boolean, .offset = offsetof(struct route, is_pass) },
    [KEY_CALLS] = { .name = "calls" },
};

/* ---- what a route's calls can refer to ---- */

struct captures {
    struct str names[ROUTE_SEGMENTS_MAXIMUM];
    size_t count;
};

static void list_captures(const struct route *route, struct captures *captures)
{
    for (size_t i = 0; i < route->segment_count; i++) {
        if (route->segments[i].is_capture) {
            captures->names[captures->count++] = route->segments[i].text;
        }
    }
}

/* Of a path that was refused: whatever stands in braces, so that references to it are not refused as well. */
static void guess_captures(struct str path, struct captures *captures)
{
    while (captures->count < ROUTE_SEGMENTS_MAXIMUM && str_find(path, '{') < path.length) {
        (void)str_split(&path, '{');
        struct str name = { path.base, str_find(path, '}') };
        captures->names[captures->count++] = name;
        path = str_from(path, name.length);
    }
}

/* ---- one route ---- */

struct reading {
    struct config_value element;
    struct config_value values[KEY_COUNT];
};

static void read_calls(struct config_reader *reader, const struct config_value *values, struct route *route)
{
    struct captures captures = { .count = 0 };
    bool has_path = json_kind(values[KEY_PATH].json) == JSON_STRING;

    if (route->segments != NULL) {
        list_captures(route, &captures);
    } else if (has_path) {
        guess_captures(values[KEY_PATH].json, &captures);
    }
    struct config_route_scope scope = {
        .captures = has_path ? captures.names : NULL,
        .capture_count = captures.count,
        .pass = route->is_pass ? &values[KEY_PASS] : NULL,
    };
    route->kind = ROUTE_CALLS;
    config_read_calls(reader, &values[KEY_CALLS], &scope, &route->plan);
}

static void read_route(struct config_reader *reader, struct reading *reading, struct route *route)
{
    struct config_value *values = reading->values;

    *route = (struct route){
        .kind = ROUTE_RESPOND,
        .methods = ROUTE_GET,
        .deadline_us = CLOCK_NEVER_US,
        .mode = MODE_INHERITED,
        .respond = { .status = 200, .content_type = "text/plain; charset=utf-8", .body = STR("") },
    };
    config_read_object(reader, &reading->element, &(struct config_table){ route_keys, KEY_COUNT }, route, values);
    bool has_respond = config_is_given(&values[KEY_RESPOND]);
    bool has_calls = config_is_given(&values[KEY_CALLS]);
    if (has_respond == has_calls && json_kind(reading->element.json) == JSON_OBJECT) {
        config_fault(reader, &reading->element,
                     has_calls ? "expected one of \"respond\" and \"calls\", not both"
                               : "\"respond\" or \"calls\" is missing");
    }
    if (has_calls) {
        read_calls(reader, values, route);
    } else if (route->is_pass && has_respond) {
        config_fault(reader, &values[KEY_PASS], "has no effect without \"calls\"");
    }
}

/* ---- routes out of reach ---- */

static int compare_by_path(const void *left, const void *right)
{
    const struct route *a = *(const struct route *const *)left;
    const struct route *b = *(const struct route *const *)right;
    int order = route_compare_paths(a, b);

    return order != 0 ? order : (a > b) - (a < b);
}

/* Routes of one path, the first for each method. */
struct takers {
    const struct route *routes[ROUTE_METHODS_MAXIMUM];
    size_t count;
    unsigned methods;
};

/* NULL: there is none, or it is in reach. */
static const struct route *find_shadow(const struct takers *takers, const struct route *route)
{
    for (size_t i = 0; i < takers->count; i++) {
        if (route_is_shadowed(route, takers->routes[i])) {
            return takers->routes[i];
        }
    }
    return NULL;
}

static void add_taker(struct takers *takers, const struct route *route)
{
    if ((route->methods & ~takers->methods) != 0) {
        takers->methods |= route->methods;
        takers->routes[takers->count++] = route;
    }
}

static void tell_shadowed(struct config_reader *reader, const struct reading *readings, const struct route *routes,
                          const struct route *const *sorted, size_t count)
{
    struct takers takers = { .count = 0 };

    for (size_t i = 0; i < count; i++) {
        if (i > 0 && route_compare_paths(sorted[i - 1], sorted[i]) != 0) {
            takers = (struct takers){ .count = 0 };
        }
        const struct route *shadow = find_shadow(&takers, sorted[i]);
        if (shadow != NULL) {
            config_fault(reader, &readings[sorted[i] - routes].values[KEY_PATH],
                         "can never match: routes[%zu] comes first, with the same path and a method in common",
                         (size_t)(shadow - routes));
        }
        add_taker(&takers, sorted[i]);
    }
}

/* In the order of the paths, so that equal ones are neighbours; those whose path was refused do not take part. */
static void check_reach(struct config_reader *reader, const struct reading *readings, const struct route *routes,
                        size_t count)
{
    cleanup_free const struct route **sorted = calloc(count, sizeof(const struct route *));
    size_t sorted_count = 0;

    if (sorted == NULL) {
        config_refuse_size(reader);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (routes[i].segments != NULL) {
            sorted[sorted_count++] = &routes[i];
        }
    }
    qsort(sorted, sorted_count, sizeof sorted[0], compare_by_path);
    tell_shadowed(reader, readings, routes, sorted, sorted_count);
}

/* ---- all of them ---- */

void config_read_routes(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                        void *field)
{
    struct config *config = field;
    struct json_walk walk = json_walk_begin(value->json);
    struct config_value element = { .outer = NULL };

    if (!config_is_list(reader, value, key, "routes")) {
        return;
    }
    size_t count = json_count(value->json);
    cleanup_free struct reading *readings = calloc(count, sizeof *readings);
    struct route *routes = config_allocate(reader, count, sizeof routes[0]);
    if (readings == NULL || routes == NULL) {
        config_refuse_size(reader);
        return;
    }
    while (config_next_element(value, &walk, &element)) {
        readings[element.index].element = element;
        read_route(reader, &readings[element.index], &routes[element.index]);
    }
    check_reach(reader, readings, routes, count);
    config->routes = routes;
    config->route_count = count;
}
