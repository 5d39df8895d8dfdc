/* SPDX-License-Identifier: MIT */
#include "gateway/http_response_line.h"

#include "common/http_syntax.h"
#include "tests/support/unit.h"

struct line_case {
    const char *name;
    struct str line; /* with its line break */
    bool is_good;
};

static struct str text_of(struct str line)
{
    return (struct str){ line.base, line.length - 2 };
}

/* ---- status lines ---- */

static const struct line_case status_cases[] = {
    { "usual", STR_STATIC("HTTP/1.1 200 OK\r\n"), true },
    { "HTTP/1.0", STR_STATIC("HTTP/1.0 200 OK\r\n"), true },
    { "no reason", STR_STATIC("HTTP/1.1 200 \r\n"), true },
    { "no blank", STR_STATIC("HTTP/1.1 200\r\n"), true },
    { "any digits", STR_STATIC("HTTP/1.1 999\r\n"), true },
    { "a tab in the reason", STR_STATIC("HTTP/1.1 200 O\tK\r\n"), true },
    { "another version", STR_STATIC("HTTP/1.2 200 OK\r\n"), false },
    { "two digits", STR_STATIC("HTTP/1.1 20\r\n"), false },
    { "two digits and a reason", STR_STATIC("HTTP/1.1 20 OK\r\n"), false },
    { "a letter", STR_STATIC("HTTP/1.1 2O0 OK\r\n"), false },
    { "a byte behind the digits", STR_STATIC("HTTP/1.1 200-OK\r\n"), false },
    { "a control byte", STR_STATIC("HTTP/1.1 200 O\x01K\r\n"), false },
    { "a version alone", STR_STATIC("HTTP/1.1 \r\n"), false },
    { "nothing", STR_STATIC("\r\n"), false },
};

static void a_status_line_has_a_version_and_three_digits(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(status_cases); i++) {
        const struct line_case *row = &status_cases[i];
        assert_case(row->name, http_response_line_is_status(text_of(row->line)) == row->is_good);
    }
}

static void what_a_status_line_begins_with_can_become_one(void **state)
{
    struct str line = STR("HTTP/1.1 200 OK");
    (void)state;

    for (size_t length = 0; length <= line.length; length++) {
        assert_true(http_response_line_begins_status((struct str){ line.base, length }));
    }
    for (size_t length = 1; length <= strlen("HTTP/1.1 "); length++) {
        char front[16];
        memcpy(front, line.base, length);
        front[length - 1] = '?';
        assert_false(http_response_line_begins_status((struct str){ front, length }));
    }
}

static void a_status_line_tells_its_version(void **state)
{
    (void)state;

    assert_true(http_response_line_is_http_1_0(STR("HTTP/1.0 200 OK")));
    assert_false(http_response_line_is_http_1_0(STR("HTTP/1.1 200 OK")));
}

/* ---- fields ---- */

static const struct line_case field_cases[] = {
    { "usual", STR_STATIC("Name: value\r\n"), true },
    { "no value", STR_STATIC("Name:\r\n"), true },
    { "no blank", STR_STATIC("N:v\r\n"), true },
    { "two colons", STR_STATIC("N::v\r\n"), true },
    { "no name", STR_STATIC(": value\r\n"), false },
    { "no colon", STR_STATIC("Name\r\n"), false },
    { "a blank before the colon", STR_STATIC("Name : value\r\n"), false },
    { "a blank in front", STR_STATIC(" Name: value\r\n"), false },
    { "nothing", STR_STATIC("\r\n"), false },
};

static void a_field_has_a_name_with_a_colon_right_behind_it(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(field_cases); i++) {
        const struct line_case *row = &field_cases[i];
        size_t name_length = 99;
        assert_case(row->name, http_response_line_is_field(text_of(row->line), &name_length) == row->is_good);
        assert_case(row->name, name_length == (row->is_good ? str_find(row->line, ':') : 99));
    }
}

