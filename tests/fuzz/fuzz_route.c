/* SPDX-License-Identifier: MIT */
/*
 * fuzz_route - path templates of any text, and which of them a request is for.
 *
 *     a line for each route, "/users/{id}" or "POST /users/{id}" -- the request, in the same form
 *
 * The match must be the one that reading all routes one after another gives.
 */
#include <errno.h>
#include <string.h>

#include "common/buf.h"
#include "common/percent.h"
#include "gateway/route_table.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_BYTES = 4 * 1024 * 1024, ROUTES_MAXIMUM = 24, TARGET_BYTES_MAXIMUM = 65536 };

struct scene {
    struct arena arena;
    struct route routes[ROUTES_MAXIMUM];
    size_t count;
};

/* ---- routes ---- */

/* "POST /a" without its method, which is GET where there is none. */
static struct str take_method(struct str *line)
{
    return str_find(*line, ' ') < line->length && !str_starts_with(*line, STR("/")) ? str_split(line, ' ') : STR("GET");
}

static void add_route(struct scene *scene, struct str line)
{
    struct route *route = &scene->routes[scene->count];
    struct error error = { "" };
    size_t offset = 0;

    *route = (struct route){ .methods = route_method(take_method(&line)) };
    if (route_parse_path(&scene->arena, line, route, &offset, &error) < 0) {
        fuzz_check(offset <= line.length);
        fuzz_check_sentence(error.text);
    } else if (route->methods != 0) {
        fuzz_check(str_equal(str_of(route->path), line));
        scene->count++;
    }
}

static void add_routes(struct scene *scene, struct str lines)
{
    while (lines.length > 0 && scene->count < ROUTES_MAXIMUM) {
        add_route(scene, str_split(&lines, '\n'));
    }
}

/* ---- the plain way ---- */

/* Off the front of what stands behind a path's first slash. */
static bool take_segment(struct str *rest, struct str *ret_segment)
{
    if (rest->base == NULL) {
        return false;
    }
    bool is_last = str_find(*rest, '/') == rest->length;
    *ret_segment = str_split(rest, '/');
    rest->base = is_last ? NULL : rest->base;
    return true;
}

static size_t count_segments(struct str path)
{
    size_t count = 0;

    for (size_t i = 0; i < path.length; i++) {
        count += path.base[i] == '/';
    }
    return count;
}

static bool is_capture(struct str segment)
{
    return str_starts_with(segment, STR("{"));
}

static bool is_same_decoded(struct str a, struct str b)
{
    cleanup_buf struct buf left;
    cleanup_buf struct buf right;

    buf_init(&left, TARGET_BYTES_MAXIMUM);
    buf_init(&right, TARGET_BYTES_MAXIMUM);
    fuzz_check(buf_reserve(&left, a.length) != NULL && buf_reserve(&right, b.length) != NULL);
    return percent_decode(a, left.base, &left.length) == 0 && percent_decode(b, right.base, &right.length) == 0 &&
           str_equal(buf_view(&left), buf_view(&right));
}

static bool fits(const struct route *route, struct str path)
{
    struct str wanted = str_from(str_of(route->path), 1);
    struct str rest = str_from(path, 1);
    struct str template_segment;
    struct str segment;

    if (!str_starts_with(path, STR("/")) || count_segments(str_of(route->path)) != count_segments(path)) {
        return false;
    }
    while (take_segment(&wanted, &template_segment) && take_segment(&rest, &segment)) {
        bool is_good = is_capture(template_segment) ? segment.length > 0 : is_same_decoded(template_segment, segment);
        if (!is_good) {
            return false;
        }
    }
    return true;
}

