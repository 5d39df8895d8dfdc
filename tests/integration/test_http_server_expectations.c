/* SPDX-License-Identifier: MIT */
/*
 * Expect: 100-continue where no content follows, of which RFC 9110 §10.1.1 says that clients must not, and which some
 * do.
 */
#include "tests/integration/http_server_bench.h"
#include "tests/support/unit.h"

#define GET_HEAD "GET /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
#define POST_HEAD "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
#define WAITING_HEAD "GET /wait HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
#define NEXT "GET /b HTTP/1.1\r\nHost: a\r\n\r\n"

static const struct {
    const char *name;
    struct str requests;
    const char *first;
    bool has_next;
} cases[] = {
    { "no content", STR_STATIC(GET_HEAD "\r\n"), "GET /a", false },
    { "no content, another request behind it", STR_STATIC(GET_HEAD "\r\n" NEXT), "GET /a", true },
    { "content of no bytes", STR_STATIC(POST_HEAD "Content-Length: 0\r\n\r\n" NEXT), "POST /a", true },
    { "content, all of it there", STR_STATIC(POST_HEAD "Content-Length: 2\r\n\r\n{}" NEXT), "POST /a {}", true },
    { "chunks, all of them there", STR_STATIC(POST_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
      "POST /a {}", false },
    { "no content, an answer that is waited for", STR_STATIC(WAITING_HEAD "\r\n" NEXT), "GET /wait", true },
};

/* A 100 comes first or does not: either is right. */
static void read_final(struct http_server_bench *bench, struct client *client, struct answer *answer)
{
    bench_read(bench, client, answer);
    while (answer->status == 100) {
        answer_clear(answer);
        bench_read(bench, client, answer);
    }
}

static void assert_answered(struct http_server_bench *bench, struct client *client, const char *name, const char *text)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    read_final(bench, client, &answer);
    assert_case(name, answer.status == 200);
    assert_case(name, str_equal(answer_body(&answer), str_of(text)));
}

static void requests_that_expect_100_without_content_are_answered_and_what_is_behind_them(void **state)
{
    struct http_server_bench *bench = *state;
    bench->on_request = bench_hold_what_waits;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct client client;
        bench_connect(bench, &client);
        client_send_bytes(&client, cases[i].requests.base, cases[i].requests.length);
        if (str_equal(str_of(cases[i].first), STR("GET /wait"))) {
            bench_answer_held(bench);
        }
        assert_answered(bench, &client, cases[i].name, cases[i].first);
        if (cases[i].has_next) {
            assert_answered(bench, &client, cases[i].name, "GET /b");
        }
        client_close(&client);
        bench_turn_idly(bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(requests_that_expect_100_without_content_are_answered_and_what_is_behind_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
