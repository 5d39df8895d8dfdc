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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percent_decodes_escapes_and_leaves_the_rest),
        cmocka_unit_test(percent_refuses_an_escape_without_two_digits),
        cmocka_unit_test(percent_does_not_look_behind_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
