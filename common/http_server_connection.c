/* SPDX-License-Identifier: MIT */
/*
 * A client's connection: what belongs to it from microhttpd's "started" to its "closed".
 */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/http_server_internal.h"
#include "common/listener.h"

struct http_connection *http_connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info != NULL ? info->socket_context : NULL;
}

void http_connection_reset(struct http_connection *connection)
{
    struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

    /* SO_LINGER would not do: microhttpd shuts the socket down before it closes it, and a FIN leaves first. */
    (void)connect(connection->descriptor, &nowhere, sizeof nowhere);
}

/* ---- the client's end ---- */

static void forget_leaving(struct http_connection *connection)
{
    if (connection->leaving_link == NULL) {
        return;
    }
    *connection->leaving_link = connection->next_leaving;
    if (connection->next_leaving != NULL) {
        connection->next_leaving->leaving_link = connection->leaving_link;
    }
    connection->leaving_link = NULL;
}

/* The client has ended its side; whether what it sent is a request shows when microhttpd has read all of it. */
static void note_leaving(struct http_connection *connection)
{
    struct http_server *server = connection->server;

    if (connection->leaving_link != NULL) {
        return;
    }
    connection->next_leaving = server->leaving;
    connection->leaving_link = &server->leaving;
    if (server->leaving != NULL) {
        server->leaving->leaving_link = &connection->next_leaving;
    }
    server->leaving = connection;
}

static bool has_unread(const struct http_connection *connection)
{
    int unread_bytes = 0;

    return ioctl(connection->descriptor, FIONREAD, &unread_bytes) == 0 && unread_bytes > 0;
}

/* microhttpd's sockets are edge-triggered, and it does not look again behind bytes that filled less than its buffer:
 * an end that came with them it would never see. */
void http_connection_end_leaving(struct http_server *server)
{
    struct http_connection *connection = server->leaving;

    while (connection != NULL) {
        struct http_connection *next = connection->next_leaving;
        if (connection->exchange != NULL && connection->exchange->state != EXCHANGE_READING) {
            forget_leaving(connection); /* what lets it write the rest of the answer tells of the end, too */
        } else if (!connection->daemon->is_due && !has_unread(connection)) {
            forget_leaving(connection);
            (void)shutdown(connection->descriptor, SHUT_RDWR); /* an event, for microhttpd */
        }
        connection = next;
    }
}

bool http_connection_send(struct http_connection *connection, struct str bytes)
{
    if (connection->tls_session != NULL) {
        return http_tls_send(connection, bytes);
    }
    ssize_t sent = send(connection->descriptor, bytes.base, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);

    return sent >= 0 && (size_t)sent == bytes.length;
}

void http_connection_end_sending(struct http_connection *connection)
{
    http_tls_say_goodbye(connection);
    (void)shutdown(connection->descriptor, SHUT_WR);
}

static void on_client_event(void *context, uint32_t events)
{
    struct http_connection *connection = context;

    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        connection->is_client_gone = true;
        note_leaving(connection);
        if (connection->exchange != NULL) {
            http_exchange_abandon(connection->exchange);
        }
    }
    http_connection_wake(connection);
}

/* ---- life ---- */

static void connection_link(struct http_server *server, struct http_connection *connection)
{
    connection->next = server->connections;
    if (server->connections != NULL) {
        server->connections->previous = connection;
    }
    server->connections = connection;
    server->connection_count++;
    connection->daemon_link = &connection->daemon->connections;
    connection->next_of_daemon = connection->daemon->connections;
    if (connection->next_of_daemon != NULL) {
        connection->next_of_daemon->daemon_link = &connection->next_of_daemon;
    }
    connection->daemon->connections = connection;
    http_daemon_note_started(connection->daemon);
}

static void connection_unlink(struct http_server *server, struct http_connection *connection)
{
    if (connection->previous != NULL) {
        connection->previous->next = connection->next;
    } else {
        server->connections = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    }
    server->connection_count--;
    *connection->daemon_link = connection->next_of_daemon;
    if (connection->next_of_daemon != NULL) {
        connection->next_of_daemon->daemon_link = connection->daemon_link;
    }
    http_daemon_remove(connection->daemon);
}

static struct http_connection *connection_new(struct http_daemon *daemon, struct MHD_Connection *mhd, int descriptor)
{
    struct http_server *server = daemon->server;
    struct http_connection *connection = calloc(1, sizeof *connection);

    if (connection == NULL) {
        return NULL;
    }
    connection->server = server;
    connection->daemon = daemon;
    connection->mhd = mhd;
    connection->descriptor = descriptor;
    connection->watch = (struct loop_watch){ .on_ready = on_client_event, .context = connection };
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info != NULL && info->client_addr != NULL) {
        listener_format_address(info->client_addr, connection->client, sizeof connection->client);
    }
    /* Edge-triggered: the event of a half-closed socket would come for ever. */
    if (loop_watch(server->loop, &connection->watch, descriptor, EPOLLIN | EPOLLRDHUP | EPOLLET) < 0) {
        free(connection);
        return NULL;
    }
    connection_link(server, connection);
    http_tls_begin(connection);
    http_deadline_start(connection);
    return connection;
}

static void connection_free(struct http_connection *connection)
{
    struct http_server *server = connection->server;

    http_exchange_end_forgotten(connection);
    http_unheard_closed(connection);
    http_deadline_stop(connection);
    forget_leaving(connection);
    http_tls_end(connection);
    loop_unwatch(server->loop, &connection->watch);
    connection_unlink(server, connection);
    free(connection);
    if (server->events->on_room != NULL) {
        server->events->on_room(server->context);
    }
}

void http_connection_on_change(void *daemon, struct MHD_Connection *mhd, void **socket_context,
                               enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info == NULL) {
            return;
        }
        *socket_context = connection_new(daemon, mhd, info->connect_fd);
        if (*socket_context == NULL) {
            (void)shutdown(info->connect_fd, SHUT_RDWR); /* nobody would ever end it: microhttpd has no timeout */
        }
    } else if (*socket_context != NULL) {
        connection_free(*socket_context);
        *socket_context = NULL;
    }
}
