/* SPDX-License-Identifier: MIT */
/*
 * wire_exchange - an attempt's request, written on a connection, and its answer, read from there.
 *
 *     wire_exchange_begin(exchange, attempt, connection);     on_over(exchange, error) when it is over
 *
 * On a connection that is ready this is one send and one receive. Of a request that does not fit into the socket the
 * rest follows as there is room. An answer may come before all of it is sent, and is taken; and where sending fails,
 * what the server had said before is read first.
 *
 * on_over is called once, maybe from within begin(), and not after wire_exchange_stop(). The connection is the owner's
 * again; `may_keep`: it can carry another request, once it is given to somebody else.
 *
 * Nothing is sent twice. is_stale says that a kept connection ended before any byte of an answer: whether to try again
 * is call_policy's to decide.
 *
 * Memory: embedded. What is sent is written, and what comes is read, in a scratch that all exchanges of a thread share:
 * it holds nothing between two events. Of its own an exchange has only what did not fit into the socket.
 * Threads: the loop's.
 */
#ifndef GATEWAY_WIRE_EXCHANGE_H
#define GATEWAY_WIRE_EXCHANGE_H

#include "gateway/attempt.h"
#include "gateway/http_response_parser.h"
#include "gateway/wire_connection.h"

enum { WIRE_READ_BUFFER_BYTES = 64 * 1024 };

struct wire_scratch {
    struct buf request;
    char read_buffer[WIRE_READ_BUFFER_BYTES];
};

void wire_scratch_init(struct wire_scratch *scratch);
void wire_scratch_clear(struct wire_scratch *scratch);

struct wire_exchange;
typedef void wire_exchange_over_fn(struct wire_exchange *exchange, enum call_error error);

struct wire_exchange {
    /* The owner's: set once. */
    struct wire_scratch *scratch;
    wire_exchange_over_fn *on_over;

    struct wire_connection *connection; /* NULL: nothing is under way */
    bool may_keep;

    /* Its own. */
    struct attempt *attempt;
    struct str request_left; /* the head, and a small body behind it: in the scratch, later in `unsent` */
    struct str body_left;    /* of a body too large for that */
    struct buf unsent;
    bool is_sending;
    bool has_failed_to_send;
    struct http_response_parser parser;
};

/* Needs no clearing once it is over. */
void wire_exchange_init(struct wire_exchange *exchange, struct wire_scratch *scratch, wire_exchange_over_fn *on_over);

/* Takes over the connection and its events. */
void wire_exchange_begin(struct wire_exchange *exchange, struct attempt *attempt, struct wire_connection *connection);
/* Ends it without a word; the connection is good for nothing but closing. */
void wire_exchange_stop(struct wire_exchange *exchange);

#endif
