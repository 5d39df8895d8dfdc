/* SPDX-License-Identifier: MIT */
/*
 * duration - "250ms", "2s", "1m" to microseconds and back. Pure.
 *
 * Accepted: decimal digits, perhaps a fraction ("1.5s"), and one of the units us, ms, s, m, h; up to 24 h.
 */
#ifndef COMMON_DURATION_H
#define COMMON_DURATION_H

#include <stdint.h>

#include "common/compiler.h"
#include "common/str.h"

/* What a person may write, for error messages. */
#define DURATION_ALLOWED "a duration such as 250ms, 2s or 1m"

/* 0, or -EINVAL (not of that form) or -ERANGE (over 24 h). */
int duration_parse(struct str text, uint64_t *ret_us) must_check;
/* The shortest form that reads back to the same value: "2s", "250ms", "1m". `size` of 32 is always enough. */
void duration_format(uint64_t duration_us, char *text, size_t size);

#endif
