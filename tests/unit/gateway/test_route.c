/* SPDX-License-Identifier: MIT */
#include "gateway/route.h"

#include "common/buf.h"

#include "tests/support/unit.h"

enum { ARENA_BYTES = 64 * 1024 };

static int parse(struct arena *arena, const char *path, struct route *route, struct error *error, size_t *offset)
{
    *route = (struct route){ .path = NULL };
    return route_parse_path(arena, str_of(path), route, offset, error);
}

/* "a|{id}|" */
static struct str describe(const struct route *route, struct buf *text)
{
    for (size_t i = 0; i < route->segment_count; i++) {
        const struct route_segment *segment = &route->segments[i];
        (void)buf_add_format(text, segment->is_capture ? "%s{%.*s}" : "%s%.*s", i > 0 ? "|" : "",
                             STR_ARGUMENTS(segment->text));
    }
    return buf_view(text);
}

static const struct {
    const char *path;
    const char *segments;
} good_rows[] = {
    { "/", "" },
    { "/hello", "hello" },
    { "/{task}", "{task}" },
    { "/a/{x}/b/{y-1}", "a|{x}|b|{y-1}" },
    { "/a/", "a|" },
    { "/a%20b/%7Bx%7D", "a b|{x}" },
    { "/a.b/~c/...", "a.b|~c|..." },
};

static void route_path_is_cut_into_segments(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(good_rows); i++) {
        struct arena arena;
        struct route route;
        struct error error = { { '\0' } };
        size_t offset = 0;
        cleanup_buf struct buf text;
        arena_init(&arena, ARENA_BYTES);
        buf_init(&text, ARENA_BYTES);

        int result = parse(&arena, good_rows[i].path, &route, &error, &offset);

        assert_case(good_rows[i].path, result == 0);
        assert_text(describe(&route, &text), good_rows[i].segments);
        assert_string_equal(route.path, good_rows[i].path);
        arena_clear(&arena);
    }
}

static const struct {
    const char *path;
    size_t offset;
    const char *sentence;
} bad_rows[] = {
    { "", 0, "a path must begin with \"/\"" },
    { "hello", 0, "a path must begin with \"/\"" },
    { "/a?b", 2, "a route's path has no query and no fragment" },
    { "/a#b", 2, "a route's path has no query and no fragment" },
    { "/a b", 2, "a path must be visible ASCII; other bytes are written as %HH" },
    { "/\xc3\xa9", 1, "a path must be visible ASCII; other bytes are written as %HH" },
    { "/a/%zz", 3, "\"%\" needs two hexadecimal digits behind it" },
    { "/a/../b", 3, "no segment may be \".\" or \"..\"" },
    { "/%2e", 1, "no segment may be \".\" or \"..\"" },
    { "/a/{}", 3, "the name in {} must be 1 to 64 of A-Z, a-z, 0-9, \"_\" and \"-\"" },
    { "/a/{a.b}", 3, "the name in {} must be 1 to 64 of A-Z, a-z, 0-9, \"_\" and \"-\"" },
    { "/a/{x}/{x}", 7, "the name {x} stands twice" },
    { "/{each}", 1, "the names each and query have a meaning of their own in references" },
    { "/a/b{x}", 3, "a reference must be a whole segment, as in /users/{id}" },
    { "/a/{x", 3, "a reference must be a whole segment, as in /users/{id}" },
    { "/a/x}", 3, "a reference must be a whole segment, as in /users/{id}" },
    { "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x", 0, "a path has at most 32 segments" },
};

static void route_path_that_is_wrong_is_refused_with_the_place(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(bad_rows); i++) {
        struct arena arena;
        struct route route;
        struct error error = { { '\0' } };
        size_t offset = 0;
        arena_init(&arena, ARENA_BYTES);

        int result = parse(&arena, bad_rows[i].path, &route, &error, &offset);

        assert_case(bad_rows[i].path, result == -1);
        assert_string_equal(error.text, bad_rows[i].sentence);
        assert_int_equal(offset, bad_rows[i].offset);
        arena_clear(&arena);
    }
}

static const struct {
    const char *route;
    unsigned methods;
    const char *by;
    unsigned by_methods;
    bool is_shadowed;
} shadow_rows[] = {
    { "/a", ROUTE_GET, "/a", ROUTE_GET, true },
    { "/a", ROUTE_GET, "/a", ROUTE_POST, false },
    { "/a", ROUTE_GET | ROUTE_POST, "/a", ROUTE_POST, true },
    { "/{x}/b", ROUTE_GET, "/{y}/b", ROUTE_GET, true },
    { "/{x}/b", ROUTE_GET, "/a/b", ROUTE_GET, false },
    { "/a/b", ROUTE_GET, "/{x}/b", ROUTE_GET, false },
    { "/a", ROUTE_GET, "/a/", ROUTE_GET, false },
    { "/%61", ROUTE_GET, "/a", ROUTE_GET, true },
};

static void route_is_shadowed_by_one_that_matches_the_same(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(shadow_rows); i++) {
        struct arena arena;
        struct route route;
        struct route by;
        struct error error;
        size_t offset = 0;
        arena_init(&arena, ARENA_BYTES);
        assert_int_equal(parse(&arena, shadow_rows[i].route, &route, &error, &offset), 0);
        assert_int_equal(parse(&arena, shadow_rows[i].by, &by, &error, &offset), 0);
        route.methods = shadow_rows[i].methods;
        by.methods = shadow_rows[i].by_methods;

        assert_case(shadow_rows[i].route, route_is_shadowed(&route, &by) == shadow_rows[i].is_shadowed);
        arena_clear(&arena);
    }
}

static void route_knows_seven_methods_and_no_other(void **state)
{
    (void)state;

    assert_int_equal(route_method(STR("GET")), ROUTE_GET);
    assert_int_equal(route_method(STR("DELETE")), ROUTE_DELETE);
    assert_int_equal(route_method(STR("OPTIONS")), ROUTE_OPTIONS);
    assert_int_equal(route_method(STR("get")), 0);
    assert_int_equal(route_method(STR("CONNECT")), 0);
    assert_int_equal(route_method(STR("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(route_path_is_cut_into_segments),
        cmocka_unit_test(route_path_that_is_wrong_is_refused_with_the_place),
        cmocka_unit_test(route_is_shadowed_by_one_that_matches_the_same),
        cmocka_unit_test(route_knows_seven_methods_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
