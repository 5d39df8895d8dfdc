/* SPDX-License-Identifier: MIT */
/*
 * plan_builder - a plan in the making: what the readers of a path, a query and a body have in common. Pure; only for
 * plan.c and plan_body.c.
 *
 * Every function returns 0, or -1 when the request is refused: then status and sentence are set, and the plan is void.
 * Sentences never hold bytes of the client as they came: see plan_quote().
 */
#ifndef GATEWAY_PLAN_BUILDER_H
#define GATEWAY_PLAN_BUILDER_H

#include "common/buf.h"
#include "common/quote.h"
#include "gateway/plan.h"

enum { PLAN_BAD_REQUEST = 400, PLAN_TOO_LARGE = 413 };

struct plan_builder {
    struct arena *arena;
    size_t limit;      /* the most calls */
    struct plan *plan; /* NULL until plan_builder_start() */
    size_t capacity;
    struct template_part *parts; /* a target's one part for each call */
    /* Of the names so far, by hash: the call's index and one; 0: free. At least twice as many as calls. */
    uint32_t *slots;
    size_t slot_count; /* a power of two; 0: no name was looked for yet */
    int *ret_status;
    struct error *error;
};

int plan_builder_refuse(struct plan_builder *builder, int status, const char *format, ...) printf_like(3, 4) must_check;
/* The arena is full. */
int plan_builder_refuse_size(struct plan_builder *builder) must_check;
/* Room for `count` calls; refuses none and more than the limit. */
int plan_builder_start(struct plan_builder *builder, size_t count) must_check;
/* GET `target` of backend 0, whose body stands in the answer under its name. The texts must be the arena's (or
 * constants); the name is checked, also against the names before it. */
int plan_builder_add(struct plan_builder *builder, struct str name, struct str target) must_check;
/* The same for a name that is good and new by the way it was made, where all names are made so. */
int plan_builder_add_made(struct plan_builder *builder, struct str name, struct str target) must_check;

/* Text from a client or a file for a sentence. */
static inline struct quote plan_quote(struct str text)
{
    return quote_in_marks(text, 32);
}

/* For POST /fanout. */
int plan_body_read(struct plan_builder *builder, struct str body) must_check;

#endif
