/* SPDX-License-Identifier: MIT */
/*
 * pass_fields - which header fields of a backend's response go on to the client, where a route passes it on. Pure.
 *
 * End-to-end fields in their order, repeated ones too. Not: hop-by-hop ones (RFC 9110 §7.6.1: Connection, what it
 * names, Keep-Alive, Proxy-Connection, TE, Trailer, Transfer-Encoding, Upgrade; and a proxy's own Proxy-Authenticate
 * and Proxy-Authorization), framing (Content-Length), and those that the gateway answers with itself (Server-Timing,
 * Fanlight-…, X-Request-Id, Proxy-Status). Lines without a name or a colon are passed over.
 *
 * Memory: fields and texts come from the arena.
 */
#ifndef GATEWAY_PASS_FIELDS_H
#define GATEWAY_PASS_FIELDS_H

#include <stddef.h>

#include "common/arena.h"
#include "common/compiler.h"
#include "common/http_field.h"
#include "common/str.h"

/* Together; what is more does not fit into an answer's head beside our own. */
enum { PASS_FIELDS_BYTES_AT_MOST = 9 * 1024 };
/* In all Connection fields together. */
enum { PASS_FIELDS_CONNECTION_NAMES_AT_MOST = 32 };

struct pass_fields {
    const struct http_field *fields;
    size_t count;
    size_t bytes; /* what they take in an answer's head, at most */
};

/* `head`: field lines with their line breaks. 0; -EMSGSIZE: more than goes into an answer, or more names in
 * Connection than that; -EBADMSG: a name or value that is none; -ENOMEM. */
int pass_fields_select(struct arena *arena, struct str head, struct pass_fields *ret_fields) must_check;

#endif
