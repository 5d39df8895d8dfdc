/* SPDX-License-Identifier: MIT */
/*
 * http_guard - is this request head unambiguous? Pure.
 *
 * libmicrohttpd lets through what other servers would read differently (two lengths, a length with chunks, blanks
 * before a colon, two hosts, control bytes). RFC 9112 §6.3 and §11.2 want such a request refused: it gets one answer
 * and the connection closes.
 *
 * Header by header, then once at the end:
 *
 *     struct http_guard guard = { 0 };
 *     http_guard_header(&guard, name, value);   … for each
 *     int status = http_guard_verdict(&guard, target, &reason);
 */
#ifndef COMMON_HTTP_GUARD_H
#define COMMON_HTTP_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

struct http_guard {
    unsigned host_count;
    unsigned length_count;
    unsigned transfer_encoding_count;
    struct str host; /* the last Host header's value */
    uint64_t content_length;
    /* A header that frames nothing but is named as if it might: microhttpd joins a folded line to the *name* of the
     * header above, and "Content-Length: 5\r\n x" arrives as "Content-Lengthx". Whoever is in front may have read a
     * body: answer, and let the connection end there. */
    bool is_suspect;
    int status;         /* the first fault found; 0: none */
    const char *reason; /* what it was, a constant sentence */
};

void http_guard_header(struct http_guard *guard, struct str name, struct str value);
/* 0: let it pass; else the status to refuse it with, and *ret_reason. `target`: in origin form, or as it came.
 * `is_http_1_1`: or a later 1.x; the version demands a Host. */
int http_guard_verdict(struct http_guard *guard, struct str method, struct str target, bool is_http_1_1,
                       const char **ret_reason);

#endif
