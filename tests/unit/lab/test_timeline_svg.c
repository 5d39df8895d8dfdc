/* SPDX-License-Identifier: MIT */
#include "lab/timeline_svg.h"

#include <stdio.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/sample_results.h"

enum { SVG_BYTES = 4 * 1024 * 1024 };

/* 2026-11-22T03:13:20Z */
static const struct timeline_caption caption = {
    .command = STR_STATIC("lab experiment --tasks 'a<b&c'"),
    .measured_us = UINT64_C(1795317200000000),
};

static char *draw(const struct experiment_result *experiment)
{
    struct buf svg;
    size_t length;

    buf_init(&svg, SVG_BYTES);
    timeline_svg_add(&svg, experiment, &caption);
    assert_false(svg.failed);
    return buf_take(&svg, &length);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *found = strstr(text, part); found != NULL; found = strstr(found + 1, part)) {
        count++;
    }
    return count;
}

static void svg_has_a_heading_for_each_mode_and_a_bar_for_each_part_on_one_axis(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init_round(&sample);

    cleanup_free char *svg = draw(&sample.experiment);

    assert_non_null(strstr(svg, "<tspan class=\"mode\">sync</tspan>"));
    assert_non_null(strstr(svg, "<tspan class=\"mode\">async</tspan>"));
    assert_int_equal(count_of(svg, "<text class=\"name\""), 4);
    /* The axis is 479 wide and begins at 95: 4 s. */
    assert_int_equal(count_of(svg, "<rect class=\"backend\" x=\"95.0\" y=\"122\" width=\"239.5\""), 1);
    assert_int_equal(count_of(svg, "<rect class=\"waiting\" x=\"95.0\" y=\"153\" width=\"239.5\""), 1);
    assert_int_equal(count_of(svg, "<rect class=\"backend\" x=\"334.5\" y=\"153\" width=\"239.5\""), 1);
    assert_int_equal(count_of(svg, "<rect class=\"backend\" x=\"95.0\""), 3);
    assert_int_equal(count_of(svg, ">2.00 s</text>"), 3);
    assert_int_equal(count_of(svg, ">4.00 s</text>"), 1);
}

static void svg_tells_in_words_what_it_shows(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init_round(&sample);
    sample_results_fail(&sample, 1);

    cleanup_free char *svg = draw(&sample.experiment);

    assert_non_null(strstr(svg, "role=\"img\" aria-labelledby=\"title desc\">"));
    assert_non_null(strstr(svg, "<title id=\"title\">Where the time of 2 tasks went, in 2 modes</title>"));
    assert_non_null(strstr(svg, "the backend takes 2 s. Measured on 2026-11-22 by: lab experiment --tasks "
                                "&#39;a&lt;b&amp;c&#39;\n"));
    assert_non_null(strstr(svg, "    sync: task1 2.00 s, task2 failed.\n    async: task1 2.00 s, task2 2.00 s.\n"));
    assert_non_null(strstr(svg, ">failed</text>"));
}

static void svg_needs_nothing_from_elsewhere_and_runs_nothing(void **state)
{
    static const char *const unwanted[] = {
        "<script", "<image", "<use", "href", "@import", "<foreignObject", "onload"
    };
    struct sample_results sample;

    (void)state;
    sample_results_init_round(&sample);

    cleanup_free char *svg = draw(&sample.experiment);

    for (size_t i = 0; i < array_length(unwanted); i++) {
        assert_case(unwanted[i], strstr(svg, unwanted[i]) == NULL);
    }
    assert_int_equal(count_of(svg, "http"), 1); /* the name of the language it is in */
    assert_int_equal(count_of(svg, "url("), count_of(svg, "url(#hatch)"));
}

static void svg_leaves_out_what_is_too_short_to_be_seen_and_leaves_no_gap(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init_round(&sample);
    sample.experiment.mode_count = 1;
    sample.tasks[0][0].record = (struct record_times){
        .is_known = true,
        .has_call = true,
        .read_us = 10,
        .queued_us = 20,
        .started_us = 30,
        .connected_us = 1000,
        .sent_us = 1000,
        .done_us = 1999000,
    };
    results_cut(&sample.modes[0]);

    cleanup_free char *svg = draw(&sample.experiment);

    assert_int_equal(count_of(svg, "<rect class=\"backend\" x=\"95.0\" y=\"122\" width=\"239.4\""), 1);
    assert_null(strstr(svg, "<rect class=\"connecting\""));
    assert_null(strstr(svg, "<rect class=\"gateway\""));
}

static void svg_draws_parts_of_one_kind_together_when_what_is_between_cannot_be_seen(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init_round(&sample);
    sample.experiment.mode_count = 1;
    sample.tasks[0][1].part_count = 4;
    sample.tasks[0][1].parts[0] = (struct part){ PART_WAITING, 0, 1000000 };
    sample.tasks[0][1].parts[1] = (struct part){ PART_GATEWAY, 1000000, 1000010 };
    sample.tasks[0][1].parts[2] = (struct part){ PART_WAITING, 1000010, 2000000 };
    sample.tasks[0][1].parts[3] = (struct part){ PART_BACKEND, 2000000, 4000000 };

    cleanup_free char *svg = draw(&sample.experiment);

    assert_int_equal(count_of(svg, "<rect class=\"waiting\" x=\"95.0\" y=\"153\" width=\"239.5\""), 1);
    assert_int_equal(count_of(svg, "<rect class=\"waiting\""), 2); /* and the key's */
}

