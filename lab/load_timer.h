/* SPDX-License-Identifier: MIT */
/*
 * load_timer - wakes an epoll at a moment of the monotonic clock, to the microsecond and with few system calls.
 *
 * Waking too early costs a turn of the loop, setting the timer a system call: a timer that is set to an earlier moment
 * than is asked for stays as it is.
 *
 * Memory: one descriptor (timerfd); load_timer_close().   Threads: none shared.
 */
#ifndef LAB_LOAD_TIMER_H
#define LAB_LOAD_TIMER_H

#include <stdint.h>

#include "common/compiler.h"

struct load_timer {
    int descriptor;    /* readable once the moment has come, until it is set anew */
    uint64_t armed_us; /* CLOCK_NEVER_US: not set */
};

/* 0 or -errno. */
int load_timer_open(struct load_timer *timer) must_check;
void load_timer_close(struct load_timer *timer);
/* CLOCK_NEVER_US: at no time. */
void load_timer_set(struct load_timer *timer, uint64_t moment_us, uint64_t now_us);

#endif
