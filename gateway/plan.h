/* SPDX-License-Identifier: MIT */
/*
 * plan - which calls a request needs, and which of them wait for which.
 *
 * A configured route's plan is made when the configuration is read and serves every request of it; a built-in route's
 * is built for each request by plan_build(). Never changed afterwards: what becomes of the calls is in struct fan_out.
 * Pure: no I/O, no clock, no logging.
 *
 *     const struct plan *plan = plan_build(arena, &match, body, limit, &status, &error);
 *
 * Names are 1 to 64 of [A-Za-z0-9._-], do not begin with '_', are not "." or "..", and stand once.
 *
 * Memory: the configuration's or the request's arena; there is no plan_free().   Threads: read by all workers.
 */
#ifndef GATEWAY_PLAN_H
#define GATEWAY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/compiler.h"
#include "common/error.h"
#include "common/str.h"
#include "gateway/template.h"

struct route_match;

enum plan_body {
    PLAN_BODY_NONE,
    PLAN_BODY_REQUEST,  /* the client's, as it came, with its Content-Type */
    PLAN_BODY_TEMPLATE, /* JSON */
};

struct plan_header {
    const char *name;
    struct template value;
};

struct plan_call {
    struct str name;        /* the call's, in log, account and --blocking */
    struct str member;      /* the member of the answer that holds its body */
    size_t backend;         /* index in the configuration's backends */
    const char *method;     /* "GET" */
    struct template target; /* origin form, with the query: "/task1?delay=1s" */
    enum plan_body body_kind;
    struct template body;
    const char *const *forward_headers; /* names of the client's headers that go along, NULL-terminated; may be NULL */
    const struct plan_header *headers;
    size_t header_count;
    uint64_t timeout_us;     /* from when it is started; CLOCK_NEVER_US: the request's deadline alone */
    bool is_optional;        /* its failure does not end the request */
    bool is_text;            /* the body stands in the answer as a JSON string, and need not be JSON */
    struct str default_json; /* stands for an optional call that failed; empty: null */
    int mode;                /* enum mode; MODE_INHERITED: none of its own */

    /* One call for each element of an array in another call's body. */
    bool has_each;
    struct template_part each; /* source TEMPLATE_CALL */
    size_t each_maximum;

    /* The graph, by index: whose bodies it needs, and who needs its body. Each index once. */
    const size_t *inputs;
    size_t input_count;
    const size_t *dependents;
    size_t dependent_count;

    /* What of its body others refer to, sorted (json_fields.h). */
    struct str *fields;
    size_t field_count;
};

struct plan {
    size_t call_count;
    struct plan_call *calls;
};

enum { PLAN_NAME_MAXIMUM = 64 };
/* The rule above. */
bool plan_is_name(struct str text);

/* For ROUTE_TASK, ROUTE_FANOUT and ROUTE_FANOUT_POST: calls of backend 0. NULL: *ret_status (400 or 413) and a sentence
 * for the client. `fan_out_limit`: the most calls a request may have. */
const struct plan *plan_build(struct arena *arena, const struct route_match *match, struct str body,
                              size_t fan_out_limit, int *ret_status, struct error *error) must_check;

#endif
