/* SPDX-License-Identifier: MIT */
/*
 * backend_gate - how many calls of one worker may be with a backend at once, who waits for a place, and whose turn it
 * is among the backend's servers.
 *
 *     switch (backend_gate_enter(gate, &ticket)) {
 *     case GATE_ENTERED: …   now; backend_gate_leave() when it is over
 *     case GATE_WAITING: …   ticket.on_place() comes later, as if it had entered; or backend_gate_withdraw()
 *     case GATE_FULL: …      too many wait already
 *     }
 *
 * First come, first served. It outlives a reload: a configuration that names the backend again takes it over with other
 * limits, also where configurations in between did without it and calls from before are still under way.
 *
 * Memory: counted.   Threads: the worker's; the gauges are read by others.
 */
#ifndef GATEWAY_BACKEND_GATE_H
#define GATEWAY_BACKEND_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/compiler.h"
#include "common/str.h"

struct metrics_backend;
struct backend_gate;

struct gate_ticket {
    void (*on_place)(void *context);
    void *context;
    bool is_waiting;
    struct gate_ticket *previous, *next;
};

enum gate_verdict { GATE_ENTERED, GATE_WAITING, GATE_FULL };

/* Those that anybody holds, of one worker. All zero: none. */
struct backend_gates {
    struct backend_gate *first;
};

/* A reference of the gate of that name; a new one where nobody holds any. `gates` and `gauges`, to which its share is
 * added, outlive it. NULL: no memory. */
struct backend_gate *backend_gates_get(struct backend_gates *gates, struct str name,
                                       struct metrics_backend *gauges) must_check;
struct backend_gate *backend_gate_hold(struct backend_gate *gate);
/* NULL is fine. */
void backend_gate_release(struct backend_gate *gate);

struct str backend_gate_name(const struct backend_gate *gate);
/* At most `in_flight` at once (SIZE_MAX: any number) and `queue` in line. Whoever is in or waits already stays. */
void backend_gate_set_limits(struct backend_gate *gate, size_t in_flight, size_t queue);

enum gate_verdict backend_gate_enter(struct backend_gate *gate, struct gate_ticket *ticket);
/* Frees the place. Nobody is called: see backend_gate_admit(). */
void backend_gate_leave(struct backend_gate *gate);
/* Calls in whoever waits, as far as there are places. */
void backend_gate_admit(struct backend_gate *gate);
/* Of a ticket that waits. */
void backend_gate_withdraw(struct backend_gate *gate, struct gate_ticket *ticket);

/* Round robin: 0 to server_count - 1. */
size_t backend_gate_next_server(struct backend_gate *gate, size_t server_count);

#endif
