/* SPDX-License-Identifier: MIT */
/*
 * upstream_wire - the gateway speaks HTTP/1.1 itself: libcurl opens and secures the connections (wire_dial), idle ones
 * wait in wire_pool, wire_exchange writes and reads.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "common/compiler.h"
#include "gateway/upstream.h"
#include "gateway/wire_dial.h"
#include "gateway/wire_exchange.h"
#include "gateway/wire_pool.h"

struct upstream_wire {
    struct upstream upstream;
    struct loop *loop;
    struct wire_dialer *dialer;
    struct wire_pool *pool;
    struct wire_call *free_calls;
    struct wire_scratch scratch; /* of all exchanges */
};

/* What an attempt needs while it runs: its `transfer`. */
struct wire_call {
    struct upstream_wire *wire;
    struct attempt *attempt;
    struct wire_server *server;
    struct wire_dial *dial;             /* while the connection opens */
    struct wire_connection *connection; /* while it is used */
    struct wire_exchange exchange;
    struct loop_timer deadline;
    struct wire_call *next_free;
};

/* ---- calls ---- */

static void give_back(struct wire_call *call)
{
    call->next_free = call->wire->free_calls;
    call->wire->free_calls = call;
}

static void finish(struct wire_call *call, enum call_error error)
{
    struct attempt *attempt = call->attempt;

    loop_disarm(call->wire->loop, &call->deadline);
    call->attempt = NULL;
    attempt->transfer = NULL;
    give_back(call);
    attempt_complete(attempt, error);
}

static void on_over(struct wire_exchange *exchange, enum call_error error)
{
    struct wire_call *call = container_of(exchange, struct wire_call, exchange);

    if (exchange->may_keep) {
        wire_pool_put(call->wire->pool, call->server, call->connection);
    } else {
        wire_connection_close(call->connection);
    }
    call->connection = NULL;
    finish(call, error);
}

static void on_dialled(void *context, struct wire_connection *connection, enum call_error error)
{
    struct wire_call *call = context;

    call->dial = NULL;
    if (connection == NULL) {
        finish(call, error);
        return;
    }
    call->connection = connection;
    connection->addresses = name_addresses_hold(call->attempt->addresses);
    wire_exchange_begin(&call->exchange, call->attempt, connection);
}

/* Before its end. */
static void stop(struct wire_call *call, enum call_error error)
{
    if (error == CALL_HTTP_RESPONSE_TIMEOUT) {
        error = attempt_timeout_error(call->attempt);
    }
    if (call->dial != NULL) {
        wire_dial_cancel(take_pointer(call->dial));
    }
    if (call->connection != NULL) {
        wire_exchange_stop(&call->exchange);
        wire_connection_close(take_pointer(call->connection));
    }
    finish(call, error);
}

static void on_deadline(void *context)
{
    stop(context, CALL_HTTP_RESPONSE_TIMEOUT);
}

static struct wire_call *take_call(struct upstream_wire *wire)
{
    struct wire_call *call = wire->free_calls;

    if (call != NULL) {
        wire->free_calls = call->next_free;
        return call;
    }
    call = calloc(1, sizeof *call);
    if (call == NULL) {
        return NULL;
    }
    call->wire = wire;
    call->deadline = (struct loop_timer){ .on_due = on_deadline, .context = call };
    wire_exchange_init(&call->exchange, &wire->scratch, on_over);
    return call;
}

/* ---- the contract ---- */

static void dial(struct wire_call *call)
{
    call->dial = wire_dial_start(call->wire->dialer, call->attempt, on_dialled, call);
    if (call->dial == NULL) {
        finish(call, CALL_PROXY_INTERNAL_ERROR);
    }
}

static void connect_and_send(struct wire_call *call)
{
    struct attempt *attempt = call->attempt;

    if (!attempt->wants_fresh_connection) {
        call->connection = wire_pool_take(call->server);
    }
    if (call->connection == NULL) {
        dial(call);
        return;
    }
    attempt->is_reused = true;
    wire_exchange_begin(&call->exchange, attempt, call->connection);
}

static void start(struct upstream *upstream, struct attempt *attempt)
{
    struct upstream_wire *wire = container_of(upstream, struct upstream_wire, upstream);
    struct wire_server *server = wire_pool_server(wire->pool, attempt->server, attempt->tls);
    struct wire_call *call = server != NULL ? take_call(wire) : NULL;

    if (attempt->started_us == 0) {
        attempt->started_us = clock_monotonic_us(); /* else it began with the server's name */
    }
    if (call == NULL) {
        attempt_complete(attempt, CALL_PROXY_INTERNAL_ERROR);
        return;
    }
    attempt->transfer = call;
    call->attempt = attempt;
    call->server = server;
    if (loop_arm(wire->loop, &call->deadline, attempt->deadline_us) < 0) {
        finish(call, CALL_PROXY_INTERNAL_ERROR);
        return;
    }
    connect_and_send(call);
}

static void cancel(struct upstream *upstream, struct attempt *attempt, enum call_error error)
{
    (void)upstream;
    stop(attempt->transfer, error);
}

static void close_idle(struct upstream *upstream)
{
    wire_pool_close_half(container_of(upstream, struct upstream_wire, upstream)->pool);
}

static void free_wire(struct upstream *upstream)
{
    struct upstream_wire *wire = container_of(upstream, struct upstream_wire, upstream);

    while (wire->free_calls != NULL) {
        struct wire_call *next = wire->free_calls->next_free;
        free(wire->free_calls);
        wire->free_calls = next;
    }
    wire_pool_free(wire->pool);
    wire_dialer_free(wire->dialer);
    wire_scratch_clear(&wire->scratch);
    free(wire);
}

struct upstream *upstream_wire_new(struct loop *loop)
{
    static const struct upstream_operations operations = {
        .name = "wire",
        .start = start,
        .cancel = cancel,
        .close_idle = close_idle,
        .free = free_wire,
    };
    struct upstream_wire *wire = calloc(1, sizeof *wire);

    if (wire == NULL) {
        return NULL;
    }
    wire->upstream.operations = &operations;
    wire->loop = loop;
    wire_scratch_init(&wire->scratch);
    wire->dialer = wire_dialer_new(loop);
    wire->pool = wire_pool_new(loop, &wire_pool_usual_limits);
    if (wire->dialer == NULL || wire->pool == NULL) {
        free_wire(&wire->upstream);
        return NULL;
    }
    return &wire->upstream;
}
