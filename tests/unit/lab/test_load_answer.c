/* SPDX-License-Identifier: MIT */
#include "lab/load_answer.h"

#include <stdlib.h>

#include "tests/support/unit.h"

#define HEAD "HTTP/1.1 200 OK\r\n"
#define LENGTH_2 "Content-Length: 2\r\n\r\n"

struct answer_case {
    const char *name;
    const char *bytes;
    bool ends; /* the connection does, behind them */
    enum call_error error;
    bool is_complete;
    bool may_keep;
    int status;
};

static const struct answer_case good[] = {
    { .name = "a length", .bytes = HEAD LENGTH_2 "{}", .is_complete = true, .may_keep = true, .status = 200 },
    { .name = "a length of nothing",
      .bytes = HEAD "Content-Length: 0\r\n\r\n",
      .is_complete = true,
      .may_keep = true,
      .status = 200 },
    { .name = "chunks",
      .bytes =
          HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1f;x=y\r\n0123456789012345678901234567890\r\n0\r\n\r\n",
      .is_complete = true,
      .may_keep = true,
      .status = 200 },
    { .name = "chunks and a trailer",
      .bytes = HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n",
      .is_complete = true,
      .may_keep = true,
      .status = 200 },
    { .name = "until the connection ends",
      .bytes = HEAD "\r\nHello",
      .ends = true,
      .is_complete = true,
      .status = 200 },
    { .name = "until the connection ends: not yet", .bytes = HEAD "\r\nHello", .status = 200 },
    { .name = "closing", .bytes = HEAD "Connection: close\r\n" LENGTH_2 "{}", .is_complete = true, .status = 200 },
    { .name = "HTTP/1.0", .bytes = "HTTP/1.0 200 OK\r\n" LENGTH_2 "{}", .is_complete = true, .status = 200 },
    { .name = "HTTP/1.0 that is kept",
      .bytes = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" LENGTH_2 "{}",
      .is_complete = true,
      .may_keep = true,
      .status = 200 },
    { .name = "HTTP/1.0 until the end",
      .bytes = "HTTP/1.0 200 OK\r\n\r\nHello",
      .ends = true,
      .is_complete = true,
      .status = 200 },
    { .name = "another status",
      .bytes = "HTTP/1.1 503 Service Unavailable\r\n" LENGTH_2 "{}",
      .is_complete = true,
      .may_keep = true,
      .status = 503 },
    { .name = "no reason",
      .bytes = "HTTP/1.1 200 \r\n" LENGTH_2 "{}",
      .is_complete = true,
      .may_keep = true,
      .status = 200 },
    { .name = "204 has no body",
      .bytes = "HTTP/1.1 204 No Content\r\n\r\n",
      .is_complete = true,
      .may_keep = true,
      .status = 204 },
    { .name = "304 has none, whatever its length",
      .bytes = "HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n",
      .is_complete = true,
      .may_keep = true,
      .status = 304 },
    { .name = "1xx in front",
      .bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" HEAD LENGTH_2 "{}",
      .is_complete = true,
      .may_keep = true,
      .status = 200 },
    { .name = "nothing but 1xx so far", .bytes = "HTTP/1.1 100 Continue\r\n\r\n" },
    { .name = "half a head", .bytes = "HTTP/1.1 200 OK\r\nContent-Le" },
    { .name = "half a body", .bytes = HEAD LENGTH_2 "{", .status = 200 },
    { .name = "half a chunk", .bytes = HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\na", .status = 200 },
    { .name = "stray bytes behind it", .bytes = HEAD LENGTH_2 "{}HTTP", .is_complete = true, .status = 200 },
    { .name = "another answer behind it",
      .bytes = HEAD LENGTH_2 "{}" HEAD LENGTH_2 "{}",
      .is_complete = true,
      .status = 200 },
};

static const struct answer_case bad[] = {
    { .name = "garbage", .bytes = "\x16\x03\x01garbage\r\n\r\n", .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "a request", .bytes = "GET / HTTP/1.1\r\n\r\n", .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "a status of letters", .bytes = "HTTP/1.1 abc OK\r\n\r\n", .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "a status of two digits", .bytes = "HTTP/1.1 20 OK\r\n\r\n", .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "a status beyond 599", .bytes = "HTTP/1.1 600 Odd\r\n\r\n", .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "another HTTP", .bytes = "HTTP/2.0 200 OK\r\n\r\n", .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "a protocol nobody asked for",
      .bytes = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
      .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "two lengths", .bytes = HEAD "Content-Length: 3\r\n" LENGTH_2, .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "a length and chunks",
      .bytes = HEAD "Transfer-Encoding: chunked\r\n" LENGTH_2,
      .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "a length that is no number",
      .bytes = HEAD "Content-Length: two\r\n\r\n",
      .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "a length that is too long to count",
      .bytes = HEAD "Content-Length: 99999999999999999999\r\n\r\n",
      .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "an unknown coding", .bytes = HEAD "Transfer-Encoding: gzip\r\n\r\n", .error = CALL_HTTP_PROTOCOL_ERROR },
    { .name = "chunks of no size",
      .bytes = HEAD "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
      .error = CALL_HTTP_PROTOCOL_ERROR,
      .status = 200 },
    { .name = "an end before anything", .bytes = "", .ends = true, .error = CALL_CONNECTION_TERMINATED },
    { .name = "an end in the status line",
      .bytes = "HTTP/1.1 20",
      .ends = true,
      .error = CALL_HTTP_RESPONSE_INCOMPLETE },
    { .name = "an end in the head", .bytes = HEAD "X: y\r\n", .ends = true, .error = CALL_HTTP_RESPONSE_INCOMPLETE },
    { .name = "an end behind 1xx",
      .bytes = "HTTP/1.1 100 Continue\r\n\r\n",
      .ends = true,
      .error = CALL_HTTP_RESPONSE_INCOMPLETE },
    { .name = "an end in the body",
      .bytes = HEAD LENGTH_2 "{",
      .ends = true,
      .error = CALL_HTTP_RESPONSE_INCOMPLETE,
      .status = 200 },
    { .name = "an end in a chunk",
      .bytes = HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\na",
      .ends = true,
      .error = CALL_HTTP_RESPONSE_INCOMPLETE,
      .status = 200 },
};

/* In a place of its own, so that the sanitizers see who reads beyond it. */
static enum call_error take(struct load_answer *answer, const char *bytes, size_t count)
{
    cleanup_free char *copy = malloc(count + 1);

    assert_non_null(copy);
    memcpy(copy, bytes, count);
    copy[count] = 'X';
    return load_answer_take(answer, copy, count);
}

/* In pieces of `piece` bytes; what is complete or wrong is given no more. */
static enum call_error feed(struct load_answer *answer, const struct answer_case *row, size_t piece)
{
    size_t length = strlen(row->bytes);
    enum call_error error = CALL_OK;

    load_answer_begin(answer);
    for (size_t at = 0; at < length && error == CALL_OK && !answer->is_complete; at += piece) {
        error = take(answer, row->bytes + at, length - at < piece ? length - at : piece);
    }
    return error == CALL_OK && row->ends ? load_answer_end(answer) : error;
}

static void check(const struct answer_case *row, size_t piece)
{
    struct load_answer answer;

    enum call_error error = feed(&answer, row, piece);

    assert_case(row->name, error == row->error);
    assert_case(row->name, answer.is_complete == row->is_complete);
    assert_case(row->name, answer.status == row->status);
    assert_case(row->name, !row->may_keep || answer.may_keep);
}

static void an_answer_is_read_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        for (size_t piece = 1; piece <= strlen(good[i].bytes); piece++) {
            check(&good[i], piece);
        }
    }
}

