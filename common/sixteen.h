/* SPDX-License-Identifier: MIT */
/*
 * sixteen - sixteen bytes looked at together: what is compared with all of them leaves marks, 0 where it does not hold.
 *
 *     struct sixteen marks = sixteen_load(at);
 *     marks.bytes = (marks.bytes == '\r') | (marks.bytes == '\n');
 *     if (sixteen_any(marks)) ...
 *
 * As numbers with a sign: bytes beyond ASCII are below 0. The compiler knows what the vectors are on the machine at
 * hand; where it has none it takes them apart. Pure.
 */
#ifndef COMMON_SIXTEEN_H
#define COMMON_SIXTEEN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/compiler.h"

enum { SIXTEEN = 16 };

struct sixteen {
    signed char bytes vector_of(SIXTEEN);
};

static inline struct sixteen sixteen_load(const char *at)
{
    struct sixteen loaded;

    memcpy(&loaded, at, sizeof loaded);
    return loaded;
}

static inline bool sixteen_any(struct sixteen marks)
{
    uint64_t halves[2];

    memcpy(halves, &marks, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

#endif
