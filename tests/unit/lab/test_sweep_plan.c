/* SPDX-License-Identifier: MIT */
#include "lab/sweep_plan.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/sweep_fixture.h"

#define WORDS(...)                                                                                                     \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

static void plan_has_every_combination_with_modes_innermost(void **state)
{
    struct sweep_fixture fixture;
    (void)state;

    sweep_fixture_open(&fixture, WORDS("--modes=sync,async", "--clients=1,8", "--fan-out=1,10", "--delay=10ms,20ms"));

    const struct sweep_point *points = fixture.plan.points;
    assert_int_equal(fixture.plan.count, 16);
    assert_int_equal(points[0].mode, MODE_SYNC);
    assert_int_equal(points[1].mode, MODE_ASYNC);
    assert_int_equal(points[1].clients, 1);
    assert_int_equal(points[2].clients, 8);
    assert_int_equal(points[4].fan_out, 10);
    assert_string_equal(points[7].delay.text, "10ms");
    assert_string_equal(points[8].delay.text, "20ms");
    assert_true(points[0].theory.throughput > 99 && points[0].theory.throughput < 101);
    sweep_fixture_close(&fixture);
}

static void plan_measures_rounds_in_which_modes_take_turns(void **state)
{
    static const size_t expected[] = { 0, 1, 2, 3, 4, 5, 1, 2, 0, 4, 5, 3 };
    struct sweep_fixture fixture;
    (void)state;

    sweep_fixture_open(&fixture, WORDS("--modes=sync,async,threads", "--clients=1,8", "--fan-out=1", "--repeats=2"));

    assert_int_equal(sweep_plan_turns(&fixture.plan), array_length(expected));
    for (size_t i = 0; i < array_length(expected); i++) {
        struct sweep_turn turn = sweep_plan_turn(&fixture.plan, i);
        assert_int_equal(turn.point, expected[i]);
        assert_int_equal(turn.repeat, i / 6);
    }
    sweep_fixture_close(&fixture);
}

