/* SPDX-License-Identifier: MIT */
#include "gateway/wire_secured.h"

#include <curl/curl.h>
#include <errno.h>

#include "gateway/curl_tls.h"

struct session {
    CURL *easy;
    void (*on_closing)(void *context);
    void *context;
};

static ssize_t secured_send(struct wire_connection *connection, const char *bytes, size_t count)
{
    const struct session *session = connection->session;
    size_t sent = 0;

    CURLcode code = curl_easy_send(session->easy, bytes, count, &sent);
    if (code == CURLE_OK) {
        return (ssize_t)sent;
    }
    return code == CURLE_AGAIN ? -EAGAIN : -EPIPE;
}

static ssize_t secured_receive(struct wire_connection *connection, char *bytes, size_t size)
{
    const struct session *session = connection->session;
    size_t count = 0;

    CURLcode code = curl_easy_recv(session->easy, bytes, size, &count);
    if (code == CURLE_OK) {
        /* Its end, if nobody cut it off. */
        return count > 0 || curl_tls_has_farewell(session->easy) ? (ssize_t)count : -ECONNRESET;
    }
    return code == CURLE_AGAIN ? -EAGAIN : -ECONNRESET;
}

static void secured_close(struct wire_connection *connection)
{
    struct session *session = connection->session;

    session->on_closing(session->context);
    free(session);
}

static const struct wire_transport secured_transport = {
    .send = secured_send,
    .receive = secured_receive,
    .close = secured_close,
    .receives_records = true,
};

struct wire_connection *wire_secured_new(struct loop *loop, int descriptor, void *easy,
                                         void (*on_closing)(void *context), void *context)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL) {
        return NULL;
    }
    *session = (struct session){ .easy = easy, .on_closing = on_closing, .context = context };
    struct wire_connection *connection = wire_connection_new(loop, descriptor, &secured_transport, session);
    if (connection == NULL) {
        free(session);
    }
    return connection;
}
