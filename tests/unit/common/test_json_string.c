/* SPDX-License-Identifier: MIT */
#include "common/json_scan.h"
#include "common/json_view.h"

#include "tests/support/unit.h"

static const struct {
    struct str string;
    struct str text;
} strings[] = {
    { STR_STATIC("\"\""), STR_STATIC("") },
    { STR_STATIC("\"abc\""), STR_STATIC("abc") },
    { STR_STATIC("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), STR_STATIC("\"\\/\b\f\n\r\t") },
    { STR_STATIC("\"a\\u0041\\u00e9\\u20AC z\""), STR_STATIC("aA\xc3\xa9\xe2\x82\xac z") },
    { STR_STATIC("\"\\u0000\\u007f\\u0080\\u07ff\\u0800\\uffff\""),
      STR_STATIC("\0\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf") },
    { STR_STATIC("\"\\ud83d\\ude00\\uDBFF\\uDFFF\\ud800\\udc00\""),
      STR_STATIC("\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xf0\x90\x80\x80") },
    { STR_STATIC("\"\\ud83d\""), STR_STATIC("\xef\xbf\xbd") },
    { STR_STATIC("\"\\ude00\\ud83d\""), STR_STATIC("\xef\xbf\xbd\xef\xbf\xbd") },
    { STR_STATIC("\"\\ude00\\ude00\""), STR_STATIC("\xef\xbf\xbd\xef\xbf\xbd") },
    { STR_STATIC("\"\\ud83d\\u0041\""), STR_STATIC("\xef\xbf\xbd"
                                                   "A") },
    { STR_STATIC("\"\\ud83d\\ud83d\\ude00\""), STR_STATIC("\xef\xbf\xbd\xf0\x9f\x98\x80") },
    { STR_STATIC("\"\\ud83dx\\n\""), STR_STATIC("\xef\xbf\xbdx\n") },
    { STR_STATIC("\"\xc3\xa9\\\\u0041\""), STR_STATIC("\xc3\xa9\\u0041") },
};

static void json_string_reads_the_escapes_of_a_string(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(strings); i++) {
        cleanup_buf struct buf text;
        buf_init(&text, 64);
        assert_case(strings[i].string.base, json_scan_check(strings[i].string, 1, NULL) == 0);
        (void)buf_add_byte(&text, '>');

        assert_case(strings[i].string.base, json_add_text(strings[i].string, &text) == 0);

        assert_case(strings[i].string.base, str_equal(str_from(buf_view(&text), 1), strings[i].text));
    }
}

static void json_string_compares_a_string_by_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(strings); i++) {
        for (size_t j = 0; j < array_length(strings); j++) {
            bool is_equal = json_string_equal(strings[i].string, strings[j].text);

            assert_case(strings[i].string.base, is_equal == str_equal(strings[i].text, strings[j].text));
        }
    }
    assert_false(json_string_equal(STR("\"abc\""), STR("ab")));
    assert_false(json_string_equal(STR("\"ab\""), STR("abc")));
    assert_false(json_string_equal(STR("\"\\u0061b\""), STR("abc")));
}

static void json_string_adds_all_of_a_text_or_nothing(void **state)
{
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, 5);
    (void)buf_add_text(&text, ">");

    assert_true(json_add_text(STR("\"abc\\nd\""), &text) < 0);
    assert_text(buf_view(&text), ">");

    assert_int_equal(json_add_text(STR("\"abc\\n\""), &text), 0);
    assert_text(buf_view(&text), ">abc\n");
}

static void json_string_measures_the_string_at_the_front(void **state)
{
    (void)state;

    assert_int_equal(json_string_length(STR("\"ab\" , \"c\"")), 4);
    assert_int_equal(json_string_length(STR("\"\\\"\"x")), 4);
    assert_int_equal(json_string_length(STR("\"\\\\\"\"")), 4);
    assert_int_equal(json_string_length(STR("\"ab")), 3);
    assert_int_equal(json_string_length(STR("\"ab\\\"")), 5);
    assert_int_equal(json_string_length(STR("\"ab\\")), 4);
    assert_int_equal(json_string_length(STR("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_string_reads_the_escapes_of_a_string),
        cmocka_unit_test(json_string_compares_a_string_by_what_it_says),
        cmocka_unit_test(json_string_adds_all_of_a_text_or_nothing),
        cmocka_unit_test(json_string_measures_the_string_at_the_front),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
