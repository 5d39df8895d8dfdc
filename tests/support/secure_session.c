/* SPDX-License-Identifier: MIT */
#include "tests/support/secure_session.h"

#include <gnutls/x509.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "tests/support/unit.h"

enum { HEAD_BYTES = 16384 };

struct peer {
    struct secure_terms *terms;
    int descriptor;
};

static const char *const usual_records[] = {
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"tls\":true}",
    NULL,
};

/* ---- waiting ---- */

static bool wait_for_bytes(struct peer *peer)
{
    struct pollfd entries[2] = {
        { .fd = peer->descriptor, .events = POLLIN },
        { .fd = peer->terms->stop.descriptor, .events = POLLIN },
    };

    return poll(entries, 2, -1) > 0 && entries[1].revents == 0;
}

/* Whether to try again. */
static bool may_go_on(struct peer *peer, ssize_t result)
{
    return (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED) && wait_for_bytes(peer);
}

/* ---- the handshake ---- */

static void note_client(gnutls_session_t session, char *name, size_t size)
{
    unsigned count = 0;
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(session, &count);
    gnutls_x509_crt_t crt = NULL;

    name[0] = '\0';
    if (peers == NULL || count == 0 || gnutls_x509_crt_init(&crt) < 0) {
        return;
    }
    if (gnutls_x509_crt_import(crt, &peers[0], GNUTLS_X509_FMT_DER) < 0 ||
        gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) < 0) {
        name[0] = '\0';
    }
    gnutls_x509_crt_deinit(crt);
}

static void note_handshake(struct secure_terms *terms, gnutls_session_t session)
{
    struct secure_server_seen *seen = &terms->seen;
    size_t length = sizeof seen->name - 1;
    unsigned kind = 0;
    gnutls_datum_t protocol = { .data = NULL, .size = 0 };

    pthread_mutex_lock(&terms->lock);
    seen->handshakes++;
    seen->resumed += gnutls_session_is_resumed(session) != 0 ? 1 : 0;
    memset(seen->name, 0, sizeof seen->name);
    if (gnutls_server_name_get(session, seen->name, &length, &kind, 0) < 0) {
        seen->name[0] = '\0';
    }
    seen->protocol[0] = '\0';
    if (gnutls_alpn_get_selected_protocol(session, &protocol) == 0) {
        (void)snprintf(seen->protocol, sizeof seen->protocol, "%.*s", (int)protocol.size, (const char *)protocol.data);
    }
    (void)snprintf(seen->version, sizeof seen->version, "%s",
                   gnutls_protocol_get_name(gnutls_protocol_get_version(session)));
    note_client(session, seen->client, sizeof seen->client);
    pthread_mutex_unlock(&terms->lock);
}

static gnutls_session_t new_session(struct peer *peer)
{
    static unsigned char ours[] = "http/1.1";
    static unsigned char newer[] = "h2";
    static const gnutls_datum_t protocols[] = { { ours, sizeof ours - 1 }, { newer, sizeof newer - 1 } };
    struct secure_terms *terms = peer->terms;
    gnutls_session_t session = NULL;

    if (gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_ENABLE_EARLY_DATA) < 0) {
        return NULL;
    }
    (void)gnutls_priority_set(session, terms->priorities);
    (void)gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, terms->credentials);
    (void)gnutls_session_ticket_enable_server(session, &terms->ticket_key);
    gnutls_anti_replay_enable(session, terms->anti_replay);
    (void)gnutls_alpn_set_protocols(session, protocols, 2, 0);
    if (terms->settings->client_authority != NULL) {
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_cert(session, NULL, 0);
    }
    gnutls_transport_set_int(session, peer->descriptor);
    return session;
}

static bool shake_hands(struct peer *peer, gnutls_session_t session)
{
    int result = gnutls_handshake(session);

    while (result < 0 && (gnutls_error_is_fatal(result) == 0 ? may_go_on(peer, GNUTLS_E_AGAIN) : false)) {
        result = gnutls_handshake(session);
    }
    if (result == GNUTLS_E_SUCCESS) {
        note_handshake(peer->terms, session);
        return true;
    }
    (void)gnutls_alert_send_appropriate(session, result);
    return false;
}

/* ---- requests ---- */

static void note_bytes(struct secure_terms *terms, size_t bytes, size_t early, bool is_request)
{
    pthread_mutex_lock(&terms->lock);
    terms->seen.bytes += bytes;
    terms->seen.early_bytes += early;
    terms->seen.requests += is_request ? 1 : 0;
    pthread_mutex_unlock(&terms->lock);
}

/* A head's bytes; false: there is none. */
static bool read_head(struct peer *peer, gnutls_session_t session)
{
    char head[HEAD_BYTES + 1];
    size_t length = 0;

    while (length < HEAD_BYTES) {
        ssize_t count = gnutls_record_recv(session, head + length, HEAD_BYTES - length);
        if (count < 0 && may_go_on(peer, count)) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        length += (size_t)count;
        head[length] = '\0';
        bool is_whole = strstr(head, "\r\n\r\n") != NULL;
        note_bytes(peer->terms, (size_t)count, 0, is_whole);
        if (is_whole) {
            return true;
        }
    }
    return false;
}

