/* SPDX-License-Identifier: MIT */
/*
 * TLS towards clients: what is spoken, what a handshake may take, and how a certificate changes.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/tls_tunnel.h"
#include "tests/support/unit.h"

enum { MANY = 40, LARGE_BYTES = 300000 };

static struct certificate authority;
static struct certificate first;
static struct certificate second;

static int make_certificates(void **state)
{
    (void)state;
    certificate_make(&authority, &(struct certificate_wish){ .name = "authority", .is_authority = true });
    certificate_make(&first, &(struct certificate_wish){ .name = "127.0.0.1", .issuer = &authority });
    certificate_make(&second, &(struct certificate_wish){ .issuer = &authority });
    return 0;
}

static struct http_server_tls tls_of(const struct certificate *certificate)
{
    return (struct http_server_tls){ .certificate = certificate->pem, .key = certificate->key_pem };
}

/* A limit of time that a handshake keeps, with sanitizers on a busy machine, too. */
enum { SHAKEN_WITHIN_US = 1500 * CLOCK_US_PER_MS };

static void restart(struct http_server_bench *bench, uint64_t header_timeout_us)
{
    struct http_server_tls tls = tls_of(&first);
    struct http_server_config config = bench_config();

    config.tls = &tls;
    config.header_timeout_us = header_timeout_us;
    bench_restart(bench, &config);
}

/* ---- a tunnel to the bench ---- */

struct secured {
    struct tls_tunnel tunnel;
    struct client client;
};

static const struct tls_tunnel_settings usual = { .authority = &authority };

/* The bench hands its own end over to the server. */
static void connect_with(struct http_server_bench *bench, struct secured *secured,
                         const struct tls_tunnel_settings *settings)
{
    bench_connect(bench, &secured->client);
    tls_tunnel_start(&secured->tunnel, &secured->client, settings);
}

static int shake(struct http_server_bench *bench, struct secured *secured)
{
    while (!gate_is_open(&secured->tunnel.is_shaken)) {
        bench_turn_briefly(bench);
    }
    return tls_tunnel_wait(&secured->tunnel);
}

static void open_secured(struct http_server_bench *bench, struct secured *secured)
{
    connect_with(bench, secured, &usual);
    assert_int_equal(shake(bench, secured), 0);
}

static void close_secured(struct http_server_bench *bench, struct secured *secured)
{
    client_close(&secured->client);
    bench_turn_idly(bench);
    tls_tunnel_close(&secured->tunnel);
}

/* ---- requests ---- */

static void requests_are_answered_over_tls_1_3_and_the_connection_is_kept(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    restart(bench, 0);

    open_secured(bench, &secured);
    for (int i = 0; i < 3; i++) {
        client_get(&secured.client, "/hello");
        bench_expect(bench, &secured.client, "GET /hello");
    }

    assert_string_equal(secured.tunnel.version, "TLS1.3");
    assert_string_equal(secured.tunnel.protocol, "http/1.1");
    assert_string_equal(secured.tunnel.name, "127.0.0.1");
    assert_true(http_server_is_secured(bench->server));
    assert_int_equal(http_server_connection_count(bench->server), 1);
    close_secured(bench, &secured);
    assert_int_equal(http_server_connection_count(bench->server), 0);
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
    restart(bench, 0);

    for (size_t i = 0; i < array_length(cases); i++) {
        const struct tls_tunnel_settings settings = { .priorities = cases[i].priorities };
        struct secured secured;
        connect_with(bench, &secured, &settings);
        int result = shake(bench, &secured);
        assert_case(cases[i].priorities, (result == 0) == (cases[i].version != NULL));
        if (result == 0) {
            assert_string_equal(secured.tunnel.version, cases[i].version);
            client_get(&secured.client, "/x");
            bench_expect(bench, &secured.client, "GET /x");
        }
        close_secured(bench, &secured);
    }

    bench_turn_until(bench, "unsecured", 4);
    assert_int_equal(http_server_connection_count(bench->server), 0);
}

static void answers_that_were_waited_for_come_on_kept_connections(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    restart(bench, 0);
    bench->on_request = bench_hold_what_waits;
    open_secured(bench, &secured);

    for (int i = 0; i < 3; i++) {
        bench_wait_once(bench, &secured.client);
    }
    client_get(&secured.client, "/now");
    bench_expect(bench, &secured.client, "GET /now");

    assert_int_equal(http_server_connection_count(bench->server), 1);
    close_secured(bench, &secured);
}

static void pipelined_requests_in_one_record_are_answered_in_order(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    restart(bench, 0);
    bench->on_request = bench_hold_what_waits;
    open_secured(bench, &secured);

    client_send(&secured.client, "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /wait HTTP/1.1\r\nHost: h\r\n\r\n"
                                 "GET /c HTTP/1.1\r\nHost: h\r\n\r\n");

    bench_expect(bench, &secured.client, "GET /a");
    bench_answer_held(bench);
    bench_expect(bench, &secured.client, "GET /wait");
    bench_expect(bench, &secured.client, "GET /c");
    close_secured(bench, &secured);
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
    restart(bench, 0);
    bench->on_request = answer_large;
    open_secured(bench, &secured);

    for (int i = 0; i < 2; i++) {
        client_request(&secured.client, "POST", "/", "", body);
        bench_read(bench, &secured.client, &answer);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer_body(&answer).length, LARGE_BYTES);
    }

    close_secured(bench, &secured);
}

