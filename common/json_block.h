/* SPDX-License-Identifier: MIT */
/*
 * json_block - the inside of a long JSON string, thirty-two bytes at a time: is there anything but plain ones? Pure.
 *
 * For strings of many kilobytes: in a short one json_eight finds the end sooner. The compiler knows what the vectors
 * are on the machine at hand; where it has none it takes them apart.
 */
#ifndef COMMON_JSON_BLOCK_H
#define COMMON_JSON_BLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/compiler.h"

enum { JSON_BLOCK_BYTES = 32, JSON_BLOCK_HALF_BYTES = JSON_BLOCK_BYTES / 2 };

struct json_block_half {
    vector_of(signed char, JSON_BLOCK_HALF_BYTES) bytes;
};

/* Each byte of the half: 0 where it is plain. As numbers with a sign, those beyond ASCII are below the blank, as
 * control bytes are. */
static inline struct json_block_half json_block_mark_half(const char *at)
{
    struct json_block_half half;

    memcpy(&half, at, sizeof half);
    half.bytes = (half.bytes < ' ') | (half.bytes == '"') | (half.bytes == '\\');
    return half;
}

/* All of the block stand for themselves: no quote, no backslash, no control byte, nothing beyond ASCII. */
static inline bool json_block_is_plain(const char *at)
{
    struct json_block_half front = json_block_mark_half(at);
    struct json_block_half back = json_block_mark_half(at + JSON_BLOCK_HALF_BYTES);
    uint64_t marks[2];

    front.bytes |= back.bytes;
    memcpy(marks, &front, sizeof marks);
    return (marks[0] | marks[1]) == 0;
}

#endif
