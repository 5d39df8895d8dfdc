/* SPDX-License-Identifier: MIT */
#include "common/time_stamp.h"

#include <time.h>

#include "common/clock.h"
#include "common/put.h"

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
    struct str seconds = str_of(stamp->text);
    char *room = buf_reserve(text, seconds.length + sizeof ".000000+00:00" - 1);
    if (room != NULL) {
        room = put_str(room, seconds);
        *room++ = '.';
        room = put_digits(room, wall_us % CLOCK_US_PER_SECOND, 6);
        room = put_str(room, STR("+00:00"));
        text->length = (size_t)(room - text->base);
    }
}
