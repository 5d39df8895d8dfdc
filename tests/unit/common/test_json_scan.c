/* SPDX-License-Identifier: MIT */
#include "common/json_scan.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/support/unit.h"

struct document {
    const char *name;
    struct str text;
};

static const struct document valid[] = {
    { "empty array", STR_STATIC("[]") },
    { "empty object", STR_STATIC("{}") },
    { "arrays in arrays", STR_STATIC("[[],[[]],[]]") },
    { "objects in arrays", STR_STATIC("[{},{\"a\":[{}]}]") },
    { "objects and arrays in turn at one level", STR_STATIC("[{},[1,2],{\"a\":1},[[3],{\"b\":[4,5]},[6,7]]]") },
    { "object", STR_STATIC("{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"e\"}}") },
    { "the same name twice", STR_STATIC("{\"a\":1,\"a\":2}") },
    { "an empty name", STR_STATIC("{\"\":0}") },
    { "an escaped name", STR_STATIC("{\"\\u0061\\n\":0}") },
    { "a lone string", STR_STATIC("\"task1\"") },
    { "a lone number", STR_STATIC("42") },
    { "a lone true", STR_STATIC("true") },
    { "a lone false", STR_STATIC("false") },
    { "a lone null", STR_STATIC("null") },
    { "white space of all kinds", STR_STATIC(" \t\r\n[ \t\r\n1 \t\r\n, 2 ] \t\r\n") },
    { "white space in an object", STR_STATIC("{ \"a\" : 1 , \"b\" : { } }\n") },
    { "zero", STR_STATIC("[0,-0]") },
    { "fractions", STR_STATIC("[0.0,1.10,-1.5,123.456]") },
    { "exponents", STR_STATIC("[1e1,1E1,1e+1,1E-1,0e0,0.1e2,-1.5e+300]") },
    { "a 64-bit number", STR_STATIC("9223372036854775807") },
    { "a number beyond any type", STR_STATIC("[123456789012345678901234567890123456789012345678901]") },
    { "an exponent beyond any type", STR_STATIC("[0.4e006699999999999999999999999999999999]") },
    { "every escape", STR_STATIC("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uABCD\"") },
    { "a surrogate pair", STR_STATIC("\"\\ud83d\\ude00\"") },
    { "UTF-8 of every length", STR_STATIC("\"\xc2\xa2\xe2\x82\xac\xf0\x9f\x98\x80\"") },
    { "a noncharacter", STR_STATIC("\"\xef\xbf\xbf\xf4\x8f\xbf\xbf\"") },
    { "U+2028 and U+2029", STR_STATIC("\"\xe2\x80\xa8\xe2\x80\xa9\"") },
    { "a delete byte", STR_STATIC("\"\x7f\"") },
    { "a slash", STR_STATIC("\"/\"") },
    { "comments as text", STR_STATIC("\"/* no */ // no\"") },
    { "special bytes at each place of eight",
      STR_STATIC("[\"\\n2345678\",\"1\\n\",\"12\\n\",\"123\\n\",\"1234\\n\",\"12345\\n\","
                 "\"123456\\n\",\"1234567\\n\",\"12345678\\n\",\"123456789abcdef\"]") },
};

/* RFC 8259 leaves these to the reader; they are grammar, and cJSON refuses them or stops at them. */
static const struct document valid_by_grammar_alone[] = {
    { "a lone high surrogate", STR_STATIC("\"\\ud800\"") },
    { "a lone low surrogate", STR_STATIC("\"\\udc00\"") },
    { "surrogates in the wrong order", STR_STATIC("\"\\ude00\\ud83d\"") },
    { "an escaped NUL", STR_STATIC("\"\\u0000\"") },
};

