/* SPDX-License-Identifier: MIT */
#include "common/clock.h"

#include <time.h>

static uint64_t read_clock_us(clockid_t id)
{
    struct timespec now = { 0 };

    (void)clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * CLOCK_US_PER_SECOND + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_monotonic_us(void)
{
    return read_clock_us(CLOCK_MONOTONIC);
}

uint64_t clock_wall_us(void)
{
    return read_clock_us(CLOCK_REALTIME);
}
