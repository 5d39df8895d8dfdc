/* SPDX-License-Identifier: MIT */
#include "gateway/http_response_parser.h"

#include <errno.h>

#include "gateway/http_response_line.h"

/* What http_parser makes of the results of its callbacks. */
enum { GO_ON = 0, HAS_NO_BODY = 1, STOP = -1 };

enum {
    FIRST_RESERVE_BYTES = 65536, /* more only as it comes: an announced length costs a backend nothing */
    CHUNK_NEEDS_BYTES = 16,      /* a size, its line break and the chunk's */
};

static const struct str chunk_end = STR_STATIC("\r\n");

static void fail(struct http_response_parser *parser, enum call_error error)
{
    if (parser->error == CALL_OK) {
        parser->error = error;
    }
}

/* ---- the reader ---- */

static int on_head(http_parser *reader)
{
    const struct http_response_parser *parser = reader->data;
    unsigned status = parser->framing.status;

    return parser->expected.is_answer_to_head || status < 200 || status == 204 || status == 304 ? HAS_NO_BODY : GO_ON;
}

static int on_body(http_parser *reader, const char *bytes, size_t count)
{
    struct http_response_parser *parser = reader->data;
    int result = buf_add(parser->expected.body, bytes, count);

    if (result < 0) {
        fail(parser, result == -ENOBUFS ? CALL_HTTP_RESPONSE_BODY_SIZE : CALL_PROXY_INTERNAL_ERROR);
        return STOP;
    }
    return GO_ON;
}

static int on_message_end(http_parser *reader)
{
    struct http_response_parser *parser = reader->data;

    if (parser->framing.status >= 200) {
        parser->is_complete = true;
        parser->keeps_connection = reader->http_minor == 1 && http_should_keep_alive(reader) != 0;
    }
    return GO_ON;
}

static const http_parser_settings callbacks = {
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_message_end,
};

static bool is_among_chunks(const struct http_response_parser *parser)
{
    return parser->phase == HTTP_RESPONSE_CHUNK_SIZE || parser->phase == HTTP_RESPONSE_CHUNK_END;
}

static enum call_error syntax_error(const struct http_response_parser *parser)
{
    return is_among_chunks(parser) ? CALL_HTTP_RESPONSE_TRANSFER_CODING : CALL_HTTP_PROTOCOL_ERROR;
}

static void read_bytes(struct http_response_parser *parser, struct str bytes)
{
    size_t used = http_parser_execute(&parser->reader, &callbacks, bytes.base, bytes.length);

    if (used != bytes.length || HTTP_PARSER_ERRNO(&parser->reader) != HPE_OK) {
        fail(parser, syntax_error(parser));
    }
}

/* ---- head and trailers ---- */

static bool has_good_framing(struct http_response_parser *parser, struct str line)
{
    enum call_error error = response_framing_line(&parser->framing, line);

    if (error != CALL_OK) {
        fail(parser, error);
    }
    return error == CALL_OK;
}

static void take_status_line(struct http_response_parser *parser, struct str line, struct str text)
{
    if (!http_response_line_is_status(text)) {
        fail(parser, CALL_HTTP_PROTOCOL_ERROR);
        return;
    }
    if (!has_good_framing(parser, line)) {
        return;
    }
    http_parser_init(&parser->reader, HTTP_RESPONSE);
    parser->reader.data = parser;
    read_bytes(parser, line);
    parser->phase = HTTP_RESPONSE_FIELD;
}

/* Connection, Content-Length and Transfer-Encoding are what an answer's end follows from. Their lengths say enough: the
 * reader knows their names itself, and each line it need not read is one third of a head's cost. */
static bool concerns_reader(size_t name_length)
{
    return name_length == STR("Connection").length || name_length == STR("Content-Length").length ||
           name_length == STR("Transfer-Encoding").length;
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
    size_t name_length = 0;

    if (!http_response_line_is_field(text, &name_length)) {
        fail(parser, CALL_HTTP_PROTOCOL_ERROR);
        return;
    }
    if (!has_good_framing(parser, line)) {
        return;
    }
    if (concerns_reader(name_length)) {
        read_bytes(parser, line);
    }
    keep_field(parser, line);
}

/* ---- from the head to what is behind it ---- */

/* The two readers of the head must have read the same. */
static bool agrees(const struct http_response_parser *parser)
{
    const struct response_framing *framing = &parser->framing;
    bool is_chunked = (parser->reader.flags & F_CHUNKED) != 0;
    uint64_t length = framing->has_length ? framing->content_length : UINT64_MAX;

    return is_chunked == framing->has_transfer_encoding && (is_chunked || parser->reader.content_length == length);
}

static void begin_body(struct http_response_parser *parser)
{
    struct buf *body = parser->expected.body;
    uint64_t length = parser->framing.content_length;

    if (!parser->framing.has_length) {
        parser->phase = HTTP_RESPONSE_BODY_UNTIL_END;
        return;
    }
    parser->phase = HTTP_RESPONSE_BODY;
    if (length > body->limit) {
        fail(parser, CALL_HTTP_RESPONSE_BODY_SIZE);
    } else if (buf_reserve(body, length < FIRST_RESERVE_BYTES ? (size_t)length : FIRST_RESERVE_BYTES) == NULL) {
        fail(parser, CALL_PROXY_INTERNAL_ERROR);
    }
}

