/* SPDX-License-Identifier: MIT */
#include "lab/sweep_progress.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/sweep_fixture.h"

static void progress_writes_durations_as_people_say_them(void **state)
{
    static const struct {
        uint64_t us;
        const char *expected;
    } rows[] = {
        { 0, "0 s" },
        { 499999, "0 s" },
        { 4500000, "5 s" },
        { 59499999, "59 s" },
        { 59500000, "1 min 0 s" },
        { 130000000, "2 min 10 s" },
        { UINT64_C(3900000000), "1 h 5 min" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_buf struct buf text = { .base = NULL };
        buf_init(&text, 64);

        sweep_progress_add_duration(&text, rows[i].us);

        assert_case(rows[i].expected, str_equal(buf_view(&text), str_of(rows[i].expected)));
    }
}

static void progress_leaves_out_what_does_not_fit(void **state)
{
    static const struct {
        const char *name;
        unsigned columns;
        const char *expected;
    } rows[] = {
        { "all of it", 100,
          "[######..................]  25 %  10 s left  sync, 1 client, fan-out 1, 50ms  round 2 of 3" },
        { "no bar", 70, " 25 %  10 s left  sync, 1 client, fan-out 1, 50ms  round 2 of 3" },
        { "the begin", 16, " 25 %  10 s left" },
        { "nothing", 0, "" },
    };
    struct sweep_fixture fixture;
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--modes=sync", "--clients=1", "--fan-out=1", NULL });
    const struct sweep_position position = {
        .plan = &fixture.plan, .done = 1, .of = 4, .turn = { .repeat = 1 }, .left_us = 10000000
    };

    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_buf struct buf line = { .base = NULL };
        buf_init(&line, 1024);

        sweep_progress_add(&line, &position, rows[i].columns);

        assert_case(rows[i].name, str_equal(buf_view(&line), str_of(rows[i].expected)));
        assert_case(rows[i].name, line.length <= rows[i].columns);
    }
    sweep_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_writes_durations_as_people_say_them),
        cmocka_unit_test(progress_leaves_out_what_does_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
