/* SPDX-License-Identifier: MIT */
#include "tests/support/scripted_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/bare_socket.h"
#include "tests/support/scripted_connection.h"
#include "tests/support/unit.h"

enum { CONNECTIONS_AT_MOST = 256, BACKLOG = 128 };

struct scripted_server {
    struct scripted_terms terms;
    int listening_descriptor;
    uint16_t port;
    pthread_t acceptor;
    struct scripted_connection connections[CONNECTIONS_AT_MOST]; /* under the terms' lock, as is their count */
    size_t connection_count;
};

/* ---- connections ---- */

static void add_connection(struct scripted_server *server, int descriptor)
{
    int one = 1;

    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    pthread_mutex_lock(&server->terms.lock);
    struct scripted_connection *connection = &server->connections[server->connection_count];
    connection->terms = &server->terms;
    connection->descriptor = descriptor;
    if (pthread_create(&connection->thread, NULL, scripted_connection_serve, connection) == 0) {
        server->connection_count++;
    } else {
        (void)close(descriptor);
    }
    pthread_cond_broadcast(&server->terms.has_news);
    pthread_mutex_unlock(&server->terms.lock);
}

static void *accept_all(void *context)
{
    struct scripted_server *server = context;

    for (size_t i = 0; i < CONNECTIONS_AT_MOST; i++) {
        struct pollfd entries[] = {
            { .fd = server->terms.stopping.descriptor, .events = POLLIN },
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

    assert_non_null(server);
    scripted_terms_init(&server->terms, steps, count);
    server->listening_descriptor = bare_socket_listen(0, BACKLOG, &server->port);
    assert_int_equal(pthread_create(&server->acceptor, NULL, accept_all, server), 0);
    return server;
}

void scripted_server_stop(struct scripted_server *server)
{
    if (server == NULL) {
        return;
    }
    gate_open(&server->terms.stopping);
    (void)pthread_join(server->acceptor, NULL);
    for (size_t i = 0; i < server->connection_count; i++) {
        (void)pthread_join(server->connections[i].thread, NULL);
    }
    (void)close(server->listening_descriptor);
    scripted_terms_clear(&server->terms);
    free(server);
}

/* ---- what it saw ---- */

uint16_t scripted_server_port(const struct scripted_server *server)
{
    return server->port;
}

static size_t read_count(struct scripted_server *server, const size_t *count)
{
    pthread_mutex_lock(&server->terms.lock);
    size_t value = *count;
    pthread_mutex_unlock(&server->terms.lock);
    return value;
}

size_t scripted_server_connection_count(struct scripted_server *server)
{
    return read_count(server, &server->connection_count);
}

size_t scripted_server_request_count(struct scripted_server *server)
{
    return read_count(server, &server->terms.request_count);
}

static void wait_for_count(struct scripted_server *server, const size_t *count, size_t wanted, const char *what)
{
    struct timespec moment = gate_moment_after(TEST_PATIENCE_MS);
    int code = 0;

    pthread_mutex_lock(&server->terms.lock);
    while (*count < wanted && code == 0) {
        code = pthread_cond_timedwait(&server->terms.has_news, &server->terms.lock, &moment);
    }
    size_t seen = *count;
    pthread_mutex_unlock(&server->terms.lock);
    if (seen < wanted) {
        fail_msg("%zu %s instead of %zu", seen, what, wanted);
    }
}

void scripted_server_wait_for_requests(struct scripted_server *server, size_t count)
{
    wait_for_count(server, &server->terms.request_count, count, "requests");
}

void scripted_server_wait_for_ends(struct scripted_server *server, size_t count)
{
    wait_for_count(server, &server->terms.ended_count, count, "connections that the client ended");
}

const char *scripted_server_request(struct scripted_server *server, size_t index)
{
    scripted_server_wait_for_requests(server, index + 1);
    pthread_mutex_lock(&server->terms.lock);
    const char *request = server->terms.requests[index];
    pthread_mutex_unlock(&server->terms.lock);
    return request;
}
