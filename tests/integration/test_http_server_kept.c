/* SPDX-License-Identifier: MIT */
/*
 * What follows on a connection on which a request waited for its answer: whatever it is, and however it comes in.
 * Requests with a body: test_http_server_kept_bodies.
 */
#include "tests/integration/http_server_bench.h"
#include "tests/support/unit.h"

static void start(struct http_server_bench *bench, struct client *client)
{
    bench->on_request = bench_hold_what_waits;
    bench_connect(bench, client);
}

/* ---- one after the other ---- */

static void a_second_and_a_third_request_follow_one_that_waited(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    start(bench, &client);
    bench_wait_once(bench, &client);

    for (int i = 0; i < 2; i++) {
        client_get(&client, "/next");
        bench_expect(bench, &client, "GET /next");
        bench_turn_briefly(bench);
    }

    bench_assert_journal(bench, "request finished request finished request finished ");
    assert_int_equal(http_server_connection_count(bench->server), 1);
    client_close(&client);
}

static void requests_that_wait_and_others_alternate_on_one_connection(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    start(bench, &client);

    for (int i = 0; i < 20; i++) {
        bench_wait_once(bench, &client);
        client_get(&client, "/at-once");
        bench_expect(bench, &client, "GET /at-once");
    }
    for (int i = 0; i < 20; i++) {
        client_get(&client, "/wait");
        bench_turn_until_held(bench, 1);
        bench->held_count = 0;
        bench_answer(bench->held[0], STR("without a pause"));
        bench_expect(bench, &client, "without a pause");
    }

    assert_int_equal(http_server_connection_count(bench->server), 1);
    client_close(&client);
}

static void an_idle_connection_is_no_hindrance_to_another(void **state)
{
    struct http_server_bench *bench = *state;
    struct client idle;
    struct client client;
    start(bench, &idle);
    start(bench, &client);
    bench_wait_once(bench, &idle);

    for (int i = 0; i < 3; i++) {
        bench_wait_once(bench, &client);
        client_get(&client, "/at-once");
        bench_expect(bench, &client, "GET /at-once");
    }
    bench_wait_once(bench, &idle);

    client_close(&idle);
    client_close(&client);
}

/* ---- sent ahead ---- */

enum { PIPELINED = 4, MANY_PIPELINED = 300 };

static void add_get(struct buf *text, const char *target, int number)
{
    assert_int_equal(buf_add_format(text, "GET %s%d HTTP/1.1\r\nHost: a\r\n\r\n", target, number), 0);
}

static void expect_get(struct http_server_bench *bench, struct client *client, const char *target, int number)
{
    char expected[64];

    (void)snprintf(expected, sizeof expected, "GET %s%d", target, number);
    bench_expect(bench, client, expected);
}

static void check_pipelined(struct http_server_bench *bench, struct client *client, unsigned waiting_bits)
{
    cleanup_buf struct buf text;

    buf_init(&text, 4096);
    for (int i = 0; i < PIPELINED; i++) {
        add_get(&text, (waiting_bits >> i & 1U) != 0 ? "/wait" : "/", i);
    }
    client_send_bytes(client, text.base, text.length);
    for (int i = 0; i < PIPELINED; i++) {
        bool waits = (waiting_bits >> i & 1U) != 0;
        if (waits) {
            bench_answer_held(bench);
        }
        expect_get(bench, client, waits ? "/wait" : "/", i);
    }
}

static void requests_in_one_segment_are_answered_in_order_whichever_of_them_wait(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    start(bench, &client);

    for (unsigned bits = 0; bits < 1U << PIPELINED; bits++) {
        check_pipelined(bench, &client, bits);
        if (bits % 2 == 0) {
            bench_turn_briefly(bench);
        }
    }
    client_close(&client);
}

