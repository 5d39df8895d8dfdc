/* SPDX-License-Identifier: MIT */
#include "common/str.h"

#include <errno.h>

#include "tests/support/unit.h"

static void str_of_nothing_is_empty(void **state)
{
    (void)state;

    assert_int_equal(str_of(NULL).length, 0);
    assert_int_equal(str_of("").length, 0);
    assert_int_equal(str_of("abc").length, 3);
}

static void str_equality_counts_every_byte(void **state)
{
    (void)state;

    assert_true(str_equal(STR("a\0b"), STR("a\0b")));
    assert_false(str_equal(STR("a\0b"), STR("a\0c")));
    assert_false(str_equal(STR("a"), STR("A")));
    assert_false(str_equal(STR("a"), STR("ab")));
    assert_true(str_equal(STR(""), (struct str){ NULL, 0 }));
}

static void str_equality_can_ignore_case(void **state)
{
    (void)state;

    assert_true(str_equal_ignoring_case(STR("Content-Length"), STR("content-LENGTH")));
    assert_false(str_equal_ignoring_case(STR("Content-Length"), STR("content_length")));
    assert_false(str_equal_ignoring_case(STR("a"), STR("ab")));
    assert_false(str_equal_ignoring_case(STR("["), STR("{")));
}

static void str_starts_with_its_prefix_only(void **state)
{
    (void)state;

    assert_true(str_starts_with(STR("/task1"), STR("/")));
    assert_true(str_starts_with(STR("/"), STR("/")));
    assert_true(str_starts_with(STR("x"), STR("")));
    assert_false(str_starts_with(STR(""), STR("/")));
    assert_false(str_starts_with(STR("task1"), STR("/")));
}

static void str_find_says_the_length_when_there_is_none(void **state)
{
    (void)state;

    assert_int_equal(str_find(STR("a?b?c"), '?'), 1);
    assert_int_equal(str_find(STR("abc"), '?'), 3);
    assert_int_equal(str_find(STR(""), '?'), 0);
    assert_int_equal(str_find((struct str){ NULL, 0 }, '?'), 0);
}

static void str_from_stops_at_the_end(void **state)
{
    (void)state;

    assert_text(str_from(STR("abc"), 1), "bc");
    assert_text(str_from(STR("abc"), 3), "");
    assert_text(str_from(STR("abc"), 99), "");
}

static void str_split_walks_a_list(void **state)
{
    struct str rest = STR("a,,bc");
    (void)state;

    assert_text(str_split(&rest, ','), "a");
    assert_text(str_split(&rest, ','), "");
    assert_text(str_split(&rest, ','), "bc");
    assert_int_equal(rest.length, 0);
    assert_text(str_split(&rest, ','), "");
}

static void str_trim_takes_blanks_and_tabs_from_both_ends(void **state)
{
    (void)state;

    assert_text(str_trim(STR(" \ta b\t ")), "a b");
    assert_text(str_trim(STR(" \t ")), "");
    assert_text(str_trim(STR("\na\n")), "\na\n");
}

static void str_visible_is_ascii_without_blanks(void **state)
{
    (void)state;

    assert_true(str_is_visible(STR("!~")));
    assert_true(str_is_visible(STR("")));
    assert_false(str_is_visible(STR("a b")));
    assert_false(str_is_visible(STR("\x1f")));
    assert_false(str_is_visible(STR("\x7f")));
    assert_false(str_is_visible(STR("\x80")));
    assert_false(str_is_visible(STR("\xff")));
    assert_false(str_is_visible(STR("a\0")));
}

static void str_utf8_length_follows_rfc_3629(void **state)
{
    const struct {
        const char *name;
        struct str text;
        size_t length;
    } cases[] = {
        { "nothing", { "", 0 }, 0 },
        { "ASCII", STR("a\xc3"), 1 },
        { "NUL", STR("\0"), 1 },
        { "two bytes", STR("\xc2\x80"), 2 },
        { "three bytes", STR("\xe0\xa0\x80"), 3 },
        { "before the surrogates", STR("\xed\x9f\xbf"), 3 },
        { "last of three bytes", STR("\xef\xbf\xbf"), 3 },
        { "four bytes", STR("\xf0\x90\x80\x80"), 4 },
        { "the greatest", STR("\xf4\x8f\xbf\xbf"), 4 },
        { "a byte of the middle", STR("\x80"), 0 },
        { "overlong, two bytes", STR("\xc1\xbf"), 0 },
        { "overlong, three bytes", STR("\xe0\x9f\xbf"), 0 },
        { "overlong, four bytes", STR("\xf0\x8f\xbf\xbf"), 0 },
        { "a surrogate", STR("\xed\xa0\x80"), 0 },
        { "too great", STR("\xf4\x90\x80\x80"), 0 },
        { "far too great", STR("\xf5\x80\x80\x80"), 0 },
        { "never a byte", STR("\xff\x80"), 0 },
        { "cut off", STR("\xe2\x82"), 0 },
        { "broken off", STR("\xe2\x82x"), 0 },
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        assert_case(cases[i].name, str_utf8_length(cases[i].text) == cases[i].length);
    }
}

