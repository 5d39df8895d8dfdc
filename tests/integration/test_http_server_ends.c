/* SPDX-License-Identifier: MIT */
/*
 * Ends of connections that are nobody's fault, however microhttpd comes to see them: nothing is told of them.
 */
#include <sys/socket.h>

#include "tests/integration/http_server_tls_bench.h"
#include "tests/support/unit.h"

/* "/leave": the first client leaves meanwhile; behind it microhttpd has more to do, and looks at its sockets. */
static void answer_while_one_leaves(struct http_server_bench *bench, struct http_exchange *exchange)
{
    if (str_equal(http_exchange_target(exchange), STR("/leave"))) {
        (void)shutdown(bench->clients[0].descriptor, SHUT_RDWR);
    }
    bench_answer(exchange, STR("well"));
}

static void make_one_leave(struct http_server_bench *bench, struct client *other)
{
    client_send(other, "GET /leave HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    bench_expect(bench, other, "well");
    bench_expect(bench, other, "well");
    bench_turn_until(bench, "room", 1);
    bench_turn_idly(bench);
}

static void a_client_that_left_behind_an_empty_line_and_a_request_is_not_told_of(void **state)
{
    struct http_server_bench *bench = *state;
    struct client *leaver = &bench->clients[0];
    bench->on_request = answer_while_one_leaves;
    bench_connect(bench, leaver);
    bench_connect(bench, &bench->clients[1]);
    client_send(leaver, "\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    bench_expect(bench, leaver, "well");

    make_one_leave(bench, &bench->clients[1]);

    assert_int_equal(bench->unheard.length, 0);
    client_close(leaver);
    client_close(&bench->clients[1]);
}

static void a_client_that_left_its_session_is_not_told_of(void **state)
{
    struct http_server_bench *bench = *state;
    bench->on_request = answer_while_one_leaves;

    for (int has_asked = 0; has_asked < 2; has_asked++) {
        struct secured leaver;
        struct secured other;
        tls_bench_restart(bench, 0);
        secured_open(bench, &leaver);
        secured_open(bench, &other);
        bench->clients[0].descriptor = leaver.tunnel.server;
        if (has_asked != 0) {
            client_get(&leaver.client, "/x");
            bench_expect(bench, &leaver.client, "well");
        }
        buf_reset(&bench->journal);

        make_one_leave(bench, &other.client);

        assert_int_equal(bench->unheard.length, 0);
        secured_close(bench, &leaver);
        secured_close(bench, &other);
    }
}

static void what_is_no_request_is_told_of_in_a_session_too(void **state)
{
    struct http_server_bench *bench = *state;

    for (int has_asked = 0; has_asked < 2; has_asked++) {
        struct secured secured;
        tls_bench_restart(bench, 0);
        secured_open(bench, &secured);
        if (has_asked != 0) {
            client_get(&secured.client, "/x");
            bench_expect(bench, &secured.client, "GET /x");
        }
        buf_reset(&bench->journal);

        client_send(&secured.client, "GARBAGE\r\n\r\n");
        bench_turn_until(bench, "room", 1);

        assert_true(str_equal(buf_view(&bench->unheard), STR("400 - - -;")));
        buf_reset(&bench->unheard);
        secured_close(bench, &secured);
    }
}

/* One that ends is closed when microhttpd has read the others, and answered them. */
static void ends_among_other_requests_are_not_told_of(void **state)
{
    struct http_server_bench *bench = *state;
    struct client clients[4];
    for (size_t i = 0; i < array_length(clients); i++) {
        bench_connect(bench, &clients[i]);
        client_send(&clients[i], "\r\nGET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }

    bench_turn_until(bench, "room", array_length(clients));
    bench_turn_idly(bench);

    assert_int_equal(bench->unheard.length, 0);
    for (size_t i = 0; i < array_length(clients); i++) {
        bench_expect(bench, &clients[i], "GET /x");
        client_close(&clients[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_client_that_left_behind_an_empty_line_and_a_request_is_not_told_of),
        bench_test(a_client_that_left_its_session_is_not_told_of),
        bench_test(ends_among_other_requests_are_not_told_of),
        bench_test(what_is_no_request_is_told_of_in_a_session_too),
    };

    return cmocka_run_group_tests(tests, tls_bench_make_certificates, NULL);
}
