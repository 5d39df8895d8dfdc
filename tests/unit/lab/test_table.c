/* SPDX-License-Identifier: MIT */
#include "lab/table.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/sample_results.h"

enum { TEXT_BYTES = 64 * 1024 };

static void table_puts_theory_beside_what_was_measured(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, TEXT_BYTES);
    sample_results_init(&sample);

    table_add(&text, &sample.experiment, false);

    assert_text(buf_view(&text), "mode   task    seconds    theory   ratio\n"
                                 "sync   task1     2.003     2.000    1.00  ok\n"
                                 "       task2     4.006     4.000    1.00  ok\n"
                                 "       total     4.006     4.000    1.00  ok\n"
                                 "async  task1     2.001     2.000    1.00  ok\n"
                                 "       task2     2.002     2.000    1.00  ok\n"
                                 "       total     2.002     2.000    1.00  ok\n");
}

static void table_says_why_a_task_is_not_ok(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, TEXT_BYTES);
    sample_results_init(&sample);
    sample_results_fail(&sample, 0);
    sample.tasks[0][1].status = 504;
    sample.tasks[1][0].ended_us = 3000000;
    results_judge(&sample.modes[0]);
    results_judge(&sample.modes[1]);

    table_add(&text, &sample.experiment, false);

    assert_text(buf_view(&text), "mode   task    seconds    theory   ratio\n"
                                 "sync   task1         -     2.000       -  not ok: connection_refused\n"
                                 "       task2     4.006     4.000    1.00  not ok: status 504\n"
                                 "       total         -     4.000       -  not ok\n"
                                 "async  task1     3.000     2.000    1.50  not ok\n"
                                 "       task2     2.002     2.000    1.00  ok\n"
                                 "       total     3.000     2.000    1.50  not ok\n");
}

static void table_shows_both_ends_where_theory_is_a_range(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, TEXT_BYTES);
    sample_results_init(&sample);
    sample.tasks[0][0].theory.latest_us = 4000000;
    sample.experiment.mode_count = 1;
    results_judge(&sample.modes[0]);

    table_add(&text, &sample.experiment, false);

    assert_text(buf_view(&text), "mode  task    seconds          theory   ratio\n"
                                 "sync  task1     2.003  2.000 to 4.000    0.50  ok\n"
                                 "      task2     4.006           4.000    1.00  ok\n"
                                 "      total     4.006           4.000    1.00  ok\n");
}

static void table_uses_colours_only_where_asked(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, TEXT_BYTES);
    sample_results_init(&sample);
    sample.experiment.mode_count = 1;
    sample_results_fail(&sample, 1);

    table_add(&text, &sample.experiment, true);

    assert_text(buf_view(&text),
                "mode  task    seconds    theory   ratio\n"
                "sync  task1     2.003     2.000    1.00  \033[32mok\033[0m\n"
                "      task2         -     4.000       -  \033[1;31mnot ok\033[0m: connection_refused\n"
                "      total         -     4.000       -  \033[1;31mnot ok\033[0m\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_puts_theory_beside_what_was_measured),
        cmocka_unit_test(table_says_why_a_task_is_not_ok),
        cmocka_unit_test(table_shows_both_ends_where_theory_is_a_range),
        cmocka_unit_test(table_uses_colours_only_where_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
