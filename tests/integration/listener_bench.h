/* SPDX-License-Identifier: MIT */
/*
 * listener_bench - a listener on a loop that the test turns by itself, which keeps what it accepts.
 */
#ifndef TESTS_INTEGRATION_LISTENER_BENCH_H
#define TESTS_INTEGRATION_LISTENER_BENCH_H

#include "common/listener.h"
#include "tests/support/client.h"

enum { ACCEPTED_AT_MOST = 256 };

struct acceptor {
    struct loop *loop;
    int descriptor;
    uint16_t port;
    struct listener listener;
    int accepted[ACCEPTED_AT_MOST];
    size_t accepted_count;
    size_t hold_at; /* a limit: listener_hold() when so many are there; 0: none */
};

int acceptor_setup(void **state);
int acceptor_teardown(void **state);
#define listener_test(test) cmocka_unit_test_setup_teardown(test, acceptor_setup, acceptor_teardown)

/* For listener_start(), with the acceptor as context. */
void acceptor_accept(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length);
/* Turns the loop until exactly so many were accepted. */
void acceptor_turn_until(struct acceptor *acceptor, size_t count);

/* They are connected, and in the listener's queue (tcp(7): of one that listens, what is unacknowledged is that). */
void open_clients(struct acceptor *acceptor, struct client *clients, size_t count);
void close_clients(struct client *clients, size_t count);

#endif