static void svg_times_are_all_in_one_unit_with_as_many_decimals_as_there_is_room_for(void **state)
{
    static const struct {
        uint64_t first_us, last_us;
        const char *first, *last;
    } rows[] = {
        { 1500, 2949, ">1.5 ms</text>", ">2.9 ms</text>" },
        { 45500, 906500, ">46 ms</text>", ">906 ms</text>" },
        { 250500, 1002000, ">0.25 s</text>", ">1.00 s</text>" },
        { 10004000, 20010000, ">10.00 s</text>", ">20.01 s</text>" },
        { 10004000, 200010000, ">10.0 s</text>", ">200.0 s</text>" },
        { 10004000, UINT64_C(2000010000), ">10 s</text>", ">2000 s</text>" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct sample_results sample;
        sample_results_init_round(&sample);
        sample.experiment.mode_count = 1;
        sample.experiment.delay_us = 1000;
        sample.tasks[0][0].ended_us = rows[i].first_us;
        sample.tasks[0][1].ended_us = rows[i].last_us;
        sample_results_judge(&sample.modes[0]);

        cleanup_free char *svg = draw(&sample.experiment);

        assert_case(rows[i].first, strstr(svg, rows[i].first) != NULL);
        assert_case(rows[i].last, strstr(svg, rows[i].last) != NULL);
        assert_non_null(strstr(svg, "a backend that takes 1 ms</text>"));
    }
}

static void svg_shows_the_status_of_what_is_no_success(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init_round(&sample);
    sample.tasks[0][0].status = 504;
    sample_results_judge(&sample.modes[0]);

    cleanup_free char *svg = draw(&sample.experiment);

    assert_non_null(strstr(svg, ">status 504</text>"));
    assert_non_null(strstr(svg, "sync: task1 status 504, task2 4.00 s."));
}

static void svg_of_many_tasks_has_thin_lanes_and_few_words(void **state)
{
    enum { TASKS = 256 };
    static struct task_result tasks[TASKS];
    struct mode_result mode = { .mode = MODE_SYNC, .tasks = tasks, .task_count = TASKS };
    const struct experiment_result experiment = {
        .delay_us = 10000, .threads = 16, .blocking = "task1", .modes = &mode, .mode_count = 1
    };

    (void)state;
    for (size_t i = 0; i < TASKS; i++) {
        tasks[i] = sample_task("a", (i + 1) * 10000, i * 10000, (i + 1) * 10000);
    }
    sample_results_judge(&mode);

    cleanup_free char *svg = draw(&experiment);

    assert_int_equal(count_of(svg, "<rect class=\"backend\" x="), TASKS + 1); /* and the key's */
    assert_int_equal(count_of(svg, "<text class=\"name\""), 2);
    assert_int_equal(count_of(svg, "<text class=\"end\""), 1);
    assert_non_null(strstr(svg, "sync: 256 tasks, the last answer after 2.56 s."));
}

static void svg_cuts_long_names_and_has_no_markup_but_its_own(void **state)
{
    struct sample_results sample;

    (void)state;
    sample_results_init_round(&sample);
    sample.experiment.mode_count = 1;
    sample.tasks[0][0].name = "<script>alert(1)</script>";
    sample.modes[0].mode = MODE_MIXED;
    sample.experiment.blocking = "<&\"'>";

    cleanup_free char *svg = draw(&sample.experiment);

    assert_non_null(strstr(svg, "&lt;script&gt;a…</text>"));
    assert_non_null(strstr(svg, "&lt;&amp;&quot;&#39;&gt; blocks the event loop"));
    assert_null(strstr(svg, "<script"));
}

static void svg_says_when_there_is_no_room(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf svg = { .base = NULL };

    (void)state;
    buf_init(&svg, 1000);
    sample_results_init_round(&sample);

    timeline_svg_add(&svg, &sample.experiment, &caption);

    assert_true(svg.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(svg_has_a_heading_for_each_mode_and_a_bar_for_each_part_on_one_axis),
        cmocka_unit_test(svg_tells_in_words_what_it_shows),
        cmocka_unit_test(svg_needs_nothing_from_elsewhere_and_runs_nothing),
        cmocka_unit_test(svg_leaves_out_what_is_too_short_to_be_seen_and_leaves_no_gap),
        cmocka_unit_test(svg_draws_parts_of_one_kind_together_when_what_is_between_cannot_be_seen),
        cmocka_unit_test(svg_times_are_all_in_one_unit_with_as_many_decimals_as_there_is_room_for),
        cmocka_unit_test(svg_shows_the_status_of_what_is_no_success),
        cmocka_unit_test(svg_of_many_tasks_has_thin_lanes_and_few_words),
        cmocka_unit_test(svg_cuts_long_names_and_has_no_markup_but_its_own),
        cmocka_unit_test(svg_says_when_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
