/* SPDX-License-Identifier: MIT */
/*
 * curl_loop - libcurl's multi interface inside a loop, spread over small groups (curl_group), so that a call costs the
 * same however many are under way.
 *
 * A group serves one server. A call goes to the first group of its server that has room and a kept connection, else to
 * the first that has room, else to a new one: so the load gathers in the first groups, and the others fall idle when it
 * goes down. A group that has been idle for a while is freed, with its connections and handles.
 *
 * Names are resolved once for all groups. Taking, starting, completing and cancelling a call do not walk over what is
 * under way.
 *
 * Memory: bounded by what is under way and by the limits.   Threads: the loop's.
 */
#ifndef GATEWAY_CURL_LOOP_H
#define GATEWAY_CURL_LOOP_H

#include "common/loop.h"
#include "gateway/attempt.h"

struct curl_loop;

struct curl_loop_limits {
    size_t group_transfers;  /* under way in one group, and connections that it keeps; 1 and up */
    size_t kept_connections; /* in all groups together */
    uint64_t group_idle_us;  /* a group without a transfer lives as long */
};

/* What a gateway uses. */
extern const struct curl_loop_limits curl_loop_usual_limits;

/* NULL: no memory. */
struct curl_loop *curl_loop_new(struct loop *loop, const struct curl_loop_limits *limits) must_check;
/* All attempts must be done. */
void curl_loop_free(struct curl_loop *curl_loop);

/* Begins; the attempt is completed when it is over. */
void curl_loop_start(struct curl_loop *curl_loop, struct attempt *attempt);
/* Ends it now: its connection is closed, and the attempt is completed with `error`. */
void curl_loop_cancel(struct curl_loop *curl_loop, struct attempt *attempt, enum call_error error);

/* Frees the group that was idle longest, with its connections. Not from within libcurl. */
void curl_loop_close_idle(struct curl_loop *curl_loop);

size_t curl_loop_group_count(const struct curl_loop *curl_loop);
/* Connections without a call. */
size_t curl_loop_kept_count(const struct curl_loop *curl_loop);

#endif
