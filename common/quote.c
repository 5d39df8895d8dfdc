/* SPDX-License-Identifier: MIT */
#include "common/quote.h"

#include <stdio.h>

#include "common/buf.h"

static struct quote quote_between(struct str text, size_t bytes_at_most, const char *mark)
{
    struct quote quote;
    size_t limit = bytes_at_most < QUOTE_BYTES_AT_MOST ? bytes_at_most : QUOTE_BYTES_AT_MOST;
    struct str shown = { text.base, text.length < limit ? text.length : limit };
    cleanup_buf struct buf escaped;

    buf_init(&escaped, sizeof quote.text);
    (void)buf_add_escaped(&escaped, shown);
    (void)snprintf(quote.text, sizeof quote.text, "%s%.*s%s%s", mark, STR_ARGUMENTS(buf_view(&escaped)),
                   shown.length < text.length ? "..." : "", mark);
    return quote;
}

struct quote quote_bare(struct str text, size_t bytes_at_most)
{
    return quote_between(text, bytes_at_most, "");
}

struct quote quote_in_marks(struct str text, size_t bytes_at_most)
{
    return quote_between(text, bytes_at_most, "\"");
}