/* Each byte there is, at each place. */
static void a_name_is_a_token_and_a_value_has_no_control_byte(void **state)
{
    static const char pattern[] = "Names-Of-Fields: 0123456789 0123456789\r\n";
    struct str text = { pattern, sizeof pattern - 3 };
    size_t colon = str_find(text, ':');
    (void)state;

    for (size_t place = 0; place < text.length; place++) {
        for (int byte = 0; byte <= 0xff; byte++) {
            char line[sizeof pattern];
            size_t name_length = 0;
            memcpy(line, pattern, sizeof pattern);
            line[place] = (char)byte;
            struct str one = { &line[place], 1 };
            bool is_token = http_is_token(one) || (byte == ':' && place > 0);
            bool is_good = place < colon ? is_token : place == colon ? byte == ':' : http_is_field_value(one);
            if (http_response_line_is_field((struct str){ line, text.length }, &name_length) != is_good) {
                fail_msg("byte 0x%02x at %zu", (unsigned)byte, place);
            }
        }
    }
}

/* So that no byte is left out, whatever the length. */
static void a_control_byte_is_found_in_a_line_of_any_length(void **state)
{
    (void)state;

    for (size_t length = 3; length < 40; length++) {
        char line[64] = "N:";
        size_t name_length = 0;
        memset(line + 2, 'v', length - 2);
        memcpy(line + length, "\r\n", 2);
        assert_true(http_response_line_is_field((struct str){ line, length }, &name_length));
        for (size_t place = 2; place < length; place++) {
            line[place] = '\0';
            assert_false(http_response_line_is_field((struct str){ line, length }, &name_length));
            line[place] = '\t';
            assert_true(http_response_line_is_field((struct str){ line, length }, &name_length));
            line[place] = 'v';
        }
    }
}

/* ---- chunks ---- */

static const struct line_case chunk_cases[] = {
    { "a digit", STR_STATIC("0\r\n"), true },
    { "letters in any case", STR_STATIC("aF09\r\n"), true },
    { "16 digits", STR_STATIC("0123456789abcdef\r\n"), true },
    { "blanks behind them", STR_STATIC("1 \t \r\n"), true },
    { "an extension", STR_STATIC("1;a=b\r\n"), true },
    { "an extension with blanks around it", STR_STATIC("1 ; a = \"b\" \r\n"), true },
    { "17 digits", STR_STATIC("00123456789abcdef\r\n"), false },
    { "no digit", STR_STATIC(";a=b\r\n"), false },
    { "nothing", STR_STATIC("\r\n"), false },
    { "a blank in front", STR_STATIC(" 1\r\n"), false },
    { "a letter beyond f", STR_STATIC("1g\r\n"), false },
    { "a word behind a blank", STR_STATIC("1 a\r\n"), false },
    { "a control byte in an extension", STR_STATIC("1;a\x01\r\n"), false },
    { "a control byte in a long extension", STR_STATIC("1;0123456789\x01\r\n"), false },
};

static void a_chunk_size_is_hexadecimal_with_extensions_or_without(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(chunk_cases); i++) {
        const struct line_case *row = &chunk_cases[i];
        assert_case(row->name, http_response_line_is_chunk(text_of(row->line)) == row->is_good);
    }
}

static void what_begins_with_a_digit_can_become_a_chunk_size(void **state)
{
    (void)state;

    assert_true(http_response_line_begins_chunk(STR("")));
    assert_true(http_response_line_begins_chunk(STR("F")));
    assert_false(http_response_line_begins_chunk(STR("g")));
    assert_false(http_response_line_begins_chunk(STR("\r")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_line_has_a_version_and_three_digits),
        cmocka_unit_test(what_a_status_line_begins_with_can_become_one),
        cmocka_unit_test(a_status_line_tells_its_version),
        cmocka_unit_test(a_field_has_a_name_with_a_colon_right_behind_it),
        cmocka_unit_test(a_name_is_a_token_and_a_value_has_no_control_byte),
        cmocka_unit_test(a_control_byte_is_found_in_a_line_of_any_length),
        cmocka_unit_test(a_chunk_size_is_hexadecimal_with_extensions_or_without),
        cmocka_unit_test(what_begins_with_a_digit_can_become_a_chunk_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
