/* SPDX-License-Identifier: MIT */
/*
 * What a TLS client sends right behind its last words of the handshake, so that the server reads both at once.
 *
 * The client is GnuTLS without a thread: it says nothing while the server's loop is not turned, and the other way
 * round.
 */
#include <fcntl.h>
#include <gnutls/gnutls.h>

#include "tests/integration/http_server_bench.h"
#include "tests/support/certificate.h"
#include "tests/support/unit.h"

enum { READ_BYTES = 4096 };

static struct certificate certificate;

static int make_certificate(void **state)
{
    (void)state;
    certificate_make(&certificate, &(struct certificate_wish){ .name = "127.0.0.1" });
    return 0;
}

static void restart(struct http_server_bench *bench)
{
    struct http_server_tls tls = { .certificate = certificate.pem, .key = certificate.key_pem };
    struct http_server_config config = bench_config();

    config.tls = &tls;
    bench_restart(bench, &config);
}

/* ---- a client whose every step is the test's ---- */

struct stepped {
    struct client client;
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
};

static void stepped_open(struct http_server_bench *bench, struct stepped *stepped, const char *priorities)
{
    bench_connect(bench, &stepped->client);
    int flags = fcntl(stepped->client.descriptor, F_GETFL);
    assert_int_equal(fcntl(stepped->client.descriptor, F_SETFL, flags | O_NONBLOCK), 0);
    assert_int_equal(gnutls_certificate_allocate_credentials(&stepped->credentials), 0);
    assert_int_equal(gnutls_init(&stepped->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL), 0);
    assert_int_equal(gnutls_priority_set_direct(stepped->session, priorities, NULL), 0);
    assert_int_equal(gnutls_credentials_set(stepped->session, GNUTLS_CRD_CERTIFICATE, stepped->credentials), 0);
    gnutls_transport_set_int(stepped->session, stepped->client.descriptor);
}

static void stepped_close(struct http_server_bench *bench, struct stepped *stepped)
{
    gnutls_deinit(stepped->session);
    gnutls_certificate_free_credentials(stepped->credentials);
    client_close(&stepped->client);
    bench_turn_idly(bench);
}

/* To the client's end of the handshake; in TLS 1.3 the server has not read that by then. */
static void stepped_shake(struct http_server_bench *bench, const struct stepped *stepped)
{
    int result = gnutls_handshake(stepped->session);

    while (result == GNUTLS_E_AGAIN) {
        bench_turn_briefly(bench);
        result = gnutls_handshake(stepped->session);
    }
    assert_int_equal(result, 0);
}

static void stepped_send(const struct stepped *stepped, struct str bytes)
{
    assert_int_equal(gnutls_record_send(stepped->session, bytes.base, bytes.length), bytes.length);
}

/* Until the session's end or the connection's. */
static void stepped_read(struct http_server_bench *bench, const struct stepped *stepped, struct buf *text)
{
    char bytes[READ_BYTES];
    ssize_t count = 0;

    do {
        bench_turn_briefly(bench);
        count = gnutls_record_recv(stepped->session, bytes, sizeof bytes);
        (void)buf_add(text, bytes, count > 0 ? (size_t)count : 0);
    } while (count > 0 || (count < 0 && gnutls_error_is_fatal((int)count) == 0));
}

/* ---- the tests ---- */

static const struct {
    const char *name;
    struct str request;
    const char *status; /* NULL: none, or what microhttpd has for it */
} cases[] = {
    { "no request line", STR_STATIC("garbage\r\n\r\n"), NULL },
    { "a refused request", STR_STATIC("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), "HTTP/1.1 400 " },
    { "another version", STR_STATIC("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), NULL },
    { "a good request, the last one", STR_STATIC("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
      "HTTP/1.1 200 " },
};

/* The connection is over in the same run in which its handshake ended; the next one shows if anything is left of it. */
static void a_connection_may_end_in_the_moment_in_which_its_handshake_does(void **state)
{
    static const char *const versions[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2" };
    struct http_server_bench *bench = *state;
    restart(bench);

    for (size_t i = 0; i < array_length(cases) * array_length(versions); i++) {
        const char *name = cases[i / array_length(versions)].name;
        const char *status = cases[i / array_length(versions)].status;
        cleanup_buf struct buf text;
        struct stepped stepped;
        buf_init(&text, READ_BYTES);
        stepped_open(bench, &stepped, versions[i % array_length(versions)]);
        stepped_shake(bench, &stepped);
        stepped_send(&stepped, cases[i / array_length(versions)].request);
        stepped_read(bench, &stepped, &text);

        assert_case(name, status == NULL || str_starts_with(buf_view(&text), str_of(status)));
        stepped_close(bench, &stepped);
        assert_case(name, http_server_connection_count(bench->server) == 0);
    }
    assert_false(bench_has(bench, "unsecured"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_connection_may_end_in_the_moment_in_which_its_handshake_does),
    };

    return cmocka_run_group_tests(tests, make_certificate, NULL);
}
