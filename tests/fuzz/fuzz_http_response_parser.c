/* SPDX-License-Identifier: MIT */
/*
 * fuzz_http_response_parser - a backend's answers of any bytes, in any pieces.
 *
 * What is made of them does not depend on the pieces, and stays within the limits. What is taken is an answer to
 * http_parser as well, which reads all of it here, with the same body and the same end.
 */
#include <http_parser.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "gateway/http_response_parser.h"
#include "tests/fuzz/fuzz.h"

enum { BODY_BYTES_MAXIMUM = 256, HEAD_BYTES_MAXIMUM = 512, AT_ONCE = 1 << 20 };

enum ending { ENDING_NONE, ENDING_CLOSE, ENDING_BREAK, ENDING_COUNT };

struct outcome {
    enum call_error error;
    bool is_complete;
    bool keeps_connection;
    unsigned status;
    size_t used;
    struct buf body;
    struct buf head;
};

/* ---- ours ---- */

/* Of memory of its own, so that the address sanitizer sees a byte read behind it. */
static size_t feed_copy(struct http_response_parser *parser, struct str piece)
{
    char *copy = piece.length > 0 ? malloc(piece.length) : NULL;

    fuzz_check(copy != NULL);
    memcpy(copy, piece.base, piece.length);
    size_t used = http_response_parser_feed(parser, copy, piece.length);
    free(copy);
    return used;
}

static void feed(struct http_response_parser *parser, struct str input, size_t first_bytes, size_t piece_bytes,
                 struct outcome *outcome)
{
    size_t due = first_bytes;

    while (outcome->used < input.length) {
        struct str piece = str_from(input, outcome->used);
        piece.length = piece.length < due ? piece.length : due;
        size_t used = feed_copy(parser, piece);
        bool is_over = parser->is_complete || parser->error != CALL_OK;
        fuzz_check(used <= piece.length && (used == piece.length || is_over));
        outcome->used += used;
        if (is_over) {
            return;
        }
        due = piece_bytes;
    }
}

static void end(struct http_response_parser *parser, enum ending ending)
{
    if (ending == ENDING_NONE) {
        return;
    }
    enum call_error error =
        ending == ENDING_CLOSE ? http_response_parser_end(parser) : http_response_parser_break(parser);
    fuzz_check(error == parser->error);
    fuzz_check(parser->is_complete == (error == CALL_OK));
}

static void read_pieces(struct http_response_expected expected, struct str input, size_t first_bytes,
                        size_t piece_bytes, enum ending ending, struct outcome *outcome)
{
    struct http_response_parser parser;

    *outcome = (struct outcome){ .error = CALL_OK };
    buf_init(&outcome->body, BODY_BYTES_MAXIMUM);
    buf_init(&outcome->head, HEAD_BYTES_MAXIMUM);
    expected.body = &outcome->body;
    expected.head = &outcome->head;
    http_response_parser_begin(&parser, &expected);
    feed(&parser, input, first_bytes, piece_bytes, outcome);
    end(&parser, ending);
    outcome->error = parser.error;
    outcome->is_complete = parser.is_complete;
    outcome->keeps_connection = parser.keeps_connection;
    outcome->status = parser.framing.status;
    http_response_parser_clear(&parser);
}

static void clear(struct outcome *outcome)
{
    buf_clear(&outcome->body);
    buf_clear(&outcome->head);
}

static void check_limits(const struct outcome *outcome)
{
    fuzz_check(outcome->body.length <= BODY_BYTES_MAXIMUM && outcome->head.length <= HEAD_BYTES_MAXIMUM);
    fuzz_check(!outcome->is_complete || outcome->error == CALL_OK);
    fuzz_check(outcome->is_complete || !outcome->keeps_connection);
    fuzz_check(!outcome->is_complete || (outcome->status >= 200 && outcome->status <= 599));
    fuzz_check(outcome->error == CALL_OK || call_error_status(outcome->error) == 502);
    fuzz_check(outcome->error != CALL_PROXY_INTERNAL_ERROR);
}

/* How far a fault is read before it is seen may differ; nothing else may. */
static void check_same(const struct outcome *a, const struct outcome *b)
{
    fuzz_check(a->error == b->error && a->status == b->status);
    fuzz_check(a->is_complete == b->is_complete && a->keeps_connection == b->keeps_connection);
    if (a->error == CALL_OK) {
        fuzz_check(a->used == b->used);
        fuzz_check(str_equal(buf_view(&a->body), buf_view(&b->body)));
        fuzz_check(str_equal(buf_view(&a->head), buf_view(&b->head)));
    }
}

