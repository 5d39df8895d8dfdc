/* SPDX-License-Identifier: MIT */
/*
 * call_message - what a call sends: method, target, header fields, body.
 *
 * Built anew from the configuration; of the client's request only what the configuration names goes along: values of
 * references, the headers of `forward_headers`, the body where a call asks for it. Never a hop-by-hop header (RFC 9110
 * §7.6.1), not even one that the client's Connection header makes one. A traceparent with a span of its own.
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
    const char *const *fields; /* "Name: value" lines, NULL-terminated */
    struct str body;           /* base NULL: none at all */
};

enum template_verdict call_message_build(const struct call_scope *scope, const struct plan_call *planned,
                                         const struct template_values *values, struct call_message *ret_message,
                                         struct error *error) must_check;

#endif
