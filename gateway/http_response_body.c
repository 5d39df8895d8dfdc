/* SPDX-License-Identifier: MIT */
#include "gateway/http_response_body.h"

#include <errno.h>
#include <stdatomic.h>

#include "gateway/http_response_line.h"

enum {
    FIRST_RESERVE_BYTES = 65536, /* more only as it comes: an announced length costs a backend nothing */
    FED_END_BYTES = 65536,       /* of a long body: the rest may be received where it stays */
    ROOM_LEAST_BYTES = 16384,    /* less is not worth a receive of its own */
    CHUNK_NEEDS_BYTES = 16,      /* a size, its line break and the chunk's */
};

static const struct str line_break = STR_STATIC("\r\n");

void http_response_fail(struct http_response_parser *parser, enum call_error error)
{
    if (parser->error == CALL_OK) {
        parser->error = error;
    }
}

/* ---- the body ---- */

static bool take_room(_Atomic size_t *room, size_t count)
{
    size_t left = atomic_load_explicit(room, memory_order_relaxed);

    while (left >= count && !atomic_compare_exchange_weak_explicit(room, &left, left - count, memory_order_relaxed,
                                                                   memory_order_relaxed)) {
    }
    return left >= count;
}

static void give_room_back(_Atomic size_t *room, size_t count)
{
    if (room != NULL) {
        (void)atomic_fetch_add_explicit(room, count, memory_order_relaxed);
    }
}

/* Whoever finds no room leaves at once what it had to the others, of which more may be about to come in this moment. */
static bool find_room(struct http_response_parser *parser, size_t count)
{
    _Atomic size_t *room = parser->expected.room;
    struct buf *body = parser->expected.body;

    if (room == NULL || take_room(room, count)) {
        return true;
    }
    give_room_back(room, body->length);
    buf_clear(body);
    http_response_fail(parser, CALL_HTTP_RESPONSE_BODY_SIZE);
    return false;
}

bool http_response_add_body(struct http_response_parser *parser, const char *bytes, size_t count)
{
    if (!find_room(parser, count)) {
        return false;
    }
    int result = buf_add(parser->expected.body, bytes, count);
    if (result < 0) {
        give_room_back(parser->expected.room, count);
        http_response_fail(parser, result == -ENOBUFS ? CALL_HTTP_RESPONSE_BODY_SIZE : CALL_PROXY_INTERNAL_ERROR);
    }
    return result == 0;
}

void http_response_complete(struct http_response_parser *parser)
{
    parser->is_complete = true;
    parser->keeps_connection = !parser->is_last;
}

static bool has_room_for_body(struct http_response_parser *parser, uint64_t length)
{
    const struct buf *body = parser->expected.body;
    bool has_room = length <= body->limit - body->length;

    if (!has_room) {
        http_response_fail(parser, CALL_HTTP_RESPONSE_BODY_SIZE);
    }
    return has_room;
}

void http_response_begin_body(struct http_response_parser *parser, uint64_t length)
{
    if (length == 0) {
        http_response_complete(parser);
        return;
    }
    if (!has_room_for_body(parser, length)) {
        return;
    }
    if (buf_reserve(parser->expected.body, length < FIRST_RESERVE_BYTES ? (size_t)length : FIRST_RESERVE_BYTES) ==
        NULL) {
        http_response_fail(parser, CALL_PROXY_INTERNAL_ERROR);
        return;
    }
    parser->body_bytes_due = length;
    parser->phase = HTTP_RESPONSE_BODY;
}

/* False: a fault was found. */
static bool make_room(struct http_response_parser *parser, size_t count)
{
    if (buf_reserve_due(parser->expected.body, count, parser->body_bytes_due) == NULL) {
        http_response_fail(parser, CALL_PROXY_INTERNAL_ERROR);
        return false;
    }
    return true;
}

char *http_response_parser_room(struct http_response_parser *parser, size_t *ret_room_bytes)
{
    struct buf *body = parser->expected.body;

    if (parser->phase != HTTP_RESPONSE_BODY || parser->body_bytes_due <= FED_END_BYTES ||
        !make_room(parser, ROOM_LEAST_BYTES)) {
        return NULL;
    }
    size_t room = body->capacity - body->length - 1; /* the NUL of buf_take() */
    size_t open = (size_t)parser->body_bytes_due - FED_END_BYTES;
    *ret_room_bytes = room < open ? room : open;
    return body->base + body->length;
}