static const struct {
    const char *name;
    struct str text;
    size_t offset;
    const char *reason;
} invalid[] = {
    { "nothing", STR_STATIC(""), 0, "unexpected end" },
    { "white space only", STR_STATIC(" \n"), 2, "unexpected end" },
    { "a byte order mark", STR_STATIC("\xef\xbb\xbf{}"), 0, "byte order mark" },
    { "a byte order mark of UTF-16", STR_STATIC("\xff\xfe"), 0, "unexpected byte" },
    { "a NUL", STR_STATIC("\0"), 0, "unexpected byte" },
    { "a NUL behind", STR_STATIC("[]\0"), 2, "trailing bytes" },
    { "a NUL in an array", STR_STATIC("[1,\0]"), 3, "unexpected byte" },
    { "a NUL in a string", STR_STATIC("\"a\0b\""), 2, "control byte in a string" },
    { "a NUL in a long string", STR_STATIC("\"123456789\0bcdefghi\""), 10, "control byte in a string" },
    { "a NUL for a colon",
      STR_STATIC("{\"a\"\0"
                 "1}"),
      4, "a colon is due" },
    { "a NUL in an escape", STR_STATIC("\"\\\0\""), 2, "bad escape" },
    { "a NUL in a number", STR_STATIC("1\0"), 1, "trailing bytes" },
    { "an open array", STR_STATIC("["), 1, "unexpected end" },
    { "an open array with a value", STR_STATIC("[1"), 2, "unexpected end" },
    { "an open array with a comma", STR_STATIC("[1,"), 3, "unexpected end" },
    { "an open object", STR_STATIC("{"), 1, "unexpected end" },
    { "an open object with a name", STR_STATIC("{\"a\""), 4, "unexpected end" },
    { "an open object with a colon", STR_STATIC("{\"a\":"), 5, "unexpected end" },
    { "an open object with a value", STR_STATIC("{\"a\":1"), 6, "unexpected end" },
    { "an open object with a comma", STR_STATIC("{\"a\":1,"), 7, "unexpected end" },
    { "an end alone", STR_STATIC("]"), 0, "unexpected byte" },
    { "an end too many", STR_STATIC("[]]"), 2, "trailing bytes" },
    { "the wrong end of an array", STR_STATIC("[1}"), 2, "a comma or an end is due" },
    { "the wrong end of an object", STR_STATIC("{\"a\":1]"), 6, "a comma or an end is due" },
    { "the wrong end at once", STR_STATIC("[}"), 1, "unexpected byte" },
    { "the wrong end at once, object", STR_STATIC("{]"), 1, "a member's name is due" },
    { "a trailing comma", STR_STATIC("[1,]"), 3, "unexpected byte" },
    { "a trailing comma in an object", STR_STATIC("{\"a\":1,}"), 7, "a member's name is due" },
    { "a leading comma", STR_STATIC("[,1]"), 1, "unexpected byte" },
    { "two commas", STR_STATIC("[1,,2]"), 3, "unexpected byte" },
    { "no comma", STR_STATIC("[1 2]"), 3, "a comma or an end is due" },
    { "no comma in an object", STR_STATIC("{\"a\":1 \"b\":2}"), 7, "a comma or an end is due" },
    { "a colon in an array", STR_STATIC("[\"a\":1]"), 4, "a comma or an end is due" },
    { "two colons", STR_STATIC("{\"a\"::1}"), 5, "unexpected byte" },
    { "a comma for a colon", STR_STATIC("{\"a\",1}"), 4, "a colon is due" },
    { "no value", STR_STATIC("{\"a\":}"), 5, "unexpected byte" },
    { "a name without quotes", STR_STATIC("{a:1}"), 1, "a member's name is due" },
    { "a name in single quotes", STR_STATIC("{'a':1}"), 1, "a member's name is due" },
    { "a number as a name", STR_STATIC("{1:1}"), 1, "a member's name is due" },
    { "two values", STR_STATIC("1 2"), 2, "trailing bytes" },
    { "two objects", STR_STATIC("{}{}"), 2, "trailing bytes" },
    { "a comment", STR_STATIC("[1/**/]"), 2, "a comma or an end is due" },
    { "a comment behind", STR_STATIC("{}//"), 2, "trailing bytes" },
    { "a word cut off", STR_STATIC("tru"), 3, "unexpected end" },
    { "a word too long", STR_STATIC("nullx"), 4, "trailing bytes" },
    { "a word in capitals", STR_STATIC("True"), 0, "unexpected byte" },
    { "a word misspelt", STR_STATIC("[nul]"), 4, "unexpected byte" },
    { "NaN", STR_STATIC("NaN"), 0, "unexpected byte" },
    { "Infinity", STR_STATIC("-Infinity"), 1, "bad number" },
    { "a plus", STR_STATIC("+1"), 0, "unexpected byte" },
    { "two minuses", STR_STATIC("--1"), 1, "bad number" },
    { "a minus alone", STR_STATIC("-"), 1, "unexpected end" },
    { "a leading zero", STR_STATIC("01"), 1, "bad number" },
    { "a leading zero behind a minus", STR_STATIC("-012"), 2, "bad number" },
    { "no digit before the point", STR_STATIC(".5"), 0, "unexpected byte" },
    { "no digit before the point, minus", STR_STATIC("-.5"), 1, "bad number" },
    { "no digit behind the point", STR_STATIC("[1.]"), 3, "bad number" },
    { "no digit between point and exponent", STR_STATIC("1.e5"), 2, "bad number" },
    { "an exponent cut off", STR_STATIC("1e"), 2, "unexpected end" },
    { "an exponent without digits", STR_STATIC("[1e+]"), 4, "bad number" },
    { "an exponent with two signs", STR_STATIC("1e+-1"), 3, "bad number" },
    { "an exponent with a fraction", STR_STATIC("1e1.5"), 3, "trailing bytes" },
    { "hexadecimal", STR_STATIC("0x1"), 1, "trailing bytes" },
    { "a digit that is not ASCII", STR_STATIC("\xef\xbc\x91"), 0, "unexpected byte" },
    { "an open string", STR_STATIC("\"abc"), 4, "unexpected end" },
    { "a string in single quotes", STR_STATIC("'a'"), 0, "unexpected byte" },
    { "an unknown escape", STR_STATIC("\"\\x41\""), 2, "bad escape" },
    { "an escaped single quote", STR_STATIC("\"\\'\""), 2, "bad escape" },
    { "an escape cut off", STR_STATIC("\"\\"), 2, "unexpected end" },
    { "an escape that eats the quote", STR_STATIC("\"\\\""), 3, "unexpected end" },
    { "a short unicode escape", STR_STATIC("\"\\u00a\""), 6, "bad escape" },
    { "a unicode escape in capitals", STR_STATIC("\"\\U00aa\""), 2, "bad escape" },
    { "a unicode escape cut off", STR_STATIC("\"\\u00"), 5, "unexpected end" },
    { "a line break in a string", STR_STATIC("\"a\nb\""), 2, "control byte in a string" },
    { "a tab in a string", STR_STATIC("\"\t\""), 1, "control byte in a string" },
    { "the last control byte in a string", STR_STATIC("\"12345678\x1f\""), 9, "control byte in a string" },
    { "a form feed between tokens", STR_STATIC("[\f]"), 1, "unexpected byte" },
    { "a no-break space between tokens", STR_STATIC("[\xc2\xa0]"), 1, "unexpected byte" },
    { "Latin-1", STR_STATIC("\"\xe9\""), 1, "not UTF-8" },
    { "overlong", STR_STATIC("\"\xc0\xaf\""), 1, "not UTF-8" },
    { "overlong, three bytes", STR_STATIC("\"\xe0\x80\xaf\""), 1, "not UTF-8" },
    { "a raw surrogate", STR_STATIC("\"\xed\xa0\x80\""), 1, "not UTF-8" },
    { "beyond Unicode", STR_STATIC("\"\xf4\x90\x80\x80\""), 1, "not UTF-8" },
    { "a sequence cut off", STR_STATIC("\"12345678\xe2\x82\""), 9, "not UTF-8" },
    { "a sequence cut off by the end", STR_STATIC("\"\xe2\x82"), 1, "not UTF-8" },
    { "a lone middle byte in a name", STR_STATIC("{\"\x80\":1}"), 2, "not UTF-8" },
};

