/* SPDX-License-Identifier: MIT */
/*
 * plan - which calls a request needs.
 *
 * Built once from a matched route and the request, and never changed afterwards; what becomes of the calls is in struct
 * call. Pure: no I/O, no clock, no logging.
 *
 *     struct plan *plan = plan_build(arena, &match, body, limit, &status, &error);
 *
 * Names are 1 to 64 of [A-Za-z0-9._-], do not begin with '_', are not "." or "..", and stand once.
 *
 * Memory: all of it from the arena; there is no plan_free().   Threads: belongs to one worker.
 */
#ifndef GATEWAY_PLAN_H
#define GATEWAY_PLAN_H

#include <stddef.h>

#include "common/arena.h"
#include "common/compiler.h"
#include "common/error.h"
#include "common/str.h"
#include "gateway/route.h"

struct plan_call {
    struct str name;   /* the call's, in log, account and --blocking */
    struct str member; /* the member of the answer that holds its body */
    struct str target; /* origin form, with the query: "/task1?delay=1s" */
};

struct plan {
    size_t call_count;
    struct plan_call calls[];
};

/* For ROUTE_TASK, ROUTE_FANOUT and ROUTE_FANOUT_POST. NULL: *ret_status (400 or 413) and a sentence for the client.
 * `fan_out_limit`: the most calls a request may have. */
struct plan *plan_build(struct arena *arena, const struct route_match *match, struct str body, size_t fan_out_limit,
                        int *ret_status, struct error *error) must_check;

#endif