/* ---- http_parser's ---- */

struct reading {
    const struct http_response_expected *expected;
    struct buf body;
    bool is_complete;
    bool keeps_connection;
};

static int on_head(http_parser *reader)
{
    const struct reading *reading = reader->data;
    unsigned status = reader->status_code;
    bool has_no_body = reading->expected->is_answer_to_head || status < 200 || status == 204 || status == 304;

    return has_no_body ? 1 : 0;
}

static int on_body(http_parser *reader, const char *bytes, size_t count)
{
    struct reading *reading = reader->data;

    return buf_add(&reading->body, bytes, count);
}

static int on_end(http_parser *reader)
{
    struct reading *reading = reader->data;

    if (reader->status_code >= 200) {
        reading->is_complete = true;
        reading->keeps_connection = http_should_keep_alive(reader) != 0;
    }
    return 0;
}

/* It takes no tab behind a length or a coding, which RFC 9110 §5.5 allows. */
static bool has_tab(struct str answer)
{
    return str_find(answer, '\t') < answer.length;
}

/* It takes "Transfer-Encoding#: x" for a transfer coding beside a length, and refuses both. */
static bool has_longer_name(struct str answer)
{
    static const struct str name = STR_STATIC("transfer-encoding");

    for (size_t i = 0; i + name.length < answer.length; i++) {
        struct str here = { answer.base + i, name.length };
        if (str_equal_ignoring_case(here, name) && here.base[name.length] != ':') {
            return true;
        }
    }
    return false;
}

static void check_with_http_parser(const struct http_response_expected *expected, struct str answer,
                                   const struct outcome *outcome)
{
    static const http_parser_settings callbacks = { .on_headers_complete = on_head,
                                                    .on_body = on_body,
                                                    .on_message_complete = on_end };
    struct reading reading = { .expected = expected };
    http_parser reader;

    if (has_tab(answer) || has_longer_name(answer)) {
        return;
    }
    buf_init(&reading.body, BODY_BYTES_MAXIMUM);
    http_parser_init(&reader, HTTP_RESPONSE);
    reader.data = &reading;
    size_t used = http_parser_execute(&reader, &callbacks, answer.base, answer.length);
    fuzz_check(used == answer.length && HTTP_PARSER_ERRNO(&reader) == HPE_OK);
    if (!reading.is_complete) {
        (void)http_parser_execute(&reader, &callbacks, NULL, 0);
    }
    fuzz_check(reading.is_complete);
    fuzz_check(str_equal(buf_view(&reading.body), buf_view(&outcome->body)));
    fuzz_check(!outcome->keeps_connection || reading.keeps_connection);
    buf_clear(&reading.body);
}

/* ---- all of it ---- */

static void check_pieces(const struct http_response_expected *expected, struct str input, const struct outcome *whole)
{
    const size_t pieces[][2] = {
        { 1, 1 },
        { 7, 13 },
        { input.length / 2 + 1, AT_ONCE },
        { input.length > 3 ? input.length - 1 : 1, AT_ONCE },
        { input.length > 0 ? (unsigned char)input.base[input.length / 3] + (size_t)1 : 1, AT_ONCE },
    };

    for (size_t i = 0; i < array_length(pieces); i++) {
        struct outcome outcome;
        read_pieces(*expected, input, pieces[i][0], pieces[i][1], ENDING_CLOSE, &outcome);
        check_same(whole, &outcome);
        clear(&outcome);
    }
}

static void check(const struct http_response_expected *expected, struct str input, enum ending ending)
{
    struct outcome whole;

    read_pieces(*expected, input, AT_ONCE, AT_ONCE, ending, &whole);
    check_limits(&whole);
    if (ending == ENDING_CLOSE) {
        check_pieces(expected, input, &whole);
    }
    if (whole.is_complete) {
        check_with_http_parser(expected, (struct str){ input.base, whole.used }, &whole);
    }
    clear(&whole);
}

void fuzz_one(struct str input)
{
    static const struct http_response_expected for_merging = { .head_bytes_limit = HEAD_BYTES_MAXIMUM };
    static const struct http_response_expected for_passing = { .head_bytes_limit = HEAD_BYTES_MAXIMUM,
                                                               .allows_content_coding = true,
                                                               .is_answer_to_head = true };

    for (enum ending ending = ENDING_NONE; ending < ENDING_COUNT; ending++) {
        check(&for_merging, input, ending);
        check(&for_passing, input, ending);
    }
}
