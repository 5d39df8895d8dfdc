/* SPDX-License-Identifier: MIT */
/*
 * The room for bodies that several answers share.
 */
#include <stdatomic.h>

#include "gateway/http_response_parser.h"
#include "tests/support/unit.h"

enum { HEAD_BYTES = 256 };

struct reading {
    struct buf body;
    struct http_response_parser parser;
};

static void begin(struct reading *reading, _Atomic size_t *room, size_t body_bytes)
{
    struct http_response_expected expected = { .body = &reading->body, .room = room, .head_bytes_limit = HEAD_BYTES };

    buf_init(&reading->body, body_bytes);
    http_response_parser_begin(&reading->parser, &expected);
}

static void feed(struct reading *reading, const char *text)
{
    (void)http_response_parser_feed(&reading->parser, text, strlen(text));
}

static void end(struct reading *reading)
{
    http_response_parser_clear(&reading->parser);
    buf_clear(&reading->body);
}

#define HEAD(length) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void answers_take_what_they_hold_from_the_room_they_share(void **state)
{
    _Atomic size_t room = 10;
    struct reading first;
    struct reading second;
    (void)state;
    begin(&first, &room, 100);
    begin(&second, &room, 100);

    feed(&first, HEAD("50") "123456");
    assert_int_equal(atomic_load(&room), 4);
    feed(&second, CHUNKED "3\r\nabc\r\n");
    assert_int_equal(atomic_load(&room), 1);
    feed(&second, "2\r\nde\r\n");

    assert_int_equal(second.parser.error, CALL_HTTP_RESPONSE_BODY_SIZE);
    assert_int_equal(second.body.length, 0);
    assert_int_equal(atomic_load(&room), 4);
    feed(&first, "7890");
    assert_int_equal(first.parser.error, CALL_OK);
    assert_int_equal(atomic_load(&room), 0);
    feed(&first, "1");
    assert_int_equal(first.parser.error, CALL_HTTP_RESPONSE_BODY_SIZE);
    assert_int_equal(atomic_load(&room), 10);
    end(&first);
    end(&second);
}

static void what_the_body_cannot_take_stays_in_the_room(void **state)
{
    _Atomic size_t room = 10;
    struct reading reading;
    (void)state;
    begin(&reading, &room, 4);

    feed(&reading, "HTTP/1.1 200 OK\r\n\r\n");
    feed(&reading, "12345");

    assert_int_equal(reading.parser.error, CALL_HTTP_RESPONSE_BODY_SIZE);
    assert_int_equal(atomic_load(&room), 10);
    end(&reading);
}

static void a_body_may_fill_the_room_to_the_last_byte(void **state)
{
    _Atomic size_t room = 6;
    struct reading reading;
    (void)state;
    begin(&reading, &room, 100);

    feed(&reading, HEAD("6") "123456");

    assert_int_equal(reading.parser.error, CALL_OK);
    assert_true(reading.parser.is_complete);
    assert_int_equal(atomic_load(&room), 0);
    end(&reading);
}

static void without_a_room_the_bodys_limit_is_the_only_one(void **state)
{
    struct reading reading;
    (void)state;
    begin(&reading, NULL, 6);

    feed(&reading, HEAD("6") "123456");

    assert_true(reading.parser.is_complete);
    assert_text(buf_view(&reading.body), "123456");
    end(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_take_what_they_hold_from_the_room_they_share),
        cmocka_unit_test(what_the_body_cannot_take_stays_in_the_room),
        cmocka_unit_test(a_body_may_fill_the_room_to_the_last_byte),
        cmocka_unit_test(without_a_room_the_bodys_limit_is_the_only_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
