/* SPDX-License-Identifier: MIT */
#include "tests/support/tls_tunnel.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/unit.h"

enum { PIECE_BYTES = 16384 };

/* ---- the handshake ---- */

static void note_name(struct tls_tunnel *tunnel)
{
    unsigned count = 0;
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(tunnel->session, &count);
    size_t size = sizeof tunnel->name;
    gnutls_x509_crt_t crt = NULL;

    if (peers == NULL || count == 0 || gnutls_x509_crt_init(&crt) < 0) {
        return;
    }
    if (gnutls_x509_crt_import(crt, &peers[0], GNUTLS_X509_FMT_DER) < 0 ||
        gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, tunnel->name, &size) < 0) {
        tunnel->name[0] = '\0';
    }
    gnutls_x509_crt_deinit(crt);
}

static void shake_hands(struct tls_tunnel *tunnel)
{
    gnutls_session_t session = tunnel->session;
    gnutls_datum_t protocol = { .data = NULL, .size = 0 };
    int result = gnutls_handshake(session);

    while (result < 0 && gnutls_error_is_fatal(result) == 0) {
        result = gnutls_handshake(session);
    }
    tunnel->handshake_error = result;
    if (result == 0) {
        (void)snprintf(tunnel->version, sizeof tunnel->version, "%s",
                       gnutls_protocol_get_name(gnutls_protocol_get_version(session)));
        if (gnutls_alpn_get_selected_protocol(session, &protocol) == 0) {
            (void)snprintf(tunnel->protocol, sizeof tunnel->protocol, "%.*s", (int)protocol.size,
                           (const char *)protocol.data);
        }
        note_name(tunnel);
    } else {
        (void)gnutls_alert_send_appropriate(session, result);
    }
    gate_open(&tunnel->is_shaken);
}

/* ---- bytes ---- */

static bool send_all(struct tls_tunnel *tunnel, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = gnutls_record_send(tunnel->session, bytes, count);
        if (sent == GNUTLS_E_INTERRUPTED || sent == GNUTLS_E_AGAIN) {
            continue;
        }
        if (sent < 0) {
            return false;
        }
        bytes += sent;
        count -= (size_t)sent;
    }
    return true;
}

/* False: the client has no more. */
static bool carry_up(struct tls_tunnel *tunnel)
{
    char bytes[PIECE_BYTES];
    ssize_t count = recv(tunnel->client, bytes, sizeof bytes, 0);

    if (count > 0) {
        return send_all(tunnel, bytes, (size_t)count);
    }
    (void)gnutls_bye(tunnel->session, GNUTLS_SHUT_WR);
    (void)shutdown(tunnel->server, SHUT_WR);
    return false;
}

/* False: the server has no more. */
static bool carry_down(struct tls_tunnel *tunnel)
{
    char bytes[PIECE_BYTES];

    do {
        ssize_t count = gnutls_record_recv(tunnel->session, bytes, sizeof bytes);
        if (count < 0 && gnutls_error_is_fatal((int)count) == 0) {
            continue;
        }
        if (count <= 0) {
            tunnel->had_farewell = count == 0;
            (void)shutdown(tunnel->client, SHUT_WR);
            return false;
        }
        (void)send(tunnel->client, bytes, (size_t)count, MSG_NOSIGNAL);
    } while (gnutls_record_check_pending(tunnel->session) > 0);
    return true;
}

static void carry(struct tls_tunnel *tunnel)
{
    struct pollfd entries[2] = {
        { .fd = tunnel->client, .events = POLLIN },
        { .fd = tunnel->server, .events = POLLIN },
    };

    while ((entries[0].fd >= 0 || entries[1].fd >= 0) && poll(entries, 2, -1) > 0) {
        if (entries[0].revents != 0 && !carry_up(tunnel)) {
            entries[0].fd = -1;
        }
        if (entries[1].revents != 0 && !carry_down(tunnel)) {
            entries[1].fd = -1;
        }
    }
}

static void *run(void *context)
{
    struct tls_tunnel *tunnel = context;

    shake_hands(tunnel);
    if (tunnel->handshake_error == 0) {
        carry(tunnel);
    }
    (void)shutdown(tunnel->client, SHUT_RDWR);
    (void)shutdown(tunnel->server, SHUT_RDWR);
    gate_open(&tunnel->is_over);
    return NULL;
}

/* ---- life ---- */

static void must(int result)
{
    if (result < 0) {
        fail_msg("GnuTLS: %s", gnutls_strerror(result));
    }
}

static void make_session(struct tls_tunnel *tunnel)
{
    static unsigned char name[] = "http/1.1";
    static const gnutls_datum_t protocol = { name, sizeof name - 1 };
    const struct tls_tunnel_settings *settings = tunnel->settings;
    gnutls_certificate_credentials_t credentials = NULL;
    gnutls_session_t session = NULL;

    must(gnutls_certificate_allocate_credentials(&credentials));
    must(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL));
    must(gnutls_priority_set_direct(session, settings->priorities != NULL ? settings->priorities : "NORMAL", NULL));
    must(gnutls_alpn_set_protocols(session, &protocol, 1, 0));
    if (settings->authority != NULL) {
        gnutls_datum_t pem = { (unsigned char *)(uintptr_t)settings->authority->pem,
                               (unsigned)strlen(settings->authority->pem) };
        must(gnutls_certificate_set_x509_trust_mem(credentials, &pem, GNUTLS_X509_FMT_PEM));
        gnutls_session_set_verify_cert(session, "127.0.0.1", 0);
    }
    must(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials));
    gnutls_transport_set_int(session, tunnel->server);
    tunnel->credentials = credentials;
    tunnel->session = session;
}

void tls_tunnel_open(struct tls_tunnel *tunnel, struct client *client, uint16_t port,
                     const struct tls_tunnel_settings *settings)
{
    client_open(client, port);
    tls_tunnel_start(tunnel, client, settings);
}

void tls_tunnel_start(struct tls_tunnel *tunnel, struct client *client, const struct tls_tunnel_settings *settings)
{
    int ends[2];

    *tunnel = (struct tls_tunnel){ .settings = settings };
    tunnel->server = client->descriptor;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    client->descriptor = ends[0];
    tunnel->client = ends[1];
    gate_init(&tunnel->is_shaken);
    gate_init(&tunnel->is_over);
    make_session(tunnel);
    assert_int_equal(pthread_create(&tunnel->thread, NULL, run, tunnel), 0);
}

int tls_tunnel_wait(const struct tls_tunnel *tunnel)
{
    assert_true(gate_wait(&tunnel->is_shaken, TEST_PATIENCE_MS));
    return tunnel->handshake_error;
}

void tls_tunnel_close(struct tls_tunnel *tunnel)
{
    (void)shutdown(tunnel->server, SHUT_WR);
    (void)pthread_join(tunnel->thread, NULL);
    gnutls_deinit(tunnel->session);
    gnutls_certificate_free_credentials(tunnel->credentials);
    gate_clear(&tunnel->is_shaken);
    gate_clear(&tunnel->is_over);
    (void)close(tunnel->server);
    (void)close(tunnel->client);
}
