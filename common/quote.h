/* SPDX-License-Identifier: MIT */
/*
 * quote - bytes from outside for a sentence: escaped, and cut to a length that leaves room for the sentence. Pure.
 *
 *     error_set(error, "unknown name %s", quote_in_marks(name, 32).text);
 */
#ifndef COMMON_QUOTE_H
#define COMMON_QUOTE_H

#include "common/str.h"

enum { QUOTE_BYTES_AT_MOST = 64 };

struct quote {
    char text[4 * QUOTE_BYTES_AT_MOST + 8]; /* an escaped byte takes four */
};

/* At most `bytes_at_most` (up to QUOTE_BYTES_AT_MOST) of them; "..." behind, if that is not all. */
struct quote quote_bare(struct str text, size_t bytes_at_most);
/* The same in quotation marks. */
struct quote quote_in_marks(struct str text, size_t bytes_at_most);

#endif
