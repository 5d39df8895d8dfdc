/* SPDX-License-Identifier: MIT */
/* Bodies in chunks that are wrong, too long, or that a strict server would not take. */
#include "tests/integration/refusal_bench.h"
#include "tests/support/gate.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(nothing_is_served_behind_a_body_in_chunks),
        bench_test(a_body_in_bad_chunks_gets_one_answer_and_the_connection_closes),
        bench_test(a_trailer_that_begins_with_a_folded_line_is_refused_in_whatever_pieces_it_comes),
        bench_test(chunks_over_the_limit_are_refused_before_their_end),
        bench_test(what_comes_behind_an_early_refusal_is_not_served),
        bench_test(chunks_without_end_are_cut_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
