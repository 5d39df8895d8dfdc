/* SPDX-License-Identifier: MIT */
/*
 * http_head_layout - do the pieces that were cut out of a request's head make up the whole of it? Pure.
 *
 * libmicrohttpd 0.9 cuts a head up where it lies, in one stretch of memory, and puts a zero byte over each byte of a
 * line's end and over what stands behind method, target and name. Where it is lax (a folded line, a bare line feed, a
 * NUL, a header without a name, blanks too many in the request line) a piece does not lie where the one before ends,
 * or the pieces end before the head does. The only clean layout is
 *
 *     METHOD 0 TARGET 0 VERSION 0 0   NAME 0 [blanks] VALUE 0 0 …   0 0
 *
 * so it can be told afterwards, when the bytes that were cut away are gone:
 *
 *     http_head_layout_begin(&layout, method, target, version);
 *     http_head_layout_add(&layout, name, value);   … for each, in their order
 *     if (!http_head_layout_is_whole(&layout, head_bytes)) …
 *
 * What it cannot tell from a carriage return is what libmicrohttpd makes a zero byte of or leaves one in its place,
 * always together with a bare line feed: a NUL in front of that; and in the last four bytes of a head, which are two
 * line ends, NULs and a colon wherever that ends a head for it. No byte of these reaches anybody.
 *
 * Memory: looks at addresses, and at the last four bytes of a head that is long enough.
 */
#ifndef COMMON_HTTP_HEAD_LAYOUT_H
#define COMMON_HTTP_HEAD_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

struct http_head_layout {
    const char *begin;
    uintptr_t next; /* where the next piece must lie */
    bool is_broken;
};

void http_head_layout_begin(struct http_head_layout *layout, struct str method, struct str target, struct str version);
void http_head_layout_add(struct http_head_layout *layout, struct str name, struct str value);
/* `head_bytes`: from the method to behind the empty line. */
bool http_head_layout_is_whole(const struct http_head_layout *layout, size_t head_bytes);

#endif
