/* SPDX-License-Identifier: MIT */
#include "gateway/span_union.h"

#include <string.h>

void span_union_init(struct span_union *set)
{
    set->count = 0;
}

/* With no place left a span is filled up to its neighbour: the shares stay whole, one grows a little. That takes more
 * calls than places, all of them apart. */
static void widen(struct span_union *set, size_t index, struct span added)
{
    if (index > 0) {
        set->spans[index - 1].end_us = added.end_us;
    } else {
        set->spans[0].start_us = added.start_us;
    }
}

void span_union_add(struct span_union *set, struct span added)
{
    size_t first = set->count;

    if (added.start_us >= added.end_us) {
        return;
    }
    while (first > 0 && set->spans[first - 1].end_us >= added.start_us) {
        first--;
    }
    size_t after = first;
    for (; after < set->count && set->spans[after].start_us <= added.end_us; after++) {
        const struct span *met = &set->spans[after];
        added.start_us = met->start_us < added.start_us ? met->start_us : added.start_us;
        added.end_us = met->end_us > added.end_us ? met->end_us : added.end_us;
    }
    if (first == after && set->count == SPAN_UNION_MAXIMUM) {
        widen(set, first, added);
        return;
    }
    memmove(&set->spans[first + 1], &set->spans[after], (set->count - after) * sizeof set->spans[0]);
    set->spans[first] = added;
    set->count = set->count + 1 - (after - first);
}

uint64_t span_union_length(const struct span_union *set)
{
    uint64_t length_us = 0;

    for (size_t i = 0; i < set->count; i++) {
        length_us += set->spans[i].end_us - set->spans[i].start_us;
    }
    return length_us;
}
