/* SPDX-License-Identifier: MIT */
#include "gateway/route_table.h"

#include <errno.h>

#include "common/buf.h"

#include "tests/unit/gateway/route_bench.h"

/* ---- the built-in routes ---- */

enum { NO_ROUTE = -1 };

struct row {
    const char *method;
    const char *target;
    int kind; /* enum route_kind, or NO_ROUTE */
    const char *name;
    const char *path;
    const char *query;
    const char *allow;
    bool is_options;
};

#define GET_ONLY "GET, HEAD, OPTIONS"
#define AND_POST "GET, HEAD, POST, OPTIONS"

static const struct row rows[] = {
    { "GET", "/hello", ROUTE_RESPOND, "/hello", "/hello", "", NULL, false },
    { "HEAD", "/hello?x=1", ROUTE_RESPOND, "/hello", "/hello", "x=1", NULL, false },
    { "OPTIONS", "/hello", NO_ROUTE, "/hello", "/hello", "", GET_ONLY, true },
    { "POST", "/hello", NO_ROUTE, "/hello", "/hello", "", GET_ONLY, false },
    { "GET", "/task1", ROUTE_TASK, "/{task}", "/task1", "", NULL, false },
    { "HEAD", "/task1", ROUTE_TASK, "/{task}", "/task1", "", NULL, false },
    { "GET", "/task1?delay=1s&x", ROUTE_TASK, "/{task}", "/task1", "delay=1s&x", NULL, false },
    { "GET", "/task1?a?b", ROUTE_TASK, "/{task}", "/task1", "a?b", NULL, false },
    { "GET", "/task1?next=/a/b", ROUTE_TASK, "/{task}", "/task1", "next=/a/b", NULL, false },
    { "GET", "/task1?", ROUTE_TASK, "/{task}", "/task1", "", NULL, false },
    { "GET", "/_no%20name", ROUTE_TASK, "/{task}", "/_no%20name", "", NULL, false },
    { "GET", "/hellothere", ROUTE_TASK, "/{task}", "/hellothere", "", NULL, false },
    { "GET", "/%68ello", ROUTE_RESPOND, "/hello", "/%68ello", "", NULL, false },
    { "GET", "/Hello", ROUTE_TASK, "/{task}", "/Hello", "", NULL, false },
    { "DELETE", "/task1", NO_ROUTE, "/{task}", "/task1", "", GET_ONLY, false },
    { "OPTIONS", "/task1", NO_ROUTE, "/{task}", "/task1", "", GET_ONLY, true },
    { "get", "/task1", NO_ROUTE, "/{task}", "/task1", "", GET_ONLY, false },
    { "GET", "/fanout?n=3", ROUTE_FANOUT, "/fanout", "/fanout", "n=3", NULL, false },
    { "HEAD", "/fanout?n=3", ROUTE_FANOUT, "/fanout", "/fanout", "n=3", NULL, false },
    { "POST", "/fanout", ROUTE_FANOUT_POST, "/fanout", "/fanout", "", NULL, false },
    { "PUT", "/fanout", NO_ROUTE, "/fanout", "/fanout", "", AND_POST, false },
    { "OPTIONS", "/fanout", NO_ROUTE, "/fanout", "/fanout", "", AND_POST, true },
    { "GET", "/", NO_ROUTE, "", "/", "", NULL, false },
    { "GET", "", NO_ROUTE, "", "", "", NULL, false },
    { "GET", "task1", NO_ROUTE, "", "task1", "", NULL, false },
    { "GET", "?n=3", NO_ROUTE, "", "", "n=3", NULL, false },
    { "GET", "//", NO_ROUTE, "", "//", "", NULL, false },
    { "GET", "//a", NO_ROUTE, "", "//a", "", NULL, false },
    { "GET", "/a/", NO_ROUTE, "", "/a/", "", NULL, false },
    { "GET", "/a/b", NO_ROUTE, "", "/a/b", "", NULL, false },
    { "GET", "/hello/", NO_ROUTE, "", "/hello/", "", NULL, false },
    { "GET", "/fanout/x", NO_ROUTE, "", "/fanout/x", "", NULL, false },
    { "POST", "/a/b", NO_ROUTE, "", "/a/b", "", NULL, false },
    { "OPTIONS", "*", NO_ROUTE, "", "*", "", NULL, false },
    { "OPTIONS", "/a/b", NO_ROUTE, "", "/a/b", "", NULL, false },
};

