/* SPDX-License-Identifier: MIT */
/*
 * json_eight - eight bytes of JSON text looked at together: which of them end a run of alike ones? Pure.
 *
 * Each marks, in its highest bit, a byte that is not of the run. What a byte carries or borrows goes only up and only
 * from one that is marked: the lowest mark is always right, and the others may not be.
 */
#ifndef COMMON_JSON_EIGHT_H
#define COMMON_JSON_EIGHT_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define JSON_EIGHT_ONES UINT64_C(0x0101010101010101)
#define JSON_EIGHT_HIGHEST_BITS UINT64_C(0x8080808080808080)

/* The first of them is the lowest. */
static inline uint64_t json_eight_load(const char *at)
{
    uint64_t bytes = 0;

    memcpy(&bytes, at, sizeof bytes);
    return le64toh(bytes);
}

static inline uint64_t json_eight_mark_no_blank(uint64_t bytes)
{
    uint64_t difference = bytes ^ (JSON_EIGHT_ONES * ' ');

    return ((difference + JSON_EIGHT_ONES * 0x7f) | difference) & JSON_EIGHT_HIGHEST_BITS;
}

static inline uint64_t json_eight_mark_no_digit(uint64_t bytes)
{
    uint64_t difference = bytes ^ (JSON_EIGHT_ONES * '0');

    return ((difference + JSON_EIGHT_ONES * (0x80 - 10)) | difference) & JSON_EIGHT_HIGHEST_BITS;
}

/* A byte that stands for itself in a string: no quote, no backslash, no control byte, nothing beyond ASCII. */
static inline uint64_t json_eight_mark_not_plain(uint64_t bytes)
{
    uint64_t quotes = bytes ^ (JSON_EIGHT_ONES * '"');
    uint64_t backslashes = bytes ^ (JSON_EIGHT_ONES * '\\');

    return (bytes | (bytes - JSON_EIGHT_ONES * 0x20) | (quotes - JSON_EIGHT_ONES) | (backslashes - JSON_EIGHT_ONES)) &
           JSON_EIGHT_HIGHEST_BITS;
}

#endif