static void take_head_end(struct http_response_parser *parser, struct str line)
{
    if (!has_good_framing(parser, line)) {
        return;
    }
    read_bytes(parser, line);
    if (parser->is_complete || parser->error != CALL_OK) {
        return;
    }
    if (parser->framing.status < 200) {
        parser->phase = HTTP_RESPONSE_STATUS_LINE;
    } else if (!agrees(parser)) {
        fail(parser, CALL_HTTP_PROTOCOL_ERROR);
    } else if (parser->framing.has_transfer_encoding) {
        parser->phase = HTTP_RESPONSE_CHUNK_SIZE;
    } else {
        begin_body(parser);
    }
}

static void take_trailers_end(struct http_response_parser *parser, struct str line)
{
    if (has_good_framing(parser, line)) {
        read_bytes(parser, line);
    }
}

/* ---- chunks ---- */

/* Small chunks and long extensions make a short body of a long answer. What small chunks need is free, and so is what
 * is in proportion to what they carry. */
static void count_excess(struct http_response_parser *parser, size_t line_length, uint64_t chunk_length)
{
    uint64_t free_bytes = CHUNK_NEEDS_BYTES + 2 * chunk_length;

    parser->chunk_excess_bytes += line_length;
    parser->chunk_excess_bytes -=
        parser->chunk_excess_bytes < free_bytes ? parser->chunk_excess_bytes : (size_t)free_bytes;
}

static void take_chunk_size(struct http_response_parser *parser, struct str line, struct str text)
{
    const struct buf *body = parser->expected.body;

    if (!http_response_line_is_chunk(text)) {
        fail(parser, CALL_HTTP_RESPONSE_TRANSFER_CODING);
        return;
    }
    read_bytes(parser, line);
    if (parser->error != CALL_OK) {
        return;
    }
    uint64_t length = parser->reader.content_length;
    if (length > body->limit - body->length) {
        fail(parser, CALL_HTTP_RESPONSE_BODY_SIZE);
        return;
    }
    count_excess(parser, line.length, length);
    parser->phase = length > 0 ? HTTP_RESPONSE_CHUNK : HTTP_RESPONSE_TRAILER;
}

static void take_chunk_end(struct http_response_parser *parser, struct str line)
{
    read_bytes(parser, line);
    parser->phase = HTTP_RESPONSE_CHUNK_SIZE;
}

/* ---- lines ---- */

/* How long the line may be. */
static size_t line_room(const struct http_response_parser *parser)
{
    size_t limit = parser->expected.head_bytes_limit;
    size_t taken = is_among_chunks(parser) ? parser->chunk_excess_bytes : parser->framing.head_bytes;

    if (parser->phase == HTTP_RESPONSE_CHUNK_END) {
        return chunk_end.length;
    }
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
    return parser->phase != HTTP_RESPONSE_CHUNK_END || str_starts_with(chunk_end, front);
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

static void take_good_line(struct http_response_parser *parser, struct str line, struct str text)
{
    if (parser->phase == HTTP_RESPONSE_STATUS_LINE) {
        take_status_line(parser, line, text);
    } else if (parser->phase == HTTP_RESPONSE_CHUNK_SIZE) {
        take_chunk_size(parser, line, text);
    } else if (parser->phase == HTTP_RESPONSE_CHUNK_END) {
        take_chunk_end(parser, line);
    } else if (text.length > 0) {
        take_field(parser, line, text);
    } else if (parser->phase == HTTP_RESPONSE_FIELD) {
        take_head_end(parser, line);
    } else {
        take_trailers_end(parser, line);
    }
}

static void take_whole_line(struct http_response_parser *parser, struct str line)
{
    if (line.length < 2 || line.base[line.length - 2] != '\r') {
        fail(parser, syntax_error(parser)); /* a bare LF */
        return;
    }
    take_good_line(parser, line, (struct str){ line.base, line.length - 2 });
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

    if (is_whole && parser->line.length == 0) {
        if (is_good_front(parser, cut(part, room + 1), room)) {
            take_whole_line(parser, part);
        }
    } else if (collect(parser, part, room) && is_whole) {
        take_whole_line(parser, buf_view(&parser->line));
        buf_reset(&parser->line);
    }
    return part.length;
}

/* ---- bodies ---- */

static size_t take_body(struct http_response_parser *parser, struct str rest)
{
    bool has_end = parser->phase != HTTP_RESPONSE_BODY_UNTIL_END;
    uint64_t due = parser->reader.content_length;
    struct str part = has_end && due < rest.length ? cut(rest, (size_t)due) : rest;

    read_bytes(parser, part);
    if (parser->phase == HTTP_RESPONSE_CHUNK && part.length == due) {
        parser->phase = HTTP_RESPONSE_CHUNK_END;
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

size_t http_response_parser_feed(struct http_response_parser *parser, const char *bytes, size_t count)
{
    size_t used = 0;

    while (used < count && !parser->is_complete && parser->error == CALL_OK) {
        struct str rest = { bytes + used, count - used };
        bool is_body = parser->phase == HTTP_RESPONSE_BODY || parser->phase == HTTP_RESPONSE_BODY_UNTIL_END ||
                       parser->phase == HTTP_RESPONSE_CHUNK;
        used += is_body ? take_body(parser, rest) : take_line(parser, rest);
    }
    return used;
}

enum call_error http_response_parser_end(struct http_response_parser *parser)
{
    if (parser->phase == HTTP_RESPONSE_BODY_UNTIL_END && !parser->is_complete && parser->error == CALL_OK) {
        (void)http_parser_execute(&parser->reader, &callbacks, NULL, 0);
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
