/* SPDX-License-Identifier: MIT */
/*
 * Requests that microhttpd refuses by itself, or that take too long, before an owner can hear of them: each is told of
 * once, with what is known of it.
 */
#include "common/clock.h"
#include "tests/integration/unheard_bench.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

enum { TIMEOUT_MS = 200 };

/* ---- refused by microhttpd ---- */

static const struct unheard_case unheard_cases[] = {
    { "no blank in the request line", "GARBAGE\r\n\r\n", CLOSED, "400 - - -;" },
    { "no version", "GET /x\r\n\r\n", 400, "400 - - -;" },
    { "no version that exists", "GET /x HTTX/1\r\n\r\n", 400, "400 - - -;" },
    { "a version that nobody speaks", "GET /x HTTP/7.0\r\nHost: a\r\n\r\n", 505, "505 - - -;" },
    { "a header without a colon", GET_HEAD "X\r\n\r\n", 400, "400 - /x -;" },
    { "a length that is none", POST_HEAD "Content-Length: 2x\r\n\r\n{}", 400, "400 - /x -;" },
    { "a length beyond all numbers", POST_HEAD "Content-Length: 99999999999999999999999\r\n\r\n", 413, "413 - /x -;" },
    { "a chunk's size that is none", CHUNKED "zz\r\n", 400, "400 POST /x HTTP/1.1;" },
    { "a chunk's size beyond all numbers", CHUNKED "99999999999999999999999\r\n", 413, "413 POST /x HTTP/1.1;" },
    { "no line break behind a chunk", CHUNKED "2\r\nabcd\r\n", 400, "400 POST /x HTTP/1.1;" },
};

static void check_each(struct http_server_bench *bench, const struct unheard_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_unheard(bench, &cases[i], false);
        check_unheard(bench, &cases[i], true);
    }
}

static void what_microhttpd_refuses_by_itself_is_told_once(void **state)
{
    check_each(*state, unheard_cases, array_length(unheard_cases));
}

#define LONE_QUOTE "Cookie: a=\"\r\n"

/* Beside another fault it is told of once, too: the one or the other. */
static void a_cookie_that_is_none_is_refused_where_microhttpd_must_read_it(void **state)
{
    static const struct unheard_case behind[] = {
        { "no host", "GET /x HTTP/1.1\r\n" LONE_QUOTE "\r\n", 400, "400 - /x -;" },
        { "a length", GET_HEAD LONE_QUOTE "Content-Length: 2x\r\n\r\n", 400, "400 - /x -;" },
    };
    static const struct unheard_case refused[] = {
        { "alone", GET_HEAD LONE_QUOTE "\r\n", 431, "431 - /x -;" },
        { "no host", "GET /x HTTP/1.1\r\n" LONE_QUOTE "\r\n", 431, "431 - /x -;" },
        { "a length", GET_HEAD LONE_QUOTE "Content-Length: 2x\r\n\r\n", 431, "431 - /x -;" },
    };
    struct http_server_bench *bench = *state;

    if (!microhttpd_passes_over_cookies_that_are_none()) {
        check_each(bench, refused, array_length(refused));
        return;
    }
    struct client client;
    bench_connect(bench, &client);
    client_send(&client, GET_HEAD LONE_QUOTE "\r\n");
    bench_expect(bench, &client, "GET /x");
    client_close(&client);
    check_each(bench, behind, array_length(behind));
}

/* Whoever refuses it, and however often: nothing of it is left for the next one. */
static void what_comes_behind_a_chunk_whose_line_is_too_long_is_told_as_what_it_is(void **state)
{
    static const char *const beginnings[] = { CHUNKED, CHUNKED "2;", CHUNKED "2\r\n{}\r\n3;a=" };
    static const struct unheard_case next = { "the next one", "GET /x HTTP/7.0\r\nHost: a\r\n\r\n", 505, "505 - - -;" };
    struct http_server_bench *bench = *state;
    static char line[60000];
    (void)memset(line, '0', sizeof line - 1);

    for (size_t i = 0; i < array_length(beginnings); i++) {
        struct client client;
        bench_connect(bench, &client);
        client_send(&client, beginnings[i]);
        client_send(&client, line);
        read_to_the_end(bench, &client);
        client_close(&client);
        bench_turn_idly(bench);
        buf_reset(&bench->unheard);

        check_unheard(bench, &next, false);
    }
}

static void heads_that_are_too_long_are_told_once(void **state)
{
    static const struct unheard_case beginnings[] = {
        { "a target", "GET /", 414, "414 - - -;" },
        { "a target of a method that nobody knows", "PURGE /", 414, "414 - - -;" },
        { "a header", GET_HEAD "X: ", 431, "431 - /x -;" },
    };
    struct http_server_bench *bench = *state;
    static char text[20000];
    (void)memset(text, 'x', sizeof text - 1);

    for (size_t i = 0; i < array_length(beginnings); i++) {
        struct client client;
        bench_connect(bench, &client);

        client_send(&client, beginnings[i].bytes);
        client_send(&client, text);
        read_to_the_end(bench, &client);

        assert_case(beginnings[i].name, answered_status(&client) == beginnings[i].status);
        assert_unheard(bench, beginnings[i].name, beginnings[i].told);
        client_close(&client);
    }
}

/* How many of them were told of with that. */
static size_t count_told(const struct http_server_bench *bench, const char *text)
{
    struct str told = buf_view(&bench->unheard);
    size_t count = 0;

    while (told.length > 0) {
        count += str_equal(str_split(&told, ';'), str_of(text)) ? 1 : 0;
    }
    return count;
}

