/* SPDX-License-Identifier: MIT */
/*
 * TLS towards clients: microhttpd's own, by GnuTLS, and what it leaves open.
 *
 * microhttpd forgets, in its epoll mode, that a handshake found its socket empty: it calls itself ready, and is run
 * again and again until the client's next byte. So GnuTLS reads through a function of ours, and a connection whose
 * handshake found nothing rests, suspended, until our own watch of its socket wakes it (http_server_rest.c has the
 * same for other reasons). It is suspended between two runs of its daemon, which is not among the uses that microhttpd
 * documents; what it does then is the same as within a handler.
 *
 * A bare 408 goes through the session, and so does a farewell (RFC 8446 §6.1) before a connection is shut down.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/http_server_internal.h"

/* A header, an explicit nonce, an alert and its tag, or in 1.3 the alert's type and no nonce: RFC 5288, RFC 8446 §5.2.
 */
enum { FAREWELL_BYTES_AT_MOST = 5 + 8 + 2 + 16 };

/* TLS 1.3, and of 1.2 what keeps the past secret and authenticates what it encrypts. */
static const char priorities[] = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-SHA1:-AES-128-CBC:"
                                 "-AES-256-CBC:%SERVER_PRECEDENCE";

/* ---- the certificate ---- */

void http_tls_clear(struct http_tls *tls)
{
    if (tls->key != NULL) {
        explicit_bzero(tls->key, strlen(tls->key));
    }
    free(take_pointer(tls->certificate));
    free(take_pointer(tls->key));
}

int http_tls_copy(struct http_tls *tls, const struct http_server_tls *from)
{
    struct http_tls copy = { .certificate = strdup(from->certificate), .key = strdup(from->key) };

    if (copy.certificate == NULL || copy.key == NULL) {
        http_tls_clear(&copy);
        return -ENOMEM;
    }
    *tls = copy;
    return 0;
}

bool http_tls_is(const struct http_tls *tls, const struct http_server_tls *other)
{
    return tls->certificate != NULL && strcmp(tls->certificate, other->certificate) == 0 &&
           strcmp(tls->key, other->key) == 0;
}

unsigned http_tls_options(const struct http_server *server, struct MHD_OptionItem *items)
{
    const struct http_tls *tls = &server->tls;

    if (tls->certificate == NULL) {
        items[0] = (struct MHD_OptionItem){ .option = MHD_OPTION_END };
        return 0;
    }
    items[0] = (struct MHD_OptionItem){ .option = MHD_OPTION_HTTPS_MEM_CERT, .ptr_value = tls->certificate };
    items[1] = (struct MHD_OptionItem){ .option = MHD_OPTION_HTTPS_MEM_KEY, .ptr_value = tls->key };
    items[2] = (struct MHD_OptionItem){ .option = MHD_OPTION_HTTPS_PRIORITIES, .ptr_value = without_const(priorities) };
    items[3] = (struct MHD_OptionItem){ .option = MHD_OPTION_END };
    return MHD_USE_TLS;
}

/* ---- what GnuTLS reads ---- */

static ssize_t on_pull(gnutls_transport_ptr_t context, void *bytes, size_t size)
{
    struct http_connection *connection = context;
    ssize_t count = recv(connection->descriptor, bytes, size, 0);

    connection->has_found_nothing = count < 0 && errno == EAGAIN;
    connection->pulled_bytes += count > 0 ? (uint64_t)count : 0;
    return count;
}

static int on_pull_timeout(gnutls_transport_ptr_t context, unsigned timeout_ms)
{
    const struct http_connection *connection = context;
    struct pollfd entry = { .fd = connection->descriptor, .events = POLLIN };

    (void)timeout_ms; /* nobody may hold the loop */
    return poll(&entry, 1, 0);
}

/* ---- the handshake ---- */

