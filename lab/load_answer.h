/* SPDX-License-Identifier: MIT */
/*
 * load_answer - reads one HTTP/1 answer to a GET as it comes, in pieces of any size. Pure.
 *
 * The syntax is http_parser's affair (docs/decisions/0020). Ours: which framings there are (a length, chunks, or until
 * the connection ends; RFC 9112, section 6.3), where the answer ends, what may stand in front of it (1xx, but not 101),
 * and that its head is bounded. Bodies are dropped.
 *
 * Memory: fixed; nothing to free.   Threads: none shared.
 */
#ifndef LAB_LOAD_ANSWER_H
#define LAB_LOAD_ANSWER_H

#include <http_parser.h>
#include <stdbool.h>
#include <stddef.h>

#include "gateway/call_error.h"

/* Of everything up to the end of the final head, 1xx in front of it included. */
enum { LOAD_ANSWER_HEAD_BYTES = 16 * 1024 };

struct load_answer {
    http_parser parser;
    size_t head_bytes; /* seen so far, up to the end of the head or a little behind it */
    bool has_head;     /* the final one */
    bool is_complete;
    bool may_keep; /* once complete: the connection can take another request */
    int status;    /* once has_head */
};

void load_answer_begin(struct load_answer *answer);
/* The next bytes. CALL_OK: so far so good, look at is_complete; else what is wrong. Bytes behind the answer's end are
 * not read: they take may_keep away. */
enum call_error load_answer_take(struct load_answer *answer, const char *bytes, size_t count);
/* The connection has ended. CALL_OK: that was the answer's end. */
enum call_error load_answer_end(struct load_answer *answer);
/* What it means that the connection broke in the middle. */
enum call_error load_answer_broken(const struct load_answer *answer);

#endif
