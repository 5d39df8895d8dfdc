/* SPDX-License-Identifier: MIT */
#include "common/arena.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

/* Nearly every request fits into a small block; a large one is for a fan-out. */
enum { SMALL, LARGE, SIZE_COUNT };
static const size_t block_bytes[SIZE_COUNT] = { 4096, 16384 };
/* A quarter of a megabyte of each. */
static const size_t kept_at_most[SIZE_COUNT] = { 64, 16 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    _Alignas(max_align_t) char bytes[];
};

/* ---- blocks ---- */

/* SMALL, LARGE, or SIZE_COUNT for one that was made to measure. */
static size_t kind_of(const struct arena_block *block)
{
    size_t kind = SMALL;

    while (kind < SIZE_COUNT && block->size != block_bytes[kind]) {
        kind++;
    }
    return kind;
}

static struct arena_block *take_block(struct arena_pool *pool, size_t kind)
{
    if (pool == NULL || kind == SIZE_COUNT || pool->free[kind] == NULL) {
        return NULL;
    }
    struct arena_block *block = pool->free[kind];
    pool->free[kind] = block->next;
    pool->free_count[kind]--;
    return block;
}

static void free_block(struct arena_block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
    free(block);
}

static void give_back(struct arena_pool *pool, struct arena_block *block)
{
    size_t kind = kind_of(block);

    if (pool == NULL || kind == SIZE_COUNT || pool->free_count[kind] == kept_at_most[kind]) {
        free_block(block);
        return;
    }
    ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
    block->next = pool->free[kind];
    pool->free[kind] = block;
    pool->free_count[kind]++;
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        free_block(block);
        block = next;
    }
}

void arena_pool_clear(struct arena_pool *pool)
{
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        free_blocks(pool->free[i]);
    }
    *pool = (struct arena_pool){ .free = { NULL } };
}

/* ---- an arena ---- */

void arena_init(struct arena *arena, size_t limit_bytes)
{
    *arena = (struct arena){ .limit_bytes = limit_bytes };
}

void arena_init_pooled(struct arena *arena, size_t limit_bytes, struct arena_pool *pool)
{
    *arena = (struct arena){ .pool = pool, .limit_bytes = limit_bytes };
}

void arena_restrict(struct arena *arena, size_t more_bytes)
{
    if (more_bytes < arena->limit_bytes - arena->used_bytes) {
        arena->limit_bytes = arena->used_bytes + more_bytes;
        arena->room_bytes = arena->room_bytes < more_bytes ? arena->room_bytes : more_bytes;
    }
}

void arena_clear(struct arena *arena)
{
    /* The arena itself may lie in one of its blocks. */
    struct arena_pool *pool = arena->pool;
    struct arena_block *block = take_pointer(arena->blocks);

    arena->next = NULL;
    arena->room_bytes = 0;
    arena->used_bytes = 0;
    while (block != NULL) {
        struct arena_block *next = block->next;
        give_back(pool, block);
        block = next;
    }
}

static int add_block(struct arena *arena, size_t needed)
{
    size_t allowed = arena->limit_bytes - arena->used_bytes;
    size_t kind = SMALL;

    while (kind < SIZE_COUNT && needed > block_bytes[kind]) {
        kind++;
    }
    size_t size = kind < SIZE_COUNT ? block_bytes[kind] : needed;
    struct arena_block *block = take_block(arena->pool, kind);
    if (block == NULL) {
        block = malloc(sizeof *block + size);
    }
    if (block == NULL) {
        return -ENOMEM;
    }
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->next = block->bytes;
    arena->room_bytes = size < allowed ? size : allowed;
    ASAN_POISON_MEMORY_REGION(block->bytes, size);
    return 0;
}

/* ---- what it hands out ---- */

void *arena_allocate_slowly(struct arena *arena, size_t size_bytes)
{
    /* So that neither rounding up nor the block's head can overflow. */
    if (size_bytes > PTRDIFF_MAX - sizeof(struct arena_block) - ARENA_ALIGNMENT) {
        return NULL;
    }
    size_t size = (size_bytes + ARENA_ALIGNMENT - 1) & ~((size_t)ARENA_ALIGNMENT - 1);
    if (size > arena->limit_bytes - arena->used_bytes) {
        return NULL;
    }
    if ((arena->blocks == NULL || size > arena->room_bytes) && add_block(arena, size) < 0) {
        return NULL;
    }
    void *memory = arena->next;
    ASAN_UNPOISON_MEMORY_REGION(memory, size_bytes);
    arena->next += size;
    arena->room_bytes -= size;
    arena->used_bytes += size;
    return memory;
}

void *arena_allocate(struct arena *arena, size_t size_bytes)
{
    void *memory = arena_allocate_unset(arena, size_bytes);

    return memory != NULL ? memset(memory, 0, size_bytes) : NULL;
}

void *arena_allocate_array(struct arena *arena, size_t count, size_t element_bytes)
{
    if (element_bytes > 0 && count > SIZE_MAX / element_bytes) {
        return NULL;
    }
    return arena_allocate(arena, count * element_bytes);
}

char *arena_copy(struct arena *arena, struct str text)
{
    return arena_join(arena, &text, 1);
}

char *arena_join(struct arena *arena, const struct str *pieces, size_t count)
{
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        length += pieces[i].length;
    }
    char *text = arena_allocate_unset(arena, length + 1);
    if (text == NULL) {
        return NULL;
    }
    char *end = text;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].length > 0) {
            memcpy(end, pieces[i].base, pieces[i].length);
            end += pieces[i].length;
        }
    }
    *end = '\0';
    return text;
}

/* Written where it will lie, if there is room for it; that the first try shows, and how much it needs. */
char *arena_format(struct arena *arena, const char *format, ...)
{
    size_t room = arena->room_bytes;
    char *place = arena->next;
    va_list arguments;
    va_list again;

    ASAN_UNPOISON_MEMORY_REGION(place, room);
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(place, room, format, arguments);
    ASAN_POISON_MEMORY_REGION(place, room);
    char *text = length < 0 ? NULL : arena_allocate_unset(arena, (size_t)length + 1);
    if (text != NULL && text != place) {
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    va_end(arguments);
    return text;
}
