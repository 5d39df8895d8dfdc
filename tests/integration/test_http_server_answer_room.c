/* SPDX-License-Identifier: MIT */
/*
 * How much of an answer's head always fits, whatever the request was.
 */
#include "tests/integration/http_server_bench.h"
#include "tests/support/unit.h"

enum { ROOM_BYTES = 16384, DEFAULT_ROOM_BYTES = 8192, FIELD_PUNCTUATION_BYTES = 4 };

struct room_case {
    const char *name;
    const char *begin;  /* of the head */
    const char *repeat; /* as often as the head has room for, or `repeat_count` times */
    const char *end;
    unsigned repeat_count;
    bool is_refused;
};

#define LAST_LINES " HTTP/1.1\r\nHost: a\r\n\r\n"

/* Versions of microhttpd differ by one in how many cookies they make of a Cookie field that ends with a semicolon. */
static const struct room_case room_cases[] = {
    { "a small head", "GET / HTTP/1.1\r\nHost: a\r\n", "", "\r\n", 1, false },
    { "a long value", "GET / HTTP/1.1\r\nHost: a\r\nX: ", "x", "\r\n\r\n", 0, false },
    { "a long target", "GET /", "x", LAST_LINES, 0, false },
    { "as many fields as fit", "GET / HTTP/1.1\r\nHost: a\r\n", "a:b\r\n", "\r\n", 265, false },
    { "more fields than fit", "GET / HTTP/1.1\r\nHost: a\r\n", "a:b\r\n", "\r\n", 266, true },
    { "as many parameters as fit", "GET /?", "a=b&", LAST_LINES, 269, false },
    { "more parameters than fit", "GET /?", "a=b&", LAST_LINES, 270, true },
    { "as many cookies as fit", "GET / HTTP/1.1\r\nHost: a\r\nCookie: ", "a=b; ", "\r\n\r\n", 245, false },
    { "more cookies than fit", "GET / HTTP/1.1\r\nHost: a\r\nCookie: ", "a=b; ", "\r\n\r\n", 250, true },
};

static const size_t response_header_bytes[] = { 4096, 8192, 16384 };
static size_t least_room; /* of the server that runs */

static void restart_with_room(struct http_server_bench *bench, size_t bytes)
{
    struct http_server_config config = bench_config();

    config.header_bytes = ROOM_BYTES;
    config.response_header_bytes = bytes;
    bench_restart(bench, &config);
    least_room = bytes - HTTP_SERVER_HEAD_MARGIN_BYTES - HTTP_SERVER_HEAD_LINES_BYTES;
}

static void send_head(struct client *client, const struct room_case *room)
{
    cleanup_buf struct buf head;
    size_t rest_bytes = strlen(room->repeat) + strlen(room->end);

    buf_init(&head, 2 * (size_t)ROOM_BYTES);
    (void)buf_add_text(&head, room->begin);
    for (unsigned i = 0; room->repeat_count == 0 ? head.length + rest_bytes <= ROOM_BYTES : i < room->repeat_count;
         i++) {
        (void)buf_add_text(&head, room->repeat);
    }
    (void)buf_add_text(&head, room->end);
    assert_false(head.failed);
    assert_true(head.length <= ROOM_BYTES);
    client_send_bytes(client, head.base, head.length);
}

/* The largest head that always fits, in fields of different lengths. */
static void answer_with_a_full_head(struct http_server_bench *bench, struct http_exchange *exchange)
{
    static char long_value[ROOM_BYTES];
    struct http_field fields[21];
    size_t left = least_room;
    struct http_answer answer = {
        .status = 200,
        .fields = fields,
        .field_count = array_length(fields),
        .body = STR("ok"),
        .memory = HTTP_BODY_CONSTANT,
    };

    (void)bench;
    for (size_t i = 1; i < array_length(fields); i++) {
        fields[i] = (struct http_field){ "X-Field", "one of many" };
        left -= strlen("X-Field") + strlen("one of many") + FIELD_PUNCTUATION_BYTES;
    }
    memset(long_value, 'v', sizeof long_value);
    long_value[left - strlen("X-Long") - FIELD_PUNCTUATION_BYTES] = '\0';
    fields[0] = (struct http_field){ "X-Long", long_value };
    assert_int_equal(http_exchange_answer(exchange, &answer), 0);
}

static void answer_all_room_cases(struct http_server_bench *bench)
{
    for (size_t i = 0; i < array_length(room_cases); i++) {
        struct client client;
        cleanup_answer struct answer seen = ANSWER_NONE;
        bench_connect(bench, &client);

        send_head(&client, &room_cases[i]);
        bench_read(bench, &client, &seen);

        assert_case(room_cases[i].name, seen.status == (room_cases[i].is_refused ? 431 : 200));
        assert_case(room_cases[i].name, seen.is_complete);
        client_close(&client);
    }
}

/* One field that takes all the room that this request has left. */
static void answer_with_all_the_room(struct http_server_bench *bench, struct http_exchange *exchange)
{
    static char long_value[4 * ROOM_BYTES];
    struct http_field field = { "X-Long", long_value };
    struct http_answer answer = { .status = 200, .fields = &field, .field_count = 1, .memory = HTTP_BODY_CONSTANT };
    size_t room = http_exchange_answer_room(exchange);

    (void)bench;
    assert_true(room >= least_room);
    assert_true(room < sizeof long_value);
    memset(long_value, 'v', sizeof long_value);
    long_value[room - strlen("X-Long") - FIELD_PUNCTUATION_BYTES] = '\0';
    assert_int_equal(http_exchange_answer(exchange, &answer), 0);
}

static void the_room_that_is_told_is_there_behind_every_request(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(response_header_bytes); i++) {
        restart_with_room(bench, response_header_bytes[i]);
        bench->on_request = answer_with_all_the_room;
        answer_all_room_cases(bench);
    }
}

static void a_short_request_leaves_nearly_all_the_memory(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    struct http_exchange *exchange = bench_hold_one(bench, &client, "GET", "/");

    size_t room = http_exchange_answer_room(exchange);

    assert_true(room < BENCH_HEADER_BYTES + DEFAULT_ROOM_BYTES);
    assert_true(room > BENCH_HEADER_BYTES + DEFAULT_ROOM_BYTES - 512);
    bench_answer(exchange, STR("ok"));
    client_close(&client);
}

/* microhttpd builds it in the memory that the request's head has left, and closes without a word if that is too small.
 */
static void a_full_head_fits_behind_every_request_that_is_let_through(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(response_header_bytes); i++) {
        restart_with_room(bench, response_header_bytes[i]);
        bench->on_request = answer_with_a_full_head;
        answer_all_room_cases(bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_full_head_fits_behind_every_request_that_is_let_through),
        bench_test(the_room_that_is_told_is_there_behind_every_request),
        bench_test(a_short_request_leaves_nearly_all_the_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
