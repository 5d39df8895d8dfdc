/* SPDX-License-Identifier: MIT */
/*
 * TLS towards clients: what is spoken, and what requests and times are like. Handshakes: test_http_server_handshakes;
 * the server's certificate: test_http_server_certificates.
 */
#include "common/clock.h"
#include "tests/integration/http_server_tls_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum {
    LARGE_BYTES = 300000,
    SHAKEN_WITHIN_US = 1500 * CLOCK_US_PER_MS, /* a handshake takes less, with sanitizers on a busy machine, too */
};

/* ---- requests ---- */

static void requests_are_answered_over_tls_1_3_and_the_connection_is_kept(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    tls_bench_restart(bench, 0);

    secured_open(bench, &secured);
    for (int i = 0; i < 3; i++) {
        client_get(&secured.client, "/hello");
        bench_expect(bench, &secured.client, "GET /hello");
    }

    assert_string_equal(secured.tunnel.version, "TLS1.3");
    assert_string_equal(secured.tunnel.protocol, "http/1.1");
    assert_string_equal(secured.tunnel.name, "127.0.0.1");
    assert_true(http_server_is_secured(bench->server));
    assert_int_equal(http_server_connection_count(bench->server), 1);
    secured_close(bench, &secured);
    bench_turn_until_connections(bench, 0);
    assert_false(bench_has(bench, "unsecured"));
}

static void tls_1_2_is_spoken_and_nothing_older(void **state)
{
    static const struct {
        const char *priorities;
        const char *version; /* NULL: refused */
    } cases[] = {
        { "NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLS1.3" },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLS1.2" },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", NULL },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT", NULL },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA", NULL },
        { "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+AES-256-CBC", NULL },
    };
    struct http_server_bench *bench = *state;
    tls_bench_restart(bench, 0);

    for (size_t i = 0; i < array_length(cases); i++) {
        const struct tls_tunnel_settings settings = { .priorities = cases[i].priorities };
        struct secured secured;
        secured_connect(bench, &secured, &settings);
        int result = secured_shake(bench, &secured);
        assert_case(cases[i].priorities, (result == 0) == (cases[i].version != NULL));
        if (result == 0) {
            assert_string_equal(secured.tunnel.version, cases[i].version);
            client_get(&secured.client, "/x");
            bench_expect(bench, &secured.client, "GET /x");
        }
        secured_close(bench, &secured);
    }

    bench_turn_until(bench, "unsecured", 4);
    bench_turn_until_connections(bench, 0);
}

static void answers_that_were_waited_for_come_on_kept_connections(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    tls_bench_restart(bench, 0);
    bench->on_request = bench_hold_what_waits;
    secured_open(bench, &secured);

    for (int i = 0; i < 3; i++) {
        bench_wait_once(bench, &secured.client);
    }
    client_get(&secured.client, "/now");
    bench_expect(bench, &secured.client, "GET /now");

    assert_int_equal(http_server_connection_count(bench->server), 1);
    secured_close(bench, &secured);
}

static void pipelined_requests_in_one_record_are_answered_in_order(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    tls_bench_restart(bench, 0);
    bench->on_request = bench_hold_what_waits;
    secured_open(bench, &secured);

    client_send(&secured.client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /wait HTTP/1.1\r\nHost: h\r\n\r\n"
                                 "GET /c HTTP/1.1\r\nHost: h\r\n\r\n");

    bench_expect(bench, &secured.client, "GET /a");
    bench_answer_held(bench);
    bench_expect(bench, &secured.client, "GET /wait");
    bench_expect(bench, &secured.client, "GET /c");
    secured_close(bench, &secured);
}

static void answer_large(struct http_server_bench *bench, struct http_exchange *exchange)
{
    cleanup_free char *bytes = malloc(LARGE_BYTES);
    struct http_answer answer = { .status = 200, .body = { bytes, LARGE_BYTES }, .memory = HTTP_BODY_COPIED };

    (void)bench;
    assert_non_null(bytes);
    memset(bytes, 'x', LARGE_BYTES);
    assert_int_equal(http_exchange_answer(exchange, &answer), 0);
}

