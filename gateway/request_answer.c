/* SPDX-License-Identifier: MIT */
#include "gateway/request_answer.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "common/problem.h"
#include "gateway/answer_fields.h"
#include "gateway/merge.h"
#include "gateway/pass_fields.h"
#include "gateway/request_record.h"

enum { TEXT_BYTES_AT_MOST = 1024 * 1024, OWN_FIELDS_BYTES = 4096 /* at most: answer_fields.h */ };

#define JSON_CONTENT_TYPE "application/json"

struct answer {
    int status;
    const char *content_type;
    const char *allow;
    const char *retry_after;
    const struct http_field *more_fields;
    size_t more_field_count;
    const struct merge_asides *asides; /* what stands between the body's bytes; NULL: nothing does */
    bool close;
};

/* ---- handing it over ---- */

static int build_fields(struct request *request, const struct answer *answer, struct answer_fields *fields)
{
    struct answer_facts facts = {
        .account = request_account(request, request->answered_us),
        .content_type = answer->content_type,
        .mode = mode_names[request->mode],
        .request_id = request->id,
        .allow = answer->allow,
        .retry_after = answer->retry_after,
        .failed = request->fan_out.failed != NULL ? &request->fan_out.failed->account : request->refused,
        .is_complete = !request->fan_out.is_incomplete,
        .more = answer->more_fields,
        .more_count = answer->more_field_count,
    };

    return answer_fields_build(&request->arena, &facts, fields);
}

/* `owned`: the body's bytes, which are taken over; NULL: they stay until the answer is out. */
static void send_answer(struct request *request, const struct answer *answer, struct str body, char *owned)
{
    struct answer_fields fields;
    struct str pieces[MERGE_PIECES_MOST];

    if (build_fields(request, answer, &fields) < 0) {
        free(owned);
        http_exchange_raw_close(request->exchange);
        return;
    }
    struct http_answer http = {
        .status = answer->status,
        .fields = fields.fields,
        .field_count = fields.count,
        .body = body,
        .memory = owned != NULL ? HTTP_BODY_OWNED : HTTP_BODY_CONSTANT,
        .pieces = pieces,
        .piece_count =
            answer->asides != NULL && answer->asides->count > 0 ? merge_pieces(body, answer->asides, pieces) : 0,
        .close = answer->close,
    };
    (void)http_exchange_answer(request->exchange, &http);
}

/* The moment of the answer: what is told of it later counts up to here. */
static void mark_answered(struct request *request, int status)
{
    request->status = status;
    if (request->answered_us == 0) {
        request->answered_us = clock_monotonic_us();
    }
}

static void begin_answer(struct request *request, const struct answer *answer)
{
    request->state = REQUEST_ANSWERED;
    mark_answered(request, answer->status);
    loop_disarm(request->host->loop, &request->deadline_timer);
    request_record_send(request);
}

/* Takes the body over. */
static void answer(struct request *request, const struct answer *answer, struct buf *body)
{
    size_t length = 0;

    begin_answer(request, answer);
    char *bytes = buf_take(body, &length);
    if (bytes == NULL) {
        http_exchange_raw_close(request->exchange);
        return;
    }
    send_answer(request, answer, (struct str){ bytes, length }, bytes);
}

/* The body stays as long as the request, and that until the answer is out. */
static void answer_constant(struct request *request, const struct answer *answer, struct str body)
{
    begin_answer(request, answer);
    send_answer(request, answer, body, NULL);
}

/* ---- without calls ---- */

void request_answer_constant(struct request *request, const struct route_respond *respond)
{
    /* The configuration's, which the request holds. */
    answer_constant(request,
                    &(struct answer){ .status = respond->status,
                                      .content_type = respond->content_type,
                                      .more_fields = respond->fields,
                                      .more_field_count = respond->field_count },
                    respond->body);
}

void request_answer_options(struct request *request, const char *allow)
{
    answer_constant(request, &(struct answer){ .status = 204, .allow = allow }, STR(""));
}

