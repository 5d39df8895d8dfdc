/* SPDX-License-Identifier: MIT */
/*
 * A drain that finds the beginning of a request: more of it may be on its way, and who does not go on is told so.
 */
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { BYTE_MS = 50 };

/* A new connection and one that had a request. */
static void open_begun(struct http_server_bench *bench, struct client *clients, const char *begin)
{
    bench_connect(bench, &clients[0]);
    bench_connect(bench, &clients[1]);
    client_get(&clients[1], "/before");
    bench_expect(bench, &clients[1], "GET /before");
    bench_turn_for(bench, 50); /* the kernel's clock for movements is coarse */
    client_send(&clients[0], begin);
    client_send(&clients[1], begin);
    bench_turn_briefly(bench);
}

static void a_drain_answers_a_request_whose_line_is_still_on_its_way(void **state)
{
    /* All of it takes longer than a connection may be idle in a drain, no byte of it nearly so long. */
    static const char line[] = "T /slowly-but-steadily HTTP/1.1\r\n";
    struct http_server_bench *bench = *state;
    struct client clients[2];
    open_begun(bench, clients, "GE");

    http_server_drain(bench->server);
    for (size_t i = 0; i < sizeof line - 1; i++) {
        bench_turn_for(bench, BYTE_MS);
        client_send_bytes(&clients[0], &line[i], 1);
        client_send_bytes(&clients[1], &line[i], 1);
    }

    for (size_t i = 0; i < array_length(clients); i++) {
        client_send(&clients[i], "Host: a\r\n\r\n");
        bench_expect(bench, &clients[i], "GET /slowly-but-steadily");
        assert_true(bench_sees_end(bench, &clients[i], TEST_PATIENCE_MS));
        client_close(&clients[i]);
    }
}

static void a_drain_tells_who_does_not_go_on_with_a_request_line(void **state)
{
    struct http_server_bench *bench = *state;
    struct client clients[2];
    open_begun(bench, clients, "GET /slo");

    http_server_drain(bench->server);

    for (size_t i = 0; i < array_length(clients); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        bench_read(bench, &clients[i], &answer);
        assert_int_equal(answer.status, 408);
        assert_true(answer_says_close(&answer));
        assert_true(bench_sees_end(bench, &clients[i], TEST_PATIENCE_MS));
        client_close(&clients[i]);
    }
    assert_text(buf_view(&bench->unheard), "408 - - -;408 - - -;");
}

static void a_drain_says_nothing_to_who_said_nothing(void **state)
{
    struct http_server_bench *bench = *state;
    struct client clients[2];
    open_begun(bench, clients, "");

    http_server_drain(bench->server);

    for (size_t i = 0; i < array_length(clients); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        bench_read(bench, &clients[i], &answer);
        assert_int_equal(answer.status, 0);
        assert_true(clients[i].is_at_end);
        client_close(&clients[i]);
    }
    assert_int_equal(bench->unheard.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_drain_answers_a_request_whose_line_is_still_on_its_way),
        bench_test(a_drain_tells_who_does_not_go_on_with_a_request_line),
        bench_test(a_drain_says_nothing_to_who_said_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
