/* SPDX-License-Identifier: MIT */
#include "gateway/http_response_parser.h"

#include <errno.h>

#include "gateway/http_response_line.h"

enum {
    FIRST_RESERVE_BYTES = 65536, /* more only as it comes: an announced length costs a backend nothing */
    CHUNK_NEEDS_BYTES = 16,      /* a size, its line break and the chunk's */
};

static const struct str line_break = STR_STATIC("\r\n");

/* The first fault stays. */
static void fail(struct http_response_parser *parser, enum call_error error)
{
    if (parser->error == CALL_OK) {
        parser->error = error;
    }
}

static bool is_good(struct http_response_parser *parser, enum call_error error)
{
    if (error != CALL_OK) {
        fail(parser, error);
    }
    return error == CALL_OK;
}

/* ---- the body ---- */

static bool add_body(struct http_response_parser *parser, const char *bytes, size_t count)
{
    int result = buf_add(parser->expected.body, bytes, count);

    if (result < 0) {
        fail(parser, result == -ENOBUFS ? CALL_HTTP_RESPONSE_BODY_SIZE : CALL_PROXY_INTERNAL_ERROR);
    }
    return result == 0;
}

static void complete(struct http_response_parser *parser)
{
    parser->is_complete = true;
    parser->keeps_connection = !parser->is_last;
}

static bool has_room_for_body(struct http_response_parser *parser, uint64_t length)
{
    const struct buf *body = parser->expected.body;
    bool has_room = length <= body->limit - body->length;

    if (!has_room) {
        fail(parser, CALL_HTTP_RESPONSE_BODY_SIZE);
    }
    return has_room;
}

static void begin_body(struct http_response_parser *parser, uint64_t length)
{
    if (length == 0) {
        complete(parser);
        return;
    }
    if (!has_room_for_body(parser, length)) {
        return;
    }
    if (buf_reserve(parser->expected.body, length < FIRST_RESERVE_BYTES ? (size_t)length : FIRST_RESERVE_BYTES) ==
        NULL) {
        fail(parser, CALL_PROXY_INTERNAL_ERROR);
        return;
    }
    parser->body_bytes_due = length;
    parser->phase = HTTP_RESPONSE_BODY;
}

static size_t take_body(struct http_response_parser *parser, struct str rest)
{
    size_t count = parser->body_bytes_due < rest.length ? (size_t)parser->body_bytes_due : rest.length;

    if (add_body(parser, rest.base, count)) {
        parser->body_bytes_due -= count;
        if (parser->body_bytes_due == 0) {
            complete(parser);
        }
    }
    return count;
}

/* ---- chunks: http_parser's ---- */

static int on_chunk_bytes(http_parser *reader, const char *bytes, size_t count)
{
    return add_body(reader->data, bytes, count) ? 0 : -1;
}

static int on_chunks_end(http_parser *reader)
{
    complete(reader->data);
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
        fail(parser, CALL_HTTP_RESPONSE_TRANSFER_CODING);
    }
    return parser->error == CALL_OK;
}

/* The head has been judged. All that this reader needs of one is that chunks follow. */
static void begin_chunks(struct http_response_parser *parser)
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

static void take_chunk_size(struct http_response_parser *parser, struct str line, struct str text)
{
    if (!http_response_line_is_chunk(text)) {
        fail(parser, CALL_HTTP_RESPONSE_TRANSFER_CODING);
        return;
    }
    if (!read_chunks(parser, line) || !has_room_for_body(parser, parser->chunks.content_length)) {
        return;
    }
    count_excess(parser, line.length, parser->chunks.content_length);
    parser->phase = parser->chunks.content_length > 0 ? HTTP_RESPONSE_CHUNK : HTTP_RESPONSE_TRAILER;
}

static size_t take_chunk(struct http_response_parser *parser, struct str rest)
{
    uint64_t due = parser->chunks.content_length;
    size_t count = due < rest.length ? (size_t)due : rest.length;

    if (read_chunks(parser, (struct str){ rest.base, count }) && count == due) {
        parser->phase = HTTP_RESPONSE_CHUNK_END;
    }
    return count;
}

static void take_chunk_end(struct http_response_parser *parser)
{
    if (read_chunks(parser, line_break)) {
        parser->phase = HTTP_RESPONSE_CHUNK_SIZE;
    }
}

/* ---- head and trailers ---- */

