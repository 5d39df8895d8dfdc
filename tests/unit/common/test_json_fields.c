/* SPDX-License-Identifier: MIT */
#include "common/json_fields.h"

#include <stdlib.h>

#include "common/json_scan.h"
#include "common/json_view.h"
#include "tests/support/unit.h"

enum { FIELDS_MAXIMUM = 64, LONG_NAME_BYTES = 3000 };

/* What each of them is by itself is what it has to be with the others, byte for byte in its place. */
static void assert_agrees(struct str body, const struct str *given, size_t count)
{
    struct str paths[FIELDS_MAXIMUM];
    struct json_field fields[FIELDS_MAXIMUM];

    assert_int_equal(json_scan_check(body, JSON_SCAN_DEPTH, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        paths[i] = given[i];
    }
    json_paths_sort(paths, count);
    for (size_t i = 0; i < count; i++) {
        fields[i] = (struct json_field){ .path = paths[i] };
    }

    json_fields_find(body, fields, count);

    for (size_t i = 0; i < count; i++) {
        struct str alone = json_find(body, paths[i]);
        if (fields[i].value.base != alone.base || fields[i].value.length != alone.length) {
            fail_msg("%.*s in %.*s", STR_ARGUMENTS(paths[i]), STR_ARGUMENTS(body));
        }
    }
}

static const struct str paths[] = {
    STR_STATIC(""),        STR_STATIC("a"),     STR_STATIC("a.b"),   STR_STATIC("a.b.c"),       STR_STATIC("a.c"),
    STR_STATIC("ab"),      STR_STATIC("a-b"),   STR_STATIC("b"),     STR_STATIC("b.0"),         STR_STATIC("b.1"),
    STR_STATIC("b.10"),    STR_STATIC("b.2.a"), STR_STATIC("b.01"),  STR_STATIC("b.2.a.0"),     STR_STATIC("0"),
    STR_STATIC("0.a"),     STR_STATIC("11"),    STR_STATIC("last"),  STR_STATIC("h\xc3\xb6rt"), STR_STATIC("a.b"),
    STR_STATIC("b.0.0.0"), STR_STATIC("a\"b"),  STR_STATIC("zz.zz"), STR_STATIC("last.x"),      STR_STATIC("b.-1"),
};

/* With no other between them, whose way is shorter. */
static void assert_pairs_agree(struct str body, size_t first)
{
    for (size_t i = 0; i < array_length(paths); i++) {
        const struct str pair[] = { paths[first], paths[i] };
        assert_agrees(body, pair, i == first ? 1 : 2);
    }
}

static void fields_found_together_are_those_found_alone(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "[]",
        " 1 ",
        "null",
        "\"a\"",
        " {\"a\":1} ",
        "{\"last\":1,\"a\":{\"b\":{\"c\":[1]},\"c\":2},\"b\":[[[7]],1,{\"a\":[8]}]}",
        "{\"a\":{\"c\":1},\"a\":{\"b\":2},\"ab\":3,\"a-b\":4}", /* the first of a name counts */
        "{\"\\u0061\":{\"\\u0062\":1},\"a\":2,\"h\\u00f6rt\":3,\"a\\\"b\":4,\"b\":\"\\\"\"}",
        "{\"h\xc3\xb6rt\":[1],\"b\":{\"0\":1,\"01\":2,\"10\":3},\"last\":{\"x\":[]}}",
        "[{\"a\":1},1,2,3,4,5,6,7,8,9,10,[11]]",
        "{\"b\":[0,1,2,3,4,5,6,7,8,9,{\"a\":10}],\"x\":{\"a\":{\"b\":1}}}",
        "{ \"a\" : [ ] , \"b\" : { } }",
        "{\"a\":\"{\\\"b\\\":1}\",\"zz\":{\"zz\":{}}}",
    };
    (void)state;

    for (size_t i = 0; i < array_length(bodies); i++) {
        assert_agrees(str_of(bodies[i]), paths, array_length(paths));
        for (size_t j = 0; j < array_length(paths); j++) {
            assert_agrees(str_of(bodies[i]), paths, j);
            assert_pairs_agree(str_of(bodies[i]), j);
        }
    }
}

static void no_field_is_no_work(void **state)
{
    (void)state;

    json_paths_sort(NULL, 0);
    json_fields_find(STR("{\"a\":1}"), NULL, 0);
}

/* As the member and as the path; with an escape it is read first. */
static void names_may_be_longer_than_what_is_read_of_them_at_once(void **state)
{
    char text[LONG_NAME_BYTES + 64];
    char *name = &text[sizeof "{\"\\u0061" - 1];
    (void)state;

    (void)snprintf(text, sizeof text, "{\"\\u0061%0*d\":[1,{\"b\":2}],\"b\":3}", LONG_NAME_BYTES, 0);
    char path[LONG_NAME_BYTES + 8];
    (void)snprintf(path, sizeof path, "a%.*s.1.b", LONG_NAME_BYTES, name);
    const struct str given[] = { str_of(path), STR("b"), { path, LONG_NAME_BYTES + 1 }, { path, LONG_NAME_BYTES } };

    assert_agrees(str_of(text), given, array_length(given));

    assert_text(json_find(str_of(text), given[0]), "2");
}

static void a_path_is_found_again_where_it_was_sorted_to(void **state)
{
    struct str sorted[] = { STR("b"), STR("a.b"), STR("a-b"), STR("a"), STR("") };
    (void)state;

    json_paths_sort(sorted, array_length(sorted));

    assert_text(sorted[0], "");
    assert_text(sorted[1], "a");
    assert_text(sorted[2], "a.b"); /* before "a-b": name by name, not byte by byte */
    assert_text(sorted[3], "a-b");
    assert_text(sorted[4], "b");
    for (size_t i = 0; i < array_length(sorted); i++) {
        assert_int_equal(json_paths_search(sorted, array_length(sorted), sorted[i]), i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_found_together_are_those_found_alone),
        cmocka_unit_test(no_field_is_no_work),
        cmocka_unit_test(names_may_be_longer_than_what_is_read_of_them_at_once),
        cmocka_unit_test(a_path_is_found_again_where_it_was_sorted_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