/* Of two that fit the same path: below 0 if `a` goes first. */
static int compare(const struct route *a, const struct route *b)
{
    struct str left = str_from(str_of(a->path), 1);
    struct str right = str_from(str_of(b->path), 1);
    struct str left_segment;
    struct str right_segment;

    while (take_segment(&left, &left_segment) && take_segment(&right, &right_segment)) {
        int order = (int)is_capture(left_segment) - (int)is_capture(right_segment);
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

/* The first of those that fit best; NULL: none. */
static const struct route *find_best(const struct scene *scene, struct str path)
{
    const struct route *best = NULL;

    for (size_t i = 0; i < scene->count; i++) {
        if (fits(&scene->routes[i], path) && (best == NULL || compare(&scene->routes[i], best) < 0)) {
            best = &scene->routes[i];
        }
    }
    return best;
}

/* The first of those that fit as well and have the method. */
static const struct route *find_with_method(const struct scene *scene, struct str path, const struct route *best,
                                            unsigned method)
{
    for (size_t i = 0; best != NULL && i < scene->count; i++) {
        const struct route *route = &scene->routes[i];
        if ((route->methods & method) != 0 && fits(route, path) && compare(route, best) == 0) {
            return route;
        }
    }
    return NULL;
}

static const struct route *find(const struct scene *scene, struct str path, const struct route *best, struct str name)
{
    const struct route *route = find_with_method(scene, path, best, route_method(name));

    if (route == NULL && route_method(name) == ROUTE_HEAD) {
        route = find_with_method(scene, path, best, ROUTE_GET);
    }
    return route;
}

/* Every "%" of the first segments, which are all that is looked at, has its digits. */
static bool is_decodable(struct str path)
{
    struct str rest = str_from(path, 1);
    struct str segment;
    char decoded[TARGET_BYTES_MAXIMUM];
    size_t length = 0;

    for (size_t i = 0; i < ROUTE_SEGMENTS_MAXIMUM && take_segment(&rest, &segment); i++) {
        if (percent_decode(segment, decoded, &length) < 0) {
            return false;
        }
    }
    return true;
}

/* ---- the two compared ---- */

static void check_captures(const struct route_match *match)
{
    struct str wanted = str_from(str_of(match->route->path), 1);
    struct str rest = str_from(match->path, 1);
    struct str template_segment;
    struct str segment;
    size_t count = 0;

    while (take_segment(&wanted, &template_segment) && take_segment(&rest, &segment)) {
        cleanup_buf struct buf decoded;
        buf_init(&decoded, TARGET_BYTES_MAXIMUM);
        if (!is_capture(template_segment)) {
            continue;
        }
        fuzz_check(buf_reserve(&decoded, segment.length) != NULL);
        fuzz_check(percent_decode(segment, decoded.base, &decoded.length) == 0);
        fuzz_check(str_equal(match->captures[count], buf_view(&decoded)) && decoded.length > 0);
        count++;
    }
}

static void check_allow(const struct route_match *match, struct str method)
{
    fuzz_check(match->allow != NULL && strstr(match->allow, "OPTIONS") != NULL);
    fuzz_check(match->is_options == str_equal(method, STR("OPTIONS")));
    if (route_method(method) != 0 && route_method(method) != ROUTE_OPTIONS) {
        fuzz_check(strstr(match->allow, "GET") == NULL || route_method(method) != ROUTE_GET);
        fuzz_check(strstr(match->allow, "POST") == NULL || route_method(method) != ROUTE_POST);
    }
}

static void check_match(struct scene *scene, struct str method, struct str target)
{
    const struct route_table *table = route_table_build(&scene->arena, scene->routes, scene->count);
    struct str query = target;
    struct str path = str_split(&query, '?');
    struct route_match match;

    fuzz_check(table != NULL);
    int result = route_match(table, &scene->arena, method, target, &match);
    if (result < 0) {
        fuzz_check(result == -EINVAL && !is_decodable(path));
        return;
    }
    fuzz_check(!str_starts_with(path, STR("/")) || is_decodable(path));
    const struct route *best = find_best(scene, path);
    fuzz_check(str_equal(match.path, path) && str_equal(match.query, query));
    fuzz_check((match.name[0] != '\0') == (best != NULL));
    fuzz_check(match.route == find(scene, path, best, method));
    if (match.route != NULL) {
        fuzz_check(match.allow == NULL && match.name == match.route->path);
        check_captures(&match);
    } else if (best != NULL) {
        check_allow(&match, method);
    }
}

static void check_order(const struct scene *scene)
{
    for (size_t i = 0; i < scene->count; i++) {
        for (size_t j = 0; j < scene->count; j++) {
            const struct route *a = &scene->routes[i];
            const struct route *b = &scene->routes[j];
            int order = route_compare_paths(a, b);
            fuzz_check((order < 0) == (route_compare_paths(b, a) > 0));
            fuzz_check(route_is_shadowed(a, b) == (order == 0 && (a->methods & b->methods) != 0));
        }
    }
}

void fuzz_one(struct str input)
{
    struct fuzz_pieces pieces = { .rest = input };
    struct scene scene = { .count = 0 };
    struct str lines = fuzz_pieces_take(&pieces);
    struct str target = fuzz_pieces_take(&pieces);
    struct str method = take_method(&target);

    arena_init(&scene.arena, ARENA_BYTES);
    if (target.length <= TARGET_BYTES_MAXIMUM) {
        add_routes(&scene, lines);
        check_match(&scene, method, target);
        check_order(&scene);
    }
    arena_clear(&scene.arena);
    fuzz_pieces_clear(&pieces);
}
