/* SPDX-License-Identifier: MIT */
/*
 * Requests that no owner sees: ambiguous ones, and ones that are too long. One answer each, whoever gives it, and told
 * of once.
 */
#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

struct refused_case {
    const char *name;
    struct str bytes;
    int status;
};

#define GET_HEAD "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST_HEAD "POST / HTTP/1.1\r\nHost: a\r\n"
#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
#define BEHIND(bytes) STR_STATIC(bytes SMUGGLED)

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

/* Everything until the end of the connection. */
static void read_all(struct http_server_bench *bench, struct client *client)
{
    uint64_t start_us = clock_monotonic_us();

    while (!client->is_at_end && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        client_gather(client);
        bench_turn_idly(bench);
    }
}

/* A page of microhttpd's own may speak of HTTP/1.1, too. */
static size_t count_heads(const struct buf *bytes)
{
    struct str rest = buf_view(bytes);
    size_t count = 0;

    for (const char *place = memmem(rest.base, rest.length, "HTTP/1.1 ", 9); place != NULL;
         place = memmem(rest.base, rest.length, "HTTP/1.1 ", 9)) {
        rest = str_from(rest, (size_t)(place - rest.base) + 9);
        count += rest.length > 0 && rest.base[0] >= '1' && rest.base[0] <= '5' ? 1 : 0;
    }
    return count;
}

/* By on_refused or on_unheard, which ends with a semicolon. */
static size_t count_told(const struct http_server_bench *bench)
{
    struct str unheard = buf_view(&bench->unheard);
    size_t count = bench_has(bench, "refused") ? 1 : 0;

    for (size_t i = 0; i < unheard.length; i++) {
        count += unheard.base[i] == ';' ? 1 : 0;
    }
    return count;
}

static void check_refusal(struct http_server_bench *bench, const struct refused_case *refused)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    buf_reset(&bench->journal);
    buf_reset(&bench->unheard);
    bench_connect(bench, &client);

    client_send_bytes(&client, refused->bytes.base, refused->bytes.length);
    read_all(bench, &client);

    /* One answer, then the end: nothing behind it was read as another request. */
    size_t head_count = count_heads(&client.input);
    assert_case(refused->name, client.is_at_end && !client.is_reset);
    assert_case(refused->name, head_count == 1);
    assert_case(refused->name, !bench_has(bench, "request"));
    (void)client_poll(&client, &answer);
    if (answer.status != refused->status) {
        fail_msg("case \"%s\": %d %.*s", refused->name, answer.status, STR_ARGUMENTS(answer_body(&answer)));
    }
    client_close(&client);
    bench_turn_until(bench, "room", 1);
    assert_case(refused->name, count_told(bench) == 1);
}

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

/* ---- bodies in chunks ---- */

#define CHUNKED_HEAD POST_HEAD "Transfer-Encoding: chunked\r\n\r\n"

/* What a strict server would not take, but microhttpd does: the connection ends with it, so nothing is smuggled. */
static const struct {
    const char *name;
    bool (*is_served)(void); /* NULL: by every version of microhttpd */
    const char *bytes;
} lax_cases[] = {
    { "bare line feeds", microhttpd_is_before_1_0, CHUNKED_HEAD "2\n{}\n0\n\n" SMUGGLED },
    { "an extension", microhttpd_reads_chunk_extensions, CHUNKED_HEAD "2;a=b\r\n{}\r\n0\r\n\r\n" SMUGGLED },
    { "an extension of the last chunk", microhttpd_reads_chunk_extensions,
      CHUNKED_HEAD "2\r\n{}\r\n0;a\r\n\r\n" SMUGGLED },
    { "an extension with a bare line feed", microhttpd_is_before_1_0, CHUNKED_HEAD "2;a\n{}\r\n0\r\n\r\n" SMUGGLED },
    { "a trailer", NULL, CHUNKED_HEAD "2\r\n{}\r\n0\r\nX: y\r\n\r\n" SMUGGLED },
    { "a trailer that is folded", microhttpd_is_before_1_0,
      CHUNKED_HEAD "2\r\n{}\r\n0\r\nX: y\r\n z\r\n\r\n" SMUGGLED },
    { "a length in the trailer", NULL, CHUNKED_HEAD "2\r\n{}\r\n0\r\nContent-Length: 36\r\n\r\n" SMUGGLED },
};

static void nothing_is_served_behind_a_body_in_chunks(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < array_length(lax_cases); i++) {
        bool is_served = lax_cases[i].is_served == NULL || lax_cases[i].is_served();
        struct client client;
        buf_reset(&bench->journal);
        buf_reset(&bench->unheard);
        bench_connect(bench, &client);

        client_send(&client, lax_cases[i].bytes);
        read_all(bench, &client);

        assert_case(lax_cases[i].name, client.is_at_end);
        assert_case(lax_cases[i].name, count_heads(&client.input) == 1);
        bench_assert_journal(bench, is_served ? "request finished room " : "room ");
        assert_text(buf_view(&bench->unheard), is_served ? "" : "400 POST / HTTP/1.1;");
        client_close(&client);
    }
}

