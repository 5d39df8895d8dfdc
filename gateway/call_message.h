/* SPDX-License-Identifier: MIT */
/*
 * call_message - what a call sends: method, target, header fields, body.
 *
 * Built anew from the configuration; of the client's request only what the configuration names goes along: values of
 * references, the headers of `forward_headers`, the body where a call asks for it. Never a hop-by-hop header (RFC 9110
 * §7.6.1), not even one that the client's Connection header makes one. A traceparent with a span of its own.
 *
 * Most lines are the same for all calls of a request, or for all elements of one call with `each`: they are made once,
 * and those calls point to the same texts.
 *
 * Memory: the request's arena.
 */
#ifndef GATEWAY_CALL_MESSAGE_H
#define GATEWAY_CALL_MESSAGE_H

#include "gateway/plan.h"

struct call_scope;

struct call_message {
    const char *method;
    struct str target;
    const char *const *fields; /* "Name: value" lines, NULL-terminated; only for reading: others may have them, too */
    struct str body;           /* base NULL: none at all */
};

/* What was made for the calls before: one for each request. All zero at first; only for call_message.c. */
struct call_message_lines {
    const char *request_id;          /* "X-Request-Id: …"; NULL: not made yet */
    const char *trace_state;         /* "tracestate: …"; NULL: not made yet, or none */
    const struct plan_call *planned; /* whose lines the rest is about; NULL: nobody's */
    const char **lines;
    size_t count;
    size_t parent_at;       /* where the call's own traceparent has its place */
    size_t first_header_at; /* where the configured headers begin; NULL: one whose value has to be rendered */
};

/* scope->lines is kept from one call to the next. */
enum template_verdict call_message_build(const struct call_scope *scope, const struct plan_call *planned,
                                         const struct template_values *values, struct call_message *ret_message,
                                         struct error *error) must_check;

#endif