/* More than microhttpd reads at once. */
static void hundreds_of_requests_in_one_segment_wait_one_by_one(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_buf struct buf text;
    start(bench, &client);
    buf_init(&text, 65536);
    for (int i = 0; i < MANY_PIPELINED; i++) {
        add_get(&text, "/wait", i);
    }

    client_send_bytes(&client, text.base, text.length);

    for (int i = 0; i < MANY_PIPELINED; i++) {
        bench_turn_until_held(bench, 1);
        bench_turn_briefly(bench);
        bench->held_count = 0;
        bench_answer(bench->held[0], http_exchange_target(bench->held[0]));
        char expected[32];
        (void)snprintf(expected, sizeof expected, "/wait%d", i);
        bench_expect(bench, &client, expected);
    }
    client_close(&client);
}

/* When the rest of a request comes that began right behind one that waits. */
enum moment { WHILE_IT_WAITS, WITH_ITS_ANSWER, AFTER_ITS_ANSWER, MOMENTS };

static void send_rest_at(struct client *client, enum moment now, enum moment due, const char *rest)
{
    if (now == due) {
        client_send(client, rest);
    }
}

static void check_cut(struct http_server_bench *bench, struct client *client, const char *next, size_t cut,
                      enum moment moment)
{
    cleanup_buf struct buf text;

