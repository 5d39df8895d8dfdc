/* SPDX-License-Identifier: MIT */
#include "common/http_head.h"

#include "common/compiler.h"

#include "tests/support/unit.h"

static void http_head_finds_the_first_field_of_a_name_in_either_case(void **state)
{
    struct http_head head;
    (void)state;
    http_head_init(&head);

    http_head_add(&head, STR("Host"), STR("a"));
    http_head_add(&head, STR("x-request-id"), STR("one"));
    http_head_add(&head, STR("X-Request-ID"), STR("two"));

    assert_text(http_head_find(&head, STR("HOST")), "a");
    assert_text(http_head_find(&head, STR("X-Request-Id")), "one");
    assert_true(head.is_whole);
}

static void http_head_finds_no_field_that_is_not_there(void **state)
{
    const char *const names[] = { "", "Hos", "Hosts", "Hose", "X-Request-Ie", "traceparent" };
    struct http_head head;
    (void)state;
    http_head_init(&head);
    assert_null(http_head_find(&head, STR("Host")).base);

    http_head_add(&head, STR("Host"), STR("a"));
    http_head_add(&head, STR("X-Request-Id"), STR("one"));

    for (size_t i = 0; i < array_length(names); i++) {
        assert_null(http_head_find(&head, str_of(names[i])).base);
    }
}

static void http_head_tells_an_empty_value_from_none(void **state)
{
    struct http_head head;
    (void)state;
    http_head_init(&head);

    http_head_add(&head, STR("X-Empty"), STR(""));

    assert_non_null(http_head_find(&head, STR("x-empty")).base);
    assert_int_equal(http_head_find(&head, STR("x-empty")).length, 0);
}

static void http_head_finds_names_of_any_length(void **state)
{
    static const char text[200] = "";
    struct http_head head;
    (void)state;

    for (size_t length = 1; length < sizeof text; length++) {
        struct str name = { text, length };
        http_head_init(&head);
        http_head_add(&head, name, STR("v"));

        assert_text(http_head_find(&head, name), "v");
        assert_null(http_head_find(&head, (struct str){ text, length - 1 }).base);
    }
}

static void http_head_says_when_it_does_not_know_all(void **state)
{
    struct http_head head;
    (void)state;
    http_head_init(&head);

    for (int i = 0; i < HTTP_HEAD_FIELDS; i++) {
        http_head_add(&head, STR("Accept"), STR("x"));
        assert_true(head.is_whole);
    }
    http_head_add(&head, STR("Host"), STR("a"));

    assert_false(head.is_whole);
    assert_int_equal(head.count, HTTP_HEAD_FIELDS);
    assert_null(http_head_find(&head, STR("Host")).base);
    assert_text(http_head_find(&head, STR("Accept")), "x");
    http_head_init(&head);
    assert_true(head.is_whole);
    assert_null(http_head_find(&head, STR("Accept")).base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_head_finds_the_first_field_of_a_name_in_either_case),
        cmocka_unit_test(http_head_finds_no_field_that_is_not_there),
        cmocka_unit_test(http_head_tells_an_empty_value_from_none),
        cmocka_unit_test(http_head_finds_names_of_any_length),
        cmocka_unit_test(http_head_says_when_it_does_not_know_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
