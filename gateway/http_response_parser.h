/* SPDX-License-Identifier: MIT */
/*
 * http_response_parser - one answer of a backend, read from bytes as they come: its status, its body, where it ends.
 *
 * Debian's http_parser does the reading. What it lets pass (a bare LF, blanks in a field's name, control bytes, a
 * folded line, anything behind a chunk) is refused before it, and every line of a head or of trailers is shown to
 * response_framing: status, lengths, codings and the size of the head are judged there. Interim responses (1xx) are
 * read and forgotten; 101 is refused. What stands behind the answer's end is not read.
 *
 *     http_response_parser_begin(&parser, &expected);
 *     size_t used = http_response_parser_feed(&parser, bytes, count);     until parser.is_complete or parser.error
 *     char *room = http_response_parser_room(&parser, &room_bytes);       or, for the middle of a long body, straight
 *     http_response_parser_filled(&parser, count);                        to where it stays
 *     http_response_parser_end(&parser);                                  the connection ended instead
 *     http_response_parser_clear(&parser);
 *
 * However the bytes are split, the outcome is the same. A line that is fed whole is read where it lies.
 *
 * Errors: what the backend did wrong is `error`, the first of it; CALL_PROXY_INTERNAL_ERROR: no memory.
 * Memory: what is wanted goes into the caller's buffers, which bound it; of its own it holds at most one line of which
 * more is to come, within `head_bytes_limit`. It stays where it is from begin to clear.   Threads: none shared.
 */
#ifndef GATEWAY_HTTP_RESPONSE_PARSER_H
#define GATEWAY_HTTP_RESPONSE_PARSER_H

#include <http_parser.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "gateway/call_error.h"
#include "gateway/response_framing.h"

struct http_response_expected {
    struct buf
        *body; /* empty; its limit is the longest body; longer, or announced as longer: http_response_body_size */
    struct buf *head; /* field lines of the final response with their line breaks, no trailers; NULL: not wanted */
    /* The body takes its bytes from here, and so may others, in other threads. Where there are too few it gives its own
     * back and is empty: http_response_body_size. Else whoever frees the body gives them back. NULL: the body's limit
     * is the only one. */
    _Atomic size_t *room;
    /* All heads with the trailers, or what stands around chunks; longer: http_response_header_section_size, or
     * http_response_transfer_coding. */
    size_t head_bytes_limit;
    bool allows_content_coding;
    bool is_answer_to_head; /* no body comes, whatever the head says (RFC 9112 §6.3) */
};

/* What the next bytes are. */
enum http_response_phase {
    HTTP_RESPONSE_STATUS_LINE,
    HTTP_RESPONSE_FIELD,
    HTTP_RESPONSE_BODY,
    HTTP_RESPONSE_BODY_UNTIL_END, /* of the connection */
    HTTP_RESPONSE_CHUNK_SIZE,
    HTTP_RESPONSE_CHUNK,
    HTTP_RESPONSE_CHUNK_END,
    HTTP_RESPONSE_TRAILER,
};

struct http_response_parser {
    /* For the caller. */
    struct response_framing framing; /* .status: of the latest status line; 0: none yet */
    bool is_complete;                /* the answer's end was read */
    bool keeps_connection; /* when complete: it may carry another request (HTTP/1.1, not "close", an end of its own) */
    enum call_error error; /* the first fault; CALL_OK: none */

    /* Its own. */
    struct http_response_expected expected;
    enum http_response_phase phase;
    bool is_http_1_0;
    bool is_last; /* no other answer may follow on the connection */
    uint64_t body_bytes_due;
    struct buf line; /* the front of a line of which more is to come */
    struct http_parser chunks;
    size_t chunk_excess_bytes; /* what stood around chunks beyond what such chunks need */
};

/* Each begin() is followed by one clear(). */
void http_response_parser_begin(struct http_response_parser *parser, const struct http_response_expected *expected);
void http_response_parser_clear(struct http_response_parser *parser);
/* How many of the bytes belong to this answer: fewer than `count` only when it is complete or broken. */
size_t http_response_parser_feed(struct http_response_parser *parser, const char *bytes, size_t count);
/* Where the middle of a long body may be received without a copy, instead of being fed: less than is due, so that the
 * end and what stands behind it pass through feed(). NULL: no such place now; feed. */
char *http_response_parser_room(struct http_response_parser *parser, size_t *ret_room_bytes);
/* So many bytes, at most what there was room for, were put there. May find the fault that there is none left of what
 * answers share. */
void http_response_parser_filled(struct http_response_parser *parser, size_t count);
/* The connection ended in good order: CALL_OK where that is how the answer ends, and if it was complete; else
 * connection_terminated (no status line yet) or http_response_incomplete. */
enum call_error http_response_parser_end(struct http_response_parser *parser);
/* The connection broke: a reset, or TLS without its farewell. Never how an answer ends. */
enum call_error http_response_parser_break(struct http_response_parser *parser);

#endif
