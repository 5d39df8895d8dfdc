/* SPDX-License-Identifier: MIT */
/*
 * plan_fields - which fields of each call's body the others refer to, so that a request looks for all of them in one
 * go. Pure.
 *
 *     if (plan_fields_link(arena, &plan) < 0) ...
 *
 * Memory: the arena's.
 */
#ifndef GATEWAY_PLAN_FIELDS_H
#define GATEWAY_PLAN_FIELDS_H

#include "common/arena.h"
#include "common/compiler.h"
#include "gateway/plan.h"

/* Fills in each call's fields, sorted and each once, and in each reference which of them it is. 0 or -ENOMEM. */
int plan_fields_link(struct arena *arena, struct plan *plan) must_check;

#endif
