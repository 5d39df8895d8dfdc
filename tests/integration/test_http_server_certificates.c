/* SPDX-License-Identifier: MIT */
/*
 * How the certificate of a server changes that has connections.
 */
#include <fcntl.h>

#include "tests/integration/http_server_tls_bench.h"
#include "tests/support/unit.h"

static void a_new_certificate_is_for_new_connections_and_old_ones_go_on(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_tls next = tls_bench_of(&tls_bench_certificates.second);
    struct secured old;
    struct secured new;
    tls_bench_restart(bench, 0);
    bench->on_request = bench_hold_what_waits;
    secured_open(bench, &old);
    client_get(&old.client, "/wait");
    bench_turn_until_held(bench, 1);

    assert_int_equal(http_server_set_tls(bench->server, &next), 0);
    secured_open(bench, &new);

    assert_string_equal(old.tunnel.name, "127.0.0.1");
    assert_string_equal(new.tunnel.name, "localhost");
    bench_answer_held(bench);
    bench_expect(bench, &old.client, "GET /wait");
    client_get(&old.client, "/again");
    bench_expect(bench, &old.client, "GET /again");
    client_get(&new.client, "/new");
    bench_expect(bench, &new.client, "GET /new");
    secured_close(bench, &old);
    client_get(&new.client, "/still");
    bench_expect(bench, &new.client, "GET /still");
    secured_close(bench, &new);
    bench_turn_until_connections(bench, 0);
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
    const struct certificate *const certificates[] = { &tls_bench_certificates.second, &tls_bench_certificates.first };
    tls_bench_restart(bench, 0);
    size_t before = open_descriptors();

    for (size_t i = 0; i < 20; i++) {
        struct http_server_tls next = tls_bench_of(certificates[i % 2]);
        struct secured secured;
        secured_open(bench, &secured);
        assert_int_equal(http_server_set_tls(bench->server, &next), 0);
        assert_int_equal(http_server_set_tls(bench->server, &next), 0);
        client_get(&secured.client, "/x");
        bench_expect(bench, &secured.client, "GET /x");
        secured_close(bench, &secured);
    }

    bench_turn_until_connections(bench, 0);
    bench_turn_idly(bench);
    assert_int_equal(open_descriptors(), before);
}

static void a_certificate_that_cannot_be_used_changes_nothing(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_tls mismatched = { .certificate = tls_bench_certificates.second.pem,
                                          .key = tls_bench_certificates.first.key_pem };
    struct http_server_tls garbled = { .certificate = "x", .key = "y" };
    struct secured secured;
    tls_bench_restart(bench, 0);

    assert_true(http_server_set_tls(bench->server, &mismatched) < 0);
    assert_true(http_server_set_tls(bench->server, &garbled) < 0);
    secured_open(bench, &secured);

    assert_string_equal(secured.tunnel.name, "127.0.0.1");
    client_get(&secured.client, "/x");
    bench_expect(bench, &secured.client, "GET /x");
    secured_close(bench, &secured);
}

static void a_plain_server_stays_plain(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_tls tls = tls_bench_of(&tls_bench_certificates.first);
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
        bench_test(a_new_certificate_is_for_new_connections_and_old_ones_go_on),
        bench_test(what_served_an_old_certificate_goes_with_its_last_connection),
        bench_test(a_certificate_that_cannot_be_used_changes_nothing),
        bench_test(a_plain_server_stays_plain),
    };

    return cmocka_run_group_tests(tests, tls_bench_make_certificates, NULL);
}
