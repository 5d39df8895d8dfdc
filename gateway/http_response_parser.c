/* SPDX-License-Identifier: MIT */
#include "gateway/http_response_parser.h"

#include <errno.h>

#include "gateway/http_response_body.h"
#include "gateway/http_response_line.h"

static const struct str line_break = STR_STATIC("\r\n");

static bool is_good(struct http_response_parser *parser, enum call_error error)
{
    if (error != CALL_OK) {
        http_response_fail(parser, error);
    }
    return error == CALL_OK;
}

/* ---- head and trailers ---- */

static void take_status_line(struct http_response_parser *parser, struct str line, struct str text)
{
    if (!http_response_line_is_status(text)) {
        http_response_fail(parser, CALL_HTTP_PROTOCOL_ERROR);
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
        http_response_fail(parser,
                           result == -ENOBUFS ? CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE : CALL_PROXY_INTERNAL_ERROR);
    }
}

static void take_field(struct http_response_parser *parser, struct str line, struct str text)
{
    static const struct str connection = STR_STATIC("connection");
    size_t name_length = 0;

    if (!http_response_line_is_field(text, &name_length)) {
        http_response_fail(parser, CALL_HTTP_PROTOCOL_ERROR);
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
        http_response_complete(parser);
    } else if (framing->has_transfer_encoding && parser->is_http_1_0) {
        http_response_fail(parser, CALL_HTTP_PROTOCOL_ERROR);
    } else if (framing->has_transfer_encoding) {
        http_response_begin_chunks(parser);
    } else if (framing->has_length) {
        http_response_begin_body(parser, framing->content_length);
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
        http_response_end_chunks(parser);
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
        http_response_fail(parser, syntax_error(parser));
        return false;
    }
    if (front.length > room) {
        http_response_fail(parser, is_among_chunks(parser) ? CALL_HTTP_RESPONSE_TRANSFER_CODING
                                                           : CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE);
        return false;
    }
    return true;
}

static void take_whole_line(struct http_response_parser *parser, struct str line)
{
    struct str text = { line.base, line.length - line_break.length };

    if (line.length < line_break.length || line.base[text.length] != '\r') {
        http_response_fail(parser, syntax_error(parser)); /* a bare LF */
    } else if (parser->phase == HTTP_RESPONSE_STATUS_LINE) {
        take_status_line(parser, line, text);
    } else if (parser->phase == HTTP_RESPONSE_CHUNK_SIZE) {
        http_response_take_chunk_size(parser, line, text);
    } else if (parser->phase == HTTP_RESPONSE_CHUNK_END) {
        http_response_take_chunk_end(parser);
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
        http_response_fail(parser, CALL_PROXY_INTERNAL_ERROR);
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
        return http_response_take_body(parser, rest);
    }
    if (parser->phase == HTTP_RESPONSE_CHUNK) {
        return http_response_take_chunk(parser, rest);
    }
    if (parser->phase == HTTP_RESPONSE_BODY_UNTIL_END) {
        (void)http_response_add_body(parser, rest.base, rest.length);
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
        http_response_complete(parser);
    }
    return http_response_parser_break(parser);
}

enum call_error http_response_parser_break(struct http_response_parser *parser)
{
    if (!parser->is_complete) {
        http_response_fail(parser,
                           parser->framing.status == 0 ? CALL_CONNECTION_TERMINATED : CALL_HTTP_RESPONSE_INCOMPLETE);
    }
    return parser->error;
}