static bool answer(struct peer *peer, gnutls_session_t session)
{
    const struct secure_server_settings *settings = peer->terms->settings;
    const char *const *record = settings->records != NULL ? settings->records : usual_records;
    int cork = 1;

    if (settings->sends_in_one_segment) {
        (void)setsockopt(peer->descriptor, IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
    }
    for (; *record != NULL; record++) {
        ssize_t count = gnutls_record_send(session, *record, strlen(*record));
        while (count == GNUTLS_E_AGAIN || count == GNUTLS_E_INTERRUPTED) {
            count = gnutls_record_send(session, NULL, 0);
        }
        if (count < 0) {
            return false;
        }
    }
    cork = 0;
    if (settings->sends_in_one_segment) {
        (void)setsockopt(peer->descriptor, IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
    }
    return true;
}

/* True: the client would rather not. */
static bool ask_anew(struct peer *peer, gnutls_session_t session)
{
    char byte = 0;

    if (gnutls_rehandshake(session) < 0) {
        return false;
    }
    ssize_t count = gnutls_record_recv(session, &byte, 1);
    while (count < 0 && may_go_on(peer, count)) {
        count = gnutls_record_recv(session, &byte, 1);
    }
    pthread_mutex_lock(&peer->terms->lock);
    peer->terms->seen.renewed += count == GNUTLS_E_REHANDSHAKE ? 1 : 0;
    pthread_mutex_unlock(&peer->terms->lock);
    return count == GNUTLS_E_WARNING_ALERT_RECEIVED && gnutls_alert_get(session) == GNUTLS_A_NO_RENEGOTIATION;
}

static bool serve_one(struct peer *peer, gnutls_session_t session)
{
    bool asks_anew = peer->terms->settings->asks_anew;

    return read_head(peer, session) && (!asks_anew || ask_anew(peer, session)) && answer(peer, session);
}

void secure_session_serve(struct secure_terms *terms, int descriptor)
{
    struct peer peer = { .terms = terms, .descriptor = descriptor };
    enum secure_server_end end = terms->settings->end;
    gnutls_session_t session = new_session(&peer);
    char early[256];

    if (session == NULL) {
        return;
    }
    if (shake_hands(&peer, session)) {
        ssize_t count = gnutls_record_recv_early_data(session, early, sizeof early);
        note_bytes(terms, 0, count > 0 ? (size_t)count : 0, false);
        while (serve_one(&peer, session) && end == SECURE_SERVER_KEEPS) {
        }
        if (end != SECURE_SERVER_IS_CUT_OFF) {
            (void)gnutls_bye(session, GNUTLS_SHUT_WR);
        }
    }
    gnutls_deinit(session);
}

/* ---- terms ---- */

static void must(int result)
{
    if (result < 0) {
        fail_msg("GnuTLS: %s", gnutls_strerror(result));
    }
}

static void set_up_tls(struct secure_terms *terms)
{
    const struct secure_server_settings *settings = terms->settings;

    if (settings->certificate == NULL) {
        return;
    }
    gnutls_datum_t pem = { (unsigned char *)(uintptr_t)settings->certificate->pem,
                           (unsigned)strlen(settings->certificate->pem) };
    gnutls_datum_t key = { (unsigned char *)(uintptr_t)settings->certificate->key_pem,
                           (unsigned)strlen(settings->certificate->key_pem) };
    must(gnutls_certificate_allocate_credentials(&terms->credentials));
    must(gnutls_certificate_set_x509_key_mem(terms->credentials, &pem, &key, GNUTLS_X509_FMT_PEM));
    if (settings->client_authority != NULL) {
        gnutls_datum_t authority = { (unsigned char *)(uintptr_t)settings->client_authority->pem,
                                     (unsigned)strlen(settings->client_authority->pem) };
        must(gnutls_certificate_set_x509_trust_mem(terms->credentials, &authority, GNUTLS_X509_FMT_PEM));
    }
    must(
        gnutls_priority_init(&terms->priorities, settings->priorities != NULL ? settings->priorities : "NORMAL", NULL));
    must(gnutls_session_ticket_key_generate(&terms->ticket_key));
    must(gnutls_anti_replay_init(&terms->anti_replay));
}

void secure_terms_init(struct secure_terms *terms, const struct secure_server_settings *settings)
{
    *terms = (struct secure_terms){ .settings = settings };
    pthread_mutex_init(&terms->lock, NULL);
    gate_init(&terms->stop);
    set_up_tls(terms);
}

void secure_terms_clear(struct secure_terms *terms)
{
    if (terms->credentials != NULL) {
        gnutls_certificate_free_credentials(terms->credentials);
        gnutls_priority_deinit(terms->priorities);
        gnutls_anti_replay_deinit(terms->anti_replay);
        gnutls_free(terms->ticket_key.data);
    }
    gate_clear(&terms->stop);
    pthread_mutex_destroy(&terms->lock);
}
