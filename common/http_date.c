/* SPDX-License-Identifier: MIT */
#include "common/http_date.h"

#include <time.h>

#include "common/clock.h"

void http_date_format(uint64_t wall_us, char text[HTTP_DATE_BYTES])
{
    time_t second = (time_t)(wall_us / CLOCK_US_PER_SECOND);
    struct tm utc = { 0 };

    text[0] = '\0';
    (void)gmtime_r(&second, &utc);
    (void)strftime(text, HTTP_DATE_BYTES, "%a, %d %b %Y %H:%M:%S GMT", &utc);
}

void http_date_now(char text[HTTP_DATE_BYTES])
{
    http_date_format(clock_wall_us(), text);
}