static void take_status_line(struct http_response_parser *parser, struct str line, struct str text)
{
    if (!http_response_line_is_status(text)) {
        fail(parser, CALL_HTTP_PROTOCOL_ERROR);
        return;
    }
    if (is_good(parser, response_framing_line(&parser->framing, line))) {
        parser->is_http_1_0 = http_response_line_is_http_1_0(text);
        parser->is_last = parser->is_http_1_0;
        parser->phase = HTTP_RESPONSE_FIELD;
    }
}

static bool says_close(struct str options)
{
    while (options.length > 0) {
        if (str_equal_ignoring_case(str_trim(str_split(&options, ',')), STR("close"))) {
            return true;
        }
    }
    return false;
}

static void keep_field(struct http_response_parser *parser, struct str line)
{
    struct buf *head = parser->expected.head;

    if (head == NULL || parser->phase != HTTP_RESPONSE_FIELD || parser->framing.status < 200) {
        return;
    }
    int result = buf_add_str(head, line);
    if (result < 0) {
        fail(parser, result == -ENOBUFS ? CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE : CALL_PROXY_INTERNAL_ERROR);
    }
}

static void take_field(struct http_response_parser *parser, struct str line, struct str text)
{
    static const struct str connection = STR_STATIC("connection");
    size_t name_length = 0;

    if (!http_response_line_is_field(text, &name_length)) {
        fail(parser, CALL_HTTP_PROTOCOL_ERROR);
        return;
    }
    struct str name = { text.base, name_length };
    struct str value = { text.base + name_length + 1, text.length - name_length - 1 };
    if (!is_good(parser, response_framing_field(&parser->framing, line.length, name, value))) {
        return;
    }
    if (name_length == connection.length && str_equal_ignoring_case(name, connection) && says_close(value)) {
        parser->is_last = true;
    }
    keep_field(parser, line);
}

static bool has_no_body(const struct http_response_parser *parser)
{
    return parser->expected.is_answer_to_head || parser->framing.status == 204 || parser->framing.status == 304;
}

/* RFC 9112 §6.3, and §6.1: HTTP/1.0 has no chunks, and what says so is framed wrongly. */
static void begin_content(struct http_response_parser *parser)
{
    const struct response_framing *framing = &parser->framing;

    if (framing->status < 200) {
        parser->phase = HTTP_RESPONSE_STATUS_LINE;
    } else if (has_no_body(parser)) {
        complete(parser);
    } else if (framing->has_transfer_encoding && parser->is_http_1_0) {
        fail(parser, CALL_HTTP_PROTOCOL_ERROR);
    } else if (framing->has_transfer_encoding) {
        begin_chunks(parser);
    } else if (framing->has_length) {
        begin_body(parser, framing->content_length);
    } else {
        parser->is_last = true;
        parser->phase = HTTP_RESPONSE_BODY_UNTIL_END;
    }
}

/* The empty line. */
static void take_head_end(struct http_response_parser *parser)
{
    bool is_trailers_end = parser->phase == HTTP_RESPONSE_TRAILER;

    if (!is_good(parser, response_framing_line(&parser->framing, line_break))) {
        return;
    }
    if (is_trailers_end) {
        (void)read_chunks(parser, line_break);
    } else {
        begin_content(parser);
    }
}

/* ---- lines ---- */

static bool is_among_chunks(const struct http_response_parser *parser)
{
    return parser->phase == HTTP_RESPONSE_CHUNK_SIZE || parser->phase == HTTP_RESPONSE_CHUNK_END;
}

static enum call_error syntax_error(const struct http_response_parser *parser)
{
    return is_among_chunks(parser) ? CALL_HTTP_RESPONSE_TRANSFER_CODING : CALL_HTTP_PROTOCOL_ERROR;
}

/* How long the line may be. */
static size_t line_room(const struct http_response_parser *parser)
{
    size_t limit = parser->expected.head_bytes_limit;

    if (parser->phase == HTTP_RESPONSE_CHUNK_END) {
        return line_break.length;
    }
    size_t taken = is_among_chunks(parser) ? parser->chunk_excess_bytes : parser->framing.head_bytes;
    return taken < limit ? limit - taken : 0;
}

/* What a line cannot become any more is refused without waiting for its end. */
static bool can_begin_line(const struct http_response_parser *parser, struct str front)
{
    if (parser->phase == HTTP_RESPONSE_STATUS_LINE) {
        return http_response_line_begins_status(front);
    }
    if (parser->phase == HTTP_RESPONSE_CHUNK_SIZE) {
        return http_response_line_begins_chunk(front);
    }
    return parser->phase != HTTP_RESPONSE_CHUNK_END || str_starts_with(line_break, front);
}

