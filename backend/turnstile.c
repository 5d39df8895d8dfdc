/* SPDX-License-Identifier: MIT */
#include "backend/turnstile.h"

void turnstile_init(struct turnstile *turnstile, size_t limit)
{
    *turnstile = (struct turnstile){ .limit = limit };
}

static void append(struct turnstile *turnstile, struct turnstile_ticket *ticket)
{
    ticket->place = TURNSTILE_QUEUED;
    ticket->previous = turnstile->last;
    ticket->next = NULL;
    if (turnstile->last != NULL) {
        turnstile->last->next = ticket;
    } else {
        turnstile->first = ticket;
    }
    turnstile->last = ticket;
    turnstile->queued_count++;
}

static void take_out(struct turnstile *turnstile, struct turnstile_ticket *ticket)
{
    if (ticket->previous != NULL) {
        ticket->previous->next = ticket->next;
    } else {
        turnstile->first = ticket->next;
    }
    if (ticket->next != NULL) {
        ticket->next->previous = ticket->previous;
    } else {
        turnstile->last = ticket->previous;
    }
    ticket->previous = NULL;
    ticket->next = NULL;
    turnstile->queued_count--;
}

static bool has_room(const struct turnstile *turnstile)
{
    return turnstile->limit == 0 || turnstile->inside_count < turnstile->limit;
}

static void admit(struct turnstile *turnstile)
{
    if (turnstile->is_admitting) {
        return;
    }
    turnstile->is_admitting = true;
    while (turnstile->first != NULL && has_room(turnstile)) {
        struct turnstile_ticket *ticket = turnstile->first;
        take_out(turnstile, ticket);
        ticket->place = TURNSTILE_INSIDE;
        turnstile->inside_count++;
        ticket->on_turn(ticket->context);
    }
    turnstile->is_admitting = false;
}

void turnstile_enter(struct turnstile *turnstile, struct turnstile_ticket *ticket)
{
    append(turnstile, ticket);
    admit(turnstile);
}

void turnstile_leave(struct turnstile *turnstile, struct turnstile_ticket *ticket)
{
    enum turnstile_place place = ticket->place;

    ticket->place = TURNSTILE_OUTSIDE;
    if (place == TURNSTILE_QUEUED) {
        take_out(turnstile, ticket);
    } else if (place == TURNSTILE_INSIDE) {
        turnstile->inside_count--;
        admit(turnstile);
    }
}
