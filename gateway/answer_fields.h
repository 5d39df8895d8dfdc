/* SPDX-License-Identifier: MIT */
/*
 * answer_fields - the header fields of an answer of the gateway. Pure.
 *
 * Always Server-Timing, Fanlight-Complete, Fanlight-Mode and X-Request-Id; Proxy-Status (RFC 9209) when a call failed;
 * together within 4 KiB. In front of them what a configured response or a backend's, passed on, brings.
 *
 * Memory: the struct's own, and the arena for what is seldom there.
 */
#ifndef GATEWAY_ANSWER_FIELDS_H
#define GATEWAY_ANSWER_FIELDS_H

#include <stddef.h>

#include "common/arena.h"
#include "common/http_field.h"
#include "gateway/account.h"

enum { ANSWER_FIELDS_OWN = 16 };

/* Not to be copied: it looks at itself. */
struct answer_fields {
    const struct http_field *fields;
    size_t count;
    struct http_field own[ANSWER_FIELDS_OWN]; /* those, where they are enough */
    char server_timing[ACCOUNT_SERVER_TIMING_BYTES];
};

struct answer_facts {
    const struct account *account;
    const char *content_type;
    const char *mode;
    const char *request_id;
    const char *allow;                 /* NULL: no Allow */
    const char *retry_after;           /* NULL: no Retry-After */
    const struct call_account *failed; /* what the answer's status comes from, as a rule a call; NULL: none failed */
    bool is_complete;                  /* no call failed */
    const struct http_field *more;     /* in front of these; none of them bears the name of one of these */
    size_t more_count;
};

/* 0, or -ENOMEM when the arena is full. */
int answer_fields_build(struct arena *arena, const struct answer_facts *facts, struct answer_fields *ret_fields);

#endif
