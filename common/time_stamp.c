/* SPDX-License-Identifier: MIT */
#include "common/time_stamp.h"

#include <string.h>
#include <time.h>

#include "common/clock.h"

void time_stamp_init(struct time_stamp *stamp)
{
    *stamp = (struct time_stamp){ .second = -1 };
}

void time_stamp_add(struct time_stamp *stamp, uint64_t wall_us, struct buf *text)
{
    time_t second = (time_t)(wall_us / CLOCK_US_PER_SECOND);
    struct tm parts = { 0 };

    if (second != stamp->second) {
        (void)gmtime_r(&second, &parts);
        (void)strftime(stamp->text, sizeof stamp->text, "%Y-%m-%dT%H:%M:%S", &parts);
        stamp->second = second;
    }
    char fraction[] = ".000000+00:00";
    uint64_t below_us = wall_us % CLOCK_US_PER_SECOND;
    for (size_t i = 6; i > 0; i--) {
        fraction[i] = (char)('0' + below_us % 10);
        below_us /= 10;
    }
    char *room = buf_reserve(text, strlen(stamp->text) + sizeof fraction - 1);
    if (room != NULL) {
        (void)buf_add_text(text, stamp->text);
        (void)buf_add_text(text, fraction);
    }
}
