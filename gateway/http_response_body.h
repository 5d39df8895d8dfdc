/* SPDX-License-Identifier: MIT */
/*
 * http_response_body - the part of http_response_parser that reads bodies: by their length, and in chunks.
 *
 * Debian's http_parser reads the chunks; every line around them is judged before it sees it. Nobody but
 * http_response_parser.c includes this; memory, threads and errors are the parser's.
 */
#ifndef GATEWAY_HTTP_RESPONSE_BODY_H
#define GATEWAY_HTTP_RESPONSE_BODY_H

#include "gateway/http_response_parser.h"

/* The first fault stays. */
void http_response_fail(struct http_response_parser *parser, enum call_error error);
void http_response_complete(struct http_response_parser *parser);

/* False: a fault was found. */
bool http_response_add_body(struct http_response_parser *parser, const char *bytes, size_t count);
void http_response_begin_body(struct http_response_parser *parser, uint64_t length);
/* How many bytes were the body's. */
size_t http_response_take_body(struct http_response_parser *parser, struct str rest);

/* By the phases: sizes, chunks and their ends, and behind the last one's trailers http_response_end_chunks(). `text` is
 * the line without its line break. */
void http_response_begin_chunks(struct http_response_parser *parser);
void http_response_take_chunk_size(struct http_response_parser *parser, struct str line, struct str text);
size_t http_response_take_chunk(struct http_response_parser *parser, struct str rest);
void http_response_take_chunk_end(struct http_response_parser *parser);
void http_response_end_chunks(struct http_response_parser *parser);

#endif
