/* SPDX-License-Identifier: MIT */
#include "tests/support/scripted_server.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/buf.h"
#include "tests/support/bare_socket.h"
#include "tests/support/unit.h"

enum { REQUESTS_AT_MOST = 256, CONNECTIONS_AT_MOST = 256, REQUEST_BYTES = 4 * 1024 * 1024, BACKLOG = 128 };

struct scripted_connection {
    struct scripted_server *server;
    int descriptor;
    pthread_t thread;
};

struct scripted_server {
    const struct scripted_step *steps;
    size_t step_count;
    int listening_descriptor;
    uint16_t port;
    struct gate stopping;
    pthread_t acceptor;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t has_news;
    struct scripted_connection connections[CONNECTIONS_AT_MOST];
    size_t connection_count;
    size_t ended_count; /* of those that the client ended */
    char *requests[REQUESTS_AT_MOST];
    size_t request_count;
};

/* ---- waiting, in a connection's thread ---- */

/* Until it can be read from; false: the server stops. */
static bool wait_readable(const struct scripted_server *server, int descriptor)
{
    struct pollfd entries[] = {
        { .fd = server->stopping.descriptor, .events = POLLIN },
        { .fd = descriptor, .events = POLLIN },
    };

    return poll(entries, array_length(entries), TEST_PATIENCE_MS) > 0 && entries[0].revents == 0;
}

static bool wait_for_gate(const struct scripted_server *server, const struct gate *gate)
{
    return gate == NULL || wait_readable(server, gate->descriptor);
}

static void note_end(struct scripted_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->ended_count++;
    pthread_cond_broadcast(&server->has_news);
    pthread_mutex_unlock(&server->lock);
}

/* ---- a request ---- */

static size_t body_length(struct str head)
{
    static const char name[] = "\r\ncontent-length:";
    uint64_t length = 0;

    for (size_t i = 0; i + sizeof name - 1 < head.length; i++) {
        if (strncasecmp(head.base + i, name, sizeof name - 1) == 0) {
            struct str value = str_from(head, i + sizeof name - 1);
            value.length = str_find(value, '\r');
            return str_to_number(str_trim(value), REQUEST_BYTES, &length) == 0 ? (size_t)length : 0;
        }
    }
    return 0;
}

static bool is_whole_request(struct str bytes)
{
    const char *end = bytes.length > 0 ? memmem(bytes.base, bytes.length, "\r\n\r\n", 4) : NULL;

    if (end == NULL) {
        return false;
    }
    size_t head_length = (size_t)(end - bytes.base) + 4;
    return bytes.length >= head_length + body_length((struct str){ bytes.base, head_length });
}

static const struct scripted_step *next_step(struct scripted_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t index = server->request_count;
    pthread_mutex_unlock(&server->lock);
    return &server->steps[index < server->step_count ? index : server->step_count - 1];
}

static bool is_enough(struct scripted_server *server, struct str bytes)
{
    size_t request_bytes = next_step(server)->request_bytes;

    return (request_bytes > 0 && bytes.length >= request_bytes) || is_whole_request(bytes);
}

/* False: the connection has ended, or the server stops. */
static bool read_request(struct scripted_connection *connection, struct buf *request)
{
    char bytes[4096];

    buf_reset(request);
    while (!is_enough(connection->server, buf_view(request))) {
        if (!wait_readable(connection->server, connection->descriptor)) {
            return false;
        }
        ssize_t count = recv(connection->descriptor, bytes, sizeof bytes, 0);
        if (count <= 0) {
            note_end(connection->server);
            return false;
        }
        (void)buf_add(request, bytes, (size_t)count);
    }
    return true;
}

/* The step that answers it. */
static const struct scripted_step *note_request(struct scripted_server *server, const struct buf *request)
{
    pthread_mutex_lock(&server->lock);
    size_t index = server->request_count;
    if (index < REQUESTS_AT_MOST) {
        server->requests[index] = strndup(request->base, request->length);
        server->request_count++;
    }
    pthread_cond_broadcast(&server->has_news);
    pthread_mutex_unlock(&server->lock);
    return &server->steps[index < server->step_count ? index : server->step_count - 1];
}

