/* SPDX-License-Identifier: MIT */
/*
 * clock - the two clocks: a monotonic one for every deadline and duration, the wall clock for log lines only.
 *
 * Units: microseconds throughout. No other file calls clock_gettime().
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

enum { CLOCK_US_PER_MS = 1000, CLOCK_US_PER_SECOND = 1000000 };

/* A deadline that never comes. */
#define CLOCK_NEVER_US UINT64_MAX

uint64_t clock_monotonic_us(void);
/* Since 1970-01-01T00:00:00Z. */
uint64_t clock_wall_us(void);

#endif
