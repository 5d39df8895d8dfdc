/* SPDX-License-Identifier: MIT */
#include "gateway/route_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/percent.h"

struct route_table {
    size_t count;
    const struct route *routes[]; /* sorted: see compare_routes() */
};

/* Routes that have their first `depth` segments in common with each other and with the path. */
struct range {
    size_t first;
    size_t end;
    size_t depth;
};

/* ---- building ---- */

static int compare_texts(struct str a, struct str b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter > 0 ? memcmp(a.base, b.base, shorter) : 0;

    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* Equal segments before captures. */
static int compare_segments(const struct route_segment *a, const struct route_segment *b)
{
    if (a->is_capture || b->is_capture) {
        return (int)a->is_capture - (int)b->is_capture;
    }
    return compare_texts(a->text, b->text);
}

int route_compare_paths(const struct route *a, const struct route *b)
{
    for (size_t i = 0; i < a->segment_count && i < b->segment_count; i++) {
        int order = compare_segments(&a->segments[i], &b->segments[i]);
        if (order != 0) {
            return order;
        }
    }
    return (a->segment_count > b->segment_count) - (a->segment_count < b->segment_count);
}

/* What is the same, in the order of the configuration. */
static int compare_routes(const void *left, const void *right)
{
    const struct route *a = *(const struct route *const *)left;
    const struct route *b = *(const struct route *const *)right;
    int order = route_compare_paths(a, b);

    return order != 0 ? order : (a > b) - (a < b);
}

struct route_table *route_table_build(struct arena *arena, const struct route *routes, size_t count)
{
    struct route_table *table = arena_allocate(arena, sizeof *table + count * sizeof table->routes[0]);

    if (table == NULL) {
        return NULL;
    }
    table->count = count;
    for (size_t i = 0; i < count; i++) {
        table->routes[i] = &routes[i];
    }
    qsort(table->routes, count, sizeof table->routes[0], compare_routes);
    return table;
}

/* ---- matching: the path ---- */

struct path {
    struct str segments[ROUTE_SEGMENTS_MAXIMUM];
    size_t count;
};

static int decode(struct arena *arena, struct str text, struct str *ret_decoded)
{
    if (str_find(text, '%') == text.length) {
        *ret_decoded = text;
        return 0;
    }
    char *decoded = arena_allocate(arena, text.length);
    size_t length = 0;
    if (decoded == NULL) {
        return -ENOMEM;
    }
    int result = percent_decode(text, decoded, &length);
    *ret_decoded = (struct str){ decoded, length };
    return result;
}

/* A path of too many segments gets count 0, which no route has. */
static int split(struct arena *arena, struct str text, struct path *path)
{
    path->count = 0;
    if (!str_starts_with(text, STR("/"))) {
        return 0;
    }
    struct str rest = str_from(text, 1);
    for (;;) {
        bool is_last = str_find(rest, '/') == rest.length;
        if (path->count == ROUTE_SEGMENTS_MAXIMUM) {
            path->count = 0;
            return 0;
        }
        int result = decode(arena, str_split(&rest, '/'), &path->segments[path->count]);
        if (result < 0) {
            return result;
        }
        path->count++;
        if (is_last) {
            return 0;
        }
    }
}

/* ---- matching: the routes ---- */

/* Where in the order of the table a route's segment at `depth` stands to what is wanted: -1, 0 or 1. */
typedef int place_fn(const struct route *route, size_t depth, struct str wanted);

static int place_of_end(const struct route *route, size_t depth, struct str wanted)
{
    (void)wanted;
    return route->segment_count == depth ? 0 : 1;
}

static int place_of_text(const struct route *route, size_t depth, struct str wanted)
{
    if (route->segment_count == depth) {
        return -1;
    }
    return route->segments[depth].is_capture ? 1 : compare_texts(route->segments[depth].text, wanted);
}

static int place_of_capture(const struct route *route, size_t depth, struct str wanted)
{
    (void)wanted;
    return route->segment_count > depth && route->segments[depth].is_capture ? 0 : -1;
}

/* The first of the range that stands at `least` or behind it. */
static size_t bound(const struct route_table *table, struct range range, place_fn *place, struct str wanted, int least)
{
    while (range.first < range.end) {
        size_t middle = range.first + (range.end - range.first) / 2;
        if (place(table->routes[middle], range.depth, wanted) < least) {
            range.first = middle + 1;
        } else {
            range.end = middle;
        }
    }
    return range.first;
}

static struct range narrow(const struct route_table *table, struct range range, place_fn *place, struct str wanted)
{
    return (struct range){
        .first = bound(table, range, place, wanted, 0),
        .end = bound(table, range, place, wanted, 1),
        .depth = range.depth + 1,
    };
}

static bool is_empty(struct range range)
{
    return range.first == range.end;
}

/* Equal segments first; where that leads nowhere, back to the deepest place where a capture fits as well. */
static struct range find(const struct route_table *table, const struct path *path)
{
    struct range captures[ROUTE_SEGMENTS_MAXIMUM];
    size_t capture_count = 0;
    struct range range = { .first = 0, .end = table->count };

    for (;;) {
        if (!is_empty(range) && range.depth == path->count) {
            struct range found = narrow(table, range, place_of_end, STR(""));
            if (!is_empty(found)) {
                return found;
            }
        } else if (!is_empty(range)) {
            struct str segment = path->segments[range.depth];
            if (segment.length > 0) {
                captures[capture_count++] = narrow(table, range, place_of_capture, segment);
            }
            range = narrow(table, range, place_of_text, segment);
            continue;
        }
        if (capture_count == 0) {
            return (struct range){ .first = 0 };
        }
        range = captures[--capture_count];
    }
}

/* ---- matching: the method ---- */

static const char *list_methods(struct arena *arena, unsigned methods)
{
    static const char *const names[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };
    char list[64] = "";
    size_t length = 0;

    methods |= (methods & ROUTE_GET) != 0 ? ROUTE_HEAD : 0;
    for (size_t i = 0; i < array_length(names); i++) {
        if ((methods & 1U << i) != 0) {
            length += (size_t)snprintf(list + length, sizeof list - length, "%s, ", names[i]);
        }
    }
    (void)snprintf(list + length, sizeof list - length, "OPTIONS");
    return arena_copy(arena, str_of(list));
}

static int choose(const struct route_table *table, struct arena *arena, struct range found, struct str method,
                  struct route_match *match)
{
    unsigned wanted = route_method(method);
    unsigned methods = 0;

    match->name = table->routes[found.first]->path;
    for (size_t i = found.first; i < found.end; i++) {
        methods |= table->routes[i]->methods;
    }
    wanted = wanted == ROUTE_HEAD && (methods & ROUTE_HEAD) == 0 ? ROUTE_GET : wanted;
    for (size_t i = found.first; i < found.end; i++) {
        if ((table->routes[i]->methods & wanted) != 0) {
            match->route = table->routes[i];
            match->name = match->route->path;
            return 0;
        }
    }
    match->is_options = str_equal(method, STR("OPTIONS"));
    match->allow = list_methods(arena, methods);
    return match->allow != NULL ? 0 : -ENOMEM;
}

static int keep_captures(struct arena *arena, const struct path *path, struct route_match *match)
{
    const struct route *route = match->route;
    size_t count = 0;

    for (size_t i = 0; route != NULL && i < route->segment_count; i++) {
        count += route->segments[i].is_capture;
    }
    if (count == 0) {
        return 0;
    }
    match->captures = arena_allocate_array(arena, count, sizeof match->captures[0]);
    if (match->captures == NULL) {
        return -ENOMEM;
    }
    count = 0;
    for (size_t i = 0; i < route->segment_count; i++) {
        if (route->segments[i].is_capture) {
            match->captures[count++] = path->segments[i];
        }
    }
    return 0;
}

int route_match(const struct route_table *table, struct arena *arena, struct str method, struct str target,
                struct route_match *ret_match)
{
    struct str query = target;
    struct path path;

    *ret_match = (struct route_match){ .name = "" };
    ret_match->path = str_split(&query, '?');
    ret_match->query = query;
    int result = split(arena, ret_match->path, &path);
    if (result < 0 || path.count == 0) {
        return result;
    }
    struct range found = find(table, &path);
    if (is_empty(found)) {
        return 0;
    }
    result = choose(table, arena, found, method, ret_match);
    return result < 0 ? result : keep_captures(arena, &path, ret_match);
}
