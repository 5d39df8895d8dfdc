/* SPDX-License-Identifier: MIT */
/*
 * Requests: keeping connections, order, what is raw, and who leaves when.
 */
#include "tests/integration/http_server_bench.h"

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

/* ---- order ---- */

static void a_connection_is_kept_for_the_next_request(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_connect(bench, &client);

    for (int i = 0; i < 3; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_get(&client, "/a");
        bench_read(bench, &client, &answer);

        assert_int_equal(answer.status, 200);
        assert_text(answer_body(&answer), "GET /a");
        assert_false(answer_says_close(&answer));
    }

    assert_int_equal(http_server_connection_count(bench->server), 1);
    bench_assert_journal(bench, "request finished request finished request finished ");
    client_close(&client);
    bench_turn_until(bench, "room", 1);
    assert_int_equal(http_server_connection_count(bench->server), 0);
}

static void pipelined_requests_are_shown_one_at_a_time_and_answered_in_order(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    static const char *const texts[] = { "one", "two", "three" };
    bench->on_request = bench_hold;
    bench_connect(bench, &client);
    client_send(&client, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
                         "POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");

    for (size_t i = 0; i < array_length(texts); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        bench_turn_until_held(bench, i + 1);
        bench_turn_idly(bench);
        assert_int_equal(bench->held_count, i + 1);

        bench_answer(bench->held[i], str_of(texts[i]));
        bench_read(bench, &client, &answer);

        assert_text(answer_body(&answer), texts[i]);
    }
    client_close(&client);
}

static void answers_of_suspended_requests_come_in_any_order_across_connections(void **state)
{
    struct http_server_bench *bench = *state;
    struct client clients[3];
    static const size_t order[] = { 1, 2, 0 };
    bench->on_request = bench_hold;
    for (size_t i = 0; i < array_length(clients); i++) {
        bench_connect(bench, &clients[i]);
        client_get(&clients[i], "/a");
        bench_turn_until_held(bench, i + 1);
    }

    for (size_t i = 0; i < array_length(order); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        bench_answer(bench->held[order[i]], STR("late"));
        bench_read(bench, &clients[order[i]], &answer);
        assert_text(answer_body(&answer), "late");
    }

    bench_assert_journal(bench, "request request request finished finished finished ");
    for (size_t i = 0; i < array_length(clients); i++) {
        client_close(&clients[i]);
    }
}

/* What `sync` stands on: whichever of two requests comes second, the other one's answer is on the wire by then. */
static void answer_and_look_at_the_wire(struct http_server_bench *bench, struct http_exchange *exchange)
{
    unsigned answered_count = 0;

    for (size_t i = 0; i < array_length(bench->clients); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        answered_count += client_poll(&bench->clients[i], &answer) ? 1 : 0;
    }
    (void)buf_add_format(&bench->journal, "answered=%u ", answered_count);
    bench_answer(exchange, STR("blocking"));
}

static void an_answer_given_inside_the_handler_is_sent_before_the_next_connection_is_read(void **state)
{
    struct http_server_bench *bench = *state;
    bench->on_request = answer_and_look_at_the_wire;
    for (size_t i = 0; i < array_length(bench->clients); i++) {
        bench_connect(bench, &bench->clients[i]);
    }
    bench_turn_idly(bench);

    client_get(&bench->clients[0], "/1"); /* both are there before the server runs */
    client_get(&bench->clients[1], "/2");
    bench_turn_until(bench, "finished", 2);

    bench_assert_journal(bench, "request answered=0 finished request answered=1 finished ");
    for (size_t i = 0; i < array_length(bench->clients); i++) {
        client_close(&bench->clients[i]);
    }
}

/* ---- raw ---- */

static const char *const raw_targets[] = {
    "/a%00b", "/a%0d%0ab", "/%2e%2e%2f%2e%2e/x", "/../x", "/./", "//", "/a%2Fb", "/a?b=%00&c=%26&d=+", "/a?", "/?&&=",
    "/%",     "/%zz",
};

static void targets_arrive_as_the_client_sent_them(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_connect(bench, &client);

    for (size_t i = 0; i < array_length(raw_targets); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        char expected[64];
        (void)snprintf(expected, sizeof expected, "GET %s", raw_targets[i]);

        client_get(&client, raw_targets[i]);
        bench_read(bench, &client, &answer);

        assert_int_equal(answer.status, 200);
        assert_text(answer_body(&answer), expected);
    }
    client_close(&client);
}

