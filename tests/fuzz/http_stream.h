/* SPDX-License-Identifier: MIT */
/*
 * http_stream - reads requests off the bytes of a connection, as strictly as RFC 9112 does: what fuzz_http_front holds
 * our server against. Plain and slow, and not a line of it shared with what it checks.
 *
 * What it forgives is what docs/security.md says remains of libmicrohttpd's laxness, and nothing else:
 *
 *   in front of a request line    empty lines that end with a bare line feed, and lines that begin with a NUL
 *   for a line's carriage return  a NUL
 *   for the last two line ends    any four bytes of them and of NULs and colons, as far as they end a head for it
 *   in a chunked body             everything; but it is the last request on its connection
 *
 * and it doubts what libmicrohttpd refuses without need: blanks behind a length or a coding, a lone quote in a cookie,
 * and from 1.0 on more than one empty line in front of a request line.
 *
 * Memory: views of the bytes; the account is appended to a buffer of the caller's.
 */
#ifndef TESTS_FUZZ_HTTP_STREAM_H
#define TESTS_FUZZ_HTTP_STREAM_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/str.h"

enum http_stream_verdict {
    HTTP_STREAM_GOOD,    /* must be served */
    HTTP_STREAM_DOUBTED, /* may be served, as it is read here, or refused */
    HTTP_STREAM_BAD,     /* must not be served, nor anything behind it */
    HTTP_STREAM_SHORT,   /* its end has not come: must not be served */
};

struct http_stream_request {
    enum http_stream_verdict verdict;
    bool is_body_known; /* else it is one in chunks that were read forgivingly */
    bool is_last;       /* nothing behind it may be served */
    bool is_kept;       /* what is behind it must be looked at */
};

enum { HTTP_STREAM_BODY_MAXIMUM = 1024 };

/* The next request off the front of *rest, and an account of it: "METHOD TARGET", a line for each header, and, if it is
 * known, the body behind an empty line. */
struct http_stream_request http_stream_take(struct str *rest, struct buf *account);

#endif
