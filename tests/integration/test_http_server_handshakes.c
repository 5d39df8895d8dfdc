/* SPDX-License-Identifier: MIT */
/*
 * What a handshake of TLS may take, and how one ends that comes to nothing.
 */
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/integration/http_server_tls_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { MANY = 40 };

static size_t count_turns(struct http_server_bench *bench, int duration_ms)
{
    uint64_t start_us = clock_monotonic_us();
    size_t count = 0;

    while (gate_milliseconds_left(start_us, duration_ms) > 0) {
        assert_int_equal(loop_turn(bench->loop, 20 * (uint64_t)CLOCK_US_PER_MS), 0);
        count++;
    }
    return count;
}

/* Silent, or with half a hello. */
static void a_handshake_that_waits_for_its_client_costs_nothing(void **state)
{
    static const char half_a_hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    struct http_server_bench *bench = *state;
    struct client clients[MANY];
    tls_bench_restart(bench, 0);
    for (size_t i = 0; i < MANY; i++) {
        bench_connect(bench, &clients[i]);
        if (i % 2 == 1) {
            client_send_bytes(&clients[i], half_a_hello, sizeof half_a_hello - 1);
        }
    }
    bench_turn_idly(bench);
    struct secured secured;
    secured_open(bench, &secured);
    client_get(&secured.client, "/between");
    bench_expect(bench, &secured.client, "GET /between");
    bench_turn_idly(bench);

    size_t turns = count_turns(bench, 400);

    assert_in_range(turns, 1, 60);
    for (size_t i = 0; i < MANY; i++) {
        client_close(&clients[i]);
    }
    bench_turn_until(bench, "unsecured", MANY / 2);
    bench_turn_until(bench, "room", MANY);
    assert_string_equal(bench->handshake_failure, "the client ended it");
    secured_close(bench, &secured);
}

/* As somebody who looks if the port is open. */
static void a_client_that_says_nothing_and_leaves_is_not_told_of(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    tls_bench_restart(bench, 0);
    bench_connect(bench, &client);
    bench_turn_briefly(bench);

    client_close(&client);
    bench_turn_until(bench, "room", 1);

    bench_assert_journal(bench, "room ");
}

/* The hello arrives a byte at a time. */
static void a_handshake_in_drips_comes_about(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    struct client relay;
    int ends[2];
    char bytes[4096];
    tls_bench_restart(bench, 0);
    bench_connect(bench, &relay);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    secured.client = (struct client){ .descriptor = ends[0] };
    buf_init(&secured.client.input, 65536);
    tls_tunnel_start(&secured.tunnel, &secured.client, &tls_bench_usual);

    while (!gate_is_open(&secured.tunnel.is_shaken)) {
        ssize_t count = recv(ends[1], bytes, 1, MSG_DONTWAIT);
        if (count == 1) {
            client_send_bytes(&relay, bytes, 1);
        }
        assert_int_equal(loop_turn(bench->loop, 0), 0);
        count = recv(relay.descriptor, bytes, sizeof bytes, MSG_DONTWAIT);
        if (count > 0) {
            assert_int_equal(send(ends[1], bytes, (size_t)count, MSG_NOSIGNAL), count);
        }
    }

    assert_int_equal(tls_tunnel_wait(&secured.tunnel), 0);
    (void)close(ends[1]);
    client_close(&relay);
    secured_close(bench, &secured);
}

static void a_handshake_has_the_time_of_a_head(void **state)
{
    static const char half_a_hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    struct http_server_bench *bench = *state;
    struct client silent;
    struct client half;
    tls_bench_restart(bench, 200 * (uint64_t)CLOCK_US_PER_MS);
    bench_connect(bench, &silent);
    bench_connect(bench, &half);
    client_send_bytes(&half, half_a_hello, sizeof half_a_hello - 1);

    assert_true(bench_sees_end(bench, &silent, TEST_PATIENCE_MS));
    assert_true(bench_sees_end(bench, &half, TEST_PATIENCE_MS));

    bench_turn_until(bench, "room", 2);
    assert_string_equal(bench->handshake_failure, "it took too long");
    assert_int_equal(http_server_connection_count(bench->server), 0);
    client_close(&silent);
    client_close(&half);
}

static void plain_http_on_the_port_of_tls_is_closed_without_a_request(void **state)
{
    static const char *const words[] = {
        "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n",
        "\r\n\r\n",
        "\x16\x03\x01\xff\xff\x00\x00\x00",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    };
    struct http_server_bench *bench = *state;
    tls_bench_restart(bench, 400 * (uint64_t)CLOCK_US_PER_MS);

    for (size_t i = 0; i < array_length(words); i++) {
        struct client client;
        bench_connect(bench, &client);
        client_send(&client, words[i]);
        bench_turn_until(bench, "unsecured", i + 1);
        client_close(&client);
    }

    assert_false(bench_has(bench, "request"));
    assert_false(bench_has(bench, "refused"));
    bench_turn_until_connections(bench, 0);
}

static void a_server_stops_with_handshakes_under_way(void **state)
{
    struct http_server_bench *bench = *state;
    struct client clients[3];
    struct secured secured;
    tls_bench_restart(bench, 0);
    for (size_t i = 0; i < array_length(clients); i++) {
        bench_connect(bench, &clients[i]);
    }
    client_send(&clients[1], "\x16\x03\x01");
    secured_open(bench, &secured);
    bench->on_request = bench_hold_what_waits;
    client_get(&secured.client, "/wait");
    bench_turn_until_held(bench, 1);

    tls_bench_restart(bench, 0);

    for (size_t i = 0; i < array_length(clients); i++) {
        assert_true(bench_sees_end(bench, &clients[i], TEST_PATIENCE_MS));
        client_close(&clients[i]);
    }
    secured_close(bench, &secured);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_handshake_that_waits_for_its_client_costs_nothing),
        bench_test(a_client_that_says_nothing_and_leaves_is_not_told_of),
        bench_test(a_handshake_in_drips_comes_about),
        bench_test(a_handshake_has_the_time_of_a_head),
        bench_test(plain_http_on_the_port_of_tls_is_closed_without_a_request),
        bench_test(a_server_stops_with_handshakes_under_way),
    };

    return cmocka_run_group_tests(tests, tls_bench_make_certificates, NULL);
}
