/* SPDX-License-Identifier: MIT */
/*
 * upstream - the contract of the ways to make a call. Each strategy is one const table; nobody above call_policy knows
 * which one ran.
 *
 * start() begins an attempt and never calls on_done: the attempt goes to its completion queue when it is done, exactly
 * once, on the worker's thread. sync blocks inside start(). cancel() ends an attempt early with the error given; where
 * that takes a while (threads) or is not possible (sync), the attempt still completes once.
 *
 * close_idle() is for whoever is out of descriptors: not from within libcurl.
 *
 * Memory: an upstream is owned by its worker; upstream_free() cancels nothing: attempts must be done by then.
 */
#ifndef GATEWAY_UPSTREAM_H
#define GATEWAY_UPSTREAM_H

#include "gateway/attempt.h"

struct loop;
struct upstream;

struct upstream_operations {
    const char *name;
    void (*start)(struct upstream *upstream, struct attempt *attempt);
    void (*cancel)(struct upstream *upstream, struct attempt *attempt, enum call_error error);
    /* Closes some of the connections that no attempt uses. NULL: it has none that the worker's thread could close. */
    void (*close_idle)(struct upstream *upstream);
    void (*free)(struct upstream *upstream);
};

/* First member of each strategy's own struct. */
struct upstream {
    const struct upstream_operations *operations;
};

static inline void upstream_start(struct upstream *upstream, struct attempt *attempt)
{
    attempt->state = ATTEMPT_STARTED;
    upstream->operations->start(upstream, attempt);
}

static inline void upstream_cancel(struct upstream *upstream, struct attempt *attempt, enum call_error error)
{
    if (attempt->state == ATTEMPT_STARTED) {
        upstream->operations->cancel(upstream, attempt, error);
    }
}

/* NULL is fine. */
static inline void upstream_close_idle(struct upstream *upstream)
{
    if (upstream != NULL && upstream->operations->close_idle != NULL) {
        upstream->operations->close_idle(upstream);
    }
}

static inline void upstream_free(struct upstream *upstream)
{
    if (upstream != NULL) {
        upstream->operations->free(upstream);
    }
}

/* Told before the loop is blocked for the length of a call: log lines must be out by then. */
typedef void upstream_before_block_fn(void *context);

struct thread_pool;

/* NULL: no memory or no descriptor. */
struct upstream *upstream_sync_new(upstream_before_block_fn *before_block, void *context);
struct upstream *upstream_async_new(struct loop *loop);
struct upstream *upstream_wire_new(struct loop *loop);
/* Calls run on the threads of `pool`, which outlives this; they complete on `loop`. */
struct upstream *upstream_threads_new(struct loop *loop, struct thread_pool *pool);

struct name_resolver;

struct upstream_names {
    struct loop *loop;
    struct name_resolver *resolver; /* outlives the upstream */
    /* Of a strategy that blocks the loop: names block it, too. NULL: they do not. */
    upstream_before_block_fn *before_block;
    void *context;
};

/* `inner`, which it owns, with the addresses of servers that have a name found first. NULL: no memory, or inner is
 * NULL; then inner is freed. */
struct upstream *upstream_named_new(struct upstream *inner, const struct upstream_names *names);

#endif
