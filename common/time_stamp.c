/* SPDX-License-Identifier: MIT */
#include "common/time_stamp.h"

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
    (void)buf_add_format(text, "%s.%06u+00:00", stamp->text, (unsigned)(wall_us % CLOCK_US_PER_SECOND));
}
