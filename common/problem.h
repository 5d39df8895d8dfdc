/* SPDX-License-Identifier: MIT */
/*
 * problem - the body of a refusal: application/problem+json (RFC 9457).
 *
 * `type` is "about:blank", for which RFC 9457 §4.2.1 wants the status phrase as title.
 */
#ifndef COMMON_PROBLEM_H
#define COMMON_PROBLEM_H

#include "common/buf.h"
#include "common/str.h"

#define PROBLEM_CONTENT_TYPE "application/problem+json"

struct problem {
    int status;
    struct str detail;     /* one sentence; empty: left out */
    struct str request_id; /* empty: left out */
    struct str members;    /* more members, rendered, without a comma in front; empty: none */
};

int problem_render(const struct problem *problem, struct buf *body) must_check;
/* The standard reason phrase of a status ("Bad Gateway"), "Unknown" for others; 499 is "Client Closed Request". */
const char *problem_reason_phrase(int status);

#endif