static void answer_with_body(struct http_server_bench *bench, struct http_exchange *exchange)
{
    (void)bench;
    bench_answer(exchange, http_exchange_body(exchange));
}

static void a_body_arrives_whole_by_length_and_by_chunks(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer by_length = ANSWER_NONE;
    cleanup_answer struct answer by_chunks = ANSWER_NONE;
    bench->on_request = answer_with_body;
    bench_connect(bench, &client);

    client_send(&client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    bench_turn_idly(bench);
    client_send(&client, "cde");
    bench_read(bench, &client, &by_length);
    client_send(&client, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    bench_turn_idly(bench);
    client_send(&client, "2\r\nde\r\n0\r\n\r\n");
    bench_read(bench, &client, &by_chunks);

    assert_text(answer_body(&by_length), "abcde");
    assert_false(answer_says_close(&by_length));
    assert_text(answer_body(&by_chunks), "abcde");
    bench_turn_until(bench, "room", 1);
    bench_assert_journal(bench, "request finished request finished room ");
    client_close(&client);
}

static void answer_with_a_header(struct http_server_bench *bench, struct http_exchange *exchange)
{
    (void)bench;
    bench_answer(exchange, http_exchange_header(exchange, "X-ONE"));
}

static void headers_are_found_whatever_their_case(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    bench->on_request = answer_with_a_header;
    bench_connect(bench, &client);

    client_request(&client, "GET", "/", "x-one: 1\r\nX-One: 2\r\n", NULL);
    bench_read(bench, &client, &answer);

    assert_text(answer_body(&answer), "1");
    client_close(&client);
}

static void join(void *context, struct str name, struct str value)
{
    (void)buf_add_format(context, "%.*s=%.*s ", STR_ARGUMENTS(name), STR_ARGUMENTS(value));
}

static void answer_with_all_headers(struct http_server_bench *bench, struct http_exchange *exchange)
{
    cleanup_buf struct buf text;

    (void)bench;
    buf_init(&text, 4096);
    http_exchange_each_header(exchange, join, &text);
    join(&text, STR("first"), http_exchange_header(exchange, "X-1"));
    join(&text, STR("last"), http_exchange_header(exchange, "X-Last"));
    join(&text, STR("none"), http_exchange_header(exchange, "X-None"));
    bench_answer(exchange, buf_view(&text));
}

static void check_headers(struct http_server_bench *bench, struct client *client, unsigned count)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    cleanup_buf struct buf fields;
    cleanup_buf struct buf expected;

    buf_init(&fields, 4096);
    buf_init(&expected, 4096);
    (void)buf_add_text(&expected, "Host=test ");
    for (unsigned i = 1; i <= count; i++) {
        (void)buf_add_format(&fields, "X-%u: %u\r\n", i, i);
        (void)buf_add_format(&expected, "X-%u=%u ", i, i);
    }
    (void)buf_add_text(&expected, "X-Last=z first=1 last=z none= ");
    (void)buf_add(&fields, "X-Last: z\r\n", sizeof "X-Last: z\r\n");
    client_request(client, "GET", "/", fields.base, NULL);
    bench_read(bench, client, &answer);

    assert_int_equal(answer.status, 200);
    assert_true(str_equal(answer_body(&answer), buf_view(&expected)));
}

static void all_headers_are_found_however_many_there_are(void **state)
{
    static const unsigned counts[] = { 1, 13, 14, 15, 16, 40, 1 };
    struct http_server_bench *bench = *state;
    struct client client;
    bench->on_request = answer_with_all_headers;
    bench_connect(bench, &client);

    for (size_t i = 0; i < array_length(counts); i++) {
        check_headers(bench, &client, counts[i]);
    }
    client_close(&client);
}

static void targets_of_any_length_follow_each_other(void **state)
{
    static const size_t lengths[] = { 1, 126, 127, 128, 129, 2000, 127, 3000, 1 };
    struct http_server_bench *bench = *state;
    struct client client;
    char target[3001];
    bench_connect(bench, &client);

    for (size_t i = 0; i < array_length(lengths); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        memset(target, 'a' + (int)i, lengths[i]);
        target[0] = '/';
        target[lengths[i]] = '\0';
        client_get(&client, target);
        bench_read(bench, &client, &answer);

        assert_int_equal(answer_body(&answer).length, strlen("GET ") + lengths[i]);
        assert_true(str_equal(str_from(answer_body(&answer), strlen("GET ")), str_of(target)));
    }
    client_close(&client);
}

/* ---- who leaves ---- */

static void a_client_that_leaves_while_suspended_is_told_once_and_then_finished(void **state)
{
    struct http_server_bench *bench = *state;
    static void (*const ways[])(struct client * client) = { client_close, client_reset };

    for (size_t i = 0; i < array_length(ways); i++) {
        struct client client;
        bench->on_request = bench_hold;
        buf_reset(&bench->journal);
        bench->held_count = 0;
        bench_connect(bench, &client);
        client_get(&client, "/a");
        bench_turn_until_held(bench, 1);

        ways[i](&client);
        bench_turn_until(bench, "room", 1);
        bench_turn_idly(bench);

        bench_assert_journal(bench, "request gone broken room ");
        assert_int_equal(http_server_connection_count(bench->server), 0);
    }
}

static void answer_when_gone(struct http_server_bench *bench)
{
    struct http_answer answer = { .status = 200, .body = STR("late"), .memory = HTTP_BODY_COPIED };

    assert_true(http_exchange_answer(bench->held[0], &answer) < 0);
}

static void an_answer_after_the_client_left_is_refused_and_does_no_harm(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench->on_request = bench_hold;
    bench->on_gone = answer_when_gone;
    bench_connect(bench, &client);
    client_get(&client, "/a");
    bench_turn_until_held(bench, 1);

    client_close(&client);
    bench_turn_until(bench, "room", 1);

    bench_assert_journal(bench, "request gone broken room ");
}

static void a_client_that_left_before_its_request_was_read_is_noticed(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench->on_request = bench_hold;
    bench_connect(bench, &client);

    client_get(&client, "/a");
    client_close(&client);
    bench_turn_until(bench, "room", 1);

    bench_assert_journal(bench, "request gone broken room ");
}

static void a_client_that_leaves_within_its_request_is_no_request(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench_connect(bench, &client);

    client_send(&client, "POST / HTTP/1.1\r\nHost: a\r\n"
                         "Content-Length: 10\r\n\r\n{");
    bench_turn_idly(bench);
    client_close(&client);
    bench_turn_until(bench, "room", 1);

    bench_assert_journal(bench, "room ");
}

static void freeing_the_server_with_suspended_connections_ends_them_all(void **state)
{
    struct http_server_bench *bench = *state;
    struct client clients[3];
    bench->on_request = bench_hold;
    for (size_t i = 0; i < array_length(clients); i++) {
        bench_connect(bench, &clients[i]);
        client_get(&clients[i], "/a");
        bench_turn_until_held(bench, i + 1);
    }

    http_server_free(bench->server);
    bench->server = NULL;

    for (size_t i = 0; i < array_length(clients); i++) {
        assert_true(client_sees_end(&clients[i], TEST_PATIENCE_MS));
        client_close(&clients[i]);
    }
    assert_true(bench_has(bench, "broken"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_connection_is_kept_for_the_next_request),
        bench_test(pipelined_requests_are_shown_one_at_a_time_and_answered_in_order),
        bench_test(answers_of_suspended_requests_come_in_any_order_across_connections),
        bench_test(an_answer_given_inside_the_handler_is_sent_before_the_next_connection_is_read),
        bench_test(targets_arrive_as_the_client_sent_them),
        bench_test(a_body_arrives_whole_by_length_and_by_chunks),
        bench_test(headers_are_found_whatever_their_case),
        bench_test(all_headers_are_found_however_many_there_are),
        bench_test(targets_of_any_length_follow_each_other),
        bench_test(a_client_that_leaves_while_suspended_is_told_once_and_then_finished),
        bench_test(an_answer_after_the_client_left_is_refused_and_does_no_harm),
        bench_test(a_client_that_left_before_its_request_was_read_is_noticed),
        bench_test(a_client_that_leaves_within_its_request_is_no_request),
        bench_test(freeing_the_server_with_suspended_connections_ends_them_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
