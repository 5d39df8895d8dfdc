/* SPDX-License-Identifier: MIT */
#include "lab/timeline.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/sample_results.h"

enum { TEXT_BYTES = 64 * 1024 };

static const struct timeline_style plain = { .columns = 66 };

static void timeline_draws_a_lane_for_each_task_on_one_axis(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, TEXT_BYTES);
    sample_results_init_round(&sample);

    timeline_add(&text, &sample.experiment, &plain);

    assert_text(buf_view(&text), "              0         1 s       2 s       3 s       4 s\n"
                                 "              ├─────────┼─────────┼─────────┼─────────┼\n"
                                 "sync   task1  ████████████████████                         2.000 s\n"
                                 "       task2  ░░░░░░░░░░░░░░░░░░░░████████████████████     4.000 s\n"
                                 "async  task1  ████████████████████                         2.000 s\n"
                                 "       task2  ████████████████████                         2.000 s\n"
                                 "\n"
                                 "░░ waiting for the gateway\n"
                                 "██ the backend's call\n");
}

static void timeline_shows_who_waits_twice_what_is_unknown_and_what_failed(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, TEXT_BYTES);
    sample_results_init_round(&sample);
    sample.tasks[0][0].call_answered_us = 1000000;
    sample.tasks[1][0].received_us = RESULTS_UNKNOWN_US;
    sample.tasks[1][0].call_received_us = RESULTS_UNKNOWN_US;
    sample.tasks[1][1] = (struct task_result){ .name = "task2", .ended_us = 1000000, .error = "connection_terminated" };
    sample.tasks[0][1].status = 504;
    results_cut(&sample.modes[0]);
    results_cut(&sample.modes[1]);

    timeline_add(&text, &sample.experiment, &plain);

    assert_text(buf_view(&text), "              0         1 s       2 s       3 s       4 s\n"
                                 "              ├─────────┼─────────┼─────────┼─────────┼\n"
                                 "sync   task1  ██████████░░░░░░░░░░                         2.000 s\n"
                                 "       task2  ░░░░░░░░░░░░░░░░░░░░████████████████████     4.000 s  status 504\n"
                                 "async  task1  ━━━━━━━━━━━━━━━━━━━━                         2.000 s\n"
                                 "       task2  ━━━━━━━━━━                                connection_terminated\n"
                                 "\n"
                                 "░░ waiting for the gateway\n"
                                 "██ the backend's call\n"
                                 "━━ sent to answered, seen from outside\n");
}

static void timeline_shows_all_four_kinds_where_they_are_long_enough(void **state)
{
    const struct timeline_style narrower = { .columns = 65 };
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, TEXT_BYTES);
    sample_results_init_round(&sample);
    sample.experiment.mode_count = 1;
    sample.tasks[0][1].record = (struct record_times){
        .is_known = true,
        .has_call = true,
        .read_us = 1000000,
        .queued_us = 1000000,
        .started_us = 1000000,
        .connected_us = 1500000,
        .sent_us = 1500000,
        .done_us = 3500000,
    };
    sample.tasks[0][1].call_answered_us = RESULTS_UNKNOWN_US;
    results_cut(&sample.modes[0]);

    timeline_add(&text, &sample.experiment, &narrower);

    assert_text(buf_view(&text), "             0         1 s       2 s       3 s       4 s\n"
                                 "             ├─────────┼─────────┼─────────┼─────────┼\n"
                                 "sync  task1  ████████████████████                         2.000 s\n"
                                 "      task2  ░░░░░░░░░░▚▚▚▚▚████████████████████▓▓▓▓▓     4.000 s\n"
                                 "\n"
                                 "░░ waiting for the gateway\n"
                                 "▚▚ connecting to the backend\n"
                                 "██ the backend's call\n"
                                 "▓▓ the gateway's own work\n");
}

static void timeline_cuts_long_names_and_keeps_lanes_on_a_narrow_screen(void **state)
{
    const struct timeline_style narrow = { .columns = 20 };
    struct sample_results sample;
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, TEXT_BYTES);
    sample_results_init_round(&sample);
    sample.tasks[0][0].name = "a-name-of-more-than-sixteen";
    sample.experiment.mode_count = 1;

    timeline_add(&text, &sample.experiment, &narrow);

    assert_text(buf_view(&text), "                        0         2 s       4 s\n"
                                 "                        ├─────────┼─────────┼\n"
                                 "sync  a-name-of-more-t  ██████████               2.000 s\n"
                                 "      task2             ░░░░░░░░░░██████████     4.000 s\n"
                                 "\n"
                                 "░░ waiting for the gateway\n"
                                 "██ the backend's call\n");
}

static void timeline_uses_colours_only_where_asked(void **state)
{
    const struct timeline_style coloured = { .columns = 66, .is_coloured = true };
    struct sample_results sample;
    cleanup_buf struct buf with = { .base = NULL };
    cleanup_buf struct buf without = { .base = NULL };

    (void)state;
    buf_init(&with, TEXT_BYTES);
    buf_init(&without, TEXT_BYTES);
    sample_results_init_round(&sample);

    timeline_add(&with, &sample.experiment, &coloured);
    timeline_add(&without, &sample.experiment, &plain);

    assert_true(str_find(buf_view(&with), '\033') < with.length);
    assert_true(str_find(buf_view(&without), '\033') == without.length);
}

static void timeline_steps_are_round_and_few(void **state)
{
    static const struct {
        const char *name;
        uint64_t longest_us;
        unsigned most_steps;
        uint64_t expected_us;
    } rows[] = {
        { "exactly", 4000000, 4, 1000000 },       { "a little more", 4000001, 4, 2000000 },
        { "five", 20000000, 4, 5000000 },         { "one step", 803000, 1, 1000000 },
        { "milliseconds", 150000, 8, 20000 },     { "a microsecond", 1, 10, 1 },
        { "an hour", 3600000000, 10, 500000000 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        assert_case(rows[i].name, timeline_step_us(rows[i].longest_us, rows[i].most_steps) == rows[i].expected_us);
    }
}

static void timeline_marks_have_the_unit_and_decimals_of_their_step(void **state)
{
    static const struct {
        uint64_t time_us, step_us;
        const char *expected;
    } rows[] = {
        { 0, 1000000, "0" },         { 3000000, 1000000, "3 s" }, { 1500000, 500000, "1.5 s" },
        { 120000, 20000, "120 ms" }, { 300, 100, "0.3 ms" },      { 2000000000, 500000000, "2000 s" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        char mark[32];

        timeline_format_mark(rows[i].time_us, rows[i].step_us, mark, sizeof mark);

        assert_string_equal(mark, rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timeline_draws_a_lane_for_each_task_on_one_axis),
        cmocka_unit_test(timeline_shows_who_waits_twice_what_is_unknown_and_what_failed),
        cmocka_unit_test(timeline_shows_all_four_kinds_where_they_are_long_enough),
        cmocka_unit_test(timeline_cuts_long_names_and_keeps_lanes_on_a_narrow_screen),
        cmocka_unit_test(timeline_uses_colours_only_where_asked),
        cmocka_unit_test(timeline_steps_are_round_and_few),
        cmocka_unit_test(timeline_marks_have_the_unit_and_decimals_of_their_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
