/* SPDX-License-Identifier: MIT */
#include "gateway/route.h"

#include "tests/support/unit.h"

struct row {
    const char *method;
    const char *target;
    enum route_kind kind;
    const char *name;
    const char *path;
    const char *query;
    const char *allow;
    bool is_options;
};

#define GET_ONLY "GET, HEAD, OPTIONS"
#define AND_POST "GET, HEAD, POST, OPTIONS"

static const struct row rows[] = {
    { "GET", "/hello", ROUTE_HELLO, "/hello", "/hello", "", NULL, false },
    { "HEAD", "/hello?x=1", ROUTE_HELLO, "/hello", "/hello", "x=1", NULL, false },
    { "OPTIONS", "/hello", ROUTE_HELLO, "/hello", "/hello", "", GET_ONLY, true },
    { "POST", "/hello", ROUTE_HELLO, "/hello", "/hello", "", GET_ONLY, false },
    { "GET", "/task1", ROUTE_TASK, "/{task}", "/task1", "", NULL, false },
    { "HEAD", "/task1", ROUTE_TASK, "/{task}", "/task1", "", NULL, false },
    { "GET", "/task1?delay=1s&x", ROUTE_TASK, "/{task}", "/task1", "delay=1s&x", NULL, false },
    { "GET", "/task1?a?b", ROUTE_TASK, "/{task}", "/task1", "a?b", NULL, false },
    { "GET", "/task1?next=/a/b", ROUTE_TASK, "/{task}", "/task1", "next=/a/b", NULL, false },
    { "GET", "/task1?", ROUTE_TASK, "/{task}", "/task1", "", NULL, false },
    { "GET", "/_no%20name", ROUTE_TASK, "/{task}", "/_no%20name", "", NULL, false },
    { "GET", "/hellothere", ROUTE_TASK, "/{task}", "/hellothere", "", NULL, false },
    { "GET", "/Hello", ROUTE_TASK, "/{task}", "/Hello", "", NULL, false },
    { "DELETE", "/task1", ROUTE_TASK, "/{task}", "/task1", "", GET_ONLY, false },
    { "OPTIONS", "/task1", ROUTE_TASK, "/{task}", "/task1", "", GET_ONLY, true },
    { "get", "/task1", ROUTE_TASK, "/{task}", "/task1", "", GET_ONLY, false },
    { "GET", "/fanout?n=3", ROUTE_FANOUT, "/fanout", "/fanout", "n=3", NULL, false },
    { "HEAD", "/fanout?n=3", ROUTE_FANOUT, "/fanout", "/fanout", "n=3", NULL, false },
    { "POST", "/fanout", ROUTE_FANOUT_POST, "/fanout", "/fanout", "", NULL, false },
    { "PUT", "/fanout", ROUTE_FANOUT, "/fanout", "/fanout", "", AND_POST, false },
    { "OPTIONS", "/fanout", ROUTE_FANOUT, "/fanout", "/fanout", "", AND_POST, true },
    { "GET", "/", ROUTE_NONE, "", "/", "", NULL, false },
    { "GET", "", ROUTE_NONE, "", "", "", NULL, false },
    { "GET", "task1", ROUTE_NONE, "", "task1", "", NULL, false },
    { "GET", "?n=3", ROUTE_NONE, "", "", "n=3", NULL, false },
    { "GET", "//", ROUTE_NONE, "", "//", "", NULL, false },
    { "GET", "//a", ROUTE_NONE, "", "//a", "", NULL, false },
    { "GET", "/a/", ROUTE_NONE, "", "/a/", "", NULL, false },
    { "GET", "/a/b", ROUTE_NONE, "", "/a/b", "", NULL, false },
    { "GET", "/hello/", ROUTE_NONE, "", "/hello/", "", NULL, false },
    { "GET", "/fanout/x", ROUTE_NONE, "", "/fanout/x", "", NULL, false },
    { "POST", "/a/b", ROUTE_NONE, "", "/a/b", "", NULL, false },
    { "OPTIONS", "*", ROUTE_NONE, "", "*", "", NULL, false },
    { "OPTIONS", "/a/b", ROUTE_NONE, "", "/a/b", "", NULL, false },
};

static bool is_as_expected(const struct route_match *match, const struct row *row)
{
    bool has_allow = row->allow == NULL ? match->allow == NULL : match->allow != NULL;

    return match->kind == row->kind && str_equal(str_of(match->name), str_of(row->name)) && has_allow &&
           str_equal(match->path, str_of(row->path)) && str_equal(match->query, str_of(row->query)) &&
           str_equal(str_of(match->allow), str_of(row->allow)) && match->is_options == row->is_options;
}

static void route_matches_method_and_path(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        struct route_match match = route_match(str_of(rows[i].method), str_of(rows[i].target));

        if (!is_as_expected(&match, &rows[i])) {
            fail_msg("%s %s: kind %d, name %s, path %.*s, query %.*s, allow %s", rows[i].method, rows[i].target,
                     (int)match.kind, match.name, STR_ARGUMENTS(match.path), STR_ARGUMENTS(match.query),
                     match.allow != NULL ? match.allow : "-");
        }
    }
}

struct word_row {
    const char *target;
    const char *word;
};

static const struct word_row word_rows[] = {
    { "/task1", "task1" },
    { "/task1?delay=1s", "task1" },
    { "/dashboard/7", "dashboard/7" },
    { "/", "" },
    { "//a", "/a" },
    { "*", "*" },
    { "/a%20b?x=/y", "a%20b" },
    { "", "" },
    { "/?x", "" },
};

static void route_log_word_is_the_path_without_slash_and_query(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(word_rows); i++) {
        struct str word = route_log_word(str_of(word_rows[i].target));

        assert_int_equal(word.length, str_of(word_rows[i].word).length);
        assert_memory_equal(word.base, word_rows[i].word, word.length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(route_matches_method_and_path),
        cmocka_unit_test(route_log_word_is_the_path_without_slash_and_query),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
