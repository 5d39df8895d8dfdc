/* SPDX-License-Identifier: MIT */
/*
 * plan_graph - which calls of a plan wait for which: the way back, and rings. Pure; iterative.
 *
 *     if (plan_graph_link(arena, &plan) < 0) ...
 *
 * Everything starts from each call's `inputs`; they must be indexes of the plan's calls, each once.
 *
 * Memory: what is linked is the arena's; the rest is freed again.
 */
#ifndef GATEWAY_PLAN_GRAPH_H
#define GATEWAY_PLAN_GRAPH_H

#include <stddef.h>

#include "common/arena.h"
#include "common/compiler.h"
#include "gateway/plan.h"

/* Fills in each call's dependents, in the order of the calls. 0 or -ENOMEM. */
int plan_graph_link(struct arena *arena, struct plan *plan) must_check;

/* Calls that wait for each other: `ring` has room for all calls, and gets one of the rings, each call an input of the
 * one before it and the first an input of the last; the first is the lowest of them. *ret_length is 0 if there is no
 * ring. 0 or -ENOMEM. */
int plan_graph_find_ring(const struct plan *plan, size_t *ring, size_t *ret_length) must_check;

#endif
