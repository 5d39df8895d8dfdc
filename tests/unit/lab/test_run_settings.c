/* SPDX-License-Identifier: MIT */
#include "lab/run_settings.h"

#include "common/clock.h"
#include "tests/support/unit.h"

static const char *sentence_of(const struct run_settings *settings, struct run_refusal *refusal)
{
    *refusal = (struct run_refusal){ .field = NULL };
    return run_settings_check(settings, refusal) < 0 ? refusal->sentence.text : "good";
}

static void what_is_run_unless_said_is_within_the_bounds(void **state)
{
    struct run_settings experiment = run_settings_unless_said(RUN_EXPERIMENT);
    struct run_settings sweep = run_settings_unless_said(RUN_SWEEP);
    struct run_refusal refusal;

    (void)state;
    assert_string_equal(sentence_of(&experiment, &refusal), "good");
    assert_string_equal(sentence_of(&sweep, &refusal), "good");
}

static const struct {
    const char *name;
    enum mode mode;
    size_t tasks;
    uint64_t threads, longest_s; /* the longest delay that still fits into RUN_TOTAL_MOST_S */
} total_rows[] = {
    { "one after the other", MODE_SYNC, 10, 1, 60 },
    { "all at once", MODE_ASYNC, 10, 1, 600 },
    { "by four threads", MODE_THREADS, 10, 4, 200 },
    { "by one thread", MODE_THREADS, 10, 1, 60 },
    { "one blocking, and the others behind it", MODE_MIXED, 10, 1, 300 },
};

static void an_experiment_that_takes_too_long_is_refused_before_it_begins(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(total_rows); i++) {
        struct run_refusal refusal;
        struct run_settings settings = {
            .kind = RUN_EXPERIMENT,
            .modes = { .modes = { total_rows[i].mode }, .count = 1 },
            .tasks = { .names = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" }, .count = total_rows[i].tasks },
            .blocking = { .names = { "a" }, .count = 1 },
            .threads = total_rows[i].threads,
            .delay_us = total_rows[i].longest_s * CLOCK_US_PER_SECOND,
        };

        assert_case(total_rows[i].name, strcmp(sentence_of(&settings, &refusal), "good") == 0);
        settings.delay_us += CLOCK_US_PER_SECOND;
        const char *sentence = sentence_of(&settings, &refusal);

        assert_case(total_rows[i].name, strstr(sentence, "at most 600 s are allowed.") != NULL);
        assert_string_equal(refusal.field, "delay");
    }
}

static void all_modes_count_together(void **state)
{
    struct run_settings settings = run_settings_unless_said(RUN_EXPERIMENT);
    struct run_refusal refusal;

    (void)state;
    settings.delay_us = 100 * (uint64_t)CLOCK_US_PER_SECOND; /* 200 + 100 + 200 + 100 */
    assert_string_equal(sentence_of(&settings, &refusal), "good");
    settings.delay_us++;
    settings.threads = 1;

    assert_string_equal(sentence_of(&settings, &refusal),
                        "delay is too long for so many tasks: all modes together would take 700 s, and at most 600 s "
                        "are allowed.");
}

static void a_sweep_of_too_many_points_is_refused(void **state)
{
    struct run_settings settings = run_settings_unless_said(RUN_SWEEP);
    struct run_refusal refusal;

    (void)state;
    settings.clients.count = 5;
    settings.fan_out.count = 10;
    assert_string_equal(sentence_of(&settings, &refusal), "good"); /* 4 x 5 x 10 */
    settings.clients.count = 6;

    assert_string_equal(sentence_of(&settings, &refusal),
                        "modes, clients and fan_out together make 240 points, and at most 200 are allowed.");
    assert_string_equal(refusal.field, "clients");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_run_unless_said_is_within_the_bounds),
        cmocka_unit_test(an_experiment_that_takes_too_long_is_refused_before_it_begins),
        cmocka_unit_test(all_modes_count_together),
        cmocka_unit_test(a_sweep_of_too_many_points_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
