/* SPDX-License-Identifier: MIT */
/*
 * What each strategy makes of the bytes that a backend answers with: libcurl lets through much that others would read
 * differently, and every strategy is as strict as the others.
 */
#include "common/clock.h"
#include "gateway/transfer.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/unit.h"

#define OK "HTTP/1.1 200 OK\r\n"

struct answer_case {
    const char *name;
    const char *bytes;
    size_t length; /* where there is a NUL in them */
    enum scripted_after after;
    enum call_error error;
    unsigned status;
    const char *body; /* of a good answer */
};

static const struct answer_case answer_cases[] = {
    /* Good ones. */
    { "a length", OK "Content-Length: 2\r\n\r\n{}", 0, SCRIPTED_KEEP, CALL_OK, 200, "{}" },
    { "no content", "HTTP/1.1 204 No Content\r\n\r\n", 0, SCRIPTED_KEEP, CALL_OK, 204, "" },
    { "chunks", OK "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nX-Trailer: 1\r\n\r\n", 0,
      SCRIPTED_KEEP, CALL_OK, 200, "{}" },
    { "chunked in capitals", OK "transfer-encoding: CHUNKED\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 0, SCRIPTED_KEEP, CALL_OK,
      200, "{}" },
    { "until the connection ends", OK "\r\n{}", 0, SCRIPTED_CLOSE, CALL_OK, 200, "{}" },
    { "HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n{}", 0, SCRIPTED_CLOSE, CALL_OK, 200, "{}" },
    { "an interim response first",
      "HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n" OK "Content-Length: 2\r\n\r\n{}", 0, SCRIPTED_KEEP,
      CALL_OK, 200, "{}" },
    { "no reason phrase", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}", 0, SCRIPTED_KEEP, CALL_OK, 200, "{}" },
    { "any other status", "HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\n{}", 0, SCRIPTED_KEEP, CALL_OK, 599, "{}" },
    { "a redirect is not followed", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 0, SCRIPTED_KEEP,
      CALL_OK, 302, "" },
    { "identity", OK "Content-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}", 0, SCRIPTED_KEEP, CALL_OK, 200,
      "{}" },
    { "stray bytes behind it are not its own", OK "Content-Length: 2\r\n\r\n{}HTTP/1.1 299 Stray\r\n\r\n", 0,
      SCRIPTED_HOLD, CALL_OK, 200, "{}" },

    /* Ends. */
    { "close before any byte", "", 0, SCRIPTED_CLOSE, CALL_CONNECTION_TERMINATED, 0, NULL },
    { "reset before any byte", "", 0, SCRIPTED_RESET, CALL_CONNECTION_TERMINATED, 0, NULL },
    { "close within the head", OK "Content-Le", 0, SCRIPTED_CLOSE, CALL_HTTP_RESPONSE_INCOMPLETE, 200, NULL },
    { "close before the body", OK "Content-Length: 2\r\n\r\n", 0, SCRIPTED_CLOSE, CALL_HTTP_RESPONSE_INCOMPLETE, 200,
      NULL },
    { "close within the body", OK "Content-Length: 3\r\n\r\n{}", 0, SCRIPTED_CLOSE, CALL_HTTP_RESPONSE_INCOMPLETE, 200,
      NULL },
    { "reset within the body", OK "Content-Length: 3\r\n\r\n{}", 0, SCRIPTED_RESET, CALL_HTTP_RESPONSE_INCOMPLETE, 200,
      NULL },
    { "close within a chunk", OK "Transfer-Encoding: chunked\r\n\r\n5\r\n{}", 0, SCRIPTED_CLOSE,
      CALL_HTTP_RESPONSE_INCOMPLETE, 200, NULL },
    { "no last chunk", OK "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", 0, SCRIPTED_CLOSE,
      CALL_HTTP_RESPONSE_INCOMPLETE, 200, NULL },
    { "reset of a body without end", OK "\r\n{}", 0, SCRIPTED_RESET, CALL_HTTP_RESPONSE_INCOMPLETE, 200, NULL },
    { "close after an interim response", "HTTP/1.1 103 Early Hints\r\n\r\n", 0, SCRIPTED_CLOSE,
      CALL_HTTP_RESPONSE_INCOMPLETE, 103, NULL },

    /* Not HTTP. */
    { "garbage", "\x16\x03\x01 hello\r\n\r\n", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 0, NULL },
    { "HTTP/0.9", "{}", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 0, NULL },
    { "another protocol", "RTSP/1.0 200 OK\r\n\r\n", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 0, NULL },
    { "status 999", "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 0,
      NULL },
    { "status 099", "HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\n{}", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 0,
      NULL },
    { "status of four digits", "HTTP/1.1 2000 Odd\r\nContent-Length: 2\r\n\r\n{}", 0, SCRIPTED_CLOSE,
      CALL_HTTP_PROTOCOL_ERROR, 0, NULL },
    { "an unasked change of protocol",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{}", 0, SCRIPTED_CLOSE,
      CALL_HTTP_PROTOCOL_ERROR, 101, NULL },
    { "a header without a colon", OK "Content-Length 2\r\n\r\n{}", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 200,
      NULL },
    { "a header without a name", OK ": 2\r\nContent-Length: 2\r\n\r\n{}", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR,
      200, NULL },
    { "a folded header", OK "X: 1\r\n 2\r\nContent-Length: 2\r\n\r\n{}", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR,
      200, NULL },
    { "a NUL in a header", OK "X: a\0b\r\nContent-Length: 2\r\n\r\n{}",
      sizeof OK "X: a\0b\r\nContent-Length: 2\r\n\r\n{}" - 1, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 200, NULL },

    /* Framing that can be read in two ways (RFC 9112 §6.3). */
    { "two lengths that differ", OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 0, SCRIPTED_CLOSE,
      CALL_HTTP_PROTOCOL_ERROR, 200, NULL },
    { "two lengths that are the same", OK "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 0, SCRIPTED_CLOSE,
      CALL_HTTP_PROTOCOL_ERROR, 200, NULL },
    { "a list of lengths", OK "Content-Length: 2, 2\r\n\r\n{}", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 200,
      NULL },
    { "a length that overflows", OK "Content-Length: 18446744073709551618\r\n\r\n{}", 0, SCRIPTED_CLOSE,
      CALL_HTTP_PROTOCOL_ERROR, 200, NULL },
    { "a negative length", OK "Content-Length: -2\r\n\r\n{}", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 200, NULL },
    { "a length in hexadecimal", OK "Content-Length: 0x2\r\n\r\n{}", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 200,
      NULL },
    { "an empty length", OK "Content-Length:\r\n\r\n{}", 0, SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 200, NULL },
    { "a length and chunks", OK "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 0,
      SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 200, NULL },
    { "chunks and a length", OK "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 0,
      SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 200, NULL },
    { "a length with a blank before the colon", OK "Content-Length: 2\r\nContent-Length : 3\r\n\r\n{} ", 0,
      SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 200, NULL },
    { "chunked twice", OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0,
      SCRIPTED_CLOSE, CALL_HTTP_PROTOCOL_ERROR, 200, NULL },
    { "a chunk size that is none", OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 0, SCRIPTED_CLOSE,
      CALL_HTTP_RESPONSE_TRANSFER_CODING, 200, NULL },
    { "a chunk size that overflows", OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n", 0,
      SCRIPTED_CLOSE, CALL_HTTP_RESPONSE_TRANSFER_CODING, 200, NULL },
    { "a chunk longer than it said", OK "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n", 0, SCRIPTED_CLOSE,
      CALL_HTTP_RESPONSE_TRANSFER_CODING, 200, NULL },

    /* Codings. */
    { "a transfer coding of its own", OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 0, SCRIPTED_CLOSE,
      CALL_HTTP_RESPONSE_TRANSFER_CODING, 200, NULL },
    { "a content coding that was not asked for", OK "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 0,
      SCRIPTED_CLOSE, CALL_HTTP_RESPONSE_CONTENT_CODING, 200, NULL },

    /* Sizes. */
    { "an announced length over the limit", OK "Content-Length: 4097\r\n\r\n{}", 0, SCRIPTED_CLOSE,
      CALL_HTTP_RESPONSE_BODY_SIZE, 200, NULL },
};

