/* SPDX-License-Identifier: MIT */
/*
 * arena - memory that lives as long as one request and is freed in one go, with a hard limit.
 *
 * Things with a destructor (an easy handle, a cJSON tree) do not belong here.
 *
 * Memory: blocks from malloc; the unused tail is poisoned under AddressSanitizer.   Threads: none shared.
 */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stddef.h>

#include "common/compiler.h"
#include "common/str.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* the newest first */
    size_t used_bytes;          /* handed out in all */
    size_t limit_bytes;
};

void arena_init(struct arena *arena, size_t limit_bytes);
void arena_clear(struct arena *arena);

/* Zeroed, aligned for any type. NULL: over the limit, or no memory. */
void *arena_allocate(struct arena *arena, size_t size_bytes) must_check;
/* `count` elements; NULL also when the product overflows. */
void *arena_allocate_array(struct arena *arena, size_t count, size_t element_bytes) must_check;
/* Copies with a NUL behind them; NULL as above. */
char *arena_copy(struct arena *arena, struct str text) must_check;
char *arena_format(struct arena *arena, const char *format, ...) printf_like(2, 3) must_check;

#endif
