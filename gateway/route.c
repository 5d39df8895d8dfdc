/* SPDX-License-Identifier: MIT */
#include "gateway/route.h"

#include "common/clock.h"
#include "common/percent.h"
#include "gateway/mode.h"

enum { CAPTURE_NAME_MAXIMUM = 64 };

/* ---- path templates ---- */

static bool is_capture_name(struct str text)
{
    if (text.length == 0 || text.length > CAPTURE_NAME_MAXIMUM) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.base[i];
        bool is_alphanumeric =
            (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
        if (!is_alphanumeric && byte != '_' && byte != '-') {
            return false;
        }
    }
    return true;
}

static bool has_capture(const struct route_segment *segments, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (segments[i].is_capture && str_equal(segments[i].text, name)) {
            return true;
        }
    }
    return false;
}

static int read_capture(struct str text, const struct route_segment *before, size_t count,
                        struct route_segment *ret_segment, struct error *error)
{
    struct str name = { text.base + 1, text.length - 2 };

    if (!is_capture_name(name)) {
        return error_set(error, "the name in {} must be 1 to %d of A-Z, a-z, 0-9, \"_\" and \"-\"",
                         CAPTURE_NAME_MAXIMUM);
    }
    if (str_equal(name, STR("each")) || str_equal(name, STR("query"))) {
        return error_set(error, "the names each and query have a meaning of their own in references");
    }
    if (has_capture(before, count, name)) {
        return error_set(error, "the name {%.*s} stands twice", STR_ARGUMENTS(name));
    }
    *ret_segment = (struct route_segment){ .text = name, .is_capture = true };
    return 0;
}

static int read_literal(struct arena *arena, struct str text, struct route_segment *ret_segment, struct error *error)
{
    char *decoded = arena_allocate(arena, text.length + 1);
    size_t length = 0;

    if (decoded == NULL) {
        return error_set(error, "no memory");
    }
    if (percent_decode(text, decoded, &length) < 0) {
        return error_set(error, "\"%%\" needs two hexadecimal digits behind it");
    }
    struct str segment = { decoded, length };
    if (str_equal(segment, STR(".")) || str_equal(segment, STR(".."))) {
        return error_set(error, "no segment may be \".\" or \"..\"");
    }
    *ret_segment = (struct route_segment){ .text = segment };
    return 0;
}

static int read_segment(struct arena *arena, struct str text, const struct route_segment *before, size_t count,
                        struct route_segment *ret_segment, struct error *error)
{
    size_t brace = str_find(text, '{');

    if (brace == 0 && text.length > 1 && str_find(text, '}') == text.length - 1) {
        return read_capture(text, before, count, ret_segment, error);
    }
    if (brace < text.length || str_find(text, '}') < text.length) {
        return error_set(error, "a reference must be a whole segment, as in /users/{id}");
    }
    return read_literal(arena, text, ret_segment, error);
}

static size_t count_segments(struct str path)
{
    size_t count = 0;

    for (size_t i = 0; i < path.length; i++) {
        count += path.base[i] == '/';
    }
    return count;
}

static int check_path(struct str path, size_t *ret_offset, struct error *error)
{
    *ret_offset = 0;
    if (!str_starts_with(path, STR("/"))) {
        return error_set(error, "a path must begin with \"/\"");
    }
    for (size_t i = 0; i < path.length; i++) {
        *ret_offset = i;
        if (path.base[i] == '?' || path.base[i] == '#') {
            return error_set(error, "a route's path has no query and no fragment");
        }
        if (path.base[i] <= ' ' || path.base[i] > '~') {
            return error_set(error, "a path must be visible ASCII; other bytes are written as %%HH");
        }
    }
    *ret_offset = 0;
    if (count_segments(path) > ROUTE_SEGMENTS_MAXIMUM) {
        return error_set(error, "a path has at most %d segments", ROUTE_SEGMENTS_MAXIMUM);
    }
    return 0;
}

int route_parse_path(struct arena *arena, struct str path, struct route *route, size_t *ret_offset, struct error *error)
{
    if (check_path(path, ret_offset, error) < 0) {
        return -1;
    }
    size_t count = count_segments(path);
    struct route_segment *segments = arena_allocate_array(arena, count, sizeof segments[0]);
    const char *copy = arena_copy(arena, path);
    if (segments == NULL || copy == NULL) {
        return error_set(error, "no memory");
    }
    struct str rest = { copy + 1, path.length - 1 };
    for (size_t i = 0; i < count; i++) {
        struct str text = str_split(&rest, '/');
        *ret_offset = (size_t)(text.base - copy);
        if (read_segment(arena, text, segments, i, &segments[i], error) < 0) {
            return -1;
        }
    }
    route->path = copy;
    route->segments = segments;
    route->segment_count = count;
    return 0;
}

/* ---- methods ---- */

unsigned route_method(struct str name)
{
    static const struct {
        struct str name;
        enum route_method method;
    } methods[] = {
        { STR_STATIC("GET"), ROUTE_GET },         { STR_STATIC("HEAD"), ROUTE_HEAD },
        { STR_STATIC("POST"), ROUTE_POST },       { STR_STATIC("PUT"), ROUTE_PUT },
        { STR_STATIC("PATCH"), ROUTE_PATCH },     { STR_STATIC("DELETE"), ROUTE_DELETE },
        { STR_STATIC("OPTIONS"), ROUTE_OPTIONS },
    };

    for (size_t i = 0; i < array_length(methods); i++) {
        if (str_equal(name, methods[i].name)) {
            return methods[i].method;
        }
    }
    return 0;
}

static bool is_same_segment(const struct route_segment *a, const struct route_segment *b)
{
    return a->is_capture == b->is_capture && (a->is_capture || str_equal(a->text, b->text));
}

bool route_is_shadowed(const struct route *route, const struct route *by)
{
    if (route->segment_count != by->segment_count || (route->methods & by->methods) == 0) {
        return false;
    }
    for (size_t i = 0; i < route->segment_count; i++) {
        if (!is_same_segment(&route->segments[i], &by->segments[i])) {
            return false;
        }
    }
    return true;
}

/* ---- without a file ---- */

const struct route *route_built_in(struct arena *arena, size_t *ret_count)
{
    static const struct {
        const char *path;
        enum route_kind kind;
        unsigned methods;
    } rows[] = {
        { "/hello", ROUTE_RESPOND, ROUTE_GET },
        { "/fanout", ROUTE_FANOUT, ROUTE_GET },
        { "/fanout", ROUTE_FANOUT_POST, ROUTE_POST },
        { "/{task}", ROUTE_TASK, ROUTE_GET },
    };
    struct route *routes = arena_allocate_array(arena, array_length(rows), sizeof routes[0]);
    struct error error;
    size_t offset = 0;

    for (size_t i = 0; i < array_length(rows) && routes != NULL; i++) {
        routes[i] = (struct route){
            .kind = rows[i].kind,
            .methods = rows[i].methods,
            .deadline_us = CLOCK_NEVER_US,
            .mode = MODE_INHERITED,
            .respond = { .status = 200, .content_type = "text/plain; charset=utf-8", .body = STR("Hello world") },
        };
        if (route_parse_path(arena, str_of(rows[i].path), &routes[i], &offset, &error) < 0) {
            return NULL;
        }
    }
    *ret_count = array_length(rows);
    return routes;
}
