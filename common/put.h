/* SPDX-License-Identifier: MIT */
/*
 * put - text into room that is known to be enough, for lines and fields that every request has.
 *
 *     char *end = put_number(put_str(room, STR("total;dur=")), 17);
 *
 * Each returns where to go on. Whoever calls has made sure of the room: a number has up to PUT_NUMBER_BYTES.
 */
#ifndef COMMON_PUT_H
#define COMMON_PUT_H

#include <stdint.h>
#include <string.h>

#include "common/str.h"

enum { PUT_NUMBER_BYTES = 20 };

static inline char *put_str(char *room, struct str text)
{
    if (text.length > 0) {
        memcpy(room, text.base, text.length);
    }
    return room + text.length;
}

/* The last `count` decimal digits, with zeros in front. */
static inline char *put_digits(char *room, uint64_t number, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        room[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    return room + count;
}

static inline char *put_number(char *room, uint64_t number)
{
    size_t count = 1;

    for (uint64_t rest = number / 10; rest > 0; rest /= 10) {
        count++;
    }
    return put_digits(room, number, count);
}

#endif
