/* SPDX-License-Identifier: MIT */
/*
 * scripted_server - an upstream that does exactly what a test says, in threads of the test's own process.
 *
 *     static const struct scripted_step steps[] = {
 *         { .bytes = SCRIPTED_OK("{}") },
 *         { .bytes = "", .after = SCRIPTED_CLOSE },
 *     };
 *     struct scripted_server *server = scripted_server_start(steps, array_length(steps));
 *
 * The n-th request that arrives, on whatever connection, gets the n-th step; requests beyond the last step get the last
 * one again. A step may wait for a gate that the test opens. Connections and requests are counted and kept.
 *
 * Memory: steps and gates must outlive the server.   Threads: one to accept, one per connection; the functions here are
 * for the test's own thread.
 */
#ifndef TESTS_SUPPORT_SCRIPTED_SERVER_H
#define TESTS_SUPPORT_SCRIPTED_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "tests/support/gate.h"

/* Status line and type of a good answer: Content-Length and the end of the head are to follow. */
#define SCRIPTED_OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

enum scripted_after {
    SCRIPTED_KEEP,  /* wait for the next request on this connection */
    SCRIPTED_CLOSE, /* FIN */
    SCRIPTED_RESET, /* RST */
    SCRIPTED_HOLD,  /* say nothing more, until the client ends the connection */
    SCRIPTED_STALL, /* neither read nor write, until the server stops */
    SCRIPTED_FLOOD, /* once `before_stray` is open, send as fast as it goes, until the client ends the connection */
};

struct scripted_step {
    size_t request_bytes;      /* the answer comes when so much of the request has; 0: all of it */
    const struct gate *before; /* is waited for before the answer; NULL: none */
    const char *bytes;         /* the answer, head and all; NULL: nothing */
    const char *json;          /* instead: a good answer with this body */
    size_t length;             /* of `bytes`, where they hold a NUL; 0: up to it */
    const char *stray;         /* bytes behind a good answer, sent on their own; NULL: none */
    const struct gate *before_stray;
    struct gate *stray_sent; /* is opened when they have arrived */
    enum scripted_after after;
    struct gate *ended; /* is opened when the end of a SCRIPTED_CLOSE has arrived; NULL: nobody waits for it */
};

struct scripted_server;

struct scripted_server *scripted_server_start(const struct scripted_step *steps, size_t count);
/* Ends all connections and joins all threads; NULL is fine. */
void scripted_server_stop(struct scripted_server *server);

uint16_t scripted_server_port(const struct scripted_server *server);
size_t scripted_server_connection_count(struct scripted_server *server);
size_t scripted_server_request_count(struct scripted_server *server);
/* The n-th request, from 0: head and body as they came; valid until the server stops. Waits for it. */
const char *scripted_server_request(struct scripted_server *server, size_t index);
/* Waits for as many requests, and for as many connections that the client ended. */
void scripted_server_wait_for_requests(struct scripted_server *server, size_t count);
void scripted_server_wait_for_ends(struct scripted_server *server, size_t count);

#endif