void http_response_parser_filled(struct http_response_parser *parser, size_t count)
{
    if (find_room(parser, count)) {
        parser->expected.body->length += count;
        parser->body_bytes_due -= count;
    }
}

size_t http_response_take_body(struct http_response_parser *parser, struct str rest)
{
    size_t count = parser->body_bytes_due < rest.length ? (size_t)parser->body_bytes_due : rest.length;

    if (make_room(parser, count) && http_response_add_body(parser, rest.base, count)) {
        parser->body_bytes_due -= count;
        if (parser->body_bytes_due == 0) {
            http_response_complete(parser);
        }
    }
    return count;
}

/* ---- chunks: http_parser's ---- */

static int on_chunk_bytes(http_parser *reader, const char *bytes, size_t count)
{
    return http_response_add_body(reader->data, bytes, count) ? 0 : -1;
}

static int on_chunks_end(http_parser *reader)
{
    http_response_complete(reader->data);
    return 0;
}

static const http_parser_settings callbacks = {
    .on_body = on_chunk_bytes,
    .on_message_complete = on_chunks_end,
};

/* False: a fault was found. */
static bool read_chunks(struct http_response_parser *parser, struct str bytes)
{
    size_t used = http_parser_execute(&parser->chunks, &callbacks, bytes.base, bytes.length);

    if (used != bytes.length || HTTP_PARSER_ERRNO(&parser->chunks) != HPE_OK) {
        http_response_fail(parser, CALL_HTTP_RESPONSE_TRANSFER_CODING);
    }
    return parser->error == CALL_OK;
}

/* The head has been judged. All that this reader needs of one is that chunks follow. */
void http_response_begin_chunks(struct http_response_parser *parser)
{
    http_parser_init(&parser->chunks, HTTP_RESPONSE);
    parser->chunks.data = parser;
    if (read_chunks(parser, STR("HTTP/1.1 200\r\nTransfer-Encoding:chunked\r\n\r\n"))) {
        parser->phase = HTTP_RESPONSE_CHUNK_SIZE;
    }
}

/* Small chunks and long extensions make a short body of a long answer. What any chunk needs is free, and so is what is
 * in proportion to what it carries. */
static void count_excess(struct http_response_parser *parser, size_t line_length, uint64_t chunk_length)
{
    uint64_t free_bytes = CHUNK_NEEDS_BYTES + 2 * chunk_length;

    parser->chunk_excess_bytes += line_length;
    parser->chunk_excess_bytes -=
        parser->chunk_excess_bytes < free_bytes ? parser->chunk_excess_bytes : (size_t)free_bytes;
}

void http_response_take_chunk_size(struct http_response_parser *parser, struct str line, struct str text)
{
    if (!http_response_line_is_chunk(text)) {
        http_response_fail(parser, CALL_HTTP_RESPONSE_TRANSFER_CODING);
        return;
    }
    if (!read_chunks(parser, line) || !has_room_for_body(parser, parser->chunks.content_length)) {
        return;
    }
    count_excess(parser, line.length, parser->chunks.content_length);
    parser->phase = parser->chunks.content_length > 0 ? HTTP_RESPONSE_CHUNK : HTTP_RESPONSE_TRAILER;
}

size_t http_response_take_chunk(struct http_response_parser *parser, struct str rest)
{
    uint64_t due = parser->chunks.content_length;
    size_t count = due < rest.length ? (size_t)due : rest.length;

    if (read_chunks(parser, (struct str){ rest.base, count }) && count == due) {
        parser->phase = HTTP_RESPONSE_CHUNK_END;
    }
    return count;
}

void http_response_take_chunk_end(struct http_response_parser *parser)
{
    if (read_chunks(parser, line_break)) {
        parser->phase = HTTP_RESPONSE_CHUNK_SIZE;
    }
}

void http_response_end_chunks(struct http_response_parser *parser)
{
    (void)read_chunks(parser, line_break);
}