static void check_case(const struct answer_case *answer, enum bench_strategy strategy)
{
    struct scripted_step step = { .bytes = answer->bytes, .length = answer->length, .after = answer->after };
    struct scripted_server *server = scripted_server_start(&step, 1);
    struct upstream_bench bench;
    struct trial trial;
    const struct attempt *attempt = &trial.attempt;
    upstream_bench_open(&bench, strategy, 1);
    trial_init(&trial, &bench, scripted_server_port(server));

    trial_run(&trial, &bench);

    if (attempt->error != answer->error || attempt->status != answer->status) {
        const char *name = call_error_name(attempt->error);
        fail_msg("%s, case \"%s\": %s with status %u", bench_strategy_names[strategy], answer->name,
                 name != NULL ? name : "good", attempt->status);
    }
    if (answer->body != NULL) {
        assert_text(buf_view(&attempt->response), answer->body);
    }
    assert_case(answer->name, scripted_server_request_count(server) == 1);
    trial_clear(&trial);
    upstream_bench_close(&bench);
    scripted_server_stop(server);
}

static void every_strategy_reads_an_answer_in_the_same_way(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(answer_cases); i++) {
        for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
            check_case(&answer_cases[i], strategy);
        }
    }
}

/* ---- answers too long for a table ---- */

