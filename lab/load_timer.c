/* SPDX-License-Identifier: MIT */
#include "lab/load_timer.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/clock.h"

int load_timer_open(struct load_timer *timer)
{
    int descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    *timer = (struct load_timer){ .descriptor = descriptor, .armed_us = CLOCK_NEVER_US };
    return descriptor < 0 ? -errno : 0;
}

void load_timer_close(struct load_timer *timer)
{
    if (timer->descriptor >= 0) {
        (void)close(timer->descriptor);
    }
    timer->descriptor = -1;
}

void load_timer_set(struct load_timer *timer, uint64_t moment_us, uint64_t now_us)
{
    bool is_early_enough = timer->armed_us > now_us && timer->armed_us < moment_us;
    if (moment_us == timer->armed_us || is_early_enough) {
        return;
    }

    struct itimerspec setting = { .it_value = { 0 } }; /* which is: not set */
    if (moment_us != CLOCK_NEVER_US) {
        setting.it_value.tv_sec = (time_t)(moment_us / CLOCK_US_PER_SECOND);
        setting.it_value.tv_nsec = (long)(moment_us % CLOCK_US_PER_SECOND) * 1000;
    }
    (void)timerfd_settime(timer->descriptor, TFD_TIMER_ABSTIME, &setting, NULL);
    timer->armed_us = moment_us;
}
