/* SPDX-License-Identifier: MIT */
/*
 * span_union - for how long at least one of many spans of time lasted. Pure.
 *
 * Spans that overlap or touch melt into one, so that a fan-out, whose calls run at the same time, needs few places.
 * With more than SPAN_UNION_MAXIMUM spans apart from each other, the last is filled up to its neighbour: the union then
 * counts a gap as covered, and never more than from the first start to the last end.
 *
 * Memory: none but the struct's own 4 KiB, for the stack.   Units: microseconds, any one clock.
 */
#ifndef GATEWAY_SPAN_UNION_H
#define GATEWAY_SPAN_UNION_H

#include <stddef.h>
#include <stdint.h>

enum { SPAN_UNION_MAXIMUM = 256 };

struct span {
    uint64_t start_us;
    uint64_t end_us;
};

struct span_union {
    size_t count;
    struct span spans[SPAN_UNION_MAXIMUM]; /* apart from each other, in the order of time */
};

void span_union_init(struct span_union *set);
/* A span that ends before it begins, or has no length, adds nothing. */
void span_union_add(struct span_union *set, struct span added);
uint64_t span_union_length(const struct span_union *set);

#endif
