/* SPDX-License-Identifier: MIT */
#include "common/percent.h"

#include <errno.h>

#include "tests/support/unit.h"

struct row {
    const char *encoded;
    const char *decoded;
    size_t length;
};

static const struct row rows[] = {
    { "", "", 0 },
    { "abc", "abc", 3 },
    { "%41", "A", 1 },
    { "a%2Cb%2cc", "a,b,c", 5 },
    { "a+b", "a+b", 3 },
    { "%25", "%", 1 },
    { "%2541", "%41", 3 },
    { "%00x", "\0x", 2 },
    { "%fF", "\xff", 1 },
    { "\xff", "\xff", 1 },
    { "%e2%82%AC", "\xe2\x82\xac", 3 },
};

static void percent_decodes_escapes_and_leaves_the_rest(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        char decoded[32];
        size_t length = 77;

        int result = percent_decode(str_of(rows[i].encoded), decoded, &length);

        assert_case(rows[i].encoded, result == 0 && length == rows[i].length);
        assert_case(rows[i].encoded, memcmp(decoded, rows[i].decoded, length) == 0);
    }
}

static void percent_refuses_an_escape_without_two_digits(void **state)
{
    const char *const cases[] = { "%", "%4", "a%", "a%4", "%4g", "%g4", "%%41", "% 1", "%-1", "%@1", "%`1", "%4\xb1" };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        char decoded[32];
        size_t length = 77;

        int result = percent_decode(str_of(cases[i]), decoded, &length);

        assert_case(cases[i], result == -EINVAL && length == 77);
    }
}

static void percent_does_not_look_behind_the_end(void **state)
{
    char decoded[8];
    size_t length = 0;
    (void)state;

    assert_int_equal(percent_decode((struct str){ "%41", 2 }, decoded, &length), -EINVAL);
    assert_int_equal(percent_decode((struct str){ "%41", 1 }, decoded, &length), -EINVAL);
    assert_int_equal(percent_decode((struct str){ "%41", 0 }, decoded, &length), 0);
}

/* Encodes `text` twice into one buffer, so that what stands in it already is seen to stay. */
static void check_encoding(const char *name, int (*encode)(struct str, struct buf *), struct str text,
                           const char *expected)
{
    char twice[512];
    cleanup_buf struct buf encoded;
    buf_init(&encoded, sizeof twice);
    (void)snprintf(twice, sizeof twice, "%s%s", expected, expected);

    int result = encode(text, &encoded) < 0 ? -1 : encode(text, &encoded);

    assert_case(name, result == 0 && str_equal(buf_view(&encoded), str_of(twice)));
}

static void percent_encodes_all_but_the_unreserved(void **state)
{
    static const struct {
        struct str text;
        const char *expected;
    } cases[] = {
        { STR_STATIC(""), "" },
        { STR_STATIC("ABCXYZabcxyz0189-._~"), "ABCXYZabcxyz0189-._~" },
        { STR_STATIC("@[`{/:"), "%40%5B%60%7B%2F%3A" },
        { STR_STATIC(" !\"#$%&'()*+,"), "%20%21%22%23%24%25%26%27%28%29%2A%2B%2C" },
        { STR_STATIC(";<=>?\\]^|}\x7f"), "%3B%3C%3D%3E%3F%5C%5D%5E%7C%7D%7F" },
        { STR_STATIC("a\0b\r\n"), "a%00b%0D%0A" },
        { STR_STATIC("\x80\xc3\xa9\xff"), "%80%C3%A9%FF" },
        { STR_STATIC("../%2e"), "..%2F%252e" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        check_encoding(cases[i].expected, percent_encode, cases[i].text, cases[i].expected);
    }
}

static void percent_encodes_what_a_header_may_not_have(void **state)
{
    static const struct {
        struct str text;
        const char *expected;
    } cases[] = {
        { STR_STATIC(" a b~%&\"\\ "), " a b~%&\"\\ " },
        { STR_STATIC("a\r\nX: b"), "a%0D%0AX: b" },
        { STR_STATIC("\0\t\x1f\x7f\x80\xff"), "%00%09%1F%7F%80%FF" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        check_encoding(cases[i].expected, percent_encode_unprintable, cases[i].text, cases[i].expected);
    }
}

static void percent_decodes_every_byte_that_it_encoded(void **state)
{
    char bytes[256];
    char decoded[3 * sizeof bytes];
    size_t length = 0;
    cleanup_buf struct buf encoded;
    (void)state;
    buf_init(&encoded, sizeof decoded);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)i;
    }

    assert_int_equal(percent_encode((struct str){ bytes, sizeof bytes }, &encoded), 0);

    assert_int_equal(percent_decode(buf_view(&encoded), decoded, &length), 0);
    assert_int_equal(length, sizeof bytes);
    assert_memory_equal(decoded, bytes, sizeof bytes);
}

static void percent_encodes_all_of_a_text_or_nothing(void **state)
{
    cleanup_buf struct buf encoded;
    (void)state;
    buf_init(&encoded, 6);
    assert_int_equal(buf_add_byte(&encoded, 'x'), 0);

    assert_int_equal(percent_encode(STR("abc/"), &encoded), -ENOBUFS);
    assert_int_equal(percent_encode(STR("abcdef"), &encoded), -ENOBUFS);
    assert_text(buf_view(&encoded), "x");

    assert_int_equal(percent_encode(STR("ab/"), &encoded), 0);
    assert_text(buf_view(&encoded), "xab%2F");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percent_decodes_escapes_and_leaves_the_rest),
        cmocka_unit_test(percent_refuses_an_escape_without_two_digits),
        cmocka_unit_test(percent_does_not_look_behind_the_end),
        cmocka_unit_test(percent_encodes_all_but_the_unreserved),
        cmocka_unit_test(percent_encodes_what_a_header_may_not_have),
        cmocka_unit_test(percent_decodes_every_byte_that_it_encoded),
        cmocka_unit_test(percent_encodes_all_of_a_text_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
