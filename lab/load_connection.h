/* SPDX-License-Identifier: MIT */
/*
 * load_connection - one connection of a load: opened when it is needed, one request at a time, kept for the next.
 *
 *     CLOSED ──send──► CONNECTING ──► BUSY ──answered──► IDLE ──send──► BUSY …
 *        ▲                 │            │                  │
 *        └─────failed──────┴──failed────┴──the server ends─┘   (an answer that allows no other request ends it, too)
 *
 * It is registered in the epoll once, for writing until it is connected and for reading from then on; writing comes
 * back only where a socket takes a request in pieces.
 *
 * Memory: one descriptor; load_connection_close().   Threads: none shared.
 */
#ifndef LAB_LOAD_CONNECTION_H
#define LAB_LOAD_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/call_error.h"
#include "lab/load_answer.h"
#include "lab/load_tally.h"
#include "lab/load_target.h"

enum { LOAD_RECEIVE_BYTES = 64 * 1024 };

/* What all connections of a run share. */
struct load_link {
    int epoll;
    const struct load_target *target;
    char *received; /* LOAD_RECEIVE_BYTES */
};

enum load_connection_state { LOAD_CLOSED, LOAD_CONNECTING, LOAD_BUSY, LOAD_IDLE };

struct load_connection {
    enum load_connection_state state;
    int descriptor;
    uint32_t index;      /* which of all it is */
    uint32_t generation; /* counts its sockets, so that an event of the last one is not taken for one of the next */
    size_t unsent_bytes; /* of the request */
    struct load_request request;
    struct load_answer answer;
    uint32_t place; /* load_pool's */
    uint64_t rests_until_us;
};

enum load_event_kind {
    LOAD_NOTHING,  /* goes on */
    LOAD_ANSWERED, /* in full; the state says whether the connection was kept */
    LOAD_FAILED,   /* the request has; the connection is closed */
    LOAD_ENDED,    /* an idle connection, by the server */
};

struct load_event {
    enum load_event_kind kind;
    enum call_error error; /* of LOAD_FAILED */
    bool is_unconnected;   /* of LOAD_FAILED: there never was a connection */
};

void load_connection_init(struct load_connection *connection, uint32_t index);
/* Begins with the request in connection->request, on one that is closed or idle: LOAD_NOTHING or LOAD_FAILED. */
struct load_event load_connection_send(struct load_connection *connection, const struct load_link *link);
/* What epoll_wait(2) says of it. */
struct load_event load_connection_on_ready(struct load_connection *connection, const struct load_link *link,
                                           uint32_t events);
void load_connection_close(struct load_connection *connection);

/* For epoll_data: a value that names this socket of this connection; and back. */
uint64_t load_connection_key(const struct load_connection *connection);
uint32_t load_connection_key_index(uint64_t key);

#endif