static void bodies_of_many_records_go_through_whole(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    cleanup_answer struct answer answer = ANSWER_NONE;
    char body[BENCH_BODY_BYTES + 1];
    memset(body, 'y', BENCH_BODY_BYTES);
    body[BENCH_BODY_BYTES] = '\0';
    tls_bench_restart(bench, 0);
    bench->on_request = answer_large;
    secured_open(bench, &secured);

    for (int i = 0; i < 2; i++) {
        client_request(&secured.client, "POST", "/", "", body);
        bench_read(bench, &secured.client, &answer);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer_body(&answer).length, LARGE_BYTES);
    }

    secured_close(bench, &secured);
}

static void a_client_that_leaves_while_it_waits_is_told_of(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    tls_bench_restart(bench, 0);
    bench->on_request = bench_hold_what_waits;
    secured_open(bench, &secured);
    client_get(&secured.client, "/wait");
    bench_turn_until_held(bench, 1);

    secured_close(bench, &secured);

    bench_turn_until(bench, "room", 1);
    bench_assert_journal(bench, "request gone broken room ");
}

static void a_head_that_is_ambiguous_is_refused_over_tls_too(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    cleanup_answer struct answer answer = ANSWER_NONE;
    tls_bench_restart(bench, 0);
    secured_open(bench, &secured);

    client_send(&secured.client,
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    bench_read(bench, &secured.client, &answer);

    assert_int_equal(answer.status, 400);
    assert_true(bench_sees_end(bench, &secured.client, TEST_PATIENCE_MS));
    secured_close(bench, &secured);
    assert_true(secured.tunnel.had_farewell);
}

/* ---- time ---- */

static void a_request_that_does_not_end_gets_a_408_through_the_session(void **state)
{
    static const char *const beginnings[] = { "GET / HTTP/1.1\r\nHost: h", "G" };
    struct http_server_bench *bench = *state;
    tls_bench_restart(bench, SHAKEN_WITHIN_US);

    for (size_t i = 0; i < array_length(beginnings); i++) {
        struct secured secured;
        cleanup_answer struct answer answer = ANSWER_NONE;
        secured_open(bench, &secured);
        bench_turn_briefly(bench);
        client_send(&secured.client, beginnings[i]);
        bench_read(bench, &secured.client, &answer);
        assert_case(beginnings[i], answer.status == 408 && answer.is_complete);
        assert_true(bench_sees_end(bench, &secured.client, TEST_PATIENCE_MS));
        secured_close(bench, &secured);
        assert_case(beginnings[i], secured.tunnel.had_farewell);
    }
}

static void a_connection_that_says_nothing_after_its_handshake_ends_without_an_answer(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    tls_bench_restart(bench, SHAKEN_WITHIN_US);
    secured_open(bench, &secured);

    assert_true(bench_sees_end(bench, &secured.client, TEST_PATIENCE_MS));

    secured_close(bench, &secured);
    assert_true(secured.tunnel.had_farewell);
    assert_false(bench_has(bench, "unsecured"));
}

static void a_drain_ends_idle_connections_with_a_farewell(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    tls_bench_restart(bench, 0);
    secured_open(bench, &secured);
    client_get(&secured.client, "/x");
    bench_expect(bench, &secured.client, "GET /x");

    http_server_drain(bench->server);

    assert_true(bench_sees_end(bench, &secured.client, TEST_PATIENCE_MS));
    secured_close(bench, &secured);
    assert_true(secured.tunnel.had_farewell);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(requests_are_answered_over_tls_1_3_and_the_connection_is_kept),
        bench_test(tls_1_2_is_spoken_and_nothing_older),
        bench_test(answers_that_were_waited_for_come_on_kept_connections),
        bench_test(pipelined_requests_in_one_record_are_answered_in_order),
        bench_test(bodies_of_many_records_go_through_whole),
        bench_test(a_client_that_leaves_while_it_waits_is_told_of),
        bench_test(a_head_that_is_ambiguous_is_refused_over_tls_too),
        bench_test(a_request_that_does_not_end_gets_a_408_through_the_session),
        bench_test(a_connection_that_says_nothing_after_its_handshake_ends_without_an_answer),
        bench_test(a_drain_ends_idle_connections_with_a_farewell),
    };

    return cmocka_run_group_tests(tests, tls_bench_make_certificates, NULL);
}
