/* SPDX-License-Identifier: MIT */
/*
 * Requests with a body on a connection on which a request waited for its answer.
 */
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

static void start(struct http_server_bench *bench, struct client *client)
{
    bench->on_request = bench_hold_what_waits;
    bench_connect(bench, client);
}

enum { PIECES_AT_MOST = 4 };

struct body_case {
    const char *name;
    /* A server may leave it out when some of the body is there already (RFC 9110 §10.1.1); microhttpd does from 1.0 on.
     */
    enum { CONTINUES_NEVER, CONTINUES, CONTINUES_BEFORE_1_0 } continues;
    const char *pieces[PIECES_AT_MOST]; /* behind the Host line */
};

#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define CONTINUE "Expect: 100-continue\r\n"

static const struct body_case body_cases[] = {
    { "none", CONTINUES_NEVER, { "\r\n" } },
    { "empty", CONTINUES_NEVER, { "Content-Length: 0\r\n\r\n" } },
    { "by length", CONTINUES_NEVER, { "Content-Length: 5\r\n\r\nhello" } },
    { "by length, later", CONTINUES_NEVER, { "Content-Length: 5\r\n\r\n", "hello" } },
    { "by length, in pieces", CONTINUES_NEVER, { "Content-Length: 5\r\n\r\nh", "ell", "o" } },
    { "awaited, by length", CONTINUES, { CONTINUE "Content-Length: 5\r\n\r\n", "hello" } },
    { "awaited, by length, in pieces", CONTINUES, { CONTINUE "Content-Length: 5\r\n\r\n", "he", "llo" } },
    { "not awaited", CONTINUES_BEFORE_1_0, { CONTINUE "Content-Length: 5\r\n\r\nhello" } },
};

/* Behind these the connection ends. */
static const struct body_case last_cases[] = {
    { "in chunks", CONTINUES_NEVER, { CHUNKED "\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n" } },
    { "in chunks, later", CONTINUES_NEVER, { CHUNKED "\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n" } },
    { "in chunks, in pieces", CONTINUES_NEVER, { CHUNKED "\r\n2\r", "\nhe\r\n3\r\nll", "o\r\n0\r", "\n\r\n" } },
    { "awaited, in chunks", CONTINUES, { CONTINUE CHUNKED "\r\n", "2\r\nhe\r\n", "3\r\nllo\r\n0\r\n\r\n" } },
};

static bool is_continued(const struct body_case *body)
{
    return body->continues == CONTINUES || (body->continues == CONTINUES_BEFORE_1_0 && microhttpd_is_before_1_0());
}

static void send_body_case(struct http_server_bench *bench, struct client *client, const struct body_case *body,
                           const char *target, const char *behind)
{
    for (size_t i = 0; i < PIECES_AT_MOST && body->pieces[i] != NULL; i++) {
        bool is_last = i + 1 == PIECES_AT_MOST || body->pieces[i + 1] == NULL;
        cleanup_buf struct buf text;
        buf_init(&text, 4096);
        if (i == 0) {
            (void)buf_add_format(&text, "POST %s HTTP/1.1\r\nHost: a\r\n", target);
        }
        (void)buf_add_format(&text, "%s%s", body->pieces[i], is_last ? behind : "");
        client_send_bytes(client, text.base, text.length);
        if (i == 0 && is_continued(body)) {
            cleanup_answer struct answer answer = ANSWER_NONE;
            bench_read(bench, client, &answer);
            assert_case(body->name, answer.status == 100);
        }
        bench_turn_briefly(bench);
    }
}

static void check_body(struct http_server_bench *bench, struct client *client, const struct body_case *body, bool waits,
                       bool has_follower)
{
    const char *target = waits ? "/wait" : "/next";
    bool is_empty = body == &body_cases[0] || body == &body_cases[1];
    char expected[64];

    (void)snprintf(expected, sizeof expected, "POST %s%s", target, is_empty ? "" : " hello");
    buf_reset(&bench->journal);
    (void)buf_add_format(&bench->journal, "%s: ", body->name);
    send_body_case(bench, client, body, target, has_follower ? "GET /wait-2 HTTP/1.1\r\nHost: a\r\n\r\n" : "");
    if (waits) {
        bench_answer_held(bench);
    }
    bench_expect(bench, client, expected);
    if (has_follower) {
        bench_answer_held(bench);
        bench_expect(bench, client, "GET /wait-2");
    }
}

static void bodies_come_before_and_after_a_request_that_waited(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    start(bench, &client);

    for (size_t i = 0; i < array_length(body_cases); i++) {
        check_body(bench, &client, &body_cases[i], false, false); /* after one that waited, but for the first */
        check_body(bench, &client, &body_cases[i], true, false);
        check_body(bench, &client, &body_cases[i], true, false);
    }
    client_close(&client);
}

static void a_body_in_chunks_behind_a_request_that_waited_is_the_last(void **state)
{
    struct http_server_bench *bench = *state;

    for (size_t i = 0; i < 2 * array_length(last_cases); i++) {
        struct client client;
        start(bench, &client);

        check_body(bench, &client, &last_cases[i / 2], i % 2 == 1, false);

        assert_case(last_cases[i / 2].name, bench_sees_end(bench, &client, TEST_PATIENCE_MS));
        client_close(&client);
    }
}

static void a_request_in_the_segment_of_a_body_is_the_next_one(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    start(bench, &client);

    for (size_t i = 0; i < array_length(body_cases); i++) {
        check_body(bench, &client, &body_cases[i], false, true);
        check_body(bench, &client, &body_cases[i], true, true);
    }
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(bodies_come_before_and_after_a_request_that_waited),
        bench_test(a_body_in_chunks_behind_a_request_that_waited_is_the_last),
        bench_test(a_request_in_the_segment_of_a_body_is_the_next_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
