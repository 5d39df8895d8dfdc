/* SPDX-License-Identifier: MIT */
#include "gateway/backend_gate.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/metrics.h"

struct backend_gate {
    size_t references;
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

struct backend_gate *backend_gate_new(struct str name, struct metrics_backend *gauges)
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
    return gate;
}

struct backend_gate *backend_gate_hold(struct backend_gate *gate)
{
    gate->references++;
    return gate;
}

void backend_gate_release(struct backend_gate *gate)
{
    if (gate != NULL && --gate->references == 0) {
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

static void show(_Atomic uint64_t *gauge, size_t value)
{
    atomic_store_explicit(gauge, value, memory_order_relaxed);
}

static void take_place(struct backend_gate *gate)
{
    gate->in_flight++;
    show(&gate->gauges->in_flight, gate->in_flight);
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
    show(&gate->gauges->queued, gate->waiting_count);
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
    show(&gate->gauges->queued, gate->waiting_count);
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
    show(&gate->gauges->in_flight, gate->in_flight);
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
