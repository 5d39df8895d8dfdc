/* SPDX-License-Identifier: MIT */
#include "gateway/request_answer.h"

#include "common/access_log.h"
#include "common/clock.h"
#include "common/problem.h"
#include "gateway/account.h"
#include "gateway/answer_fields.h"
#include "gateway/merge.h"

enum { TEXT_BYTES_AT_MOST = 256 * 1024 };

#define JSON_CONTENT_TYPE "application/json"

static struct account account_of(const struct request *request)
{
    return (struct account){
        .head_read_us = request->head_read_us,
        .done_us = request->answered_us,
        .calls = request->accounts,
        .call_count = request->call_count,
    };
}

/* ---- log lines ---- */

/* Members of the JSON log that name the request. */
static void render_members(const struct request *request, struct buf *json)
{
    (void)buf_add_format(json, ",\"request_id\":\"%s\",\"worker\":%u,\"mode\":\"%s\",\"route\":", request->id,
                         request->host->worker_index, mode_names[request->host->config->mode]);
    (void)buf_add_json_string(json, str_of(request->match.name));
}

static struct access_entry entry_of(const struct request *request, struct buf *members)
{
    buf_init(members, TEXT_BYTES_AT_MOST);
    if (request->host->log->sink->format == LOG_JSON) {
        render_members(request, members);
    }
    return (struct access_entry){
        .method = http_exchange_method(request->exchange),
        .target = http_exchange_target(request->exchange),
        .protocol = http_exchange_protocol(request->exchange),
        .client = http_exchange_client(request->exchange),
        .status = request->status,
        .members = buf_view(members),
    };
}

void request_log_received(const struct request *request)
{
    cleanup_buf struct buf members;
    struct access_entry entry = entry_of(request, &members);

    access_log_received(request->host->log, &entry);
}

static void log_send(const struct request *request)
{
    cleanup_buf struct buf members;
    struct access_entry entry = entry_of(request, &members);

    access_log_send(request->host->log, &entry);
}

void request_log_done(const struct request *request)
{
    cleanup_buf struct buf members;
    cleanup_buf struct buf times;
    struct access_entry entry = entry_of(request, &members);
    struct account account = account_of(request);

    buf_init(&times, TEXT_BYTES_AT_MOST);
    if (request->host->log->sink->format == LOG_JSON) {
        account.done_us = clock_monotonic_us();
        (void)account_render_json(&account, &times);
    }
    access_log_done(request->host->log, &entry, buf_view(&times));
}

/* ---- answers ---- */

struct answer {
    int status;
    const char *content_type;
    const char *allow;
    bool close;
};

/* Takes the body over. */
static void send_answer(struct request *request, const struct answer *answer, struct buf *body)
{
    struct account account = account_of(request);
    struct answer_fields fields = { .count = 0 };
    struct answer_facts facts = {
        .account = &account,
        .content_type = answer->content_type,
        .mode = mode_names[request->host->config->mode],
        .request_id = request->id,
        .allow = answer->allow,
        .failed = request->failed != NULL ? &request->failed->account : NULL,
        .is_complete = request->failed == NULL,
    };
    size_t length = 0;

    char *bytes = buf_take(body, &length);
    if (bytes == NULL || answer_fields_build(&request->arena, &facts, &fields) < 0) {
        free(bytes);
        http_exchange_raw_close(request->exchange);
        return;
    }
    struct http_answer http = {
        .status = answer->status,
        .fields = fields.fields,
        .field_count = fields.count,
        .body = { bytes, length },
        .memory = HTTP_BODY_OWNED,
        .close = answer->close,
    };
    (void)http_exchange_answer(request->exchange, &http);
}

static void answer(struct request *request, const struct answer *answer, struct buf *body)
{
    request->state = REQUEST_ANSWERED;
    request->status = answer->status;
    request->answered_us = clock_monotonic_us();
    loop_disarm(request->host->loop, &request->deadline_timer);
    log_send(request);
    send_answer(request, answer, body);
}

void request_answer_text(struct request *request, const char *text)
{
    cleanup_buf struct buf body;

    buf_init(&body, TEXT_BYTES_AT_MOST);
    (void)buf_add_text(&body, text);
    answer(request, &(struct answer){ .status = 200, .content_type = "text/plain; charset=utf-8" }, &body);
}

void request_answer_options(struct request *request, const char *allow)
{
    cleanup_buf struct buf body;

    buf_init(&body, TEXT_BYTES_AT_MOST);
    answer(request, &(struct answer){ .status = 204, .allow = allow }, &body);
}

static void answer_problem(struct request *request, const struct problem *problem, const char *allow, bool close)
{
    cleanup_buf struct buf body;

    buf_init(&body, TEXT_BYTES_AT_MOST);
    if (problem_render(problem, &body) < 0) {
        buf_reset(&body); /* the status says enough */
    }
    answer(request,
           &(struct answer){
               .status = problem->status, .content_type = PROBLEM_CONTENT_TYPE, .allow = allow, .close = close },
           &body);
}

void request_answer_refusal(struct request *request, int status, const char *detail, const char *allow, bool close)
{
    struct problem problem = {
        .status = status,
        .detail = str_of(detail),
        .request_id = str_of(request->id),
    };

    answer_problem(request, &problem, allow, close);
}

void request_answer_failure(struct request *request)
{
    const struct call_account *failed = &request->failed->account;
    cleanup_buf struct buf members;
    char detail[160];

    request->answered_us = clock_monotonic_us();
    struct account account = account_of(request);
    buf_init(&members, TEXT_BYTES_AT_MOST);
    (void)buf_add_format(&members, "\"error\":\"%s\",\"calls\":", call_error_name(failed->error));
    (void)account_render_outcomes(&account, false, &members);
    (void)snprintf(detail, sizeof detail, "The call %.*s failed: %s.", STR_ARGUMENTS(failed->name),
                   call_error_description(failed->error));
    struct problem problem = {
        .status = call_error_status(failed->error),
        .detail = str_of(detail),
        .request_id = str_of(request->id),
        .members = buf_view(&members),
    };
    answer_problem(request, &problem, NULL, false);
}

void request_answer_merged(struct request *request)
{
    const struct config_limits *limits = &request->host->config->limits;
    struct merge_member *members =
        arena_allocate_array(&request->arena, request->call_count, sizeof(struct merge_member));
    cleanup_buf struct buf body;

    buf_init(&body, limits->answer_bytes + (size_t)TEXT_BYTES_AT_MOST);
    for (size_t i = 0; members != NULL && i < request->call_count; i++) {
        members[i] = (struct merge_member){ request->calls[i].member, call_body(&request->calls[i]) };
    }
    if (members == NULL || merge_render(members, request->call_count, &body) < 0) {
        request_answer_refusal(request, 503, "The gateway has no memory left for this answer.", NULL, false);
        return;
    }
    answer(request, &(struct answer){ .status = 200, .content_type = JSON_CONTENT_TYPE }, &body);
}
