/* SPDX-License-Identifier: MIT */
/*
 * wire_connection - a connection to a backend that we speak on ourselves: its descriptor, its one watch, and what lies
 * beneath (the socket itself, or a TLS session).
 *
 * Registered once, for reading, when it opens, and until it closes: whoever has it (an exchange, then the pool, then
 * the next exchange) takes the events over without asking the kernel. Only while a request does not fit into the socket
 * is the wish to write added.
 *
 * Memory: wire_connection_close() frees it.   Threads: the loop's.
 */
#ifndef GATEWAY_WIRE_CONNECTION_H
#define GATEWAY_WIRE_CONNECTION_H

#include <sys/types.h>

#include "common/loop.h"
#include "gateway/name_addresses.h"

struct wire_connection;
struct wire_server;

struct wire_transport {
    /* How many bytes, or -errno; -EAGAIN: not now. Of receive(), 0 is the end. */
    ssize_t (*send)(struct wire_connection *connection, const char *bytes, size_t count);
    ssize_t (*receive)(struct wire_connection *connection, char *bytes, size_t size);
    void (*close)(struct wire_connection *connection);
    /* One record at a time: that little came does not mean that there is no more. */
    bool receives_records;
};

struct wire_connection {
    struct loop *loop;
    struct loop_watch watch;
    int descriptor;
    const struct wire_transport *transport;
    void *session;                    /* the transport's own */
    struct name_addresses *addresses; /* of which it was opened to one, held; NULL: the server has no name */

    /* The pool's. */
    struct wire_server *server;
    struct wire_connection *newer;
    struct wire_connection *older;
    uint64_t idle_since_us;
};

/* The plain socket: sends and receives with system calls. */
extern const struct wire_transport wire_plain_transport;

/* Takes over a connected descriptor that does not block. Events go nowhere until wire_connection_give(). NULL: no
 * memory, and the descriptor is still the caller's. */
struct wire_connection *wire_connection_new(struct loop *loop, int descriptor, const struct wire_transport *transport,
                                            void *session) must_check;
/* NULL is fine. */
void wire_connection_close(struct wire_connection *connection);

/* From now on its events are for `on_ready`. */
void wire_connection_give(struct wire_connection *connection, loop_ready_fn *on_ready, void *context);
/* Whether its owner wants to hear when there is room to write. */
void wire_connection_want_room(struct wire_connection *connection, bool wants_room);
/* Looks now, not at what the loop last saw: it has not ended, and nothing lies there. */
bool wire_connection_is_quiet(const struct wire_connection *connection);

#endif