struct long_case {
    const char *name;
    const char *front;
    const char *repeated;
    size_t count;
    const char *back;
    enum call_error error;
};

static const struct long_case long_cases[] = {
    { "the longest head there may be", OK "Content-Length: 2\r\nX: ", "x", 4000, "\r\n\r\n{}", CALL_OK },
    { "a long header", OK "Content-Length: 2\r\nX: ", "x", 5000, "\r\n\r\n{}", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "many headers", OK, "X: x\r\n", 1000, "Content-Length: 2\r\n\r\n{}", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "a header line without end", OK "X: ", "x", 400000, "", CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "interim responses for ever", "", "HTTP/1.1 100 Continue\r\n\r\n", 1000, OK "Content-Length: 2\r\n\r\n{}",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
    { "the longest body there may be", OK "Content-Length: 4096\r\n\r\n", "x", 4096, "", CALL_OK },
    { "small chunks over the limit", OK "Transfer-Encoding: chunked\r\n\r\n", "2\r\n{}\r\n", 3000, "0\r\n\r\n",
      CALL_HTTP_RESPONSE_BODY_SIZE },
    { "a body without end over the limit", OK "\r\n", "x", 10000, "", CALL_HTTP_RESPONSE_BODY_SIZE },
    { "trailers over the limit", OK "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", "X: x\r\n", 1000, "\r\n",
      CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE },
};

static void check_long_case(const struct long_case *answer, enum bench_strategy strategy)
{
    cleanup_buf struct buf bytes;
    struct upstream_bench bench;
    struct trial trial;
    buf_init(&bytes, 1024 * 1024);
    (void)buf_add_text(&bytes, answer->front);
    for (size_t i = 0; i < answer->count; i++) {
        (void)buf_add_text(&bytes, answer->repeated);
    }
    (void)buf_add_format(&bytes, "%s", answer->back);
    struct scripted_step step = { .bytes = bytes.base, .length = bytes.length, .after = SCRIPTED_CLOSE };
    struct scripted_server *server = scripted_server_start(&step, 1);
    upstream_bench_open(&bench, strategy, 1);
    trial_init(&trial, &bench, scripted_server_port(server));

    trial_run(&trial, &bench);

    if (trial.attempt.error != answer->error) {
        const char *name = call_error_name(trial.attempt.error);
        fail_msg("%s, case \"%s\": %s", bench_strategy_names[strategy], answer->name, name != NULL ? name : "good");
    }
    assert_case(answer->name, trial.attempt.response.length <= TRIAL_BODY_BYTES);
    trial_clear(&trial);
    upstream_bench_close(&bench);
    scripted_server_stop(server);
}

static void what_a_backend_can_make_us_hold_is_bounded(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(long_cases); i++) {
        for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
            check_long_case(&long_cases[i], strategy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_strategy_reads_an_answer_in_the_same_way),
        cmocka_unit_test(what_a_backend_can_make_us_hold_is_bounded),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
