/* SPDX-License-Identifier: MIT */
#include "common/clock.h"

#include <time.h>

#include "tests/support/unit.h"

static void clock_monotonic_never_goes_back_and_does_go_on(void **state)
{
    uint64_t first = clock_monotonic_us();
    uint64_t last = first;
    (void)state;

    for (int i = 0; i < 100000; i++) {
        uint64_t now = clock_monotonic_us();
        assert_true(now >= last);
        last = now;
    }

    assert_true(last > first);
}

static void clock_wall_is_the_time_of_day_in_microseconds(void **state)
{
    uint64_t before = (uint64_t)time(NULL) - 1;
    (void)state;

    uint64_t now_us = clock_wall_us();

    uint64_t after = (uint64_t)time(NULL) + 1;
    assert_in_range(now_us / CLOCK_US_PER_SECOND, before, after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_monotonic_never_goes_back_and_does_go_on),
        cmocka_unit_test(clock_wall_is_the_time_of_day_in_microseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
