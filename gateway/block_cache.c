/* SPDX-License-Identifier: MIT */
#include "gateway/block_cache.h"

#include <malloc.h>
#include <string.h>

/* What glibc makes of any size: steps of 16 from 24 on. With another allocator a block's size is rounded down to a
 * step, so that what is taken is never smaller than what was asked for. */
enum { SMALLEST_BYTES = 24, STEP_BYTES = 16, LARGEST_BYTES = SMALLEST_BYTES + (BLOCK_CACHE_SIZES - 1) * STEP_BYTES };

/* What stands in a block while it is kept. */
struct kept_block {
    struct kept_block *next;
    const struct block_cache *keeper; /* what the block's last owner may have written there by chance, hardly ever */
};

/* The step that has room for so much, LARGEST_BYTES at most. */
static size_t step_for(size_t size)
{
    return size <= SMALLEST_BYTES ? 0 : (size - SMALLEST_BYTES + STEP_BYTES - 1) / STEP_BYTES;
}

static size_t bytes_of(size_t step)
{
    return SMALLEST_BYTES + step * STEP_BYTES;
}

/* NULL: none is kept. */
static struct kept_block *take_kept(struct block_cache *cache, size_t step)
{
    struct kept_block *block = cache->kept[step];

    if (block != NULL) {
        cache->kept[step] = block->next;
        cache->kept_bytes -= bytes_of(step);
    }
    return block;
}

void *block_cache_take(struct block_cache *cache, size_t size)
{
    if (size > LARGEST_BYTES) {
        return malloc(size);
    }
    size_t step = step_for(size);
    struct kept_block *block = take_kept(cache, step);
    if (block == NULL) {
        block = malloc(bytes_of(step));
    }
    if (block != NULL) {
        block->keeper = NULL;
    }
    return block;
}

void *block_cache_take_zeroed(struct block_cache *cache, size_t count, size_t size)
{
    size_t all = 0;

    if (__builtin_mul_overflow(count, size, &all) || all > LARGEST_BYTES) {
        return calloc(count, size);
    }
    void *block = block_cache_take(cache, all);
    return block != NULL ? memset(block, 0, all) : NULL;
}

void *block_cache_resize(struct block_cache *cache, void *block, size_t size)
{
    size_t usable = malloc_usable_size(block); /* of NULL: 0 */

    if (block == NULL) {
        return block_cache_take(cache, size);
    }
    if (size > LARGEST_BYTES || usable > LARGEST_BYTES) {
        return realloc(block, size > 0 ? size : 1);
    }
    if (size <= usable) {
        return block;
    }
    void *larger = block_cache_take(cache, size);
    if (larger != NULL) {
        memcpy(larger, block, usable);
        block_cache_give(cache, block);
    }
    return larger;
}

/* One that is kept stands in the list of its size. */
static void check_not_kept(const struct block_cache *cache, const struct kept_block *block, size_t step)
{
    for (const struct kept_block *kept = cache->kept[step]; kept != NULL; kept = kept->next) {
        if (kept == block) {
            abort();
        }
    }
}

static void keep(struct block_cache *cache, struct kept_block *block, size_t step)
{
    if (block->keeper == cache) {
        check_not_kept(cache, block, step);
    }
    block->next = cache->kept[step];
    block->keeper = cache;
    cache->kept[step] = block;
    cache->kept_bytes += bytes_of(step);
}

void block_cache_give(struct block_cache *cache, void *block)
{
    size_t usable = malloc_usable_size(block);
    size_t step = usable < SMALLEST_BYTES ? BLOCK_CACHE_SIZES : (usable - SMALLEST_BYTES) / STEP_BYTES;

    if (step < BLOCK_CACHE_SIZES && cache->kept_bytes + bytes_of(step) <= BLOCK_CACHE_BYTES) {
        keep(cache, block, step);
    } else {
        free(block);
    }
}

void block_cache_clear(struct block_cache *cache)
{
    for (size_t step = 0; step < BLOCK_CACHE_SIZES; step++) {
        while (cache->kept[step] != NULL) {
            struct kept_block *next = cache->kept[step]->next;
            free(cache->kept[step]);
            cache->kept[step] = next;
        }
    }
    cache->kept_bytes = 0;
}
