/* SPDX-License-Identifier: MIT */
/*
 * block_cache - blocks of malloc's that were given back, by size, for somebody who takes and gives back the same few
 * sizes again and again.
 *
 * glibc keeps seven of a size for a thread, and calloc does not take those: enough for one at a time, not for ten that
 * do the same side by side. This keeps as many as fit into a bound, whatever their sizes.
 *
 * Every block is an ordinary one of malloc's: a block from anywhere may be given back here, and one from here to
 * free(). As with glibc, a block that is given back while it is kept already ends the process.
 *
 * Memory: at most BLOCK_CACHE_BYTES are kept; the last given back is the first taken.   Threads: its owner's; blocks
 * may go from one to another.   Errors: NULL as malloc and its relatives, the old block untouched.
 */
#ifndef GATEWAY_BLOCK_CACHE_H
#define GATEWAY_BLOCK_CACHE_H

#include <stddef.h>

#include "common/compiler.h"

enum { BLOCK_CACHE_SIZES = 128, BLOCK_CACHE_BYTES = 1024 * 1024 };

/* All zero: empty. */
struct block_cache {
    struct kept_block *kept[BLOCK_CACHE_SIZES];
    size_t kept_bytes;
};

void *block_cache_take(struct block_cache *cache, size_t size) must_check;
void *block_cache_take_zeroed(struct block_cache *cache, size_t count, size_t size) must_check;
/* As realloc, but that a size of 0 is one like others, and that a small block does not become smaller. */
void *block_cache_resize(struct block_cache *cache, void *block, size_t size) must_check;
/* NULL: nothing. */
void block_cache_give(struct block_cache *cache, void *block);
/* Frees what is kept. */
void block_cache_clear(struct block_cache *cache);

#endif