static void answer_problem(struct request *request, const struct problem *problem, struct answer facts)
{
    cleanup_buf struct buf body;

    buf_init(&body, 2 * (size_t)TEXT_BYTES_AT_MOST);
    if (problem_render(problem, &body) < 0) {
        buf_reset(&body); /* the status says enough */
    }
    facts.status = problem->status;
    facts.content_type = PROBLEM_CONTENT_TYPE;
    answer(request, &facts, &body);
}

void request_answer_refusal(struct request *request, int status, const char *detail, const char *allow, bool close)
{
    struct problem problem = {
        .status = status,
        .detail = str_of(detail),
        .request_id = str_of(request->id),
    };

    answer_problem(request, &problem, (struct answer){ .allow = allow, .close = close });
}

void request_answer_loop(struct request *request)
{
    static const struct call_account refused = { .error = CALL_PROXY_LOOP_DETECTED };
    struct problem problem = {
        .status = call_error_status(refused.error),
        .detail = STR("The request had passed this gateway before."),
        .request_id = str_of(request->id),
        .members = STR("\"error\":\"proxy_loop_detected\",\"calls\":[]"),
    };

    request->refused = &refused;
    answer_problem(request, &problem, (struct answer){ .status = 0 });
}

void request_answer_overload(struct request *request)
{
    struct problem problem = {
        .status = 503,
        .detail = STR("The gateway has as many requests in flight as it takes."),
        .request_id = str_of(request->id),
    };

    answer_problem(request, &problem, (struct answer){ .retry_after = "1" });
}

/* ---- of calls ---- */

/* `,"_explain":{…}`, where it was asked for. One that there is no room for is left out as a whole. */
static void add_explanation(struct request *request, struct buf *members)
{
    size_t length = members->length;

    if (!request->wants_explanation || members->failed) {
        return;
    }
    (void)buf_add_text(members, length > 0 ? ",\"_explain\":" : "\"_explain\":");
    request_record_render(request, request->answered_us, members);
    if (members->failed) {
        members->length = length;
        members->failed = false;
    }
}

/* Half a text would not be JSON any more: the status says enough. */
static struct str whole_or_nothing(const struct buf *text)
{
    return text->failed ? STR("") : buf_view(text);
}

void request_answer_failure(struct request *request)
{
    const struct call_account *failed = &request->fan_out.failed->account;
    cleanup_buf struct buf members;
    cleanup_buf struct buf detail;

    mark_answered(request, call_error_status(failed->error));
    buf_init(&members, TEXT_BYTES_AT_MOST);
    buf_init(&detail, TEXT_BYTES_AT_MOST);
    (void)buf_add_format(&members, "\"error\":\"%s\",\"calls\":", call_error_name(failed->error));
    (void)account_render_outcomes(request_account(request, request->answered_us), false, &members);
    add_explanation(request, &members);
    (void)buf_add_format(&detail, "The call %.*s failed: %s%s%.*s.", STR_ARGUMENTS(failed->name),
                         call_error_description(failed->error), failed->detail.length > 0 ? ": " : "",
                         STR_ARGUMENTS(failed->detail));
    struct problem problem = {
        .status = request->status,
        .detail = whole_or_nothing(&detail),
        .request_id = str_of(request->id),
        .members = whole_or_nothing(&members),
    };
    answer_problem(request, &problem, (struct answer){ .status = 0 });
}

/* What a call that did not succeed stands for. */
static struct merge_member stand_in(const struct plan_call *planned)
{
    return (struct merge_member){ .name = planned->member, .form = MERGE_JSON, .bytes = planned->default_json };
}

/* An element that failed is null. */
static int list_elements(struct request *request, const struct step *step, struct merge_member *member)
{
    struct str *elements = arena_allocate_array(&request->arena, step->element_count + 1, sizeof elements[0]);

    if (elements == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < step->element_count; i++) {
        const struct call *call = &step->calls[i];
        elements[i] = call->account.error == CALL_OK ? call_body(call) : (struct str){ NULL, 0 };
    }
    member->form = step->planned->is_text ? MERGE_TEXT_LIST : MERGE_LIST;
    member->elements = elements;
    member->element_count = step->element_count;
    return 0;
}

