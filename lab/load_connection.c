/* SPDX-License-Identifier: MIT */
#include "lab/load_connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"
#include "lab/socket_error.h"

static const struct load_event nothing = { .kind = LOAD_NOTHING };

void load_connection_init(struct load_connection *connection, uint32_t index)
{
    *connection = (struct load_connection){ .state = LOAD_CLOSED, .descriptor = -1, .index = index };
}

void load_connection_close(struct load_connection *connection)
{
    if (connection->descriptor >= 0) {
        (void)close(connection->descriptor); /* which takes it out of the epoll */
    }
    connection->descriptor = -1;
    connection->generation++;
    connection->state = LOAD_CLOSED;
}

uint64_t load_connection_key(const struct load_connection *connection)
{
    return (uint64_t)connection->generation << 32 | connection->index;
}

uint32_t load_connection_key_index(uint64_t key)
{
    return (uint32_t)key;
}

static struct load_event fail(struct load_connection *connection, enum call_error error)
{
    struct load_event event = {
        .kind = LOAD_FAILED,
        .error = error,
        .is_unconnected = connection->state == LOAD_CLOSED || connection->state == LOAD_CONNECTING,
    };

    load_connection_close(connection);
    return event;
}

static int watch(const struct load_connection *connection, const struct load_link *link, int operation, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.u64 = load_connection_key(connection) };

    return epoll_ctl(link->epoll, operation, connection->descriptor, &event);
}

static struct load_event open_socket(struct load_connection *connection, const struct load_link *link)
{
    const struct load_target *target = link->target;
    int enabled = 1;

    connection->descriptor = socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->descriptor < 0) {
        return fail(connection, socket_error_of_errno(errno));
    }
    (void)setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &enabled, sizeof enabled);
    if (connect(connection->descriptor, (const struct sockaddr *)&target->address, target->address_length) < 0 &&
        errno != EINPROGRESS) {
        return fail(connection, socket_error_of_errno(errno));
    }
    if (watch(connection, link, EPOLL_CTL_ADD, EPOLLOUT) < 0) {
        return fail(connection, CALL_PROXY_INTERNAL_ERROR);
    }
    connection->state = LOAD_CONNECTING;
    return nothing;
}

/* Hands on what is left of the request. One that can take no more of it is watched for writing, too. */
static struct load_event push(struct load_connection *connection, const struct load_link *link)
{
    const struct load_target *target = link->target;
    const char *rest = target->request + (target->request_length - connection->unsent_bytes);
    bool was_cut = connection->unsent_bytes < target->request_length;
    ssize_t count = send(connection->descriptor, rest, connection->unsent_bytes, MSG_NOSIGNAL);

    if (count < 0 && errno != EAGAIN) {
        return fail(connection, load_answer_broken(&connection->answer));
    }
    connection->unsent_bytes -= count > 0 ? (size_t)count : 0;
    bool is_cut = connection->unsent_bytes > 0;
    if (is_cut == was_cut) {
        return nothing;
    }
    if (watch(connection, link, EPOLL_CTL_MOD, is_cut ? EPOLLIN | EPOLLOUT : EPOLLIN) < 0) {
        return fail(connection, CALL_PROXY_INTERNAL_ERROR);
    }
    return nothing;
}

static struct load_event write_request(struct load_connection *connection, const struct load_link *link)
{
    connection->state = LOAD_BUSY;
    connection->unsent_bytes = link->target->request_length;
    connection->request.sent_us = clock_monotonic_us();
    load_answer_begin(&connection->answer);
    return push(connection, link);
}

struct load_event load_connection_send(struct load_connection *connection, const struct load_link *link)
{
    return connection->state == LOAD_IDLE ? write_request(connection, link) : open_socket(connection, link);
}

static struct load_event on_connected(struct load_connection *connection, const struct load_link *link)
{
    int fault = 0;
    socklen_t length = sizeof fault;

    if (getsockopt(connection->descriptor, SOL_SOCKET, SO_ERROR, &fault, &length) < 0) {
        fault = errno;
    }
    if (fault != 0) {
        return fail(connection, socket_error_of_errno(fault));
    }
    if (watch(connection, link, EPOLL_CTL_MOD, EPOLLIN) < 0) {
        return fail(connection, CALL_PROXY_INTERNAL_ERROR);
    }
    return write_request(connection, link);
}

/* Keeps the connection if both sides agree to. */
static struct load_event finish(struct load_connection *connection)
{
    if (connection->answer.may_keep && connection->unsent_bytes == 0) {
        connection->state = LOAD_IDLE;
    } else {
        load_connection_close(connection);
    }
    return (struct load_event){ .kind = LOAD_ANSWERED };
}

static struct load_event receive(struct load_connection *connection, const struct load_link *link)
{
    ssize_t count = recv(connection->descriptor, link->received, LOAD_RECEIVE_BYTES, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return nothing;
    }
    if (count < 0) {
        return fail(connection, load_answer_broken(&connection->answer));
    }

    enum call_error error = count > 0 ? load_answer_take(&connection->answer, link->received, (size_t)count)
                                      : load_answer_end(&connection->answer);
    if (error != CALL_OK) {
        return fail(connection, error);
    }
    return connection->answer.is_complete ? finish(connection) : nothing;
}

struct load_event load_connection_on_ready(struct load_connection *connection, const struct load_link *link,
                                           uint32_t events)
{
    switch (connection->state) {
    case LOAD_CONNECTING:
        return on_connected(connection, link);
    case LOAD_BUSY:
        if ((events & ~(uint32_t)EPOLLOUT) == 0) {
            return push(connection, link);
        }
        return receive(connection, link); /* first: an answer that came too early may be the last thing to be had */
    case LOAD_IDLE:
        load_connection_close(connection);
        return (struct load_event){ .kind = LOAD_ENDED };
    case LOAD_CLOSED:
        break;
    }
    return nothing;
}