static void json_scan_takes_every_valid_document(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(valid); i++) {
        struct json_fault fault = { 77, "untouched" };

        int result = json_scan_check(valid[i].text, JSON_SCAN_DEPTH, &fault);

        assert_case(valid[i].name, result == 0 && fault.offset == 77);
    }
}

static void json_scan_agrees_with_cjson_on_what_is_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(valid); i++) {
        cJSON *tree = cJSON_ParseWithLength(valid[i].text.base, valid[i].text.length);

        assert_case(valid[i].name, tree != NULL);

        cJSON_Delete(tree);
    }
}

static void json_scan_takes_what_the_grammar_allows(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(valid_by_grammar_alone); i++) {
        int result = json_scan_check(valid_by_grammar_alone[i].text, JSON_SCAN_DEPTH, NULL);

        assert_case(valid_by_grammar_alone[i].name, result == 0);
    }
}

static void json_scan_refuses_and_says_where_and_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(invalid); i++) {
        struct json_fault fault = { 77, "untouched" };

        int result = json_scan_check(invalid[i].text, JSON_SCAN_DEPTH, &fault);

        assert_case(invalid[i].name, result == -EINVAL);
        if (fault.offset != invalid[i].offset || strcmp(fault.reason, invalid[i].reason) != 0) {
            fail_msg("case \"%s\": %zu %s", invalid[i].name, fault.offset, fault.reason);
        }
    }
}

static void json_scan_needs_no_place_for_the_fault(void **state)
{
    (void)state;

    assert_int_equal(json_scan_check(STR("["), JSON_SCAN_DEPTH, NULL), -EINVAL);
    assert_int_equal(json_scan_check((struct str){ NULL, 0 }, JSON_SCAN_DEPTH, NULL), -EINVAL);
}

/* An array, object or string that is cut short is refused. Each is scanned in memory of exactly its size, so that the
 * address sanitizer sees a byte read past the end. */
