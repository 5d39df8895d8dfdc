/* SPDX-License-Identifier: MIT */
/*
 * json_block - the inside of a long JSON string, thirty-two bytes at a time: is there anything but plain ones? Pure.
 *
 * For strings of many kilobytes: in a short one json_eight finds the end sooner.
 */
#ifndef COMMON_JSON_BLOCK_H
#define COMMON_JSON_BLOCK_H

#include "common/sixteen.h"

enum { JSON_BLOCK_BYTES = 2 * SIXTEEN };

/* Control bytes are below the blank, and so are those beyond ASCII. */
static inline struct sixteen json_block_mark_not_plain(struct sixteen text)
{
    text.bytes = (text.bytes < ' ') | (text.bytes == '"') | (text.bytes == '\\');
    return text;
}

/* All of the block stand for themselves: no quote, no backslash, no control byte, nothing beyond ASCII. */
static inline bool json_block_is_plain(const char *at)
{
    struct sixteen marks = json_block_mark_not_plain(sixteen_load(at));

    marks.bytes |= json_block_mark_not_plain(sixteen_load(at + SIXTEEN)).bytes;
    return !sixteen_any(marks);
}

#endif
