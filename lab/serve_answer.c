/* SPDX-License-Identifier: MIT */
#include "lab/serve_answer.h"

#include "common/problem.h"

#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "              \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define REPORT_POLICY                                                                                                  \
    "sandbox allow-scripts allow-modals; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "  \
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

enum { MEMBERS_BYTES = 256 };

void serve_fields_add(struct serve_fields *fields, const char *name, const char *value)
{
    if (fields->count < SERVE_FIELDS_MOST) {
        fields->fields[fields->count++] = (struct http_field){ name, value };
    }
}

static void add_common(struct serve_fields *fields, const char *policy, const char *content_type)
{
    *fields = (struct serve_fields){ .count = 0 };
    serve_fields_add(fields, "Cache-Control", "no-store");
    serve_fields_add(fields, "Content-Security-Policy", policy);
    serve_fields_add(fields, "X-Content-Type-Options", "nosniff");
    serve_fields_add(fields, "Referrer-Policy", "no-referrer");
    serve_fields_add(fields, "Cross-Origin-Resource-Policy", "same-origin");
    if (content_type != NULL) {
        serve_fields_add(fields, "Content-Type", content_type);
    }
}

void serve_fields_init(struct serve_fields *fields, const char *content_type)
{
    add_common(fields, PAGE_POLICY, content_type);
    serve_fields_add(fields, "Cross-Origin-Opener-Policy", "same-origin");
}

void serve_fields_init_report(struct serve_fields *fields)
{
    add_common(fields, REPORT_POLICY, "text/html; charset=utf-8");
}

void serve_answer(struct http_exchange *exchange, int status, const struct serve_fields *fields, struct str body,
                  enum http_body_memory memory)
{
    const struct http_answer answer = {
        .status = status,
        .fields = fields->fields,
        .field_count = fields->count,
        .body = body,
        .memory = memory,
    };

    (void)http_exchange_answer(exchange, &answer);
}

void serve_answer_json(struct http_exchange *exchange, int status, struct str body)
{
    struct serve_fields fields;

    serve_fields_init(&fields, "application/json");
    serve_answer(exchange, status, &fields, body, HTTP_BODY_COPIED);
}

/* ---- refusals ---- */

static void add_members(struct buf *members, const struct serve_refusal *refusal)
{
    if (refusal->field != NULL) {
        (void)buf_add_format(members, "\"field\":\"%s\"", refusal->field);
    }
    if (refusal->run != 0) {
        (void)buf_add_format(members, "%s\"run\":\"%llu\"", members->length > 0 ? "," : "",
                             (unsigned long long)refusal->run);
    }
}

void serve_refuse(struct http_exchange *exchange, const struct serve_refusal *refusal)
{
    cleanup_buf struct buf members = { .base = NULL };
    cleanup_buf struct buf body = { .base = NULL };
    struct serve_fields fields;

    buf_init(&members, MEMBERS_BYTES);
    buf_init(&body, SERVE_BODY_BYTES);
    add_members(&members, refusal);
    const struct problem problem = {
        .status = refusal->status,
        .detail = str_of(refusal->detail),
        .members = buf_view(&members),
    };
    if (problem_render(&problem, &body) < 0) {
        buf_reset(&body);
    }
    serve_fields_init(&fields, PROBLEM_CONTENT_TYPE);
    if (refusal->allow != NULL) {
        serve_fields_add(&fields, "Allow", refusal->allow);
    }
    const struct http_answer answer = {
        .status = refusal->status,
        .fields = fields.fields,
        .field_count = fields.count,
        .body = buf_view(&body),
        .memory = HTTP_BODY_COPIED,
        .close = refusal->close,
    };
    (void)http_exchange_answer(exchange, &answer);
}

void serve_refuse_plainly(struct http_exchange *exchange, int status, const char *detail)
{
    serve_refuse(exchange, &(struct serve_refusal){ .status = status, .detail = detail });
}