static void json_scan_never_reads_past_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(valid); i++) {
        for (size_t length = 0; length < valid[i].text.length; length++) {
            cleanup_free char *exact = malloc(length > 0 ? length : 1);
            struct json_fault fault = { 0, "" };
            assert_non_null(exact);
            memcpy(exact, valid[i].text.base, length);

            int result = json_scan_check((struct str){ exact, length }, JSON_SCAN_DEPTH, &fault);

            struct str value = json_scan_trim(valid[i].text);
            bool may_pass =
                strchr("[{\"", value.base[0]) == NULL || valid[i].text.base + length >= value.base + value.length;
            assert_case(valid[i].name, result < 0 || may_pass);
            assert_case(valid[i].name, fault.offset <= length);
        }
    }
}

/* `count` times "[" or "{"a":" and the matching ends behind a 1. */
static struct str nested(char *text, size_t count, bool with_ends)
{
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        const char *open = i % 2 == 0 ? "[" : "{\"a\":";
        memcpy(text + length, open, strlen(open));
        length += strlen(open);
    }
    text[length++] = '1';
    for (size_t i = count; with_ends && i > 0; i--) {
        text[length++] = i % 2 == 1 ? ']' : '}';
    }
    return (struct str){ text, length };
}

static void json_scan_takes_as_many_levels_as_allowed(void **state)
{
    const unsigned depths[] = { 1, 2, 63, 64, 65, 128, 511, JSON_SCAN_DEPTH };
    char text[8 * JSON_SCAN_DEPTH];
    (void)state;
    for (size_t i = 0; i < array_length(depths); i++) {
        assert_int_equal(json_scan_check(nested(text, depths[i], true), depths[i], NULL), 0);
    }
    assert_int_equal(json_scan_check(STR("1"), 0, NULL), 0);
    assert_int_equal(json_scan_check(STR("[[],[],[[]],{\"a\":[]}]"), 3, NULL), 0);
}

static void json_scan_refuses_one_level_more(void **state)
{
    const unsigned depths[] = { 0, 1, 2, 63, 64, 65, 128, 511, JSON_SCAN_DEPTH };
    char text[8 * JSON_SCAN_DEPTH + 64];
    (void)state;
    for (size_t i = 0; i < array_length(depths); i++) {
        struct json_fault fault = { 0, "" };

        int result = json_scan_check(nested(text, depths[i] + 1, true), depths[i], &fault);

        assert_int_equal(result, -EINVAL);
        assert_string_equal(fault.reason, "nested too deep");
    }
}

static void json_scan_keeps_to_its_own_limit_too(void **state)
{
    char text[8 * JSON_SCAN_DEPTH + 64];
    struct json_fault fault = { 0, "" };
    (void)state;

    assert_int_equal(json_scan_check(nested(text, JSON_SCAN_DEPTH + 1, true), 100000, &fault), -EINVAL);

    assert_string_equal(fault.reason, "nested too deep");
}

static void json_scan_refuses_100000_open_arrays(void **state)
{
    cleanup_free char *text = malloc(100000);
    struct json_fault fault = { 0, "" };
    (void)state;
    assert_non_null(text);
    memset(text, '[', 100000);

    int result = json_scan_check((struct str){ text, 100000 }, JSON_SCAN_DEPTH, &fault);

    assert_int_equal(result, -EINVAL);
    assert_int_equal(fault.offset, JSON_SCAN_DEPTH);
    assert_string_equal(fault.reason, "nested too deep");
}

static void json_scan_trims_its_own_white_space_only(void **state)
{
    (void)state;

    assert_text(json_scan_trim(STR(" \t\r\n{ } \t\r\n")), "{ }");
    assert_text(json_scan_trim(STR("\f1\v")), "\f1\v");
    assert_text(json_scan_trim(STR(" \n ")), "");
    assert_int_equal(json_scan_trim((struct str){ NULL, 0 }).length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_scan_takes_every_valid_document),
        cmocka_unit_test(json_scan_agrees_with_cjson_on_what_is_valid),
        cmocka_unit_test(json_scan_takes_what_the_grammar_allows),
        cmocka_unit_test(json_scan_refuses_and_says_where_and_why),
        cmocka_unit_test(json_scan_needs_no_place_for_the_fault),
        cmocka_unit_test(json_scan_never_reads_past_the_end),
        cmocka_unit_test(json_scan_takes_as_many_levels_as_allowed),
        cmocka_unit_test(json_scan_refuses_one_level_more),
        cmocka_unit_test(json_scan_keeps_to_its_own_limit_too),
        cmocka_unit_test(json_scan_refuses_100000_open_arrays),
        cmocka_unit_test(json_scan_trims_its_own_white_space_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