static bool is_as_expected(const struct route_match *match, const struct row *row)
{
    int kind = match->route != NULL ? (int)match->route->kind : NO_ROUTE;
    bool has_allow = row->allow == NULL ? match->allow == NULL : match->allow != NULL;

    return kind == row->kind && str_equal(str_of(match->name), str_of(row->name)) && has_allow &&
           str_equal(match->path, str_of(row->path)) && str_equal(match->query, str_of(row->query)) &&
           str_equal(str_of(match->allow), str_of(row->allow)) && match->is_options == row->is_options;
}

static void route_table_matches_method_and_path(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        struct route_bench bench;

        struct route_match match = route_bench_match(&bench, str_of(rows[i].method), str_of(rows[i].target));

        if (!is_as_expected(&match, &rows[i])) {
            fail_msg("%s %s: route %s, name %s, path %.*s, query %.*s, allow %s", rows[i].method, rows[i].target,
                     match.route != NULL ? match.route->path : "-", match.name, STR_ARGUMENTS(match.path),
                     STR_ARGUMENTS(match.query), match.allow != NULL ? match.allow : "-");
        }
        arena_clear(&bench.arena);
    }
}

/* ---- any routes ---- */

enum { PATHS_MAXIMUM = 12 };

/* Paths separated by blanks; "POST:/a" has that method, others GET. */
static void build(struct route_bench *bench, const char *paths)
{
    struct str rest = str_of(paths);
    struct route *routes = NULL;
    size_t count = 0;

    arena_init(&bench->arena, ROUTE_BENCH_BYTES);
    routes = arena_allocate_array(&bench->arena, PATHS_MAXIMUM, sizeof routes[0]);
    assert_non_null(routes);
    while (rest.length > 0) {
        struct str path = str_split(&rest, ' ');
        struct error error = { { '\0' } };
        size_t offset = 0;
        struct route *route = &routes[count++];
        route->methods = ROUTE_GET;
        if (!str_starts_with(path, STR("/"))) {
            route->methods = route_method(str_split(&path, ':'));
        }
        assert_int_equal(route_parse_path(&bench->arena, path, route, &offset, &error), 0);
    }
    bench->routes = routes;
    bench->table = route_table_build(&bench->arena, routes, count);
    assert_non_null(bench->table);
}

struct choice_row {
    const char *paths;
    const char *target;
    const char *route; /* "" for none */
    const char *captures;
};

static const struct choice_row choice_rows[] = {
    { "/{x} /a", "/a", "/a", "" },
    { "/a /{x}", "/a", "/a", "" },
    { "/a /{x}", "/b", "/{x}", "b" },
    { "/{y}/b /a/{x}", "/a/b", "/a/{x}", "b" },
    { "/a/{x} /{y}/b", "/a/b", "/a/{x}", "b" },
    { "/a/{x} /{y}/b", "/c/b", "/{y}/b", "c" },
    { "/a/b/c /{x}/b/d", "/a/b/d", "/{x}/b/d", "a" },
    { "/a/b/c /a/{x}/d /{y}/b/e", "/a/b/e", "/{y}/b/e", "a" },
    { "/a/b/c /a/{x}/d /{y}/b/e", "/a/b/d", "/a/{x}/d", "b" },
    { "/{x}/{y}/{z}", "/1/2/3", "/{x}/{y}/{z}", "1,2,3" },
    { "/{x}/{y}/{z}", "/1/2", "", "" },
    { "/{x}/{y}/{z}", "/1/2/3/4", "", "" },
    { "/{x}/{y}/{z}", "/1//3", "", "" },
    { "/a /a/ /a/{x}", "/a/", "/a/", "" },
    { "/a /a/{x}", "/a/", "", "" },
    { "/ /{x}", "/", "/", "" },
    { "/{x}", "/", "", "" },
    { "/users/{id}", "/users/a%20b", "/users/{id}", "a b" },
    { "/users/{id}", "/users/a%2Fb", "/users/{id}", "a/b" },
    { "/users/{id}", "/users/a%2fb/c", "", "" },
    { "/us%65rs/{id}", "/%75sers/7", "/us%65rs/{id}", "7" },
    { "/a/b", "/a%2Fb", "", "" },
    { "/{a}", "/..", "/{a}", ".." },
    { "/a", "/a/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x", "", "" },
};

