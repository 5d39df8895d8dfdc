/* SPDX-License-Identifier: MIT */
/*
 * call - what a plan asked for, while it is being made: who, on which server, by when, and the account of it.
 *
 * A call owns one attempt at a time; call_policy decides whether there is another.
 *
 * Memory: in the request's arena, but for the attempt's response, which call_clear() frees. A call must stay until it
 * has been told to be done.   Threads: the worker's.
 */
#ifndef GATEWAY_CALL_H
#define GATEWAY_CALL_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/url.h"
#include "gateway/attempt.h"
#include "gateway/call_account.h"
#include "gateway/trace.h"
#include "gateway/upstream.h"

struct call;

/* What all calls of one request have in common. */
struct call_scope {
    struct arena *arena;
    struct attempt_queue *completions;
    const struct url *server;
    const char *server_name; /* host:port, for the log */
    const char *backend_name;
    const char *request_id;
    const struct trace *trace;
    const char *trace_state; /* the client's; NULL: none */
    struct random_source *random;
    uint64_t deadline_us;
    uint64_t connect_timeout_us;
    size_t response_bytes;
    size_t response_header_bytes;
    /* Exactly once per started call, also after call_cancel(). */
    void (*on_done)(void *context, struct call *call);
    void *context;
};

struct call {
    const struct call_scope *scope;
    struct call_account account;
    struct str member; /* of the answer, that holds the body */
    struct str target; /* origin form */
    struct upstream *upstream;
    struct attempt attempt;
    bool is_started;
    bool is_settled; /* the account is final: done, or cancelled */
    bool is_done;    /* on_done was told: no strategy works for it any more */
};

/* The answer's JSON; empty unless the call succeeded. */
struct str call_body(const struct call *call);
void call_clear(struct call *call);

#endif
