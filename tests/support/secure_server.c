/* SPDX-License-Identifier: MIT */
#include "tests/support/secure_server.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/bare_socket.h"
#include "tests/support/gate.h"
#include "tests/support/secure_session.h"
#include "tests/support/unit.h"

enum { CONNECTIONS_MOST = 256 };

struct peer {
    struct secure_server *server;
    pthread_t thread;
    int descriptor;
};

struct secure_server {
    struct secure_terms terms;
    int listener;
    uint16_t port;
    pthread_t acceptor;
    struct peer peers[CONNECTIONS_MOST];
    size_t peer_count; /* the acceptor's, until it is joined */

    pthread_cond_t has_ended;
    size_t ended; /* under the terms' lock */
};

/* ---- connections ---- */

static void *run_peer(void *context)
{
    struct peer *peer = context;
    struct secure_server *server = peer->server;

    if (server->terms.settings->certificate == NULL) {
        (void)send(peer->descriptor, server->terms.settings->plain, strlen(server->terms.settings->plain),
                   MSG_NOSIGNAL);
    } else {
        secure_session_serve(&server->terms, peer->descriptor);
    }
    (void)shutdown(peer->descriptor, SHUT_RDWR);
    pthread_mutex_lock(&server->terms.lock);
    server->ended++;
    pthread_cond_broadcast(&server->has_ended);
    pthread_mutex_unlock(&server->terms.lock);
    return NULL;
}

static void take(struct secure_server *server, int descriptor)
{
    struct peer *peer = &server->peers[server->peer_count];

    *peer = (struct peer){ .server = server, .descriptor = descriptor };
    pthread_mutex_lock(&server->terms.lock);
    server->terms.seen.connections++;
    pthread_mutex_unlock(&server->terms.lock);
    if (pthread_create(&peer->thread, NULL, run_peer, peer) == 0) {
        server->peer_count++;
    } else {
        (void)close(descriptor);
    }
}

static void *run_acceptor(void *context)
{
    struct secure_server *server = context;
    struct pollfd entries[2] = {
        { .fd = server->listener, .events = POLLIN },
        { .fd = server->terms.stop.descriptor, .events = POLLIN },
    };

    while (server->peer_count < CONNECTIONS_MOST && poll(entries, 2, -1) > 0 && entries[1].revents == 0) {
        int descriptor = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (descriptor >= 0) {
            take(server, descriptor);
        }
    }
    return NULL;
}

/* ---- life ---- */
struct secure_server *secure_server_start(const struct secure_server_settings *settings)
{
    struct secure_server *server = calloc(1, sizeof *server);

    assert_non_null(server);
    secure_terms_init(&server->terms, settings);
    pthread_cond_init(&server->has_ended, NULL);
    server->listener = bare_socket_listen(SOCK_NONBLOCK, 128, &server->port);
    assert_int_equal(pthread_create(&server->acceptor, NULL, run_acceptor, server), 0);
    return server;
}

void secure_server_stop(struct secure_server *server)
{
    if (server == NULL) {
        return;
    }
    gate_open(&server->terms.stop);
    (void)pthread_join(server->acceptor, NULL);
    for (size_t i = 0; i < server->peer_count; i++) {
        (void)pthread_join(server->peers[i].thread, NULL);
        (void)close(server->peers[i].descriptor);
    }
    (void)close(server->listener);
    pthread_cond_destroy(&server->has_ended);
    secure_terms_clear(&server->terms);
    free(server);
}

uint16_t secure_server_port(const struct secure_server *server)
{
    return server->port;
}

struct secure_server_seen secure_server_seen(struct secure_server *server)
{
    pthread_mutex_lock(&server->terms.lock);
    struct secure_server_seen seen = server->terms.seen;
    pthread_mutex_unlock(&server->terms.lock);
    return seen;
}

void secure_server_wait_for_ends(struct secure_server *server, size_t count)
{
    struct timespec end = gate_moment_after(TEST_PATIENCE_MS);
    int result = 0;

    pthread_mutex_lock(&server->terms.lock);
    while (server->ended < count && result == 0) {
        result = pthread_cond_clockwait(&server->has_ended, &server->terms.lock, CLOCK_MONOTONIC, &end);
    }
    size_t ended = server->ended;
    pthread_mutex_unlock(&server->terms.lock);
    assert_true(ended >= count);
}
