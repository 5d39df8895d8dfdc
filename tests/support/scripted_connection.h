/* SPDX-License-Identifier: MIT */
/*
 * scripted_connection - a connection of a scripted_server: reads requests and does what their steps say.
 *
 * Memory: the terms outlive the connections, and the steps the terms.   Threads: one per connection.
 */
#ifndef TESTS_SUPPORT_SCRIPTED_CONNECTION_H
#define TESTS_SUPPORT_SCRIPTED_CONNECTION_H

#include <pthread.h>
#include <stddef.h>

#include "tests/support/gate.h"
#include "tests/support/scripted_server.h"

enum { SCRIPTED_REQUESTS_AT_MOST = 256 };

/* What the connections of a server share. */
struct scripted_terms {
    const struct scripted_step *steps;
    size_t step_count;
    struct gate stopping; /* open: all connections end */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t has_news;
    size_t ended_count; /* of the connections: those that the client ended */
    char *requests[SCRIPTED_REQUESTS_AT_MOST];
    size_t request_count;
};

/* Of zeroed ones. */
void scripted_terms_init(struct scripted_terms *terms, const struct scripted_step *steps, size_t count);
/* When no connection's thread is left. */
void scripted_terms_clear(struct scripted_terms *terms);

struct scripted_connection {
    struct scripted_terms *terms;
    int descriptor;
    pthread_t thread;
};

/* What its thread runs: the context is the connection, whose descriptor it closes at the end. */
void *scripted_connection_serve(void *context);

#endif
