/* SPDX-License-Identifier: MIT */
#include "common/error.h"

#include "tests/support/unit.h"

static void error_keeps_the_sentence_and_returns_minus_one(void **state)
{
    struct error error = { "before" };
    (void)state;

    int result = error_set(&error, "cannot open %s: %d", "x", 7);

    assert_int_equal(result, -1);
    assert_string_equal(error.text, "cannot open x: 7");
}

static void error_cuts_a_sentence_that_is_too_long(void **state)
{
    struct error error;
    (void)state;

    (void)error_set(&error, "%0600d", 0);

    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_keeps_the_sentence_and_returns_minus_one),
        cmocka_unit_test(error_cuts_a_sentence_that_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
