/* SPDX-License-Identifier: MIT */
/*
 * time_stamp - the wall clock as RFC 3339 text in UTC: 2026-01-02T03:04:05.123456+00:00.
 *
 * Broken-down time is worked out once a second only.   Threads: one at a time.
 */
#ifndef COMMON_TIME_STAMP_H
#define COMMON_TIME_STAMP_H

#include <stdint.h>

#include "common/buf.h"

struct time_stamp {
    char text[32];  /* "2026-01-02T03:04:05" */
    int64_t second; /* since 1970, that `text` shows */
};

void time_stamp_init(struct time_stamp *stamp);
void time_stamp_add(struct time_stamp *stamp, uint64_t wall_us, struct buf *text);

#endif
