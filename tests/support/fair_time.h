/* SPDX-License-Identifier: MIT */
/*
 * fair_time - how long something would have taken, had the processors been there for it.
 *
 * A bound from above is as much about the machine as about us: beside other work, what takes 400 ms may well take 900.
 * The kernel tells which share of the last ten seconds something that could run had to wait for a processor (its
 * pressure stall information, /proc/pressure/cpu): that share of the time, three quarters at the most, is the
 * machine's. That tells nothing of a machine that is calm but for a moment, or that is stopped as a whole: a thread
 * that looks at the clock every few milliseconds finds out for how long it stood still, and that time is the machine's,
 * too. The larger of the two counts. What takes too long on a calm machine still does.
 *
 *     assert_true(fair_ms(elapsed_ms) < 2 * DELAY_MS);
 *
 * For upper bounds alone, and for a time that has just ended: nothing ends earlier because others wait. Where the
 * kernel does not tell, the thread alone counts.
 */
#ifndef TESTS_SUPPORT_FAIR_TIME_H
#define TESTS_SUPPORT_FAIR_TIME_H

#include <stdint.h>

uint64_t fair_ms(uint64_t elapsed_ms);

#endif
