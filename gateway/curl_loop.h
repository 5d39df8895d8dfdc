/* SPDX-License-Identifier: MIT */
/*
 * curl_loop - libcurl's multi interface inside a loop: its sockets are the loop's watches, its timeout one of its
 * timers.
 *
 * Sockets are registered once, when they open, and stay registered while the connection is kept; only the wish to write
 * changes the mask. So an event on a connection that no transfer uses is seen at once: whatever a backend says unasked,
 * or its goodbye, ends the connection before a next request can be put on it.
 *
 * Memory: transfers are reused from a free list.   Threads: the loop's.
 */
#ifndef GATEWAY_CURL_LOOP_H
#define GATEWAY_CURL_LOOP_H

#include "common/loop.h"
#include "gateway/attempt.h"

struct curl_loop;

/* NULL: no memory. */
struct curl_loop *curl_loop_new(struct loop *loop) must_check;
/* All attempts must be done. */
void curl_loop_free(struct curl_loop *curl_loop);

/* Begins; the attempt is completed when it is over. */
void curl_loop_start(struct curl_loop *curl_loop, struct attempt *attempt);
/* Ends it now: its connection is closed, and the attempt is completed with `error`. */
void curl_loop_cancel(struct curl_loop *curl_loop, struct attempt *attempt, enum call_error error);

#endif
