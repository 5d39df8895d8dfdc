/* SPDX-License-Identifier: MIT */
/*
 * Requests that no owner sees: ambiguous ones, and ones that are too long. One answer each, whoever gives it, and told
 * of once.
 */
#include "tests/integration/refusal_bench.h"
#include "tests/support/gate.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

static const struct refused_case refused_cases[] = {
    /* framing */
    { "two lengths that differ", BEHIND(POST_HEAD "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}"), 400 },
    { "the same length twice", BEHIND(POST_HEAD "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"), 400 },
    { "two lengths in one", BEHIND(POST_HEAD "Content-Length: 2, 2\r\n\r\n{}"), 400 },
    { "a length and chunks", BEHIND(POST_HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      400 },
    { "chunks and a length", BEHIND(POST_HEAD "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
      400 },
    { "chunks twice", BEHIND(POST_HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      400 },
    { "chunks of HTTP/1.0", BEHIND("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400 },
    { "a length that is none", BEHIND(POST_HEAD "Content-Length: 2x\r\n\r\n{}"), 400 },
    { "a negative length", BEHIND(POST_HEAD "Content-Length: -2\r\n\r\n{}"), 400 },
    { "a length of more than 63 bits", BEHIND(POST_HEAD "Content-Length: 9223372036854775808\r\n\r\n"), 400 },
    { "a body over the limit", STR_STATIC(POST_HEAD "Content-Length: 1001\r\n\r\n"), 413 },
    { "a body over the limit that waits to be asked for",
      STR_STATIC(POST_HEAD "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n"), 413 },
    { "another expectation", BEHIND(POST_HEAD "Content-Length: 2\r\nExpect: 200-ok\r\n\r\n{}"), 417 },
    /* lines */
    { "a blank before the colon", BEHIND(POST_HEAD "Content-Length : 40\r\n\r\n"), 400 },
    { "a blank before the colon of a coding", BEHIND(POST_HEAD "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400 },
    { "a folded value", BEHIND(GET_HEAD "X: a\r\n b\r\n\r\n"), 400 },
    { "a folded length", BEHIND(POST_HEAD "Content-Length: 36\r\n x\r\n\r\n"), 400 },
    { "a name that folding makes a length", BEHIND(POST_HEAD "Content: 36\r\n\t-Length\r\n\r\n"), 400 },
    { "a folded line of nothing", BEHIND(GET_HEAD "X: a\r\n \r\n\r\n"), 400 },
    { "a first line that is folded", BEHIND("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400 },
    { "a header without a name", BEHIND(POST_HEAD ": x\r\nContent-Length: 36\r\n\r\n"), 400 },
    { "a first header without a name", BEHIND("GET / HTTP/1.1\r\n: x\r\nHost: a\r\n\r\n"), 400 },
    { "a header without a colon", BEHIND(GET_HEAD "X\r\n\r\n"), 400 },
    { "a carriage return in a value", BEHIND(GET_HEAD "X: a\rb\r\n\r\n"), 400 },
    { "two carriage returns", BEHIND(GET_HEAD "X: a\r\r\n\r\n"), 400 },
    { "a control byte in a value", BEHIND(GET_HEAD "X: a\x01 b\r\n\r\n"), 400 },
    { "a control byte in a name", BEHIND(GET_HEAD "X\x7fY: a\r\n\r\n"), 400 },
    { "a NUL in a value", BEHIND(GET_HEAD "X: a\0b\r\n\r\n"), 400 },
    { "a NUL in a name", BEHIND(GET_HEAD "X\0Y: a\r\n\r\n"), 400 },
    { "a NUL in front of a name", BEHIND(GET_HEAD "\0X: a\r\n\r\n"), 400 },
    { "a NUL in the target", BEHIND("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
    { "a NUL in the method", BEHIND("G\0T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
    { "a NUL behind the version", BEHIND("GET / HTTP/1.1\0\r\nHost: a\r\n\r\n"), 400 },
    { "a bare line feed behind a value", BEHIND(GET_HEAD "X: a\n\r\n"), 400 },
    { "a bare line feed behind the request line", BEHIND("GET / HTTP/1.1\nHost: a\r\n\r\n"), 400 },
    { "a bare line feed as empty line", BEHIND(GET_HEAD "\n"), 400 },
    { "bare line feeds alone", BEHIND("GET / HTTP/1.1\nHost: a\n\n"), 400 },
    /* the request line */
    { "two blanks behind the method", BEHIND("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
    { "two blanks behind the target", BEHIND("GET /  HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
    { "a blank behind the version", BEHIND("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), 400 },
    { "a blank in the target", BEHIND("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
    { "no version", BEHIND("GET /\r\nHost: a\r\n\r\n"), 400 },
    { "another version", BEHIND("GET / HTTP/3.0\r\nHost: a\r\n\r\n"), 505 },
    { "a fragment", BEHIND("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
    { "a target without a slash", BEHIND("GET a HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
    { "a target of another scheme", BEHIND("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
    { "an asterisk for GET", BEHIND("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
    { "bytes beyond ASCII in the target", BEHIND("GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
    { "a method that is no token", BEHIND("G@T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
    { "CONNECT", BEHIND("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"), 501 },
    /* the host */
    { "two hosts", BEHIND("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400 },
    { "the same host twice", BEHIND("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400 },
    { "no host", BEHIND("GET / HTTP/1.1\r\n\r\n"), 400 },
    { "an empty host", BEHIND("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400 },
    { "a host with a path", BEHIND("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400 },
    { "a host with a user", BEHIND("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400 },
    { "a host with a blank", BEHIND("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400 },
};

static void a_refused_request_gets_one_answer_and_the_connection_closes(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(refused_cases); i++) {
        check_refusal(bench, &refused_cases[i]);
    }
}

/* microhttpd 1.0 refuses it by itself, before a handler sees the head. */
static void a_coding_that_nobody_knows_is_refused(void **state)
{
    struct refused_case refused = { "a coding that nobody knows",
                                    BEHIND(POST_HEAD "Transfer-Encoding: xchunked\r\n\r\n"),
                                    microhttpd_is_before_1_0() ? 501 : 400 };

    check_refusal(*state, &refused);
}

/* Valid, but microhttpd 0.9 does not know the coding then. */
static void a_coding_with_a_blank_behind_it_is_refused_where_it_would_not_be_read(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    bench_connect(bench, &client);

    client_send(&client, POST_HEAD "Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n" SMUGGLED);
    bench_read(bench, &client, &answer);

    assert_int_equal(answer.status, microhttpd_is_before_1_0() ? 501 : 200);
    assert_true(answer_says_close(&answer) && bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    client_close(&client);
}

/* ---- several on one connection ---- */

static void answers_in_front_of_a_refused_request_arrive_and_nothing_behind_it_does(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer refusal = ANSWER_NONE;
    bench_connect(bench, &client);

    client_send(&client, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
                         "GET /3 HTTP/1.1\r\nHost: a\r\nX: a\n\r\n" SMUGGLED);

    bench_expect(bench, &client, "GET /1");
    bench_expect(bench, &client, "POST /2");
    bench_read(bench, &client, &refusal);
    assert_int_equal(refusal.status, 400);
    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    bench_turn_until(bench, "room", 1);
    bench_assert_journal(bench, microhttpd_is_before_1_0() ? "request finished request finished refused finished room "
                                                           : "request finished request finished room ");
    assert_int_equal(count_told(bench), 1);
    client_close(&client);
}

static void answers_that_have_to_be_waited_for_keep_their_order(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer refusal = ANSWER_NONE;
    bench->on_request = bench_hold_what_waits;
    bench_connect(bench, &client);

    client_send(&client, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
                         "GET /3 HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n" SMUGGLED);
    bench_answer_held(bench);

    bench_expect(bench, &client, "GET /wait");
    bench_expect(bench, &client, "GET /2");
    bench_read(bench, &client, &refusal);
    assert_int_equal(refusal.status, 400);
    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    client_close(&client);
}

/* ---- lengths ---- */

static void a_head_over_the_limit_is_answered_431_or_414(void **state)
{
    struct http_server_bench *bench = *state;
    static char text[20000];
    memset(text, 'x', sizeof text - 1);

    for (int is_target = 0; is_target < 2; is_target++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        bench_connect(bench, &client);
        client_send(&client, is_target ? "GET /" : "GET / HTTP/1.1\r\nHost: a\r\nX: ");
        client_send(&client, text);
        client_send(&client, is_target ? " HTTP/1.1\r\nHost: a\r\n\r\n" : "\r\n\r\n");

        bench_read(bench, &client, &answer);

        assert_int_equal(answer.status, is_target ? 414 : 431);
        client_close(&client);
    }
}

/* microhttpd's pool is a little larger than header_bytes: a head that just fits it leaves no room for an answer. */
static void no_head_is_so_long_that_it_is_left_without_an_answer(void **state)
{
    enum { SHORTEST = 3000, LONGEST = 16000, STEP = 61 };
    struct http_server_bench *bench = *state;
    static char text[LONGEST + 1];

    for (int bytes = SHORTEST; bytes < LONGEST; bytes += STEP) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        bool is_target = bytes % 2 == 0;
        memset(text, 'x', (size_t)bytes);
        text[bytes] = '\0';
        bench_connect(bench, &client);
        client_send(&client, is_target ? "GET /" : "GET / HTTP/1.1\r\nHost: a\r\nX: ");
        client_send(&client, text);
        client_send(&client, is_target ? " HTTP/1.1\r\nHost: a\r\n\r\n" : "\r\n\r\n");

        bench_read(bench, &client, &answer);

        if (answer.status != 200 && answer.status != 414 && answer.status != 431) {
            fail_msg("%d bytes: %d", bytes, answer.status);
        }
        client_close(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_refused_request_gets_one_answer_and_the_connection_closes),
        bench_test(a_coding_that_nobody_knows_is_refused),
        bench_test(a_coding_with_a_blank_behind_it_is_refused_where_it_would_not_be_read),
        bench_test(answers_in_front_of_a_refused_request_arrive_and_nothing_behind_it_does),
        bench_test(answers_that_have_to_be_waited_for_keep_their_order),
        bench_test(a_head_over_the_limit_is_answered_431_or_414),
        bench_test(no_head_is_so_long_that_it_is_left_without_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
