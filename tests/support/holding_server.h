/* SPDX-License-Identifier: MIT */
/*
 * holding_server - an upstream that holds its first requests, each until the test lets it go; those beyond are answered
 * at once.
 *
 *     struct holding_server server;
 *     holding_server_start(&server);
 *     … a request is sent …
 *     holding_server_wait_for(&server, 1);       it is there, and held
 *     holding_server_let_go(&server, 0);         it is answered "held"
 *     holding_server_stop(&server);
 *
 * Memory: stays where it is until it is stopped.   Threads: scripted_server's; the functions are for the test's own.
 */
#ifndef TESTS_SUPPORT_HOLDING_SERVER_H
#define TESTS_SUPPORT_HOLDING_SERVER_H

#include "tests/support/scripted_server.h"

enum { HOLDING_SERVER_REQUESTS = 3 };

struct holding_server {
    struct gate gates[HOLDING_SERVER_REQUESTS];
    struct scripted_step steps[HOLDING_SERVER_REQUESTS + 1]; /* answers: "held", and in the end "free" */
    struct scripted_server *scripted;
};

void holding_server_start(struct holding_server *server);
void holding_server_stop(struct holding_server *server);

uint16_t holding_server_port(const struct holding_server *server);
/* Until so many requests have come, since the start. */
void holding_server_wait_for(struct holding_server *server, size_t count);
size_t holding_server_request_count(struct holding_server *server);
/* The n-th request, from 0, whether it is there or still to come. */
void holding_server_let_go(struct holding_server *server, size_t index);

#endif