/* The client's Finished is the last that a handshake needs of it. */
static int on_finished(gnutls_session_t session, unsigned type, unsigned when, unsigned is_incoming,
                       const gnutls_datum_t *message)
{
    struct http_connection *connection = http_connection_of(gnutls_session_get_ptr(session));

    (void)type;
    (void)when;
    (void)message;
    if (is_incoming != 0 && connection != NULL && !connection->is_secured) {
        connection->is_secured = true;
        connection->handshake_bytes = connection->pulled_bytes;
    }
    return 0;
}

static void link_handshake(struct http_connection *connection)
{
    connection->next_handshake = connection->daemon->handshakes;
    connection->daemon->handshakes = connection;
}

void http_tls_begin(struct http_connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    if (connection->server->tls.certificate == NULL || info == NULL || info->tls_session == NULL) {
        return;
    }
    gnutls_session_t session = info->tls_session;
    gnutls_transport_ptr_t receives = NULL;
    gnutls_transport_ptr_t sends = NULL;
    connection->tls_session = session;
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST, on_finished);
    gnutls_transport_get_ptr2(session, &receives, &sends);
    gnutls_transport_set_ptr2(session, connection, sends);
    gnutls_transport_set_pull_function(session, on_pull);
    gnutls_transport_set_pull_timeout_function(session, on_pull_timeout);
    link_handshake(connection);
}

static void unlink_handshake(struct http_connection *connection)
{
    struct http_connection **link = &connection->daemon->handshakes;

    while (*link != NULL && *link != connection) {
        link = &(*link)->next_handshake;
    }
    if (*link != NULL) {
        *link = connection->next_handshake;
    }
}

void http_tls_rest_handshakes(struct http_daemon *daemon)
{
    struct http_connection **link = &daemon->handshakes;

    while (*link != NULL && !daemon->server->is_stopping) {
        struct http_connection *connection = *link;
        if (connection->is_secured) {
            *link = connection->next_handshake;
            continue;
        }
        if (connection->has_found_nothing && !connection->is_resting && connection->exchange == NULL) {
            http_connection_rest(connection);
        }
        link = &connection->next_handshake;
    }
}

static const char *failure_of(const struct http_connection *connection)
{
    if (connection->is_ended) {
        return "it took too long";
    }
    return connection->is_client_gone ? "the client ended it" : "it was none, or had nothing in common with ours";
}

/* One that said nothing at all wanted to know if somebody is there. */
void http_tls_end(struct http_connection *connection)
{
    const struct http_server *server = connection->server;

    if (connection->tls_session == NULL) {
        return;
    }
    unlink_handshake(connection); /* also where the handshake was completed in the very run that closes it */
    if (connection->is_secured) {
        return;
    }
    if (server->events->on_handshake_failed != NULL && !server->is_stopping && connection->pulled_bytes > 0) {
        server->events->on_handshake_failed(server->context, str_of(connection->client), failure_of(connection));
    }
}

/* ---- a session ---- */

bool http_tls_has_request_bytes(const struct http_connection *connection)
{
    return connection->is_secured && connection->pulled_bytes > connection->handshake_bytes;
}

/* A farewell is a record, too. */
bool http_tls_has_sent_more(const struct http_connection *connection)
{
    uint64_t known_bytes = connection->is_kept ? connection->requests_pulled_bytes : connection->handshake_bytes;

    return connection->is_secured && connection->pulled_bytes > known_bytes + FAREWELL_BYTES_AT_MOST;
}

size_t http_tls_pending_bytes(const struct http_connection *connection)
{
    return connection->tls_session != NULL ? gnutls_record_check_pending(connection->tls_session) : 0;
}

bool http_tls_send(struct http_connection *connection, struct str bytes)
{
    return connection->is_secured &&
           gnutls_record_send(connection->tls_session, bytes.base, bytes.length) == (ssize_t)bytes.length;
}

void http_tls_say_goodbye(struct http_connection *connection)
{
    if (connection->is_secured) {
        (void)gnutls_bye(connection->tls_session, GNUTLS_SHUT_WR);
    }
}
