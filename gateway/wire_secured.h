/* SPDX-License-Identifier: MIT */
/*
 * wire_secured - a connection to a backend whose bytes go through libcurl's TLS session.
 *
 * libcurl looks for the connection among all those of the handle's multi handle at each send and receive, which is why
 * those are small (dial_group.h).
 *
 * Memory: `on_closing` is told when the connection closes: the handle is its owner's, and the descriptor libcurl's.
 */
#ifndef GATEWAY_WIRE_SECURED_H
#define GATEWAY_WIRE_SECURED_H

#include "gateway/wire_connection.h"

/* `easy` is a connected CURL * (CURLOPT_CONNECT_ONLY) that stays on its multi handle. NULL: no memory; then
 * `on_closing` is not called. */
struct wire_connection *wire_secured_new(struct loop *loop, int descriptor, void *easy,
                                         void (*on_closing)(void *context), void *context) must_check;

#endif
