/* SPDX-License-Identifier: MIT */
/*
 * turnstile - lets at most N in at once; the rest queue, first come, first served.
 *
 *     turnstile_init(&turnstile, 10);
 *     visitor->ticket = (struct turnstile_ticket){ .on_turn = on_turn, .context = visitor };
 *     turnstile_enter(&turnstile, &visitor->ticket);     on_turn() is called, now or when there is room
 *     turnstile_leave(&turnstile, &visitor->ticket);     from inside or from the queue; lets the next one in
 *
 * on_turn() may leave at once, and may let anybody else enter or leave; a long queue of such visitors does not recurse.
 * Each operation takes constant time. Pure: no clock, no I/O.
 *
 * Memory: tickets are embedded in their owners, who keep them until they have left.   Threads: none shared.
 */
#ifndef BACKEND_TURNSTILE_H
#define BACKEND_TURNSTILE_H

#include <stdbool.h>
#include <stddef.h>

typedef void turnstile_turn_fn(void *context);

enum turnstile_place { TURNSTILE_OUTSIDE, TURNSTILE_QUEUED, TURNSTILE_INSIDE };

struct turnstile_ticket {
    turnstile_turn_fn *on_turn;
    void *context;
    enum turnstile_place place;
    struct turnstile_ticket *previous; /* in the queue */
    struct turnstile_ticket *next;
};

struct turnstile {
    size_t limit; /* 0: none */
    size_t inside_count;
    size_t queued_count;
    struct turnstile_ticket *first;
    struct turnstile_ticket *last;
    bool is_admitting; /* further up the stack, and goes on when we return */
};

void turnstile_init(struct turnstile *turnstile, size_t limit);
void turnstile_enter(struct turnstile *turnstile, struct turnstile_ticket *ticket);
/* Does nothing for a ticket that is outside. */
void turnstile_leave(struct turnstile *turnstile, struct turnstile_ticket *ticket);

#endif