static void a_client_that_leaves_while_it_waits_is_told_of(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    restart(bench, 0);
    bench->on_request = bench_hold_what_waits;
    open_secured(bench, &secured);
    client_get(&secured.client, "/wait");
    bench_turn_until_held(bench, 1);

    close_secured(bench, &secured);

    bench_turn_until(bench, "broken", 1);
    bench_assert_journal(bench, "request gone broken room ");
}

static void a_head_that_is_ambiguous_is_refused_over_tls_too(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    cleanup_answer struct answer answer = ANSWER_NONE;
    restart(bench, 0);
    open_secured(bench, &secured);

    client_send(&secured.client,
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    bench_read(bench, &secured.client, &answer);

    assert_int_equal(answer.status, 400);
    assert_true(bench_sees_end(bench, &secured.client, TEST_PATIENCE_MS));
    close_secured(bench, &secured);
    assert_true(secured.tunnel.had_farewell);
}

/* ---- handshakes ---- */

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
    restart(bench, 0);
    for (size_t i = 0; i < MANY; i++) {
        bench_connect(bench, &clients[i]);
        if (i % 2 == 1) {
            client_send_bytes(&clients[i], half_a_hello, sizeof half_a_hello - 1);
        }
    }
    bench_turn_idly(bench);
    struct secured secured;
    open_secured(bench, &secured);
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
    close_secured(bench, &secured);
}

/* As somebody who looks if the port is open. */
static void a_client_that_says_nothing_and_leaves_is_not_told_of(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    restart(bench, 0);
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
    restart(bench, 0);
    bench_connect(bench, &relay);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    secured.client = (struct client){ .descriptor = ends[0] };
    buf_init(&secured.client.input, 65536);
    tls_tunnel_start(&secured.tunnel, &secured.client, &usual);

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
    close_secured(bench, &secured);
}

static void a_handshake_has_the_time_of_a_head(void **state)
{
    static const char half_a_hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    struct http_server_bench *bench = *state;
    struct client silent;
    struct client half;
    restart(bench, 200 * (uint64_t)CLOCK_US_PER_MS);
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
    restart(bench, 400 * (uint64_t)CLOCK_US_PER_MS);

    for (size_t i = 0; i < array_length(words); i++) {
        struct client client;
        bench_connect(bench, &client);
        client_send(&client, words[i]);
        bench_turn_until(bench, "unsecured", i + 1);
        client_close(&client);
    }

    assert_false(bench_has(bench, "request"));
    assert_false(bench_has(bench, "refused"));
    assert_int_equal(http_server_connection_count(bench->server), 0);
}

static void a_server_stops_with_handshakes_under_way(void **state)
{
    struct http_server_bench *bench = *state;
    struct client clients[3];
    struct secured secured;
    restart(bench, 0);
    for (size_t i = 0; i < array_length(clients); i++) {
        bench_connect(bench, &clients[i]);
    }
    client_send(&clients[1], "\x16\x03\x01");
    open_secured(bench, &secured);
    bench->on_request = bench_hold_what_waits;
    client_get(&secured.client, "/wait");
    bench_turn_until_held(bench, 1);

    restart(bench, 0);

    for (size_t i = 0; i < array_length(clients); i++) {
        assert_true(bench_sees_end(bench, &clients[i], TEST_PATIENCE_MS));
        client_close(&clients[i]);
    }
    close_secured(bench, &secured);
}

/* ---- time ---- */

static void a_request_that_does_not_end_gets_a_408_through_the_session(void **state)
{
    static const char *const beginnings[] = { "GET / HTTP/1.1\r\nHost: h", "G" };
    struct http_server_bench *bench = *state;
    restart(bench, SHAKEN_WITHIN_US);

    for (size_t i = 0; i < array_length(beginnings); i++) {
        struct secured secured;
        cleanup_answer struct answer answer = ANSWER_NONE;
        open_secured(bench, &secured);
        bench_turn_briefly(bench);
        client_send(&secured.client, beginnings[i]);
        bench_read(bench, &secured.client, &answer);
        assert_case(beginnings[i], answer.status == 408 && answer.is_complete);
        assert_true(bench_sees_end(bench, &secured.client, TEST_PATIENCE_MS));
        close_secured(bench, &secured);
        assert_case(beginnings[i], secured.tunnel.had_farewell);
    }
}

