/* SPDX-License-Identifier: MIT */
/*
 * compiler - the few GNU attributes this project uses, under names that say what they are for.
 */
#ifndef COMMON_COMPILER_H
#define COMMON_COMPILER_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define must_check __attribute__((warn_unused_result))
#define printf_like(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))
#define cleanup_(function) __attribute__((cleanup(function)))

/* The local owns what it points to and frees it at the end of its scope, unless take_pointer() gave it away. */
#define cleanup_free cleanup_(compiler_free_pointer)
/* The local owns a descriptor (-1: none). */
#define cleanup_close cleanup_(compiler_close_descriptor)

#define array_length(array) (sizeof(array) / sizeof((array)[0]))

/* Declares what computes with so many bytes at once. */
#define vector_of(size_bytes) __attribute__((vector_size(size_bytes)))

/* Which bit of a number that is not 0 is its lowest. */
#define lowest_bit(number) ((unsigned)__builtin_ctzll(number))

/* Hands the pointer over: the variable is NULL afterwards, its former value the result. */
#define take_pointer(pointer)                                                                                          \
    __extension__({                                                                                                    \
        __typeof__(pointer) taken_ = (pointer);                                                                        \
        (pointer) = NULL;                                                                                              \
        taken_;                                                                                                        \
    })

/* The struct that `member` is embedded in. */
#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* For a library's struct that is only read, and does not say so. */
static inline void *without_const(const void *pointer)
{
    union {
        const void *given;
        void *taken;
    } same = { .given = pointer };

    return same.taken;
}

static inline void compiler_free_pointer(void *address)
{
    free(*(void **)address);
}

static inline void compiler_close_descriptor(const int *descriptor)
{
    if (*descriptor >= 0) {
        (void)close(*descriptor);
    }
}

#endif
