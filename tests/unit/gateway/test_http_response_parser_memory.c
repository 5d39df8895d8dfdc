/* SPDX-License-Identifier: MIT */
/* What an answer takes of memory, where a long body may be received, and what stands behind an answer's end. */
#include "gateway/http_response_parser.h"
#include "tests/support/unit.h"
#include "tests/unit/gateway/response_scene.h"

#define OK "HTTP/1.1 200 OK\r\n"

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