static void route_table_chooses_the_most_specific_whatever_the_order(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(choice_rows); i++) {
        const struct choice_row *row = &choice_rows[i];
        struct route_bench bench;
        struct route_match match;
        cleanup_buf struct buf captures;
        buf_init(&captures, ROUTE_BENCH_BYTES);
        build(&bench, row->paths);

        assert_int_equal(route_match(bench.table, &bench.arena, STR("GET"), str_of(row->target), &match), 0);

        for (size_t j = 0; match.route != NULL && j < match.route->segment_count; j++) {
            if (match.route->segments[j].is_capture) {
                (void)buf_add_text(&captures, captures.length > 0 ? "," : "");
                (void)buf_add_str(&captures, *match.captures++);
            }
        }
        if (!str_equal(str_of(match.name), str_of(row->route)) ||
            !str_equal(buf_view(&captures), str_of(row->captures))) {
            fail_msg("%s among %s: %s with %.*s", row->target, row->paths, match.name,
                     STR_ARGUMENTS(buf_view(&captures)));
        }
        arena_clear(&bench.arena);
    }
}

static void route_table_methods_of_one_path_are_told_together(void **state)
{
    struct route_bench bench;
    struct route_match match;
    (void)state;
    build(&bench, "DELETE:/a/{x} POST:/a/{y} /b POST:/c OPTIONS:/d");

    assert_int_equal(route_match(bench.table, &bench.arena, STR("GET"), STR("/a/1"), &match), 0);
    assert_null(match.route);
    assert_string_equal(match.allow, "POST, DELETE, OPTIONS");
    assert_int_equal(route_match(bench.table, &bench.arena, STR("DELETE"), STR("/a/1"), &match), 0);
    assert_ptr_equal(match.route, &bench.routes[0]);
    assert_int_equal(route_match(bench.table, &bench.arena, STR("HEAD"), STR("/b"), &match), 0);
    assert_ptr_equal(match.route, &bench.routes[2]);
    assert_int_equal(route_match(bench.table, &bench.arena, STR("HEAD"), STR("/c"), &match), 0);
    assert_null(match.route);
    assert_string_equal(match.allow, "POST, OPTIONS");
    assert_int_equal(route_match(bench.table, &bench.arena, STR("OPTIONS"), STR("/d"), &match), 0);
    assert_ptr_equal(match.route, &bench.routes[4]);
    assert_int_equal(route_match(bench.table, &bench.arena, STR("OPTIONS"), STR("/c"), &match), 0);
    assert_true(match.is_options);
    arena_clear(&bench.arena);
}

static void route_table_refuses_a_path_that_cannot_be_decoded(void **state)
{
    struct route_bench bench;
    struct route_match match;
    (void)state;
    build(&bench, "/{x}");

    assert_int_equal(route_match(bench.table, &bench.arena, STR("GET"), STR("/%zz"), &match), -EINVAL);
    assert_int_equal(route_match(bench.table, &bench.arena, STR("GET"), STR("/a/%2"), &match), -EINVAL);
    assert_int_equal(route_match(bench.table, &bench.arena, STR("GET"), STR("/a?%zz"), &match), 0);
    arena_clear(&bench.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(route_table_matches_method_and_path),
        cmocka_unit_test(route_table_chooses_the_most_specific_whatever_the_order),
        cmocka_unit_test(route_table_methods_of_one_path_are_told_together),
        cmocka_unit_test(route_table_refuses_a_path_that_cannot_be_decoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