static void str_printable_length_knows_what_a_terminal_must_not_be_shown(void **state)
{
    const struct {
        const char *name;
        struct str text;
        size_t length;
    } cases[] = {
        { "nothing", { "", 0 }, 0 },
        { "ASCII", STR("a\x1b"), 1 },
        { "the least of ASCII", STR(" "), 1 },
        { "the greatest of ASCII", STR("~"), 1 },
        { "NUL", STR("\0"), 0 },
        { "ESC", STR("\x1b"), 0 },
        { "the greatest control byte", STR("\x1f"), 0 },
        { "DEL", STR("\x7f"), 0 },
        { "the first of C1", STR("\xc2\x80"), 0 },
        { "the last of C1", STR("\xc2\x9f"), 0 },
        { "behind C1", STR("\xc2\xa0"), 2 },
        { "a letter of two bytes", STR("\xc3\xa9"), 2 },
        { "the mark of Arabic letters", STR("\xd8\x9c"), 0 },
        { "before it", STR("\xd8\x9b"), 2 },
        { "before the marks of direction", STR("\xe2\x80\x8d"), 3 },
        { "left to right", STR("\xe2\x80\x8e"), 0 },
        { "right to left", STR("\xe2\x80\x8f"), 0 },
        { "behind them", STR("\xe2\x80\x90"), 3 },
        { "before the separators", STR("\xe2\x80\xa7"), 3 },
        { "a line separator", STR("\xe2\x80\xa8"), 0 },
        { "a paragraph separator", STR("\xe2\x80\xa9"), 0 },
        { "an override", STR("\xe2\x80\xae\xe2\x80\xac"), 0 },
        { "behind the overrides", STR("\xe2\x80\xaf"), 3 },
        { "before the isolates", STR("\xe2\x81\xa5"), 3 },
        { "the first isolate", STR("\xe2\x81\xa6\xe2\x81\xa9"), 0 },
        { "the last isolate", STR("\xe2\x81\xa9"), 0 },
        { "behind the isolates", STR("\xe2\x81\xaa"), 3 },
        { "four bytes", STR("\xf0\x9f\x98\x80"), 4 },
        { "no UTF-8", STR("\x9b"), 0 },
        { "overlong ESC", STR("\xc0\x9b"), 0 },
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        assert_case(cases[i].name, str_printable_length(cases[i].text) == cases[i].length);
    }
}

static void str_code_point_is_what_the_bytes_say(void **state)
{
    (void)state;
    assert_int_equal(str_code_point(STR("\x7f")), 0x7f);
    assert_int_equal(str_code_point(STR("\xc2\x80")), 0x80);
    assert_int_equal(str_code_point(STR("\xe2\x82\xac")), 0x20ac);
    assert_int_equal(str_code_point(STR("\xf4\x8f\xbf\xbf")), 0x10ffff);
}

static void str_to_number_reads_up_to_its_maximum(void **state)
{
    uint64_t number = 0;
    (void)state;

    assert_int_equal(str_to_number(STR("0"), 0, &number), 0);
    assert_int_equal(number, 0);
    assert_int_equal(str_to_number(STR("65535"), 65535, &number), 0);
    assert_int_equal(number, 65535);
    assert_int_equal(str_to_number(STR("18446744073709551615"), UINT64_MAX, &number), 0);
    assert_true(number == UINT64_MAX);
}

static void str_to_number_refuses_the_rest(void **state)
{
    const struct {
        const char *name;
        uint64_t maximum;
        int result;
    } cases[] = {
        { "", 9, -EINVAL },
        { "-1", 9, -EINVAL },
        { "+1", 9, -EINVAL },
        { " 1", 9, -EINVAL },
        { "1 ", 9, -EINVAL },
        { "0x1", 9, -EINVAL },
        { "1.0", 9, -EINVAL },
        { "10", 9, -ERANGE },
        { "18446744073709551616", UINT64_MAX, -ERANGE },
        { "99999999999999999999999999", UINT64_MAX, -ERANGE },
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        uint64_t number = 77;

        int result = str_to_number(str_of(cases[i].name), cases[i].maximum, &number);

        assert_case(cases[i].name, result == cases[i].result && number == 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str_of_nothing_is_empty),
        cmocka_unit_test(str_equality_counts_every_byte),
        cmocka_unit_test(str_equality_can_ignore_case),
        cmocka_unit_test(str_starts_with_its_prefix_only),
        cmocka_unit_test(str_find_says_the_length_when_there_is_none),
        cmocka_unit_test(str_from_stops_at_the_end),
        cmocka_unit_test(str_split_walks_a_list),
        cmocka_unit_test(str_trim_takes_blanks_and_tabs_from_both_ends),
        cmocka_unit_test(str_visible_is_ascii_without_blanks),
        cmocka_unit_test(str_utf8_length_follows_rfc_3629),
        cmocka_unit_test(str_printable_length_knows_what_a_terminal_must_not_be_shown),
        cmocka_unit_test(str_code_point_is_what_the_bytes_say),
        cmocka_unit_test(str_to_number_reads_up_to_its_maximum),
        cmocka_unit_test(str_to_number_refuses_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
