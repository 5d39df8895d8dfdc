/* SPDX-License-Identifier: MIT */
#include "backend/visit_answer.h"

#include "backend/reply.h"
#include "backend/visit_log.h"
#include "common/problem.h"

enum {
    STREAM_FROM_BYTES = 64 * 1024, /* a longer body is never held in memory */
    PROBLEM_BYTES = 16 * 1024,
    ECHO_BYTES = 16 * 1024 * 1024, /* of a body of 1 MiB, each byte of which may become \u00XX */
};

#define JSON_TYPE "application/json"

/* ---- the three ways out ---- */

/* RFC 9110 §15.3.5, §15.3.6 and §15.4.5 allow these no content. */
static bool has_no_content(int status)
{
    return status == 204 || status == 205 || status == 304;
}

static struct http_answer begin_answer(struct visit *visit, int status, const struct http_field *content_type)
{
    visit->status = status;
    visit_log_send(visit);
    return (struct http_answer){
        .status = status,
        .fields = content_type,
        .field_count = has_no_content(status) ? 0 : 1,
    };
}

static void answer_constant(struct visit *visit, int status, const char *content_type, struct str body)
{
    struct http_field field = { "Content-Type", content_type };
    struct http_answer answer = begin_answer(visit, status, &field);

    answer.body = has_no_content(status) ? STR("") : body;
    answer.memory = HTTP_BODY_CONSTANT;
    (void)http_exchange_answer(visit->exchange, &answer);
}

/* Takes the bytes out of `body`; without memory for them the connection is closed. */
static void answer_owned(struct visit *visit, struct http_answer *answer, struct buf *body)
{
    size_t length = 0;
    const char *bytes = body->failed ? NULL : buf_take(body, &length);

    if (bytes == NULL) {
        http_exchange_raw_close(visit->exchange);
        return;
    }
    answer->body = (struct str){ bytes, length };
    answer->memory = HTTP_BODY_OWNED;
    (void)http_exchange_answer(visit->exchange, answer);
}

static ssize_t read_padded(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    const struct visit *visit = context;
    size_t count = reply_padded(visit->knobs.size_bytes, offset, buffer, capacity);

    return count > 0 ? (ssize_t)count : HTTP_STREAM_END;
}

/* ---- what is asked for ---- */

static void answer_padded(struct visit *visit)
{
    struct http_field field = { "Content-Type", JSON_TYPE };
    struct http_answer answer = begin_answer(visit, visit->knobs.status, &field);
    uint64_t size_bytes = visit->knobs.size_bytes;
    cleanup_buf struct buf body;

    buf_init(&body, STREAM_FROM_BYTES);
    if (size_bytes > STREAM_FROM_BYTES) {
        (void)http_exchange_stream(visit->exchange, &answer, size_bytes, read_padded, visit);
        return;
    }
    char *room = buf_reserve(&body, (size_t)size_bytes);
    if (room != NULL) {
        body.length = reply_padded(size_bytes, 0, room, (size_t)size_bytes);
    }
    answer_owned(visit, &answer, &body);
}

struct header_list {
    struct reply_header *headers;
    size_t count;
    size_t capacity;
};

static void count_header(void *context, struct str name, struct str value)
{
    struct header_list *list = context;

    (void)name;
    (void)value;
    list->capacity++;
}

static void keep_header(void *context, struct str name, struct str value)
{
    struct header_list *list = context;

    if (list->count < list->capacity) {
        list->headers[list->count++] = (struct reply_header){ name, value };
    }
}

static void answer_echo(struct visit *visit)
{
    struct http_field field = { "Content-Type", JSON_TYPE };
    struct http_answer answer = begin_answer(visit, visit->knobs.status, &field);
    struct header_list list = { 0 };
    cleanup_buf struct buf body;

    buf_init(&body, ECHO_BYTES);
    http_exchange_each_header(visit->exchange, count_header, &list);
    cleanup_free struct reply_header *headers = calloc(list.capacity + 1, sizeof *headers);
    if (headers == NULL) {
        http_exchange_raw_close(visit->exchange);
        return;
    }
    list.headers = headers;
    http_exchange_each_header(visit->exchange, keep_header, &list);
    struct reply_request request = {
        .method = http_exchange_method(visit->exchange),
        .target = http_exchange_target(visit->exchange),
        .headers = headers,
        .header_count = list.count,
        .body = http_exchange_body(visit->exchange),
    };
    (void)!reply_echo(&request, &body);
    answer_owned(visit, &answer, &body);
}

/* What is answered to a request whose knobs say nothing of the body. */
static struct str ordinary_body(const struct visit *visit)
{
    const struct answers *answers = visit->service->config.answers;
    struct str target = http_exchange_target(visit->exchange);
    struct str path = { target.base, str_find(target, '?') };
    struct str body = answers != NULL ? answers_find(answers, path) : (struct str){ NULL, 0 };

    return body.base != NULL ? body : STR("{\"message\":\"success\"}");
}

void visit_answer(struct visit *visit)
{
    if (visit->knobs.is_echo && !has_no_content(visit->knobs.status)) {
        answer_echo(visit);
    } else if (visit->knobs.has_size && !has_no_content(visit->knobs.status)) {
        answer_padded(visit);
    } else {
        answer_constant(visit, visit->knobs.status, JSON_TYPE, ordinary_body(visit));
    }
}

void visit_answer_text(struct visit *visit, const char *content_type, const char *text)
{
    answer_constant(visit, 200, content_type, str_of(text));
}

void visit_answer_problem(struct visit *visit, int status, const char *detail, bool close)
{
    struct http_field field = { "Content-Type", PROBLEM_CONTENT_TYPE };
    struct problem problem = { .status = status, .detail = str_of(detail) };
    struct http_answer answer = begin_answer(visit, status, &field);
    cleanup_buf struct buf body;

    buf_init(&body, PROBLEM_BYTES);
    answer.close = close;
    (void)!problem_render(&problem, &body);
    answer_owned(visit, &answer, &body);
}