/* `front` is one byte longer than there is room for, at most. */
static bool is_good_front(struct http_response_parser *parser, struct str front, size_t room)
{
    if (!can_begin_line(parser, front)) {
        fail(parser, syntax_error(parser));
        return false;
    }
    if (front.length > room) {
        fail(parser,
             is_among_chunks(parser) ? CALL_HTTP_RESPONSE_TRANSFER_CODING : CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE);
        return false;
    }
    return true;
}

static void take_whole_line(struct http_response_parser *parser, struct str line)
{
    struct str text = { line.base, line.length - line_break.length };

    if (line.length < line_break.length || line.base[text.length] != '\r') {
        fail(parser, syntax_error(parser)); /* a bare LF */
    } else if (parser->phase == HTTP_RESPONSE_STATUS_LINE) {
        take_status_line(parser, line, text);
    } else if (parser->phase == HTTP_RESPONSE_CHUNK_SIZE) {
        take_chunk_size(parser, line, text);
    } else if (parser->phase == HTTP_RESPONSE_CHUNK_END) {
        take_chunk_end(parser);
    } else if (text.length > 0) {
        take_field(parser, line, text);
    } else {
        take_head_end(parser);
    }
}

static struct str cut(struct str text, size_t length)
{
    return (struct str){ text.base, text.length < length ? text.length : length };
}

/* No more of it than is needed to see that it is too long. */
static bool collect(struct http_response_parser *parser, struct str part, size_t room)
{
    struct buf *line = &parser->line;

    if (buf_add_str(line, cut(part, room + 1 - line->length)) < 0) {
        fail(parser, CALL_PROXY_INTERNAL_ERROR);
        return false;
    }
    return is_good_front(parser, buf_view(line), room);
}

static size_t take_line(struct http_response_parser *parser, struct str rest)
{
    size_t room = line_room(parser);
    size_t end = str_find(rest, '\n');
    bool is_whole = end < rest.length;
    struct str part = { rest.base, is_whole ? end + 1 : end };

    if (is_whole && part.length <= room && parser->line.length == 0) {
        take_whole_line(parser, part);
    } else if (collect(parser, part, room) && is_whole) {
        take_whole_line(parser, buf_view(&parser->line));
        buf_reset(&parser->line);
    }
    return part.length;
}

/* ---- the whole ---- */

void http_response_parser_begin(struct http_response_parser *parser, const struct http_response_expected *expected)
{
    *parser = (struct http_response_parser){
        .framing = { .limit_bytes = expected->head_bytes_limit,
                     .allows_content_coding = expected->allows_content_coding },
        .expected = *expected,
    };
    buf_init(&parser->line, expected->head_bytes_limit + 1);
}

void http_response_parser_clear(struct http_response_parser *parser)
{
    buf_clear(&parser->line);
}

static size_t take_some(struct http_response_parser *parser, struct str rest)
{
    if (parser->phase == HTTP_RESPONSE_BODY) {
        return take_body(parser, rest);
    }
    if (parser->phase == HTTP_RESPONSE_CHUNK) {
        return take_chunk(parser, rest);
    }
    if (parser->phase == HTTP_RESPONSE_BODY_UNTIL_END) {
        (void)add_body(parser, rest.base, rest.length);
        return rest.length;
    }
    return take_line(parser, rest);
}

size_t http_response_parser_feed(struct http_response_parser *parser, const char *bytes, size_t count)
{
    size_t used = 0;

    while (used < count && !parser->is_complete && parser->error == CALL_OK) {
        used += take_some(parser, (struct str){ bytes + used, count - used });
    }
    return used;
}

enum call_error http_response_parser_end(struct http_response_parser *parser)
{
    if (parser->phase == HTTP_RESPONSE_BODY_UNTIL_END && parser->error == CALL_OK) {
        complete(parser);
    }
    return http_response_parser_break(parser);
}

enum call_error http_response_parser_break(struct http_response_parser *parser)
{
    if (!parser->is_complete) {
        fail(parser, parser->framing.status == 0 ? CALL_CONNECTION_TERMINATED : CALL_HTTP_RESPONSE_INCOMPLETE);
    }
    return parser->error;
}