/* ---- its answer ---- */

static void send_all(int descriptor, struct str bytes)
{
    while (bytes.length > 0) {
        ssize_t count = send(descriptor, bytes.base, bytes.length, MSG_NOSIGNAL);
        if (count <= 0) {
            return;
        }
        bytes = str_from(bytes, (size_t)count);
    }
}

/* Until the client's system has all of it, or has reset the connection; it is there for the client's next look at the
 * socket. */
static void wait_until_arrived(int descriptor)
{
    struct pollfd entry = { .fd = descriptor };
    int unsent_bytes = 1;

    for (int i = 0; i < TEST_PATIENCE_MS && unsent_bytes > 0; i++) {
        if (ioctl(descriptor, SIOCOUTQ, &unsent_bytes) < 0 || poll(&entry, 1, unsent_bytes > 0 ? 1 : 0) > 0) {
            return;
        }
    }
}

static void send_answer(int descriptor, const struct scripted_step *step)
{
    cleanup_buf struct buf good;

    buf_init(&good, REQUEST_BYTES);
    if (step->json == NULL) {
        struct str bytes = { step->bytes, step->length };
        send_all(descriptor, step->length > 0 ? bytes : str_of(step->bytes));
        return;
    }
    (void)buf_add_format(&good, SCRIPTED_OK_HEAD "Content-Length: %zu\r\n\r\n%s", strlen(step->json), step->json);
    send_all(descriptor, buf_view(&good));
}

static void hold(struct scripted_connection *connection)
{
    char bytes[4096];

    while (wait_readable(connection->server, connection->descriptor)) {
        if (recv(connection->descriptor, bytes, sizeof bytes, 0) <= 0) {
            note_end(connection->server);
            return;
        }
    }
}

static void flood(struct scripted_connection *connection, const struct scripted_step *step)
{
    static const char stray[64 * 1024];

    if (!wait_for_gate(connection->server, step->before_stray)) {
        return;
    }
    while (send(connection->descriptor, stray, sizeof stray, MSG_NOSIGNAL) > 0) {
    }
    note_end(connection->server);
}

static void end_and_tell(int descriptor, struct gate *ended)
{
    (void)shutdown(descriptor, SHUT_WR);
    wait_until_arrived(descriptor);
    gate_open(ended);
}

/* False: the connection is over. */
static bool play(struct scripted_connection *connection, const struct scripted_step *step)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    if (!wait_for_gate(connection->server, step->before)) {
        return false;
    }
    send_answer(connection->descriptor, step);
    if (step->stray != NULL && wait_for_gate(connection->server, step->before_stray)) {
        send_all(connection->descriptor, str_of(step->stray));
        wait_until_arrived(connection->descriptor);
        if (step->stray_sent != NULL) {
            gate_open(step->stray_sent);
        }
    }
    if (step->after == SCRIPTED_HOLD) {
        hold(connection);
    } else if (step->after == SCRIPTED_STALL) {
        (void)wait_for_gate(connection->server, &connection->server->stopping);
    } else if (step->after == SCRIPTED_FLOOD) {
        flood(connection, step);
    } else if (step->after == SCRIPTED_RESET) {
        (void)setsockopt(connection->descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    } else if (step->after == SCRIPTED_CLOSE && step->ended != NULL) {
        end_and_tell(connection->descriptor, step->ended);
    }
    return step->after == SCRIPTED_KEEP;
}

static void *serve(void *context)
{
    struct scripted_connection *connection = context;
    cleanup_buf struct buf request;
    bool goes_on = true;

    buf_init(&request, REQUEST_BYTES);
    while (goes_on && read_request(connection, &request)) {
        goes_on = play(connection, note_request(connection->server, &request));
    }
    (void)close(connection->descriptor);
    return NULL;
}

/* ---- connections ---- */

