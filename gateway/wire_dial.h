/* SPDX-License-Identifier: MIT */
/*
 * wire_dial - opens connections to backends: libcurl connects and secures (curl-multi, CURLOPT_CONNECT_ONLY); then the
 * connection is ours.
 *
 * A plain connection is taken over whole: libcurl forgets it and its handle goes back to a free list, so that it holds
 * nothing for connections in use, and nothing it searches grows with them. A secured one keeps its handle (the session
 * is in it), and libcurl looks for "its" connection among all those of its multi handle at each send and receive: so a
 * multi handle has 16 dials and secured connections at most, whatever their number.
 *
 *     dial = wire_dial_start(dialer, attempt, on_dialled, context);
 *
 * on_dialled is called once, from the loop and never from within wire_dial_start(); after wire_dial_cancel() not at
 * all. Written into the attempt on the way: resolved_us and connected_us.
 *
 * Connected is to the attempt's `addresses`, one after another, where the server has a name; else to the address that
 * it is.
 *
 * Memory: dials and groups are reused, a few of them.   Threads: the loop's.
 */
#ifndef GATEWAY_WIRE_DIAL_H
#define GATEWAY_WIRE_DIAL_H

#include "gateway/attempt.h"
#include "gateway/wire_connection.h"

struct wire_dial;
struct wire_dialer;

/* `error` is CALL_OK, and the connection the callee's; or the connection is NULL. */
typedef void wire_dialled_fn(void *context, struct wire_connection *connection, enum call_error error);

/* NULL: no memory. */
struct wire_dialer *wire_dialer_new(struct loop *loop) must_check;
/* No dial may be under way, and no secured connection be open. */
void wire_dialer_free(struct wire_dialer *dialer);

/* To the attempt's server, within its connect timeout and deadline. NULL: no memory. */
struct wire_dial *wire_dial_start(struct wire_dialer *dialer, struct attempt *attempt, wire_dialled_fn *on_dialled,
                                  void *context) must_check;
void wire_dial_cancel(struct wire_dial *dial);

#endif
