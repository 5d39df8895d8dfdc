/* SPDX-License-Identifier: MIT */
/*
 * Requests that end before an owner can hear of them: each is told of once, with what is known of it, and nothing else
 * is. And the end of a client that comes with half a request: noticed at once.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

enum { TIMEOUT_MS = 200, SOON_MS = 2000, BODY_BYTES = 60000 };

#define GET_HEAD "GET /x HTTP/1.1\r\nHost: a\r\n"
#define POST_HEAD "POST /x HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST_HEAD "Transfer-Encoding: chunked\r\n\r\n"

static void read_to_the_end(struct http_server_bench *bench, struct client *client)
{
    uint64_t start_us = clock_monotonic_us();

    while (!client->is_at_end && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        client_gather(client);
        bench_turn_briefly(bench);
    }
    assert_true(client->is_at_end);
}

static int answered_status(struct client *client)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    (void)client_poll(client, &answer);
    return answer.status;
}

static void assert_unheard(struct http_server_bench *bench, const char *name, const char *expected)
{
    bench_turn_idly(bench);
    if (!str_equal(buf_view(&bench->unheard), str_of(expected))) {
        fail_msg("case \"%s\": \"%.*s\" instead of \"%s\"", name, STR_ARGUMENTS(buf_view(&bench->unheard)), expected);
    }
    buf_reset(&bench->unheard);
}

/* ---- refused by microhttpd ---- */

struct unheard_case {
    const char *name;
    const char *bytes;
    int status; /* of the answer; 0: none; CLOSED */
    const char *told;
};

/* 400, or none where microhttpd just closes and nobody knows why. */
enum { CLOSED = -1 };

static int expected_status(const struct unheard_case *unheard)
{
    if (unheard->status != CLOSED) {
        return unheard->status;
    }
    return microhttpd_tells_of_what_is_no_request_line() ? 400 : 0;
}

static const struct unheard_case unheard_cases[] = {
    { "no blank in the request line", "GARBAGE\r\n\r\n", CLOSED, "400 - - -;" },
    { "no version", "GET /x\r\n\r\n", 400, "400 - - -;" },
    { "no version that exists", "GET /x HTTX/1\r\n\r\n", 400, "400 - - -;" },
    { "a version that nobody speaks", "GET /x HTTP/7.0\r\nHost: a\r\n\r\n", 505, "505 - - -;" },
    { "a header without a colon", GET_HEAD "X\r\n\r\n", 400, "400 - /x -;" },
    { "a length that is none", POST_HEAD "Content-Length: 2x\r\n\r\n{}", 400, "400 - /x -;" },
    { "a length beyond all numbers", POST_HEAD "Content-Length: 99999999999999999999999\r\n\r\n", 413, "413 - /x -;" },
    { "a cookie that is none", GET_HEAD "Cookie: a=\"\r\n\r\n", 431, "431 - /x -;" },
    { "a cookie that is none, and no host", "GET /x HTTP/1.1\r\nCookie: a=\"\r\n\r\n", 431, "431 - /x -;" },
    { "a cookie and a length that are none", GET_HEAD "Cookie: a=\"\r\nContent-Length: 2x\r\n\r\n", 431,
      "431 - /x -;" },
    { "a chunk's size that is none", CHUNKED "zz\r\n", 400, "400 POST /x HTTP/1.1;" },
    { "a chunk's size beyond all numbers", CHUNKED "99999999999999999999999\r\n", 413, "413 POST /x HTTP/1.1;" },
    { "no line break behind a chunk", CHUNKED "2\r\nabcd\r\n", 400, "400 POST /x HTTP/1.1;" },
};

static void check_unheard(struct http_server_bench *bench, const struct unheard_case *unheard, bool is_kept)
{
    struct client client;
    bench_connect(bench, &client);
    if (is_kept) {
        client_get(&client, "/first");
        bench_expect(bench, &client, "GET /first");
        bench_turn_idly(bench);
    }
    buf_reset(&bench->journal);

    client_send(&client, unheard->bytes);
    read_to_the_end(bench, &client);

    int status = answered_status(&client);
    if (status != expected_status(unheard)) {
        fail_msg("case \"%s\": answered %d", unheard->name, status);
    }
    assert_unheard(bench, unheard->name, unheard->told);
    assert_case(unheard->name, !bench_has(bench, "request") && !bench_has(bench, "refused"));
    client_close(&client);
}

