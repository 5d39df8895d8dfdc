/* SPDX-License-Identifier: MIT */
/*
 * The nearest name for a misspelt one.
 */
#include "common/options.h"

#include "tests/support/unit.h"

static const char *const mode_names[] = { "sync", "async", "mixed", "threads", NULL };

static void options_nearest_forgives_small_slips_only(void **state)
{
    const struct {
        const char *name;
        const char *nearest;
    } cases[] = {
        { "sync", "sync" },    { "sinc", "sync" },      { "snyc", "sync" },
        { "asynch", "async" }, { "thread", "threads" }, { "thraeds", "threads" },
        { "mxed", "mixed" },   { "x", NULL },           { "", NULL },
        { "blocking", NULL },  { "thr", "threads" },    { "th", NULL },
        { "wire", NULL },
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        const char *nearest = options_nearest(cases[i].name, mode_names);

        assert_case(cases[i].name, (nearest == NULL) == (cases[i].nearest == NULL));
        assert_case(cases[i].name, nearest == NULL || strcmp(nearest, cases[i].nearest) == 0);
    }
}

static void options_nearest_counts_swapped_letters_as_one_slip(void **state)
{
    const char *const names[] = { "deltas", "delay", NULL };
    (void)state;

    assert_string_equal(options_nearest("delya", names), "delay");
}

static void options_nearest_copes_with_very_long_words(void **state)
{
    char word[200];
    const char *names[] = { word, "async", NULL };
    (void)state;
    memset(word, 'a', sizeof word);
    word[sizeof word - 1] = '\0';

    assert_null(options_nearest(word, mode_names));
    assert_string_equal(options_nearest("asink", names), "async");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_nearest_forgives_small_slips_only),
        cmocka_unit_test(options_nearest_counts_swapped_letters_as_one_slip),
        cmocka_unit_test(options_nearest_copes_with_very_long_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