static void plan_gives_each_point_the_time_it_needs(void **state)
{
    static const struct {
        const char *name, *mode, *clients, *fan_out;
        uint64_t window_ms, grace_ms;
    } rows[] = {
        { "answers are frequent", "--modes=async", "--clients=256", "--fan-out=1", 1000, 312 },
        { "six of them", "--modes=sync", "--clients=1", "--fan-out=5", 1500, 562 },
        { "3 s at most", "--modes=sync", "--clients=1", "--fan-out=10", 3000, 875 },
        { "a line that can be waited for", "--modes=sync", "--clients=16", "--fan-out=1", 1000, 1250 },
        { "a line that cannot", "--modes=sync", "--clients=256", "--fan-out=10", 3000, 0 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct sweep_fixture fixture;

        sweep_fixture_open(&fixture, WORDS(rows[i].mode, rows[i].clients, rows[i].fan_out));

        assert_case(rows[i].name, fixture.plan.points[0].window_us / 1000 == rows[i].window_ms);
        assert_case(rows[i].name, fixture.plan.points[0].grace_us / 1000 == rows[i].grace_ms);
        assert_case(rows[i].name, fixture.plan.points[0].warm_up_us == 250000);
        sweep_fixture_close(&fixture);
    }
}

static void plan_never_shortens_what_was_asked_for(void **state)
{
    struct sweep_fixture fixture;
    (void)state;

    sweep_fixture_open(&fixture, WORDS("--modes=sync", "--clients=1", "--fan-out=10", "--duration=10s"));

    assert_int_equal(fixture.plan.points[0].window_us, 10000000);
    sweep_fixture_close(&fixture);
}

static void plan_counts_the_calls_that_block(void **state)
{
    struct sweep_fixture fixture;
    (void)state;

    sweep_fixture_open(&fixture, WORDS("--modes=mixed", "--clients=1", "--fan-out=1,2,10", "--blocking=task2,task10"));

    assert_true(fixture.plan.points[0].theory.mean_us < 50001);  /* task1 alone */
    assert_true(fixture.plan.points[1].theory.mean_us > 99999);  /* task1 and task2 */
    assert_true(fixture.plan.points[2].theory.mean_us > 149999); /* two block, eight follow */
    sweep_fixture_close(&fixture);
}

static void plan_refuses_too_many_points(void **state)
{
    struct sweep_options options;
    struct sweep_plan plan;
    struct error error = { { '\0' } };
    (void)state;

    assert_int_equal(sweep_fixture_options(WORDS("--clients=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16",
                                                 "--fan-out=1,2,3,4,5,6,7,8", "--delay=1ms,2ms"),
                                           &options, &error),
                     0);
    assert_int_equal(sweep_plan_make(&plan, &options, &error), -1);

    assert_non_null(strstr(error.text, "at most 1000"));
}

static void plan_has_the_points_of_the_cases_that_were_chosen(void **state)
{
    struct sweep_fixture fixture;
    (void)state;

    sweep_fixture_open(&fixture, WORDS("--case=cpu-bound"));
    assert_int_equal(fixture.plan.count, 15);
    assert_int_equal(fixture.plan.points[0].bytes, 1024);
    assert_int_equal(fixture.plan.points[14].bytes, 1000000);
    sweep_fixture_close(&fixture);

    sweep_fixture_open(&fixture, WORDS("--case=all"));
    const struct sweep_case *last = NULL;
    size_t seen = 0;
    for (size_t i = 0; i < fixture.plan.count; i++) {
        seen += fixture.plan.points[i].preset != last;
        last = fixture.plan.points[i].preset;
    }
    assert_int_equal(seen, sweep_case_count);
    sweep_fixture_close(&fixture);
}

static void plan_adds_up_what_is_left(void **state)
{
    struct sweep_fixture fixture;
    (void)state;

    sweep_fixture_open(&fixture, WORDS("--modes=sync,async", "--clients=1", "--fan-out=1", "--repeats=2"));

    uint64_t one_us = sweep_point_expected_us(&fixture.plan.points[0]);
    assert_true(one_us > 1250000 && one_us < 2000000);
    assert_true(sweep_plan_expected_us(&fixture.plan, 0) == 4 * one_us);
    assert_true(sweep_plan_expected_us(&fixture.plan, 3) == one_us);
    assert_true(sweep_plan_expected_us(&fixture.plan, 4) == 0);
    sweep_fixture_close(&fixture);
}

static void plan_describes_its_points(void **state)
{
    static const struct {
        const char *word, *other, *expected;
    } rows[] = {
        { "--clients=1", "--fan-out=10", "sync, 1 client, fan-out 10, 50ms" },
        { "--clients=64", "--fan-out=1", "sync, 64 clients, fan-out 1, 50ms" },
        { "--rate=100", "--fan-out=1", "sync, 100 a second, fan-out 1, 50ms" },
        { "--case=cpu-bound", "--repeats=1", "sync, 4 clients, 1024 bytes" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct sweep_fixture fixture;
        char text[400];

        sweep_fixture_open(&fixture, WORDS(rows[i].word, rows[i].other));
        sweep_point_describe(&fixture.plan.points[0], text, sizeof text);

        assert_string_equal(text, rows[i].expected);
        sweep_fixture_close(&fixture);
    }
}

static void plans_for_cases_are_named_as_the_option_names_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sweep_case_count; i++) {
        assert_string_equal(sweep_case_choices[i], sweep_cases[i].name);
    }
    assert_string_equal(sweep_case_choices[sweep_case_count], "all");
    assert_null(sweep_case_choices[sweep_case_count + 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_has_every_combination_with_modes_innermost),
        cmocka_unit_test(plan_measures_rounds_in_which_modes_take_turns),
        cmocka_unit_test(plan_gives_each_point_the_time_it_needs),
        cmocka_unit_test(plan_never_shortens_what_was_asked_for),
        cmocka_unit_test(plan_counts_the_calls_that_block),
        cmocka_unit_test(plan_refuses_too_many_points),
        cmocka_unit_test(plan_has_the_points_of_the_cases_that_were_chosen),
        cmocka_unit_test(plan_adds_up_what_is_left),
        cmocka_unit_test(plan_describes_its_points),
        cmocka_unit_test(plans_for_cases_are_named_as_the_option_names_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