static void a_connection_that_says_nothing_after_its_handshake_ends_without_an_answer(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    restart(bench, SHAKEN_WITHIN_US);
    open_secured(bench, &secured);

    assert_true(bench_sees_end(bench, &secured.client, TEST_PATIENCE_MS));

    close_secured(bench, &secured);
    assert_true(secured.tunnel.had_farewell);
    assert_false(bench_has(bench, "unsecured"));
}

static void a_drain_ends_idle_connections_with_a_farewell(void **state)
{
    struct http_server_bench *bench = *state;
    struct secured secured;
    restart(bench, 0);
    open_secured(bench, &secured);
    client_get(&secured.client, "/x");
    bench_expect(bench, &secured.client, "GET /x");

    http_server_drain(bench->server);

    assert_true(bench_sees_end(bench, &secured.client, TEST_PATIENCE_MS));
    close_secured(bench, &secured);
    assert_true(secured.tunnel.had_farewell);
}

/* ---- another certificate ---- */

static void a_new_certificate_is_for_new_connections_and_old_ones_go_on(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_tls next = tls_of(&second);
    struct secured old;
    struct secured new;
    restart(bench, 0);
    bench->on_request = bench_hold_what_waits;
    open_secured(bench, &old);
    client_get(&old.client, "/wait");
    bench_turn_until_held(bench, 1);

    assert_int_equal(http_server_set_tls(bench->server, &next), 0);
    open_secured(bench, &new);

    assert_string_equal(old.tunnel.name, "127.0.0.1");
    assert_string_equal(new.tunnel.name, "localhost");
    bench_answer_held(bench);
    bench_expect(bench, &old.client, "GET /wait");
    client_get(&old.client, "/again");
    bench_expect(bench, &old.client, "GET /again");
    client_get(&new.client, "/new");
    bench_expect(bench, &new.client, "GET /new");
    close_secured(bench, &old);
    client_get(&new.client, "/still");
    bench_expect(bench, &new.client, "GET /still");
    close_secured(bench, &new);
    assert_int_equal(http_server_connection_count(bench->server), 0);
}

static size_t open_descriptors(void)
{
    size_t count = 0;

    for (int descriptor = 0; descriptor < 1024; descriptor++) {
        count += fcntl(descriptor, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

static void what_served_an_old_certificate_goes_with_its_last_connection(void **state)
{
    struct http_server_bench *bench = *state;
    const struct certificate *const certificates[] = { &second, &first };
    restart(bench, 0);
    size_t before = open_descriptors();

    for (size_t i = 0; i < 20; i++) {
        struct http_server_tls next = tls_of(certificates[i % 2]);
        struct secured secured;
        open_secured(bench, &secured);
        assert_int_equal(http_server_set_tls(bench->server, &next), 0);
        assert_int_equal(http_server_set_tls(bench->server, &next), 0);
        client_get(&secured.client, "/x");
        bench_expect(bench, &secured.client, "GET /x");
        close_secured(bench, &secured);
    }

    bench_turn_idly(bench);
    assert_int_equal(open_descriptors(), before);
}

static void a_certificate_that_cannot_be_used_changes_nothing(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_tls mismatched = { .certificate = second.pem, .key = first.key_pem };
    struct http_server_tls garbled = { .certificate = "x", .key = "y" };
    struct secured secured;
    restart(bench, 0);

    assert_true(http_server_set_tls(bench->server, &mismatched) < 0);
    assert_true(http_server_set_tls(bench->server, &garbled) < 0);
    open_secured(bench, &secured);

    assert_string_equal(secured.tunnel.name, "127.0.0.1");
    client_get(&secured.client, "/x");
    bench_expect(bench, &secured.client, "GET /x");
    close_secured(bench, &secured);
}

static void a_plain_server_stays_plain(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_tls tls = tls_of(&first);
    struct client client;

    assert_true(http_server_set_tls(bench->server, &tls) < 0);
    bench_connect(bench, &client);
    client_get(&client, "/x");

    bench_expect(bench, &client, "GET /x");
    assert_false(http_server_is_secured(bench->server));
    client_close(&client);
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
        bench_test(a_handshake_that_waits_for_its_client_costs_nothing),
        bench_test(a_client_that_says_nothing_and_leaves_is_not_told_of),
        bench_test(a_handshake_in_drips_comes_about),
        bench_test(a_handshake_has_the_time_of_a_head),
        bench_test(plain_http_on_the_port_of_tls_is_closed_without_a_request),
        bench_test(a_server_stops_with_handshakes_under_way),
        bench_test(a_request_that_does_not_end_gets_a_408_through_the_session),
        bench_test(a_connection_that_says_nothing_after_its_handshake_ends_without_an_answer),
        bench_test(a_drain_ends_idle_connections_with_a_farewell),
        bench_test(a_new_certificate_is_for_new_connections_and_old_ones_go_on),
        bench_test(what_served_an_old_certificate_goes_with_its_last_connection),
        bench_test(a_certificate_that_cannot_be_used_changes_nothing),
        bench_test(a_plain_server_stays_plain),
    };

    return cmocka_run_group_tests(tests, make_certificates, NULL);
}
