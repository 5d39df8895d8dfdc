/* SPDX-License-Identifier: MIT */
/*
 * call - what a plan asked for, while it is being made: who, on which backend, by when, and the account of it.
 *
 * A call owns one attempt at a time; call_policy decides whether there is another.
 *
 * Memory: in the request's arena, but for what the attempt received, which call_clear() frees. A call that was started
 * must stay until it has been told to be done.   Threads: the worker's.
 */
#ifndef GATEWAY_CALL_H
#define GATEWAY_CALL_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/loop.h"
#include "gateway/attempt.h"
#include "gateway/backend_gate.h"
#include "gateway/call_account.h"
#include "gateway/call_message.h"
#include "gateway/mode.h"
#include "gateway/trace.h"
#include "gateway/upstream.h"
#include "gateway/worker_config.h"

struct call;

/* What all calls of one request have in common. */
struct call_scope {
    struct arena *arena;
    struct loop *loop;
    struct attempt_queue *completions;
    struct upstream *const *upstreams; /* by strategy */
    const struct worker_config *worker_config;
    struct call_message_lines *lines;
    const struct http_exchange *exchange; /* read while a message is built, which is while it is there */
    struct str request_body; /* the client's, for calls that ask for it: a thread may still send it when it has left */
    const char *request_id;
    const struct trace *trace;
    const char *trace_state; /* the client's; NULL: none */
    struct random_source *random;
    uint64_t span_key;           /* trace.h */
    _Atomic size_t *answer_room; /* see attempt.h */
    uint64_t deadline_us;
    int mode;            /* enum mode: the request's own or its route's; MODE_INHERITED: neither */
    bool is_mode_forced; /* by the request: over all that calls and backends say */
    bool is_pass;
    /* Exactly once per started call, also after call_cancel(). */
    void (*on_done)(void *context, struct call *call);
    void *context;
};

enum call_state {
    CALL_NEW,
    CALL_IN_LINE, /* at its backend's gate */
    CALL_TRYING,  /* a strategy works for it */
    CALL_DONE,    /* on_done was told: no strategy works for it any more */
};

struct call {
    const struct call_scope *scope;
    const struct plan_call *planned;
    void *owner; /* whoever keeps calls in groups */
    struct call_message message;
    struct call_account account;
    enum call_state state;
    bool is_settled; /* the account is final: done, failed without a start, or cancelled */
    struct upstream *upstream;
    const struct config_server *server;
    struct backend_gate *gate;
    struct gate_ticket ticket;
    struct loop_timer timer; /* while in line: the longest wait; in the pool: its timeout */
    struct attempt attempt;
};

const struct config_backend *call_backend(const struct call *call);
/* The answer's bytes; empty unless the call succeeded. */
struct str call_body(const struct call *call);
/* Frees what it received, and gives back the room that it took. */
void call_clear(struct call *call);

#endif
