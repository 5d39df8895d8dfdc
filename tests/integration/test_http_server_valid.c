/* SPDX-License-Identifier: MIT */
/*
 * Odd requests that are valid all the same, and have to be served, however their bytes arrive.
 */
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

#define GET_HEAD "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST_HEAD "POST / HTTP/1.1\r\nHost: a\r\n"

static const struct {
    const char *name;
    struct str request;
    const char *body; /* method, target, and the request's body behind a blank */
} cases[] = {
    { "empty values", STR_STATIC(GET_HEAD "X:\r\nY: \r\nZ:\t \t\r\n\r\n"), "GET /" },
    { "blanks and tabs around and in a value", STR_STATIC(GET_HEAD "X: \t a \t b \t \r\n\r\n"), "GET /" },
    { "bytes beyond ASCII in a value", STR_STATIC(GET_HEAD "X: \x80\xff gr\xc3\xbc\xc3\x9f\x65\r\n\r\n"), "GET /" },
    { "colons in a value", STR_STATIC(GET_HEAD "X: :a:b: c\r\n\r\n"), "GET /" },
    { "a name of all the bytes that a token may have", STR_STATIC(GET_HEAD "!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n"),
      "GET /" },
    { "names in any case", STR_STATIC("POST / HTTP/1.1\r\nhOST: a\r\ncONTENT-lENGTH: 2\r\n\r\n{}"), "POST / {}" },
    { "the same name often", STR_STATIC(GET_HEAD "X: a\r\nX: b\r\nx: c\r\nX:\r\n\r\n"), "GET /" },
    { "a host with a port", STR_STATIC("GET / HTTP/1.1\r\nHost: example.test:8080\r\n\r\n"), "GET /" },
    { "a host with an empty port", STR_STATIC("GET / HTTP/1.1\r\nHost: example.test:\r\n\r\n"), "GET /" },
    { "a host with blanks behind it", STR_STATIC("GET / HTTP/1.1\r\nHost: a \t\r\n\r\n"), "GET /" },
    { "an IPv6 host", STR_STATIC("GET / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n"), "GET /" },
    { "the host last", STR_STATIC("GET / HTTP/1.1\r\nX: y\r\nHost: a\r\n\r\n"), "GET /" },
    { "HTTP/1.0 without any header", STR_STATIC("GET / HTTP/1.0\r\n\r\n"), "GET /" },
    { "a later version of HTTP/1", STR_STATIC("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), "GET /" },
    { "chunks in a later version of HTTP/1",
      STR_STATIC("POST / HTTP/1.9\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), "POST / {}" },
    { "OPTIONS of everything", STR_STATIC("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), "OPTIONS *" },
    { "a method in small letters", STR_STATIC("get / HTTP/1.1\r\nHost: a\r\n\r\n"), "get /" },
    { "a method that nobody knows", STR_STATIC("X-!'|~ / HTTP/1.1\r\nHost: a\r\n\r\n"), "X-!'|~ /" },
    { "all that a target may have",
      STR_STATIC("GET //..;a=b/-._~!$&'()*+,;=:@%41?/?&&=a&b=&=c+%00%zz| HTTP/1.1\r\nHost: a\r\n\r\n"),
      "GET //..;a=b/-._~!$&'()*+,;=:@%41?/?&&=a&b=&=c+%00%zz|" },
    { "an empty line in front", STR_STATIC("\r\n" GET_HEAD "\r\n"), "GET /" },
    { "a body for GET", STR_STATIC(GET_HEAD "Content-Length: 2\r\n\r\n{}"), "GET / {}" },
    { "a body of any bytes", STR_STATIC(POST_HEAD "Content-Length: 8\r\n\r\n\r\n\r\nGET "), "POST / \r\n\r\nGET " },
    { "a length of 0", STR_STATIC(POST_HEAD "Content-Length: 0\r\n\r\n"), "POST /" },
    { "a length with zeros in front", STR_STATIC(POST_HEAD "Content-Length: 0002\r\n\r\n{}"), "POST / {}" },
    { "chunks in capitals", STR_STATIC(POST_HEAD "Transfer-Encoding: CHUNKED\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
      "POST / {}" },
    { "sizes of chunks in either case, with zeros",
      STR_STATIC(POST_HEAD "Transfer-Encoding: Chunked\r\n\r\n000a\r\n0123456789\r\n0B\r\n0123456789a\r\n000\r\n\r\n"),
      "POST / 01234567890123456789a" },
    { "chunks with a trailer", STR_STATIC(POST_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n\r\n"),
      "POST / {}" },
    { "no chunks at all", STR_STATIC(POST_HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "POST /" },
    { "names that begin as a length does",
      STR_STATIC(POST_HEAD "Content-Lengthy: 1\r\nContent: 2\r\nTransfer: 3\r\nContent-Type:\r\n\r\n"), "POST /" },
    { "an expectation of nothing", STR_STATIC(GET_HEAD "Expect:\r\n\r\n"), "GET /" },
    { "cookies of all kinds", STR_STATIC(GET_HEAD "Cookie: a=b; c; =d; e=; f=\"g;h\",i==j;;\r\nCookie: k=l\r\n\r\n"),
      "GET /" },
    { "headers of one connection",
      STR_STATIC(GET_HEAD "Connection: X, keep-alive\r\nX: y\r\nTE: trailers\r\nUpgrade: z\r\n\r\n"), "GET /" },
};

static void answer_with_the_body_behind(struct http_server_bench *bench, struct http_exchange *exchange)
{
    struct str body = http_exchange_body(exchange);
    cleanup_buf struct buf text;

    (void)bench;
    buf_init(&text, 8192);
    (void)buf_add_str(&text, http_exchange_method(exchange));
    (void)buf_add_byte(&text, ' ');
    (void)buf_add_str(&text, http_exchange_target(exchange));
    (void)buf_add_text(&text, body.length > 0 ? " " : "");
    (void)buf_add_str(&text, body);
    bench_answer(exchange, buf_view(&text));
}

static void check(struct http_server_bench *bench, const char *name, struct client *client, const char *body)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    bench_read(bench, client, &answer);
    if (answer.status != 200) {
        fail_msg("case \"%s\": %d %.*s", name, answer.status, STR_ARGUMENTS(answer_body(&answer)));
    }
    assert_text(answer_body(&answer), body);
    client_close(client);
}

static void odd_but_valid_requests_are_served(void **state)
{
    struct http_server_bench *bench = *state;
    bench->on_request = answer_with_the_body_behind;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct client client;
        bench_connect(bench, &client);

        client_send_bytes(&client, cases[i].request.base, cases[i].request.length);

        check(bench, cases[i].name, &client, cases[i].body);
    }
}

static void they_are_served_when_they_come_byte_by_byte(void **state)
{
    struct http_server_bench *bench = *state;
    bench->on_request = answer_with_the_body_behind;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct client client;
        bench_connect(bench, &client);

        for (size_t j = 0; j < cases[i].request.length; j++) {
            client_send_bytes(&client, cases[i].request.base + j, 1);
            bench_turn_briefly(bench);
        }

        check(bench, cases[i].name, &client, cases[i].body);
    }
}

/* 200 and this body, or a 400 behind which the connection ends. */
static void check_served(struct http_server_bench *bench, struct client *client, bool is_served, const char *body)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    bench_read(bench, client, &answer);
    assert_int_equal(answer.status, is_served ? 200 : 400);
    if (is_served) {
        assert_text(answer_body(&answer), body);
    } else {
        assert_true(answer_says_close(&answer) && bench_sees_end(bench, client, TEST_PATIENCE_MS));
    }
    client_close(client);
}

/* RFC 9112 §7.1.1 */
static void extensions_of_chunks_are_skipped_where_microhttpd_can_read_them(void **state)
{
    static const struct str request =
        STR_STATIC(POST_HEAD "Transfer-Encoding: chunked\r\n\r\n2;a;b=\"c d\"\r\n{}\r\n0;z\r\nX: y\r\n\r\n");
    struct http_server_bench *bench = *state;
    bench->on_request = answer_with_the_body_behind;

    for (size_t piece_bytes = 1; piece_bytes <= request.length; piece_bytes += request.length - 1) {
        struct client client;
        bench_connect(bench, &client);

        for (size_t sent = 0; sent < request.length; sent += piece_bytes) {
            client_send_bytes(&client, request.base + sent, piece_bytes);
            bench_turn_briefly(bench);
        }

        check_served(bench, &client, microhttpd_reads_chunk_extensions(), "POST / {}");
    }
}

static void several_empty_lines_in_front_of_a_request_are_skipped_where_microhttpd_does(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_connect(bench, &client);

    client_send(&client, "\r\n\r\n\r\n" GET_HEAD "\r\n");

    check_served(bench, &client, microhttpd_skips_several_empty_lines(), "GET /");
}

/* microhttpd's buffer grows with a head: what it holds must stay in one stretch. */
static void heads_of_every_size_are_served_whole_and_cut_in_two(void **state)
{
    struct http_server_bench *bench = *state;
    cleanup_buf struct buf head;
    buf_init(&head, 8192);

    for (size_t line_count = 1; line_count <= 40; line_count++) {
        struct client client;
        buf_reset(&head);
        (void)buf_add_text(&head, "GET /a?b=c&d=e HTTP/1.1\r\nHost: a\r\n");
        for (size_t i = 0; i < line_count; i++) {
            (void)buf_add_format(&head, "X-%zu: %.*s\r\n", i, (int)(i % 64),
                                 "0123456789012345678901234567890123456789012345678901234567890123");
        }
        (void)buf_add_text(&head, "\r\n");
        bench_connect(bench, &client);

        for (size_t cut = 0; cut < 4; cut++) {
            size_t first_bytes = head.length * cut / 4;
            client_send_bytes(&client, head.base, first_bytes);
            bench_turn_briefly(bench);
            client_send_bytes(&client, head.base + first_bytes, head.length - first_bytes);
            bench_expect(bench, &client, "GET /a?b=c&d=e");
        }
        client_close(&client);
    }
}

/* What was read ahead of a request is moved to the front when its turn comes. */
static void requests_that_were_sent_ahead_are_served_in_order(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_buf struct buf requests;
    char expected[64];
    buf_init(&requests, 65536);
    for (int i = 0; i < 200; i++) {
        (void)buf_add_format(&requests, "%sGET /%d?a=%d HTTP/1.1\r\nHost: a\r\nX: %0*d\r\n\r\n",
                             i % 7 == 3 ? "\r\n" : "", i, i, i % 50 + 1, i);
    }
    bench_connect(bench, &client);

    client_send_bytes(&client, requests.base, requests.length);

    for (int i = 0; i < 200; i++) {
        (void)snprintf(expected, sizeof expected, "GET /%d?a=%d", i, i);
        bench_expect(bench, &client, expected);
    }
    client_close(&client);
}

/* ---- what a body does to its connection ---- */

static void a_connection_is_kept_behind_a_length_and_not_behind_chunks(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer by_length = ANSWER_NONE;
    cleanup_answer struct answer by_chunks = ANSWER_NONE;
    bench_connect(bench, &client);

    client_send(&client,
                POST_HEAD "Content-Length: 2\r\n\r\n{}" POST_HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    bench_read(bench, &client, &by_length);
    bench_read(bench, &client, &by_chunks);

    assert_true(by_length.status == 200 && !answer_says_close(&by_length));
    assert_true(by_chunks.status == 200 && answer_says_close(&by_chunks));
    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    client_close(&client);
}

static const struct str go_on = STR_STATIC("HTTP/1.1 100 Continue\r\n\r\n");

static void a_client_that_asks_is_told_to_go_on(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench->on_request = answer_with_the_body_behind;
    bench_connect(bench, &client);

    client_send(&client, POST_HEAD "Content-Length: 2\r\nExpect: 100-Continue\r\n\r\n");
    bench_turn_idly(bench);
    client_gather(&client);
    assert_text(buf_view(&client.input), go_on.base);
    buf_reset(&client.input);
    client_send(&client, "{}");

    bench_expect(bench, &client, "POST / {}");
    client_close(&client);
}

/* Nobody is obliged to say `100 Continue` where there is nothing to go on with; what counts is what follows it. */
static void one_that_asks_without_a_body_is_answered_and_so_is_what_it_sent_ahead(void **state)
{
    static const char *const requests[] = { GET_HEAD, POST_HEAD "Content-Length: 0\r\n" };
    struct http_server_bench *bench = *state;
    bench->on_request = answer_with_the_body_behind;

    for (size_t i = 0; i < array_length(requests); i++) {
        struct client client;
        bench_connect(bench, &client);

        client_send(&client, requests[i]);
        client_send(&client, "Expect: 100-continue\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n");
        bench_turn_idly(bench);
        client_gather(&client);
        if (str_starts_with(buf_view(&client.input), go_on)) {
            buf_consume(&client.input, go_on.length);
        }

        bench_expect(bench, &client, i == 0 ? "GET /" : "POST /");
        bench_expect(bench, &client, "GET /second");
        client_close(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(odd_but_valid_requests_are_served),
        bench_test(they_are_served_when_they_come_byte_by_byte),
        bench_test(extensions_of_chunks_are_skipped_where_microhttpd_can_read_them),
        bench_test(several_empty_lines_in_front_of_a_request_are_skipped_where_microhttpd_does),
        bench_test(heads_of_every_size_are_served_whole_and_cut_in_two),
        bench_test(requests_that_were_sent_ahead_are_served_in_order),
        bench_test(a_connection_is_kept_behind_a_length_and_not_behind_chunks),
        bench_test(a_client_that_asks_is_told_to_go_on),
        bench_test(one_that_asks_without_a_body_is_answered_and_so_is_what_it_sent_ahead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
