/* SPDX-License-Identifier: MIT */
#include "lab/results.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/sample_results.h"

static void results_are_ok_when_every_task_took_what_theory_says(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);

    assert_true(results_all_ok(&sample.experiment));
    assert_int_equal(sample.modes[0].total_us, 4006500);
    assert_int_equal(sample.modes[0].theory.latest_us, 4000000);
    assert_int_equal(sample.modes[1].total_us, 2002000);
}

static void results_are_not_ok_when_one_task_is_late(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);
    sample.tasks[1][1].ended_us = 4000000;

    results_judge(&sample.modes[1]);

    assert_true(sample.tasks[1][0].ok);
    assert_false(sample.tasks[1][1].ok);
    assert_false(sample.modes[1].ok);
    assert_false(results_all_ok(&sample.experiment));
}

static void results_are_not_ok_when_a_status_is_not_2xx(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);
    sample.tasks[0][0].status = 502;

    results_judge(&sample.modes[0]);

    assert_false(sample.modes[0].ok);
    assert_int_equal(sample.modes[0].total_us, 4006500);
}

static void results_of_nothing_are_not_ok(void **state)
{
    struct experiment_result nothing = { .delay_us = 1000 };

    (void)state;

    assert_false(results_all_ok(&nothing));
}

static void results_have_no_total_when_an_answer_never_came(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);

    sample_results_fail(&sample, 1);

    assert_true(sample.modes[0].total_us == RESULTS_UNKNOWN_US);
    assert_true(results_elapsed_us(&sample.tasks[0][1]) == RESULTS_UNKNOWN_US);
    assert_false(sample.modes[0].ok);
}

static void results_axis_is_never_shorter_than_the_delay(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init(&sample);

    assert_int_equal(results_longest_us(&sample.experiment), 4006500);
    sample.experiment.mode_count = 0;
    assert_int_equal(results_longest_us(&sample.experiment), 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_ok_when_every_task_took_what_theory_says),
        cmocka_unit_test(results_are_not_ok_when_one_task_is_late),
        cmocka_unit_test(results_are_not_ok_when_a_status_is_not_2xx),
        cmocka_unit_test(results_of_nothing_are_not_ok),
        cmocka_unit_test(results_have_no_total_when_an_answer_never_came),
        cmocka_unit_test(results_axis_is_never_shorter_than_the_delay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
