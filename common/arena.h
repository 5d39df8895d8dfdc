/* SPDX-License-Identifier: MIT */
/*
 * arena - memory that lives as long as one request and is freed in one go, with a hard limit.
 *
 * Things with a destructor (an easy handle, a cJSON tree) do not belong here.
 *
 * Memory: blocks, from malloc or from a pool, which keeps some for arenas to come; what is not handed out is poisoned
 * under AddressSanitizer.   Threads: none shared; a pool belongs to one thread, and so do its arenas.
 */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stddef.h>

#include "common/compiler.h"
#include "common/str.h"

struct arena_block;

/* Blocks that nobody uses at the moment, some of each size. All zero: an empty one. */
struct arena_pool {
    struct arena_block *free[2]; /* small and large ones */
    size_t free_count[2];
};

/* Frees what it keeps. Its arenas must be clear by then. */
void arena_pool_clear(struct arena_pool *pool);

struct arena {
    struct arena_block *blocks; /* the newest first */
    struct arena_pool *pool;    /* NULL: none */
    char *next;                 /* in the newest block: what is handed out next */
    size_t room_bytes;          /* from there on, within the limit */
    size_t used_bytes;          /* handed out in all */
    size_t limit_bytes;
};

void arena_init(struct arena *arena, size_t limit_bytes);
/* One that takes its blocks from `pool` and gives them back. It may be moved: nothing points to the struct itself. */
void arena_init_pooled(struct arena *arena, size_t limit_bytes, struct arena_pool *pool);
/* From now on at most so many bytes more, if that is less than it was. */
void arena_restrict(struct arena *arena, size_t more_bytes);
void arena_clear(struct arena *arena);

/* Zeroed, aligned for any type. NULL: over the limit, or no memory. */
void *arena_allocate(struct arena *arena, size_t size_bytes) must_check;
/* `count` elements; NULL also when the product overflows. */
void *arena_allocate_array(struct arena *arena, size_t count, size_t element_bytes) must_check;
/* The same with any bytes in it, for what is written in full at once. */
static inline void *arena_allocate_unset(struct arena *arena, size_t size_bytes) must_check;
/* Copies with a NUL behind them; NULL as above. */
char *arena_copy(struct arena *arena, struct str text) must_check;
/* The pieces one behind the other. For what is made often: a format string costs ten times as much. */
char *arena_join(struct arena *arena, const struct str *pieces, size_t count) must_check;
char *arena_format(struct arena *arena, const char *format, ...) printf_like(2, 3) must_check;

/* ---- inline, because a request asks for twenty pieces, and there is nearly always room ---- */

enum { ARENA_ALIGNMENT = _Alignof(max_align_t) };

/* Only for the function below. */
void *arena_allocate_slowly(struct arena *arena, size_t size_bytes) must_check;

static inline void *arena_allocate_unset(struct arena *arena, size_t size_bytes)
{
#if !defined(__SANITIZE_ADDRESS__)
    /* Less by one, so that it is out of the question where rounding up comes round to 0. */
    size_t size = (size_bytes + ARENA_ALIGNMENT - 1) & ~((size_t)ARENA_ALIGNMENT - 1);
    if (size - 1 < arena->room_bytes) {
        void *memory = arena->next;
        arena->next += size;
        arena->room_bytes -= size;
        arena->used_bytes += size;
        return memory;
    }
#endif
    return arena_allocate_slowly(arena, size_bytes);
}

#endif
