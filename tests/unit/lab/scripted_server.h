/* SPDX-License-Identifier: MIT */
/*
 * scripted_server - a server on loopback for tests: it takes so many requests, and answers none before all are there.
 *
 * A sender that waited for an answer before it wrote the next request would wait for ever.
 *
 *     scripted_server_start(&server, answers, 2, 0);
 *     …
 *     scripted_server_stop(&server);      (its thread has ended; server.requests tell what came, in the order it came)
 *
 * Each connection is accepted only when the one before has sent its request (a head without a body), so requests that
 * come in another order than their connections are never all read: then the server gives up, after SERVER_PATIENCE_MS.
 */
#ifndef TESTS_UNIT_LAB_SCRIPTED_SERVER_H
#define TESTS_UNIT_LAB_SCRIPTED_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERVER_REQUESTS_MOST = 8, SERVER_REQUEST_BYTES = 1024, SERVER_PATIENCE_MS = 20000 };

struct scripted_server {
    uint16_t port;
    int listening;
    const char *const *answers; /* bytes to answer with, one for each request; "": a close; NULL: a reset */
    size_t count;
    uint64_t pause_us; /* before each answer: the k-th comes after k pauses */
    char requests[SERVER_REQUESTS_MOST][SERVER_REQUEST_BYTES];
    size_t request_count;
    pthread_t thread;
};

void scripted_server_start(struct scripted_server *server, const char *const *answers, size_t count, uint64_t pause_us);
void scripted_server_stop(struct scripted_server *server);

/* A listening socket on a free port of loopback, and one that only holds the port: connecting to it is refused. */
int scripted_server_listen(uint16_t *ret_port);
int scripted_server_reserve(uint16_t *ret_port);

#endif