static void what_is_no_answer_is_refused_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        check(&bad[i], 1);
        for (size_t piece = 2; piece <= strlen(bad[i].bytes); piece++) {
            check(&bad[i], piece);
        }
    }
}

static void a_connection_is_kept_only_where_the_answer_allows_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        struct load_answer answer;

        (void)feed(&answer, &good[i], strlen(good[i].bytes));

        assert_case(good[i].name, answer.may_keep == good[i].may_keep);
    }
}

static void an_answer_can_be_read_after_another(void **state)
{
    struct load_answer answer;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        load_answer_begin(&answer);
        assert_int_equal(take(&answer, HEAD LENGTH_2 "{}", strlen(HEAD LENGTH_2 "{}")), CALL_OK);
        assert_true(answer.is_complete && answer.may_keep);
    }
}

/* A head with `count` bytes up to its end, and the body behind it. */
static char *head_of(size_t count, const char *body)
{
    static const char front[] = HEAD LENGTH_2;
    static const char name[] = "X: ";
    size_t front_length = sizeof HEAD - 1;
    char *text = malloc(count + strlen(body) + 1);

    assert_non_null(text);
    assert_true(count > sizeof front + sizeof name);
    memcpy(text, front, front_length);
    memcpy(text + front_length, name, sizeof name - 1);
    size_t back = count - strlen("\r\n" LENGTH_2);
    memset(text + front_length + sizeof name - 1, 'a', back - front_length - (sizeof name - 1));
    memcpy(text + back, "\r\n" LENGTH_2, strlen("\r\n" LENGTH_2));
    memcpy(text + count, body, strlen(body) + 1);
    return text;
}

