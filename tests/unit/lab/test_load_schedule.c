/* SPDX-License-Identifier: MIT */
#include "lab/load_schedule.h"

#include "common/clock.h"
#include "tests/support/unit.h"

enum { START_US = 1000 };

static void the_open_loop_works_out_when_each_request_is_due(void **state)
{
    static const struct {
        const char *name;
        double rate;
        uint64_t index;
        uint64_t due_us; /* behind the start */
    } cases[] = {
        { "the first at once", 200, 0, 0 },
        { "the second", 200, 1, 5000 },
        { "a million later, without drift", 200, 1000000, 5000000000 },
        { "a third of a microsecond is cut", 3, 1, 333333 },
        { "thirds do not add up to less", 3, 3000000, 1000000000000 },
        { "several in a microsecond", 4e6, 5, 1 },
        { "one in a day", 1.0 / 86400, 1, 86400000000 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct load_schedule schedule = {
            .rate_per_second = cases[i].rate,
            .start_us = START_US,
            .end_us = CLOCK_NEVER_US,
            .begun_count = cases[i].index,
        };

        assert_case(cases[i].name, load_schedule_is_open_loop(&schedule));
        assert_case(cases[i].name, load_schedule_next_us(&schedule, 0) == START_US + cases[i].due_us);
        assert_case(cases[i].name, load_schedule_next_us(&schedule, UINT64_MAX - 1) == START_US + cases[i].due_us);
    }
}

static void nothing_is_due_at_the_end_or_behind_it(void **state)
{
    struct load_schedule schedule = { .rate_per_second = 1000, .start_us = START_US, .end_us = START_US + 5000 };

    (void)state;
    schedule.begun_count = 4;
    assert_int_equal(load_schedule_next_us(&schedule, 0), START_US + 4000);
    schedule.begun_count = 5;
    assert_true(load_schedule_next_us(&schedule, 0) == CLOCK_NEVER_US);
}

static void what_is_too_far_away_to_count_is_never_due(void **state)
{
    struct load_schedule schedule = { .rate_per_second = 1e-300, .start_us = START_US, .end_us = CLOCK_NEVER_US };

    (void)state;
    assert_int_equal(load_schedule_next_us(&schedule, 0), START_US);
    schedule.begun_count = 1;
    assert_true(load_schedule_next_us(&schedule, 0) == CLOCK_NEVER_US);
}

static void the_closed_loop_is_due_now_until_its_end_or_limit(void **state)
{
    struct load_schedule schedule = { .start_us = START_US, .end_us = 9000, .request_limit = 2 };

    (void)state;
    assert_false(load_schedule_is_open_loop(&schedule));
    assert_int_equal(load_schedule_next_us(&schedule, 8999), 8999);
    assert_true(load_schedule_next_us(&schedule, 9000) == CLOCK_NEVER_US);
    schedule.begun_count = 1;
    assert_int_equal(load_schedule_next_us(&schedule, 5000), 5000);
    schedule.begun_count = 2;
    assert_true(load_schedule_next_us(&schedule, 5000) == CLOCK_NEVER_US);
    schedule.request_limit = 0;
    assert_int_equal(load_schedule_next_us(&schedule, 5000), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_open_loop_works_out_when_each_request_is_due),
        cmocka_unit_test(nothing_is_due_at_the_end_or_behind_it),
        cmocka_unit_test(what_is_too_far_away_to_count_is_never_due),
        cmocka_unit_test(the_closed_loop_is_due_now_until_its_end_or_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
