/* SPDX-License-Identifier: MIT */
#include "lab/load_schedule.h"

#include "common/clock.h"

/* Some 30,000 years: what lies behind it never comes. */
#define OFFSET_MOST_US 1e18

bool load_schedule_is_open_loop(const struct load_schedule *schedule)
{
    return schedule->rate_per_second > 0;
}

uint64_t load_schedule_next_us(const struct load_schedule *schedule, uint64_t now_us)
{
    uint64_t due_us = now_us;

    if (load_schedule_is_open_loop(schedule)) {
        double offset_us = (double)schedule->begun_count * 1e6 / schedule->rate_per_second;
        due_us = offset_us < OFFSET_MOST_US ? schedule->start_us + (uint64_t)offset_us : CLOCK_NEVER_US;
    } else if (schedule->request_limit > 0 && schedule->begun_count >= schedule->request_limit) {
        return CLOCK_NEVER_US;
    }
    return due_us < schedule->end_us ? due_us : CLOCK_NEVER_US;
}