static void a_head_is_bounded_to_the_byte(void **state)
{
    static const struct {
        const char *name;
        size_t head_bytes;
        size_t piece;
        enum call_error error;
    } cases[] = {
        { "as long as it may be", LOAD_ANSWER_HEAD_BYTES, SIZE_MAX, CALL_OK },
        { "as long as it may be, in pieces", LOAD_ANSWER_HEAD_BYTES, 1000, CALL_OK },
        { "a byte longer", LOAD_ANSWER_HEAD_BYTES + 1, SIZE_MAX, CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
        { "a byte longer, in pieces", LOAD_ANSWER_HEAD_BYTES + 1, 1000, CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
        { "a byte longer, byte for byte", LOAD_ANSWER_HEAD_BYTES + 1, 1, CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_free char *bytes = head_of(cases[i].head_bytes, "{}");
        struct load_answer answer;
        const struct answer_case row = { .name = cases[i].name, .bytes = bytes };

        enum call_error error = feed(&answer, &row, cases[i].piece < strlen(bytes) ? cases[i].piece : strlen(bytes));

        assert_case(cases[i].name, error == cases[i].error);
        assert_case(cases[i].name, answer.is_complete == (error == CALL_OK));
    }
}

static void heads_without_end_are_refused(void **state)
{
    static const char *const pieces[] = { "HTTP/1.1 100 Continue\r\n\r\n", "\r\n", HEAD };
    struct load_answer answer;

    (void)state;
    for (size_t i = 0; i < array_length(pieces); i++) {
        enum call_error error = CALL_OK;
        size_t fed = 0;
        load_answer_begin(&answer);
        while (error == CALL_OK && fed <= LOAD_ANSWER_HEAD_BYTES) {
            error = take(&answer, pieces[i], strlen(pieces[i]));
            fed += strlen(pieces[i]);
        }
        assert_int_not_equal(error, CALL_OK);
    }
}

static void a_long_body_needs_no_room(void **state)
{
    static const char head[] = HEAD "Content-Length: 104857600\r\n\r\n";
    static const char bytes[64 * 1024];
    struct load_answer answer;

    (void)state;
    load_answer_begin(&answer);
    assert_int_equal(take(&answer, head, sizeof head - 1), CALL_OK);
    for (size_t i = 0; i < 1600; i++) {
        assert_false(answer.is_complete);
        assert_int_equal(load_answer_take(&answer, bytes, sizeof bytes), CALL_OK);
    }

    assert_true(answer.is_complete && answer.may_keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_read_in_pieces_of_any_size),
        cmocka_unit_test(what_is_no_answer_is_refused_in_pieces_of_any_size),
        cmocka_unit_test(a_connection_is_kept_only_where_the_answer_allows_it),
        cmocka_unit_test(an_answer_can_be_read_after_another),
        cmocka_unit_test(a_head_is_bounded_to_the_byte),
        cmocka_unit_test(heads_without_end_are_refused),
        cmocka_unit_test(a_long_body_needs_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
