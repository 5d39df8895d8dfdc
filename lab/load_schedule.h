/* SPDX-License-Identifier: MIT */
/*
 * load_schedule - when each request of a load is due. Pure.
 *
 * In the closed loop: as soon as a client is free. In the open loop request k is due at start + k / rate, worked out
 * from k each time: nothing adds up, and requests that wait in the client need no memory.
 *
 * Threads: none shared.   Units: microseconds of the monotonic clock.
 */
#ifndef LAB_LOAD_SCHEDULE_H
#define LAB_LOAD_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct load_schedule {
    double rate_per_second; /* 0: closed loop */
    uint64_t request_limit; /* of the closed loop; 0: none */
    uint64_t start_us, end_us;
    uint64_t begun_count; /* requests so far: the next one's k */
};

bool load_schedule_is_open_loop(const struct load_schedule *schedule);
/* When the next request is due: in the past, if it is late; CLOCK_NEVER_US: none will be. */
uint64_t load_schedule_next_us(const struct load_schedule *schedule, uint64_t now_us);

#endif