static void add_connection(struct scripted_server *server, int descriptor)
{
    int one = 1;

    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    pthread_mutex_lock(&server->lock);
    struct scripted_connection *connection = &server->connections[server->connection_count];
    connection->server = server;
    connection->descriptor = descriptor;
    if (pthread_create(&connection->thread, NULL, serve, connection) == 0) {
        server->connection_count++;
    } else {
        (void)close(descriptor);
    }
    pthread_cond_broadcast(&server->has_news);
    pthread_mutex_unlock(&server->lock);
}

static void *accept_all(void *context)
{
    struct scripted_server *server = context;

    for (size_t i = 0; i < CONNECTIONS_AT_MOST; i++) {
        struct pollfd entries[] = {
            { .fd = server->stopping.descriptor, .events = POLLIN },
            { .fd = server->listening_descriptor, .events = POLLIN },
        };
        (void)poll(entries, array_length(entries), -1);
        if (entries[0].revents != 0) {
            return NULL;
        }
        int descriptor = accept4(server->listening_descriptor, NULL, NULL, SOCK_CLOEXEC);
        if (descriptor >= 0) {
            add_connection(server, descriptor);
        }
    }
    return NULL;
}

/* ---- life ---- */

struct scripted_server *scripted_server_start(const struct scripted_step *steps, size_t count)
{
    struct scripted_server *server = calloc(1, sizeof *server);
    pthread_condattr_t attributes;

    assert_non_null(server);
    server->steps = steps;
    server->step_count = count;
    gate_init(&server->stopping);
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->has_news, &attributes);
    pthread_condattr_destroy(&attributes);
    server->listening_descriptor = bare_socket_listen(0, BACKLOG, &server->port);
    assert_int_equal(pthread_create(&server->acceptor, NULL, accept_all, server), 0);
    return server;
}

void scripted_server_stop(struct scripted_server *server)
{
    if (server == NULL) {
        return;
    }
    gate_open(&server->stopping);
    (void)pthread_join(server->acceptor, NULL);
    for (size_t i = 0; i < server->connection_count; i++) {
        (void)pthread_join(server->connections[i].thread, NULL);
    }
    for (size_t i = 0; i < server->request_count; i++) {
        free(server->requests[i]);
    }
    (void)close(server->listening_descriptor);
    gate_clear(&server->stopping);
    pthread_cond_destroy(&server->has_news);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

/* ---- what it saw ---- */

uint16_t scripted_server_port(const struct scripted_server *server)
{
    return server->port;
}

static size_t read_count(struct scripted_server *server, const size_t *count)
{
    pthread_mutex_lock(&server->lock);
    size_t value = *count;
    pthread_mutex_unlock(&server->lock);
    return value;
}

size_t scripted_server_connection_count(struct scripted_server *server)
{
    return read_count(server, &server->connection_count);
}

size_t scripted_server_request_count(struct scripted_server *server)
{
    return read_count(server, &server->request_count);
}

static void wait_for_count(struct scripted_server *server, const size_t *count, size_t wanted, const char *what)
{
    struct timespec moment = gate_moment_after(TEST_PATIENCE_MS);
    int code = 0;

    pthread_mutex_lock(&server->lock);
    while (*count < wanted && code == 0) {
        code = pthread_cond_timedwait(&server->has_news, &server->lock, &moment);
    }
    size_t seen = *count;
    pthread_mutex_unlock(&server->lock);
    if (seen < wanted) {
        fail_msg("%zu %s instead of %zu", seen, what, wanted);
    }
}

void scripted_server_wait_for_requests(struct scripted_server *server, size_t count)
{
    wait_for_count(server, &server->request_count, count, "requests");
}

void scripted_server_wait_for_ends(struct scripted_server *server, size_t count)
{
    wait_for_count(server, &server->ended_count, count, "connections that the client ended");
}

const char *scripted_server_request(struct scripted_server *server, size_t index)
{
    scripted_server_wait_for_requests(server, index + 1);
    pthread_mutex_lock(&server->lock);
    const char *request = server->requests[index];
    pthread_mutex_unlock(&server->lock);
    return request;
}
