/* SPDX-License-Identifier: MIT */
/*
 * The end of a client that comes with half a request is noticed at once and told of; ordinary ends, and those that the
 * server itself brings about, are not.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/integration/unheard_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { SOON_MS = 2000, BODY_BYTES = 60000 };

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
        bench_test(an_end_that_comes_with_half_a_request_is_noticed_at_once),
        bench_test(half_a_request_behind_a_long_answer_ends_with_that),
        bench_test(a_whole_request_whose_end_came_with_it_is_shown_however_long_it_is),
        bench_test(ordinary_ends_are_not_told),
        bench_test(half_requests_that_the_server_itself_ends_are_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
