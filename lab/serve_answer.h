/* SPDX-License-Identifier: MIT */
/*
 * serve_answer - the form of every answer of `lab serve`: the headers that all have, and refusals (RFC 9457).
 *
 * Nothing that a browser shows of us may load from, be framed by, or be read by anybody else
 * (Content-Security-Policy, Cross-Origin-*), and nothing is kept (no-store).
 */
#ifndef LAB_SERVE_ANSWER_H
#define LAB_SERVE_ANSWER_H

#include "common/http_server.h"

enum { SERVE_FIELDS_MOST = 12, SERVE_BODY_BYTES = 64 * 1024 };

struct serve_fields {
    struct http_field fields[SERVE_FIELDS_MOST];
    size_t count;
};

/* Those of every answer; `content_type` NULL: none. */
void serve_fields_init(struct serve_fields *fields, const char *content_type);
/* The same for a report, which has its script and its style inside: it gets an origin of its own, from which it can ask
 * us for nothing. (A page with such a sandbox must not have Cross-Origin-Opener-Policy, or browsers refuse it.) */
void serve_fields_init_report(struct serve_fields *fields);
void serve_fields_add(struct serve_fields *fields, const char *name, const char *value);

void serve_answer(struct http_exchange *exchange, int status, const struct serve_fields *fields, struct str body,
                  enum http_body_memory memory);
void serve_answer_json(struct http_exchange *exchange, int status, struct str body);

struct serve_refusal {
    int status;
    const char *detail; /* one sentence */
    const char *field;  /* which member of the request is at fault; NULL: none */
    uint64_t run;       /* the run that is meant; 0: none */
    const char *allow;  /* of a 405; NULL */
    bool close;
};

void serve_refuse(struct http_exchange *exchange, const struct serve_refusal *refusal);
/* With status and sentence alone. */
void serve_refuse_plainly(struct http_exchange *exchange, int status, const char *detail);

#endif
