/* SPDX-License-Identifier: MIT */
#include "gateway/plan_graph.h"

#include <errno.h>
#include <stdlib.h>

/* One more than asked for, so that an empty plan is no lack of memory. */
static void *allocate(size_t count, size_t size_bytes)
{
    return calloc(count + 1, size_bytes);
}

/* ---- the way back ---- */

static size_t count_dependents(const struct plan *plan, size_t *counts)
{
    size_t sum = 0;

    for (size_t i = 0; i < plan->call_count; i++) {
        const struct plan_call *call = &plan->calls[i];
        for (size_t j = 0; j < call->input_count; j++) {
            counts[call->inputs[j]]++;
        }
        sum += call->input_count;
    }
    return sum;
}

/* All lists lie one behind the other in `room`; `ends` is where each of them ends so far. */
static void lay_out(struct plan *plan, const size_t *counts, const size_t *room, size_t *ends)
{
    size_t start = 0;

    for (size_t i = 0; i < plan->call_count; i++) {
        plan->calls[i].dependents = &room[start];
        plan->calls[i].dependent_count = counts[i];
        ends[i] = start;
        start += counts[i];
    }
}

int plan_graph_link(struct arena *arena, struct plan *plan)
{
    cleanup_free size_t *counts = allocate(plan->call_count, sizeof counts[0]);
    cleanup_free size_t *ends = allocate(plan->call_count, sizeof ends[0]);

    if (counts == NULL || ends == NULL) {
        return -ENOMEM;
    }
    size_t *room = arena_allocate_array(arena, count_dependents(plan, counts), sizeof room[0]);
    if (room == NULL) {
        return -ENOMEM;
    }
    lay_out(plan, counts, room, ends);
    for (size_t i = 0; i < plan->call_count; i++) {
        for (size_t j = 0; j < plan->calls[i].input_count; j++) {
            room[ends[plan->calls[i].inputs[j]]++] = i;
        }
    }
    return 0;
}

/* ---- rings ---- */

enum state { STATE_NEW, STATE_ON_TRAIL, STATE_DONE };

/* From a call to one of its inputs, to one of that one's, until a call comes up that is on the trail already. */
struct search {
    const struct plan *plan;
    size_t *trail;
    size_t length;
    size_t *next; /* of each call on the trail: which input is looked at next */
    enum state *states;
};

static void step_onto(struct search *search, size_t index)
{
    search->states[index] = STATE_ON_TRAIL;
    search->trail[search->length++] = index;
}

static void step_back(struct search *search)
{
    search->states[search->trail[--search->length]] = STATE_DONE;
}

/* Walks on from a new call until a ring is found or all that it needs is done. The ring's call that came up again; or
 * call_count. */
static size_t walk_from(struct search *search, size_t start)
{
    step_onto(search, start);
    while (search->length > 0) {
        size_t index = search->trail[search->length - 1];
        const struct plan_call *call = &search->plan->calls[index];
        if (search->next[index] == call->input_count) {
            step_back(search);
            continue;
        }
        size_t input = call->inputs[search->next[index]++];
        if (search->states[input] == STATE_ON_TRAIL) {
            return input;
        }
        if (search->states[input] == STATE_NEW) {
            step_onto(search, input);
        }
    }
    return search->plan->call_count;
}

/* The trail from `again` on, turned so that the lowest comes first. */
static size_t copy_ring(const struct search *search, size_t again, size_t *ring)
{
    size_t start = search->length;
    size_t lowest = 0;

    do {
        start--;
    } while (search->trail[start] != again);
    size_t length = search->length - start;
    const size_t *trail = &search->trail[start];
    for (size_t i = 0; i < length; i++) {
        lowest = trail[i] < trail[lowest] ? i : lowest;
    }
    for (size_t i = 0; i < length; i++) {
        ring[i] = trail[(lowest + i) % length];
    }
    return length;
}

int plan_graph_find_ring(const struct plan *plan, size_t *ring, size_t *ret_length)
{
    size_t count = plan->call_count;
    cleanup_free size_t *trail = allocate(count, sizeof trail[0]);
    cleanup_free size_t *next = allocate(count, sizeof next[0]);
    cleanup_free enum state *states = allocate(count, sizeof states[0]);
    struct search search = { .plan = plan, .trail = trail, .next = next, .states = states };
    size_t again = count;

    if (trail == NULL || next == NULL || states == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < count && again == count; i++) {
        again = states[i] == STATE_NEW ? walk_from(&search, i) : count;
    }
    *ret_length = again < count ? copy_ring(&search, again, ring) : 0;
    return 0;
}