static int set_member(struct request *request, const struct step *step, struct merge_member *member)
{
    const struct plan_call *planned = step->planned;

    *member = stand_in(planned);
    if (step->state == STEP_FAILED) {
        return 0;
    }
    if (planned->has_each) {
        return list_elements(request, step, member);
    }
    member->form = planned->is_text ? MERGE_TEXT : MERGE_JSON;
    member->bytes = call_body(step->calls);
    return 0;
}

static struct merge_member *list_members(struct request *request)
{
    const struct fan_out *fan_out = &request->fan_out;
    struct merge_member *members = arena_allocate_array(&request->arena, fan_out->plan->call_count, sizeof members[0]);

    for (size_t i = 0; members != NULL && i < fan_out->plan->call_count; i++) {
        if (set_member(request, &fan_out->steps[i], &members[i]) < 0) {
            return NULL;
        }
    }
    return members;
}

/* What follows the calls' members. An answer that lacks something always says what. */
static int render_tail(struct request *request, struct buf *tail)
{
    if (request->fan_out.is_incomplete) {
        const struct account *account = request_account(request, request->answered_us);
        (void)buf_add_text(tail, "\"_errors\":");
        if (account->call_count == 0 || account_render_outcomes(account, true, tail) < 0) {
            return -ENOMEM;
        }
    }
    add_explanation(request, tail);
    return 0;
}

void request_answer_merged(struct request *request)
{
    const struct config_limits *limits = &request->worker_config->config->limits;
    const struct merge_member *members = list_members(request);
    struct merge_asides asides;
    cleanup_buf struct buf body;
    cleanup_buf struct buf tail;

    mark_answered(request, 200);
    /* A text takes up to six bytes for one of its own. */
    buf_init(&body, limits->answer_bytes * 6 + (size_t)TEXT_BYTES_AT_MOST * 4);
    buf_init(&tail, TEXT_BYTES_AT_MOST * (size_t)2);
    if (members == NULL || render_tail(request, &tail) < 0 ||
        merge_render_around(members, request->fan_out.plan->call_count, buf_view(&tail), &body, &asides) < 0) {
        request_answer_refusal(request, 503, "The gateway has no memory left for this answer.", NULL, false);
        return;
    }
    answer(request, &(struct answer){ .status = 200, .content_type = JSON_CONTENT_TYPE, .asides = &asides }, &body);
}

/* ---- a response passed on ---- */

/* It came whole, and cannot be passed on as it is. */
static void fail_passed(struct request *request, struct call *call, enum call_error error)
{
    call->account.error = error;
    request->fan_out.failed = call;
    request->fan_out.is_incomplete = true;
    request_answer_failure(request);
}

/* -EMSGSIZE also where this request's own head leaves them no room. */
static int select_passed(struct request *request, const struct call *call, struct pass_fields *ret_fields)
{
    int result = pass_fields_select(&request->arena, buf_view(&call->attempt.response_head), ret_fields);

    if (result == 0 && ret_fields->bytes + OWN_FIELDS_BYTES > http_exchange_answer_room(request->exchange)) {
        return -EMSGSIZE;
    }
    return result;
}

void request_answer_passed(struct request *request)
{
    struct call *call = request->fan_out.steps[0].calls;
    struct pass_fields fields = { .count = 0 };

    int result = select_passed(request, call, &fields);
    if (result < 0) {
        fail_passed(request, call,
                    result == -EMSGSIZE  ? CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE
                    : result == -EBADMSG ? CALL_HTTP_PROTOCOL_ERROR
                                         : CALL_PROXY_INTERNAL_ERROR);
        return;
    }
    answer(request,
           &(struct answer){
               .status = (int)call->account.status, .more_fields = fields.fields, .more_field_count = fields.count },
           &call->attempt.response);
}
