/* SPDX-License-Identifier: MIT */
#include "common/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

enum { BLOCK_BYTES = 4096, ALIGNMENT = _Alignof(max_align_t) };

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    _Alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena, size_t limit_bytes)
{
    *arena = (struct arena){ .limit_bytes = limit_bytes };
}

void arena_clear(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;
        ASAN_UNPOISON_MEMORY_REGION(arena->blocks->bytes, arena->blocks->size);
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->used_bytes = 0;
}

static struct arena_block *add_block(struct arena *arena, size_t needed)
{
    size_t size = needed > BLOCK_BYTES ? needed : BLOCK_BYTES;
    struct arena_block *block = malloc(sizeof *block + size);

    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    block->used = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    ASAN_POISON_MEMORY_REGION(block->bytes, size);
    return block;
}

void *arena_allocate(struct arena *arena, size_t size_bytes)
{
    /* So that neither rounding up nor the block's head can overflow. */
    if (size_bytes > PTRDIFF_MAX - sizeof(struct arena_block) - ALIGNMENT) {
        return NULL;
    }
    size_t size = (size_bytes + ALIGNMENT - 1) & ~((size_t)ALIGNMENT - 1);
    if (size > arena->limit_bytes - arena->used_bytes) {
        return NULL;
    }
    struct arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size) {
        block = add_block(arena, size);
    }
    if (block == NULL) {
        return NULL;
    }
    void *memory = block->bytes + block->used;
    ASAN_UNPOISON_MEMORY_REGION(memory, size_bytes);
    block->used += size;
    arena->used_bytes += size;
    return memset(memory, 0, size_bytes);
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
    char *copy = arena_allocate(arena, text.length + 1);

    if (copy != NULL && text.length > 0) {
        memcpy(copy, text.base, text.length);
    }
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_list again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : arena_allocate(arena, (size_t)length + 1);
    if (text != NULL) {
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    va_end(arguments);
    return text;
}