/* microhttpd says no more than a line for the daemon that all of them share. In their midst: one that is served, and
 * kept ones whose clients leave. */
static void several_that_are_refused_at_once_are_each_told_with_their_own_status(void **state)
{
    struct http_server_bench *bench = *state;
    static const char *const bytes[] = { "", "GET /x HTTP/7.0\r\n\r\n", GET_HEAD "X\r\n\r\n",     GET_HEAD "\r\n",
                                         "", "GET /x\r\n\r\n",          "GET /y HTTP/7.0\r\n\r\n" };
    struct client clients[array_length(bytes)];
    for (size_t i = 0; i < array_length(bytes); i++) {
        bench_connect(bench, &clients[i]);
        client_get(&clients[i], "/first");
        bench_expect(bench, &clients[i], "GET /first");
    }
    bench_turn_idly(bench);

    for (size_t i = 0; i < array_length(bytes); i++) {
        if (bytes[i][0] != '\0') {
            client_send(&clients[i], bytes[i]);
        } else {
            client_shut(&clients[i]);
        }
    }
    for (size_t i = 0; i < array_length(bytes); i++) {
        if (i != 3) {
            read_to_the_end(bench, &clients[i]);
        }
        client_close(&clients[i]);
    }
    bench_turn_idly(bench);

    assert_int_equal(count_told(bench, "505 - - -"), 2);
    assert_int_equal(count_told(bench, "400 - /x -"), 1);
    assert_int_equal(count_told(bench, "400 - - -"), 1);
    assert_int_equal(bench->unheard.length, strlen("505 - - -;505 - - -;400 - /x -;400 - - -;"));
}

/* A client whose request line is half there, on a connection that is new or had a request before. */
static void begin_a_line(struct http_server_bench *bench, struct client *client, bool is_kept)
{
    bench_connect(bench, client);
    if (is_kept) {
        client_get(client, "/first");
        bench_expect(bench, client, "GET /first");
    }
    client_send(client, "GET /x HTT");
    bench_turn_idly(bench);
}

/* microhttpd names no connection then, so an answer of ours could be given to a wrong one. */
static void what_is_no_request_line_does_nothing_to_another_connection(void **state)
{
    static const struct str lines[] = {
        STR_STATIC("GARBAGE\r\n\r\n"), STR_STATIC("G\0T / HTTP/1.1\r\n\r\n"),
        STR_STATIC(" "), /* 0.9 waits for more of it */
    };
    struct http_server_bench *bench = *state;
    size_t line_count = array_length(lines) - (microhttpd_tells_of_what_is_no_request_line() ? 0 : 1);

    for (size_t i = 0; i < 2 * line_count; i++) {
        struct client patient;
        struct client client;
        begin_a_line(bench, &patient, i % 2 == 1);
        bench_connect(bench, &client);

        client_send_bytes(&client, lines[i / 2].base, lines[i / 2].length);
        read_to_the_end(bench, &client);
        client_send(&patient, "P/1.1\r\nHost: a\r\n\r\n");

        bench_expect(bench, &patient, "GET /x");
        client_close(&client);
        client_close(&patient);
    }
}

static void idle_connections_do_not_keep_it_from_its_answer(void **state)
{
    struct http_server_bench *bench = *state;
    struct client idle[2];
    bench_connect(bench, &idle[0]);
    bench_connect(bench, &idle[1]);
    client_get(&idle[1], "/first");
    bench_expect(bench, &idle[1], "GET /first");

    check_unheard(bench, &unheard_cases[0], false);
    check_unheard(bench, &unheard_cases[0], true);

    client_close(&idle[0]);
    client_close(&idle[1]);
}

/* Of one that sent a byte and left, nothing is told; this one was answered. */
static void a_single_byte_is_told_of_if_it_was_answered(void **state)
{
    static const struct unheard_case blank = { "a blank", " ", 400, "400 - - -;" };

    if (microhttpd_tells_of_what_is_no_request_line()) {
        check_unheard(*state, &blank, false);
        check_unheard(*state, &blank, true);
    }
}

/* ---- too slow ---- */

static const struct unheard_case slow_cases[] = {
    { "nothing", "", 0, "" },
    { "half a request line", "GET /x", 408, "408 - - -;" },
    { "half a head", GET_HEAD "X: ", 408, "408 - /x -;" },
    { "half a body", POST_HEAD "Content-Length: 10\r\n\r\nhalf", 408, "408 POST /x HTTP/1.1;" },
    { "half a chunk", CHUNKED "5\r\nab", 408, "408 POST /x HTTP/1.1;" },
};

static void what_takes_too_long_is_told_with_its_408(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config config = bench_config();
    config.header_timeout_us = TIMEOUT_MS * (uint64_t)CLOCK_US_PER_MS;
    config.body_timeout_us = config.header_timeout_us;
    bench_restart(bench, &config);

    for (size_t i = 0; i < array_length(slow_cases); i++) {
        check_unheard(bench, &slow_cases[i], false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(what_microhttpd_refuses_by_itself_is_told_once),
        bench_test(a_cookie_that_is_none_is_refused_where_microhttpd_must_read_it),
        bench_test(what_comes_behind_a_chunk_whose_line_is_too_long_is_told_as_what_it_is),
        bench_test(heads_that_are_too_long_are_told_once),
        bench_test(several_that_are_refused_at_once_are_each_told_with_their_own_status),
        bench_test(what_is_no_request_line_does_nothing_to_another_connection),
        bench_test(idle_connections_do_not_keep_it_from_its_answer),
        bench_test(a_single_byte_is_told_of_if_it_was_answered),
        bench_test(what_takes_too_long_is_told_with_its_408),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
