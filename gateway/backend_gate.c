/* SPDX-License-Identifier: MIT */
#include "gateway/backend_gate.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/metrics.h"

struct backend_gate {
    size_t references;
    struct backend_gates *gates;
    struct backend_gate *previous, *next; /* of `gates` */
    struct metrics_backend *gauges;
    size_t limit;
    size_t queue_limit;
    size_t in_flight;
    size_t waiting_count;
    struct gate_ticket *first, *last; /* in line */
    size_t next_server;
    size_t name_length;
    char name[];
};

/* ---- all of them ---- */

static void link_gate(struct backend_gates *gates, struct backend_gate *gate)
{
    gate->gates = gates;
    gate->next = gates->first;
    if (gate->next != NULL) {
        gate->next->previous = gate;
    }
    gates->first = gate;
}

static void unlink_gate(struct backend_gate *gate)
{
    *(gate->previous != NULL ? &gate->previous->next : &gate->gates->first) = gate->next;
    if (gate->next != NULL) {
        gate->next->previous = gate->previous;
    }
}

static struct backend_gate *add_gate(struct backend_gates *gates, struct str name, struct metrics_backend *gauges)
{
    struct backend_gate *gate = calloc(1, sizeof *gate + name.length);

    if (gate == NULL) {
        return NULL;
    }
    gate->references = 1;
    gate->gauges = gauges;
    gate->limit = SIZE_MAX;
    gate->name_length = name.length;
    memcpy(gate->name, name.base, name.length);
    link_gate(gates, gate);
    return gate;
}

struct backend_gate *backend_gates_get(struct backend_gates *gates, struct str name, struct metrics_backend *gauges)
{
    for (struct backend_gate *gate = gates->first; gate != NULL; gate = gate->next) {
        if (str_equal(backend_gate_name(gate), name)) {
            return backend_gate_hold(gate);
        }
    }
    return add_gate(gates, name, gauges);
}

/* ---- one of them ---- */

struct backend_gate *backend_gate_hold(struct backend_gate *gate)
{
    gate->references++;
    return gate;
}

void backend_gate_release(struct backend_gate *gate)
{
    if (gate != NULL && --gate->references == 0) {
        unlink_gate(gate);
        free(gate);
    }
}

struct str backend_gate_name(const struct backend_gate *gate)
{
    return (struct str){ gate->name, gate->name_length };
}

void backend_gate_set_limits(struct backend_gate *gate, size_t in_flight, size_t queue)
{
    gate->limit = in_flight;
    gate->queue_limit = queue;
}

/* ---- places ---- */

/* Backends beyond those that metrics tell apart have one gauge together. Nobody else writes it. */
static void show(_Atomic uint64_t *gauge, int change)
{
    uint64_t value = atomic_load_explicit(gauge, memory_order_relaxed);

    atomic_store_explicit(gauge, value + (uint64_t)change, memory_order_relaxed);
}

static void take_place(struct backend_gate *gate)
{
    gate->in_flight++;
    show(&gate->gauges->in_flight, 1);
}

static void append(struct backend_gate *gate, struct gate_ticket *ticket)
{
    ticket->is_waiting = true;
    ticket->next = NULL;
    ticket->previous = gate->last;
    if (gate->last != NULL) {
        gate->last->next = ticket;
    } else {
        gate->first = ticket;
    }
    gate->last = ticket;
    gate->waiting_count++;
    show(&gate->gauges->queued, 1);
}

void backend_gate_withdraw(struct backend_gate *gate, struct gate_ticket *ticket)
{
    if (!ticket->is_waiting) {
        return;
    }
    if (ticket->previous != NULL) {
        ticket->previous->next = ticket->next;
    } else {
        gate->first = ticket->next;
    }
    if (ticket->next != NULL) {
        ticket->next->previous = ticket->previous;
    } else {
        gate->last = ticket->previous;
    }
    ticket->is_waiting = false;
    gate->waiting_count--;
    show(&gate->gauges->queued, -1);
}

/* Nobody overtakes those in line, even where a place is free. */
enum gate_verdict backend_gate_enter(struct backend_gate *gate, struct gate_ticket *ticket)
{
    if (gate->first == NULL && gate->in_flight < gate->limit) {
        take_place(gate);
        return GATE_ENTERED;
    }
    if (gate->waiting_count >= gate->queue_limit) {
        return GATE_FULL;
    }
    append(gate, ticket);
    return GATE_WAITING;
}

void backend_gate_leave(struct backend_gate *gate)
{
    gate->in_flight--;
    show(&gate->gauges->in_flight, -1);
}

void backend_gate_admit(struct backend_gate *gate)
{
    (void)backend_gate_hold(gate);
    while (gate->first != NULL && gate->in_flight < gate->limit) {
        struct gate_ticket *ticket = gate->first;
        backend_gate_withdraw(gate, ticket);
        take_place(gate);
        ticket->on_place(ticket->context);
    }
    backend_gate_release(gate);
}

size_t backend_gate_next_server(struct backend_gate *gate, size_t server_count)
{
    size_t server = gate->next_server % server_count;

    gate->next_server = server + 1;
    return server;
}
