/* SPDX-License-Identifier: MIT */
/*
 * trace - names for requests and spans: X-Request-Id, and W3C Trace Context's traceparent. Pure but for the seed.
 *
 * A span id of ours can be told from others' by whoever has its key: half of it is random, the other half follows from
 * that and the key. It is no signature: who sees many of them may find the key, and can then have requests of his own
 * taken for ours.
 *
 * Source: W3C Trace Context §3.2 (traceparent), §3.3 (tracestate).
 */
#ifndef GATEWAY_TRACE_H
#define GATEWAY_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/random.h"
#include "common/str.h"

enum { TRACE_ID_LENGTH = 32, SPAN_ID_LENGTH = 16, TRACEPARENT_LENGTH = 55 };

struct trace {
    char trace_id[TRACE_ID_LENGTH + 1]; /* lower-case hex, not all zero */
    char flags[3];
    bool is_from_client;
};

/* `length` lower-case hex digits and a NUL, never all zero. */
void trace_random_hex(struct random_source *source, char *text, size_t length);

/* The client's trace if its traceparent is well-formed (version 00, or a later one read as such), else a new one. */
void trace_begin(struct trace *trace, struct random_source *source, struct str traceparent);
/* "00-<trace id>-<new span id>-<flags>": a span of its own for each call, made with `span_key`. */
void trace_format_parent(const struct trace *trace, struct random_source *source, uint64_t span_key,
                         char text[TRACEPARENT_LENGTH + 1]);
/* Of a well-formed traceparent: that its span was made with that key. Of others' one in 2^32 is taken for one. */
bool trace_is_own_span(struct str traceparent, uint64_t span_key);
/* 1 to 128 of [A-Za-z0-9._-]. */
bool trace_is_request_id(struct str text);

#endif