    buf_init(&text, 4096);
    buf_reset(&bench->journal);
    (void)buf_add_format(&bench->journal, "cut=%zu moment=%d ", cut, (int)moment); /* for whoever sees it fail */
    (void)buf_add_format(&text, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n%.*s", (int)cut, next);
    client_send_bytes(client, text.base, text.length);
    bench_turn_until_held(bench, 1);
    bench->held_count = 0;
    bench_turn_briefly(bench);
    send_rest_at(client, WHILE_IT_WAITS, moment, next + cut);
    bench_turn_briefly(bench);
    bench_answer(bench->held[0], STR("first"));
    send_rest_at(client, WITH_ITS_ANSWER, moment, next + cut);
    bench_expect(bench, client, "first");
    if (cut < strlen(next)) {
        bench_turn_briefly(bench);
    }
    send_rest_at(client, AFTER_ITS_ANSWER, moment, next + cut);
}

#define NEXT_LINES " HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"

static void a_request_cut_anywhere_behind_one_that_waits_is_answered(void **state)
{
    struct http_server_bench *bench = *state;
    static const char next[] = "POST /next" NEXT_LINES;
    struct client client;
    start(bench, &client);

    for (int moment = 0; moment < MOMENTS; moment++) {
        for (size_t cut = 0; cut < sizeof next; cut++) {
            check_cut(bench, &client, next, cut, (enum moment)moment);
            bench_expect(bench, &client, "POST /next body");
        }
    }
    client_close(&client);
}

static void a_request_cut_anywhere_behind_one_that_waits_may_wait_as_well(void **state)
{
    struct http_server_bench *bench = *state;
    static const char next[] = "POST /wait" NEXT_LINES;
    struct client client;
    start(bench, &client);

    for (int moment = 0; moment < MOMENTS; moment++) {
        for (size_t cut = 0; cut < sizeof next; cut++) {
            check_cut(bench, &client, next, cut, (enum moment)moment);
            bench_turn_until_held(bench, 1);
            bench_turn_briefly(bench);
            bench->held_count = 0;
            bench_answer(bench->held[0], http_exchange_body(bench->held[0]));
            bench_expect(bench, &client, "body");
        }
    }
    client_close(&client);
}

static void a_request_sent_when_the_answer_has_begun_is_answered(void **state)
{
    struct http_server_bench *bench = *state;
    static char large_body[8 * 1024 * 1024]; /* more than the kernel takes for a client that does not read */
    struct client client;
    struct http_answer large = { .status = 200,
                                 .body = { large_body, sizeof large_body },
                                 .memory = HTTP_BODY_CONSTANT };
    cleanup_answer struct answer answer = ANSWER_NONE;
    start(bench, &client);
    client_get(&client, "/wait");
    bench_turn_until_held(bench, 1);
    bench->held_count = 0;
    assert_int_equal(http_exchange_answer(bench->held[0], &large), 0);
    bench_turn_briefly(bench);
    assert_true(client_sees_input(&client, 0));
    assert_false(bench_has(bench, "finished"));

    client_get(&client, "/wait");
    bench_turn_briefly(bench);
    client_get(&client, "/next");
    bench_read(bench, &client, &answer);
    assert_int_equal(answer_body(&answer).length, sizeof large_body);

    bench_answer_held(bench);
    bench_expect(bench, &client, "GET /wait");
    bench_expect(bench, &client, "GET /next");
    client_close(&client);
}

/* ---- in pieces ---- */

static void check_bytewise(struct http_server_bench *bench, struct client *client, const char *text)
{
    for (size_t i = 0; i < strlen(text); i++) {
        client_send_bytes(client, text + i, 1);
        bench_turn_briefly(bench);
    }
}

static void a_request_comes_a_byte_at_a_time_after_one_that_waited(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    start(bench, &client);

    for (int i = 0; i < 2; i++) {
        bench_wait_once(bench, &client);
        check_bytewise(bench, &client, "POST /next" NEXT_LINES);
        bench_expect(bench, &client, "POST /next body");
        bench_wait_once(bench, &client);
        check_bytewise(bench, &client, "POST /wait" NEXT_LINES);
        bench_answer_held(bench);
        bench_expect(bench, &client, "POST /wait body");
    }
    client_close(&client);
}

/* Within the head; microhttpd has seen the first piece when the second one comes. */
static void a_head_comes_in_two_pieces_after_one_that_waited(void **state)
{
    struct http_server_bench *bench = *state;
    static const char text[] = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
    struct client client;
    start(bench, &client);

    for (size_t cut = 1; cut < sizeof text - 1; cut++) {
        bench_wait_once(bench, &client);
        client_send_bytes(&client, text, cut);
        bench_turn_briefly(bench);
        assert_false(client_sees_input(&client, 0));
        client_send(&client, text + cut);
        bench_expect(bench, &client, "GET /next");
    }
    client_close(&client);
}

static const char *const empty_lines[][3] = {
    { "\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n" },
    { "\r\n", "GET /next HTTP/1.1\r\nHost: a\r\n\r\n" },
    { "\r", "\nGET /next HTTP/1.1\r\n", "Host: a\r\n\r\n" },
};

static void an_empty_line_may_come_before_a_request(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    start(bench, &client);

    for (size_t i = 0; i < array_length(empty_lines); i++) {
        bench_wait_once(bench, &client);
        for (size_t piece = 0; piece < array_length(empty_lines[i]) && empty_lines[i][piece] != NULL; piece++) {
            client_send(&client, empty_lines[i][piece]);
            bench_turn_briefly(bench);
        }
        bench_expect(bench, &client, "GET /next");
    }
    client_close(&client);
}

static void an_empty_line_may_come_behind_a_request_that_waits(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    start(bench, &client);

    for (int i = 0; i < 3; i++) {
        client_send(&client, "POST /wait" NEXT_LINES "\r\n");
        bench_answer_held(bench);
        bench_expect(bench, &client, "POST /wait body");
        bench_turn_briefly(bench);
        client_get(&client, "/next");
        bench_expect(bench, &client, "GET /next");
    }
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_second_and_a_third_request_follow_one_that_waited),
        bench_test(requests_that_wait_and_others_alternate_on_one_connection),
        bench_test(an_idle_connection_is_no_hindrance_to_another),
        bench_test(requests_in_one_segment_are_answered_in_order_whichever_of_them_wait),
        bench_test(hundreds_of_requests_in_one_segment_wait_one_by_one),
        bench_test(a_request_cut_anywhere_behind_one_that_waits_is_answered),
        bench_test(a_request_cut_anywhere_behind_one_that_waits_may_wait_as_well),
        bench_test(a_request_sent_when_the_answer_has_begun_is_answered),
        bench_test(a_request_comes_a_byte_at_a_time_after_one_that_waited),
        bench_test(a_head_comes_in_two_pieces_after_one_that_waited),
        bench_test(an_empty_line_may_come_before_a_request),
        bench_test(an_empty_line_may_come_behind_a_request_that_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
