/* SPDX-License-Identifier: MIT */
#include "gateway/wire_connection.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { EVENTS_ALWAYS = EPOLLIN | EPOLLRDHUP };

/* ---- the plain transport ---- */

static ssize_t plain_send(struct wire_connection *connection, const char *bytes, size_t count)
{
    ssize_t sent = send(connection->descriptor, bytes, count, MSG_NOSIGNAL);

    return sent < 0 ? -errno : sent;
}

static ssize_t plain_receive(struct wire_connection *connection, char *bytes, size_t size)
{
    ssize_t count = recv(connection->descriptor, bytes, size, 0);

    return count < 0 ? -errno : count;
}

static void plain_close(struct wire_connection *connection)
{
    (void)close(connection->descriptor);
}

const struct wire_transport wire_plain_transport = {
    .send = plain_send,
    .receive = plain_receive,
    .close = plain_close,
};

/* ---- life ---- */

static void ignore_events(void *context, uint32_t events)
{
    (void)context;
    (void)events;
}

struct wire_connection *wire_connection_new(struct loop *loop, int descriptor, const struct wire_transport *transport,
                                            void *session)
{
    struct wire_connection *connection = calloc(1, sizeof *connection);

    if (connection == NULL) {
        return NULL;
    }
    connection->loop = loop;
    connection->descriptor = descriptor;
    connection->transport = transport;
    connection->session = session;
    connection->watch = (struct loop_watch){ .on_ready = ignore_events };
    if (loop_watch(loop, &connection->watch, descriptor, EVENTS_ALWAYS) < 0) {
        free(connection);
        return NULL;
    }
    return connection;
}

void wire_connection_close(struct wire_connection *connection)
{
    if (connection == NULL) {
        return;
    }
    loop_unwatch(connection->loop, &connection->watch);
    connection->transport->close(connection);
    name_addresses_release(connection->addresses);
    free(connection);
}

void wire_connection_give(struct wire_connection *connection, loop_ready_fn *on_ready, void *context)
{
    connection->watch.on_ready = on_ready;
    connection->watch.context = context;
}

/* Should the kernel refuse, for want of memory, the owner's deadline ends what waits. */
void wire_connection_want_room(struct wire_connection *connection, bool wants_room)
{
    (void)!loop_rewatch(connection->loop, &connection->watch, EVENTS_ALWAYS | (wants_room ? EPOLLOUT : 0U));
}

bool wire_connection_is_quiet(const struct wire_connection *connection)
{
    char byte = 0;

    return recv(connection->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}
