/* SPDX-License-Identifier: MIT */
/*
 * str - a view of bytes that somebody else owns. Passed by value; not NUL-terminated; may hold any byte.
 *
 * Memory: none of its own; valid as long as what it looks at.
 */
#ifndef COMMON_STR_H
#define COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *base;
    size_t length;
};

/* A string literal as a view; the same as an initialiser of something static; a view's arguments for "%.*s". */
#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_STATIC(literal)                                                                                            \
    {                                                                                                                  \
        "" literal, sizeof(literal) - 1                                                                                \
    }
#define STR_ARGUMENTS(view) (int)(view).length, (view).base

/* The view of a C string; of nothing for NULL. */
struct str str_of(const char *text);
bool str_equal(struct str a, struct str b);
/* ASCII letters compare equal in either case, as in header names. */
bool str_equal_ignoring_case(struct str a, struct str b);
bool str_starts_with(struct str text, struct str prefix);
/* The index of the first `byte`, or text.length. */
size_t str_find(struct str text, char byte);
struct str str_from(struct str text, size_t start);
/* Cuts off the front of *rest up to `separator`, which is dropped; all of it when there is none. */
struct str str_split(struct str *rest, char separator);
/* Without the blanks and tabs at both ends. */
struct str str_trim(struct str text);
/* Nothing but visible ASCII: no blank, no control byte, nothing from 0x7f on. */
bool str_is_visible(struct str text);
/* The length of the UTF-8 sequence at the front of `text` (RFC 3629: no overlong form, no surrogate); 0: not UTF-8. */
size_t str_utf8_length(struct str text);
/* The same, if a person's terminal may be shown that character; 0 also for a control character (C0, DEL, C1), for a
 * separator that breaks lines (U+2028, U+2029), and for one that turns the direction of text, so that it reads
 * otherwise than it is (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069). */
size_t str_printable_length(struct str text);
/* The code point of the sequence at the front, whose length is not 0. */
uint32_t str_code_point(struct str text);
/* Decimal digits and nothing else, up to `maximum`: 0, or -EINVAL, -ERANGE. */
int str_to_number(struct str text, uint64_t maximum, uint64_t *ret_number);

#endif
