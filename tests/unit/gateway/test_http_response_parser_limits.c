/* SPDX-License-Identifier: MIT */
/* Answers that are too long for a table, what is kept of a head, and what an answer takes of memory. */
#include "gateway/http_response_parser.h"
#include "tests/support/unit.h"
#include "tests/unit/gateway/response_scene.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

struct long_case {
    const char *name;
    const char *front;
    const char *repeated;
    size_t count;
    const char *back;
    enum call_error error;
};

/* SCENE_HEAD_BYTES and SCENE_BODY_BYTES are 4096. */
static const struct long_case long_cases[] = {
    { "the longest head", OK "Content-Length: 2\r\nX: ", "x", 4096 - 43, "\r\n\r\n{}", CALL_OK },
    { "a head one byte longer", OK "Content-Length: 2\r\nX: ", "x", 4096 - 42, "\r\n\r\n{}",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "many headers", OK, "X: x\r\n", 1000, "Content-Length: 2\r\n\r\n{}", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "a header line without end", OK "X: ", "x", 100000, "", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "a header line too long with a fault behind its room", OK "X: ", "x", 5000, "\x01\r\n",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "a status line without end", "HTTP/1.1 200 ", "x", 100000, "", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "garbage without end", "", "x", 100000, "", CALL_HTTP_PROTOCOL_ERROR },
    { "empty lines for ever", "", "\r\n", 10000, "", CALL_HTTP_PROTOCOL_ERROR },
    { "interim responses for ever", "", "HTTP/1.1 100 Continue\r\n\r\n", 1000, OK "Content-Length: 2\r\n\r\n{}",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "as many interim responses as fit", "", "HTTP/1.1 100 \r\n\r\n", (4096 - 38) / 17,
      OK "Content-Length: 2\r\n\r\n{}", CALL_OK },
    { "one interim response more", "", "HTTP/1.1 100 \r\n\r\n", (4096 - 38) / 17 + 1, OK "Content-Length: 2\r\n\r\n{}",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },

    { "the longest body", OK "Content-Length: 4096\r\n\r\n", "x", 4096, "", CALL_OK },
    { "the longest body of chunks", CHUNKED "1000\r\n", "x", 4096, "\r\n0\r\n\r\n", CALL_OK },
    { "the longest body until the end", OK "\r\n", "x", 4096, "", CALL_OK },
    { "a body until the end over the limit", OK "\r\n", "x", 4097, "", CALL_HTTP_RESPONSE_BODY_SIZE },
    { "a length over the limit of a body that does not come", "HTTP/1.1 304 Not Modified\r\n", "X: y\r\n", 1,
      "Content-Length: 99999\r\n\r\n", CALL_OK },
    { "a length over the limit of an interim response", "HTTP/1.1 103 Early Hints\r\n", "X: y\r\n", 1,
      "Content-Length: 99999\r\n\r\n" OK "Content-Length: 2\r\n\r\n{}", CALL_OK },
    { "small chunks over the limit", CHUNKED, "2\r\n{}\r\n", 3000, "0\r\n\r\n", CALL_HTTP_RESPONSE_BODY_SIZE },

    { "the smallest chunks", CHUNKED, "1\r\nx\r\n", 4096, "0\r\n\r\n", CALL_OK },
    { "small chunks with short extensions", CHUNKED, "1;a=123456789012\r\nx\r\n", 4096, "0\r\n\r\n", CALL_OK },
    { "small chunks with long extensions", CHUNKED, "1;a=123456789012345678\r\nx\r\n", 4096, "0\r\n\r\n",
      CALL_HTTP_RESPONSE_TRANSFER_CODING },
    { "larger chunks with long extensions", CHUNKED,
      "64;signature=0123456789012345678901234567890123456789012345678901234567890123\r\n"
      "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n",
      40, "0\r\n\r\n", CALL_OK },
    { "the longest extension", CHUNKED "1;", "x", 4096 - 4, "\r\nx\r\n0\r\n\r\n", CALL_OK },
    { "an extension one byte longer", CHUNKED "1;", "x", 4096 - 3, "\r\nx\r\n0\r\n\r\n",
      CALL_HTTP_RESPONSE_TRANSFER_CODING },
    { "an extension without end", CHUNKED "1;", "x", 100000, "", CALL_HTTP_RESPONSE_TRANSFER_CODING },
    { "zeros for a chunk's size, without end", CHUNKED, "0", 100000, "", CALL_HTTP_RESPONSE_TRANSFER_CODING },
    { "trailers over the limit", CHUNKED "2\r\n{}\r\n0\r\n", "X: x\r\n", 1000, "\r\n",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "a trailer without end", CHUNKED "2\r\n{}\r\n0\r\nX: ", "x", 100000, "", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
};

static void build(struct buf *bytes, const struct long_case *row)
{
    buf_init(bytes, 1024 * 1024);
    (void)buf_add_text(bytes, row->front);
    for (size_t i = 0; i < row->count; i++) {
        (void)buf_add_text(bytes, row->repeated);
    }
    (void)buf_add_text(bytes, row->back);
    assert_false(bytes->failed);
}

static void check_long_case(const struct long_case *row, size_t piece_bytes)
{
    cleanup_buf struct buf bytes;
    struct response_outcome outcome;
    build(&bytes, row);
    struct response_scene scene = { .bytes = buf_view(&bytes), .ending = ENDING_CLOSE, .piece_bytes = piece_bytes };

    response_scene_run(&scene, &outcome);

    if (outcome.error != row->error) {
        const char *name = call_error_name(outcome.error);
        fail_msg("case \"%s\", pieces of %zu: %s", row->name, piece_bytes, name != NULL ? name : "good");
    }
    assert_case(row->name, outcome.is_complete == (row->error == CALL_OK));
    assert_case(row->name, outcome.body.length <= SCENE_BODY_BYTES);
    response_outcome_clear(&outcome);
}

static void what_a_backend_can_make_the_parser_hold_is_bounded(void **state)
{
    static const size_t pieces[] = { 1, 2, 1000, 4096, 4097, 16384, SCENE_AT_ONCE };
    (void)state;

    for (size_t i = 0; i < array_length(long_cases); i++) {
        for (size_t j = 0; j < array_length(pieces); j++) {
            check_long_case(&long_cases[i], pieces[j]);
        }
    }
}

/* ---- heads ---- */

static void check_head(struct response_scene scene, size_t piece_bytes, const char *expected)
{
    struct response_outcome outcome;
    scene.piece_bytes = piece_bytes;

    response_scene_run(&scene, &outcome);

    assert_int_equal(outcome.error, CALL_OK);
    assert_text(buf_view(&outcome.head), expected);
    response_outcome_clear(&outcome);
}

static void the_fields_of_the_final_response_are_kept_as_they_came(void **state)
{
    struct response_scene scene = {
        .bytes = STR("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" OK
                     "Set-Cookie: a\r\nX:  \xe4 \r\nset-cookie:b\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "0\r\nX-Trailer: 1\r\n\r\n"),
    };
    (void)state;

    for (size_t length = 1; length <= scene.bytes.length; length++) {
        check_head(scene, length, "Set-Cookie: a\r\nX:  \xe4 \r\nset-cookie:b\r\nTransfer-Encoding: chunked\r\n");
    }
}

static void an_answer_to_head_has_no_body_whatever_it_says(void **state)
{
    static const struct str answers[] = {
        STR_STATIC(OK "Content-Length: 99999\r\n\r\n"),
        STR_STATIC(OK "Transfer-Encoding: chunked\r\n\r\n"),
        STR_STATIC(OK "\r\n"),
        STR_STATIC("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n"),
    };
    (void)state;

    for (size_t i = 0; i < array_length(answers); i++) {
        struct response_scene scene = { .bytes = answers[i], .is_answer_to_head = true, .piece_bytes = SCENE_AT_ONCE };
        struct response_outcome outcome;
        response_scene_run(&scene, &outcome);
        assert_int_equal(outcome.error, CALL_OK);
        assert_true(outcome.is_complete && outcome.keeps_connection);
        assert_int_equal(outcome.body.length, 0);
        response_outcome_clear(&outcome);
    }
}

static void a_content_coding_passes_where_it_is_allowed(void **state)
{
    struct response_scene scene = { .bytes = STR(OK "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"),
                                    .allows_content_coding = true,
                                    .piece_bytes = SCENE_AT_ONCE };
    struct response_outcome outcome;
    (void)state;

    response_scene_run(&scene, &outcome);

    assert_int_equal(outcome.error, CALL_OK);
    assert_text(buf_view(&outcome.body), "{}");
    response_outcome_clear(&outcome);
}

/* ---- memory ---- */

static void begin(struct http_response_parser *parser, struct buf *body, size_t body_bytes_limit)
{
    struct http_response_expected expected = { .body = body, .head_bytes_limit = SCENE_HEAD_BYTES };

    buf_init(body, body_bytes_limit);
    http_response_parser_begin(parser, &expected);
}

static void feed(struct http_response_parser *parser, struct str bytes)
{
    assert_int_equal(http_response_parser_feed(parser, bytes.base, bytes.length), bytes.length);
    assert_int_equal(parser->error, CALL_OK);
}

static void a_line_that_comes_whole_is_not_copied(void **state)
{
    struct http_response_parser parser;
    cleanup_buf struct buf body;
    (void)state;
    begin(&parser, &body, SCENE_BODY_BYTES);

    feed(&parser, STR(OK "Transfer-Encoding: chunked\r\n"));
    feed(&parser, STR("X: y\r\n\r\n2;x\r\n{}\r\n0\r\n"));
    feed(&parser, STR("\r\n"));

    assert_true(parser.is_complete);
    assert_null(parser.line.base);
    http_response_parser_clear(&parser);
}

static void an_announced_body_has_its_memory_at_once(void **state)
{
    struct http_response_parser parser;
    cleanup_buf struct buf body;
    (void)state;
    begin(&parser, &body, 1024 * 1024);

    feed(&parser, STR(OK "Content-Length: 20000\r\n\r\nx"));

    assert_true(body.capacity > 20000);
    http_response_parser_clear(&parser);
}

static void an_announced_length_alone_takes_little_memory(void **state)
{
    struct http_response_parser parser;
    cleanup_buf struct buf body;
    (void)state;
    begin(&parser, &body, 64 * 1024 * 1024);

    feed(&parser, STR(OK "Content-Length: 60000000\r\n\r\nx"));

    assert_true(body.capacity <= 128 * 1024);
    http_response_parser_clear(&parser);
}

enum { LONG_BODY_BYTES = 1024 * 1024, LONG_BODY_LIMIT = 64 * 1024 * 1024 };

static char body_byte(size_t place)
{
    return (char)('a' + place % 23);
}

/* Into the room there is, at most `most` bytes; how many. */
static size_t fill_room(struct http_response_parser *parser, size_t most)
{
    size_t room_bytes = 0;
    size_t start = parser->expected.body->length;
    char *room = http_response_parser_room(parser, &room_bytes);
    size_t count = room_bytes < most ? room_bytes : most;

    for (size_t i = 0; room != NULL && i < count; i++) {
        room[i] = body_byte(start + i);
    }
    if (room != NULL) {
        http_response_parser_filled(parser, count);
    }
    return room != NULL ? count : 0;
}

static void feed_body_byte(struct http_response_parser *parser)
{
    char byte = body_byte(parser->expected.body->length);

    feed(parser, (struct str){ &byte, 1 });
}

static void a_long_body_may_be_received_where_it_stays_but_for_its_end(void **state)
{
    const size_t pieces[] = { 1000, 65536, LONG_BODY_BYTES };
    (void)state;
    for (size_t i = 0; i < array_length(pieces); i++) {
        struct http_response_parser parser;
        cleanup_buf struct buf body;
        size_t placed = 0;
        begin(&parser, &body, LONG_BODY_BYTES);
        feed(&parser, STR(OK "Content-Length: 1048576\r\n\r\na"));

        for (size_t count = fill_room(&parser, pieces[i]); count > 0; count = fill_room(&parser, pieces[i])) {
            placed += count;
        }
        assert_true(placed > LONG_BODY_BYTES / 2 && placed < LONG_BODY_BYTES - 1);
        while (!parser.is_complete) {
            feed_body_byte(&parser);
        }

        assert_true(parser.keeps_connection);
        assert_int_equal(body.length, LONG_BODY_BYTES);
        for (size_t place = 0; place < LONG_BODY_BYTES; place++) {
            assert_true(body.base[place] == body_byte(place));
        }
        http_response_parser_clear(&parser);
    }
}

static void a_long_body_that_is_fed_in_between_goes_on_where_it_stays(void **state)
{
    struct http_response_parser parser;
    cleanup_buf struct buf body;
    (void)state;
    begin(&parser, &body, LONG_BODY_BYTES);
    feed(&parser, STR(OK "Content-Length: 1048576\r\n\r\na"));

    while (fill_room(&parser, 3000) > 0) {
        feed_body_byte(&parser);
    }

    assert_true(body.length > LONG_BODY_BYTES / 2);
    for (size_t place = 0; place < body.length; place++) {
        assert_true(body.base[place] == body_byte(place));
    }
    http_response_parser_clear(&parser);
}

static void what_has_to_pass_the_parser_has_no_room_elsewhere(void **state)
{
    static const struct {
        const char *name;
        struct str front;
    } rows[] = {
        { "nothing yet", STR_STATIC("") },
        { "half a head", STR_STATIC(OK "Content-Length: 1048576\r\n") },
        { "a short body", STR_STATIC(OK "Content-Length: 65536\r\n\r\n") },
        { "chunks", STR_STATIC(OK "Transfer-Encoding: chunked\r\n\r\n100000\r\n") },
        { "a body until the connection's end", STR_STATIC(OK "\r\n") },
        { "an answer that is complete", STR_STATIC(OK "Content-Length: 0\r\n\r\n") },
    };
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct http_response_parser parser;
        cleanup_buf struct buf body;
        size_t room_bytes = 77;
        begin(&parser, &body, LONG_BODY_LIMIT);
        feed(&parser, rows[i].front);

        assert_case(rows[i].name, http_response_parser_room(&parser, &room_bytes) == NULL && room_bytes == 77);

        http_response_parser_clear(&parser);
    }
}

static void memory_for_a_body_grows_with_what_came_and_seldom(void **state)
{
    struct http_response_parser parser;
    cleanup_buf struct buf body;
    size_t capacity = 0;
    unsigned growth_count = 0;
    (void)state;
    begin(&parser, &body, LONG_BODY_LIMIT);
    feed(&parser, STR(OK "Content-Length: 60000000\r\n\r\na"));

    while (body.length < LONG_BODY_BYTES) {
        growth_count += body.capacity != capacity;
        capacity = body.capacity;
        assert_true(capacity <= 128 * 1024 || capacity <= 17 * body.length);
        assert_true(fill_room(&parser, 1000) > 0);
    }

    assert_true(growth_count <= 3);
    http_response_parser_clear(&parser);
}

/* ---- after the end ---- */

static void nothing_is_read_behind_the_end_or_a_fault(void **state)
{
    struct http_response_parser parser;
    cleanup_buf struct buf body;
    (void)state;

    begin(&parser, &body, SCENE_BODY_BYTES);
    feed(&parser, STR("HTTP/1.1 204 \r\n\r\n"));
    assert_int_equal(http_response_parser_feed(&parser, "HTTP/1.1 500 \r\n", 15), 0);
    assert_int_equal(parser.framing.status, 204);
    assert_int_equal(http_response_parser_end(&parser), CALL_OK);
    assert_int_equal(http_response_parser_break(&parser), CALL_OK);
    http_response_parser_clear(&parser);

    begin(&parser, &body, SCENE_BODY_BYTES);
    (void)http_response_parser_feed(&parser, "x", 1);
    assert_int_equal(http_response_parser_feed(&parser, OK, strlen(OK)), 0);
    assert_int_equal(http_response_parser_end(&parser), CALL_HTTP_PROTOCOL_ERROR);
    http_response_parser_clear(&parser);
}

static void what_ends_with_its_connection_keeps_none(void **state)
{
    struct http_response_parser parser;
    cleanup_buf struct buf body;
    (void)state;
    begin(&parser, &body, SCENE_BODY_BYTES);

    feed(&parser, STR(OK "Connection: keep-alive\r\n\r\n{}"));
    assert_false(parser.is_complete);

    assert_int_equal(http_response_parser_end(&parser), CALL_OK);
    assert_true(parser.is_complete && !parser.keeps_connection);
    assert_int_equal(http_response_parser_break(&parser), CALL_OK);
    http_response_parser_clear(&parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_backend_can_make_the_parser_hold_is_bounded),
        cmocka_unit_test(the_fields_of_the_final_response_are_kept_as_they_came),
        cmocka_unit_test(an_answer_to_head_has_no_body_whatever_it_says),
        cmocka_unit_test(a_content_coding_passes_where_it_is_allowed),
        cmocka_unit_test(a_line_that_comes_whole_is_not_copied),
        cmocka_unit_test(an_announced_body_has_its_memory_at_once),
        cmocka_unit_test(an_announced_length_alone_takes_little_memory),
        cmocka_unit_test(a_long_body_may_be_received_where_it_stays_but_for_its_end),
        cmocka_unit_test(a_long_body_that_is_fed_in_between_goes_on_where_it_stays),
        cmocka_unit_test(what_has_to_pass_the_parser_has_no_room_elsewhere),
        cmocka_unit_test(memory_for_a_body_grows_with_what_came_and_seldom),
        cmocka_unit_test(nothing_is_read_behind_the_end_or_a_fault),
        cmocka_unit_test(what_ends_with_its_connection_keeps_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