static void what_microhttpd_refuses_by_itself_is_told_once(void **state)
{
    for (size_t i = 0; i < array_length(unheard_cases); i++) {
        check_unheard(*state, &unheard_cases[i], false);
        check_unheard(*state, &unheard_cases[i], true);
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

/* ---- the client's end ---- */

/* All of it and the FIN arrive as one segment. */
static void send_with_end(const struct client *client, const char *text)
{
    int one = 1;

    assert_int_equal(setsockopt(client->descriptor, IPPROTO_TCP, TCP_CORK, &one, sizeof one), 0);
    assert_int_equal(send(client->descriptor, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    client_shut(client);
}

static const struct unheard_case halves[] = {
    { "nothing", "", 0, "" },
    { "half a request line", "GET /x", 0, "" },
    { "a request line", "GET /x HTTP/1.1\r\n", 0, "499 - /x -;" },
    { "half a head", GET_HEAD "X: ", 0, "499 - /x -;" },
    { "a head without its body", POST_HEAD "Content-Length: 10\r\n\r\n", 0, "499 POST /x HTTP/1.1;" },
    { "half a body", POST_HEAD "Content-Length: 10\r\n\r\nhalf", 0, "499 POST /x HTTP/1.1;" },
    { "half a chunk", CHUNKED "5\r\nab", 0, "499 POST /x HTTP/1.1;" },
    { "a chunk without the last one", CHUNKED "2\r\nab\r\n", 0, "499 POST /x HTTP/1.1;" },
    { "half a request behind one that is answered", "GET /y HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\n", 200,
      "499 - /x -;" },
};

static void an_end_that_comes_with_half_a_request_is_noticed_at_once(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(halves); i++) {
        struct client client;
        bench_connect(bench, &client);
        bench_turn_idly(bench);
        uint64_t start_us = clock_monotonic_us();

        send_with_end(&client, halves[i].bytes);
        read_to_the_end(bench, &client);

        assert_case(halves[i].name, gate_milliseconds_left(start_us, SOON_MS) > 0);
        assert_case(halves[i].name, answered_status(&client) == halves[i].status);
        assert_unheard(bench, halves[i].name, halves[i].told);
        assert_int_equal(http_server_connection_count(bench->server), 0);
        client_close(&client);
    }
}

enum { LARGE_BYTES = 8 * 1024 * 1024 };

static void answer_at_length(struct http_server_bench *bench, struct http_exchange *exchange)
{
    static char large[LARGE_BYTES];

    (void)bench;
    struct http_answer answer = { .status = 200, .body = { large, sizeof large }, .memory = HTTP_BODY_CONSTANT };
    (void)http_exchange_answer(exchange, &answer);
}

/* The end is seen long before the answer is out. */
static void half_a_request_behind_a_long_answer_ends_with_that(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench->on_request = answer_at_length;
    bench_connect(bench, &client);

    send_with_end(&client, GET_HEAD "\r\nGET /y HTTP/1.1\r\n");
    bench_turn_until(bench, "request", 1);
    bench_turn_idly(bench);
    uint64_t start_us = clock_monotonic_us();
    read_to_the_end(bench, &client);

    assert_true(gate_milliseconds_left(start_us, SOON_MS * 5) > 0);
    assert_true(client.input.length > LARGE_BYTES);
    assert_unheard(bench, "behind", "499 - /y -;");
    client_close(&client);
}

/* The loop is busy elsewhere while they arrive, so the end is seen with the first bytes, and the body takes more reads
 * than there are in a turn. */
static void a_whole_request_whose_end_came_with_it_is_shown_however_long_it_is(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config config = bench_config();
    static char text[BODY_BYTES + 200];
    struct client client;
    config.body_bytes = BODY_BYTES;
    config.header_bytes = 1024;
    config.response_header_bytes = 4096;
    bench_restart(bench, &config);
    bench_connect(bench, &client);
    bench_turn_idly(bench);

    int length = snprintf(text, sizeof text, POST_HEAD "Content-Length: %d\r\n\r\n", BODY_BYTES);
    (void)memset(text + length, 'x', BODY_BYTES);
    assert_int_equal(send(client.descriptor, text, (size_t)length + BODY_BYTES, MSG_NOSIGNAL | MSG_DONTWAIT),
                     (size_t)length + BODY_BYTES);
    client_shut(&client);
    read_to_the_end(bench, &client);

    assert_true(bench_has(bench, "request"));
    assert_int_equal(answered_status(&client), 200);
    assert_unheard(bench, "whole", "");
    client_close(&client);
}

/* ---- nothing to tell ---- */

static void ordinary_ends_are_not_told(void **state)
{
    struct http_server_bench *bench = *state;
    static const char *const requests[] = { GET_HEAD "\r\n",
                                            GET_HEAD "Connection: close\r\n\r\n",
                                            "GET /x HTTP/1.0\r\n\r\n",
                                            "\r\n" GET_HEAD "\r\n",
                                            POST_HEAD "Content-Length: 2\r\n\r\n{}",
                                            CHUNKED "1\r\na\r\n0\r\n\r\n",
                                            "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n" };

    for (size_t i = 0; i < array_length(requests); i++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        bench_connect(bench, &client);
        client_send(&client, requests[i]);
        bench_read(bench, &client, &answer);
        bench_turn_idly(bench);
        if (i % 2 == 0) {
            client_close(&client);
        } else {
            client_reset(&client);
        }
        bench_turn_until(bench, "room", i + 1);
        assert_unheard(bench, requests[i], "");
    }
}

static void half_requests_that_the_server_itself_ends_are_not_told(void **state)
{
    struct http_server_bench *bench = *state;
    struct client clients[2];
    for (size_t i = 0; i < 2; i++) {
        bench_connect(bench, &clients[i]);
        client_send(&clients[i], i == 0 ? "GET /x" : GET_HEAD);
    }
    bench_turn_idly(bench);

    struct http_server_config config = bench_config();
    bench_restart(bench, &config);

    assert_unheard(bench, "freed", "");
    for (size_t i = 0; i < 2; i++) {
        client_close(&clients[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(what_microhttpd_refuses_by_itself_is_told_once),
        bench_test(heads_that_are_too_long_are_told_once),
        bench_test(several_that_are_refused_at_once_are_each_told_with_their_own_status),
        bench_test(what_is_no_request_line_does_nothing_to_another_connection),
        bench_test(idle_connections_do_not_keep_it_from_its_answer),
        bench_test(a_single_byte_is_told_of_if_it_was_answered),
        bench_test(what_takes_too_long_is_told_with_its_408),
        bench_test(an_end_that_comes_with_half_a_request_is_noticed_at_once),
        bench_test(half_a_request_behind_a_long_answer_ends_with_that),
        bench_test(a_whole_request_whose_end_came_with_it_is_shown_however_long_it_is),
        bench_test(ordinary_ends_are_not_told),
        bench_test(half_requests_that_the_server_itself_ends_are_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