static const struct refused_case bad_chunks[] = {
    { "a size that is no number", BEHIND(CHUNKED_HEAD "x\r\n"), 400 },
    { "a size with a prefix", BEHIND(CHUNKED_HEAD "0x2\r\n{}\r\n0\r\n\r\n"), 400 },
    { "a negative size", BEHIND(CHUNKED_HEAD "-2\r\n{}\r\n0\r\n\r\n"), 400 },
    { "a size with a blank in front", BEHIND(CHUNKED_HEAD " 2\r\n{}\r\n0\r\n\r\n"), 400 },
    { "a size with a blank behind", BEHIND(CHUNKED_HEAD "2 \r\n{}\r\n0\r\n\r\n"), 400 },
    { "no size", BEHIND(CHUNKED_HEAD "\r\n{}\r\n0\r\n\r\n"), 400 },
    { "a size of more than 64 bits", BEHIND(CHUNKED_HEAD "10000000000000000\r\n{}\r\n0\r\n\r\n"), 413 },
    { "a chunk that is longer than it says", BEHIND(CHUNKED_HEAD "1\r\n{}\r\n0\r\n\r\n"), 400 },
    { "a trailer without a name, and a line that is none", BEHIND(CHUNKED_HEAD "0\r\n: y\r\n"), 400 },
    { "a trailer without a colon", BEHIND(CHUNKED_HEAD "0\r\nX\r\n\r\n"), 400 },
};

static void a_body_in_bad_chunks_gets_one_answer_and_the_connection_closes(void **state)
{
    for (size_t i = 0; i < array_length(bad_chunks); i++) {
        check_refusal(*state, &bad_chunks[i]);
    }
}

/* microhttpd 0.9 puts zero bytes over the last header's name then. */
static void a_trailer_that_begins_with_a_folded_line_is_refused_in_whatever_pieces_it_comes(void **state)
{
    static const char request[] = CHUNKED_HEAD "2\r\n{}\r\n0\r\n folded\r\nX: y\r\n\r\n";
    struct http_server_bench *bench = *state;

    for (size_t cut = sizeof CHUNKED_HEAD; cut < sizeof request - 1; cut++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        buf_reset(&bench->journal);
        bench_connect(bench, &client);

        client_send_bytes(&client, request, cut);
        bench_turn_briefly(bench);
        client_send(&client, request + cut);
        bench_read(bench, &client, &answer);

        assert_int_equal(answer.status, 400);
        assert_false(bench_has(bench, "request"));
        client_close(&client);
    }
}

static void chunks_over_the_limit_are_refused_before_their_end(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    char chunk[1200] = "44c\r\n"; /* 1100 bytes */
    memset(chunk + 5, 'x', 1100);
    chunk[1105] = '\0';
    bench_connect(bench, &client);

    client_send(&client, CHUNKED_HEAD);
    client_send(&client, chunk);
    bench_read(bench, &client, &answer);

    assert_int_equal(answer.status, 413);
    assert_true(answer_says_close(&answer));
    assert_text(answer_body(&answer), "The request body is larger than this server accepts.");
    assert_int_equal(answer_count_headers(&answer, "Date"), 1);
    assert_true(bench_sees_end(bench, &client, TEST_PATIENCE_MS));
    bench_assert_journal(bench, "refused ");
    client_close(&client);
    bench_turn_until(bench, "room", 1);
    bench_assert_journal(bench, "refused finished room ");
}

static void what_comes_behind_an_early_refusal_is_not_served(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    char chunk[1006] = "3e8\r\n"; /* 1000 bytes */
    memset(chunk + 5, 'x', 1000);
    bench_connect(bench, &client);

    client_send(&client, CHUNKED_HEAD);
    client_send_bytes(&client, chunk, 1005);
    client_send(&client, "\r\n1\r\ny\r\n0\r\n\r\n" SMUGGLED);
    read_all(bench, &client);

    assert_true(client.is_at_end && !client.is_reset);
    assert_int_equal(count_heads(&client.input), 1);
    bench_turn_until(bench, "room", 1);
    bench_assert_journal(bench, "refused finished room ");
    client_close(&client);
}

static void chunks_without_end_are_cut_off(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    char chunk[1006] = "3e8\r\n"; /* 1000 bytes */
    memset(chunk + 5, 'x', 1000);
    bench_connect(bench, &client);
    client_send(&client, CHUNKED_HEAD);

    for (int i = 0; i < 100 && !bench_has(bench, "room"); i++) {
        client_send_bytes(&client, chunk, 1005);
        client_send(&client, "\r\n");
        bench_turn_idly(bench);
    }

    bench_assert_journal(bench, "refused finished room ");
    client_gather(&client);
    assert_int_equal(count_heads(&client.input), 1);
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
        bench_test(nothing_is_served_behind_a_body_in_chunks),
        bench_test(a_body_in_bad_chunks_gets_one_answer_and_the_connection_closes),
        bench_test(a_trailer_that_begins_with_a_folded_line_is_refused_in_whatever_pieces_it_comes),
        bench_test(chunks_over_the_limit_are_refused_before_their_end),
        bench_test(what_comes_behind_an_early_refusal_is_not_served),
        bench_test(chunks_without_end_are_cut_off),
        bench_test(answers_in_front_of_a_refused_request_arrive_and_nothing_behind_it_does),
        bench_test(answers_that_have_to_be_waited_for_keep_their_order),
        bench_test(a_head_over_the_limit_is_answered_431_or_414),
        bench_test(no_head_is_so_long_that_it_is_left_without_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
