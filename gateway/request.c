/* SPDX-License-Identifier: MIT */
#include "gateway/request.h"

#include <string.h>

#include "common/access_log.h"
#include "common/clock.h"
#include "gateway/call_policy.h"
#include "gateway/request_answer.h"

enum {
    /* The strategies keep the deadline themselves and know better what they waited for; this much later the request
     * stops waiting for those that cannot (a call that waits for a thread). */
    DEADLINE_GRACE_US = 25 * CLOCK_US_PER_MS,
    TRACE_STATE_LENGTH_AT_MOST = 512,
};

/* ---- life ---- */

static void free_when_over(struct request *request)
{
    if (request->exchange != NULL || request->running_count > 0) {
        return;
    }
    loop_disarm(request->host->loop, &request->deadline_timer);
    for (size_t i = 0; i < request->call_count; i++) {
        call_clear(&request->calls[i]);
    }
    arena_clear(&request->arena);
    request->host->request_count--;
    free(request);
}

static void cancel_calls(struct request *request, enum call_error error)
{
    for (size_t i = 0; i < request->call_count; i++) {
        call_cancel(&request->calls[i], error);
    }
}

static void on_client_gone(void *context)
{
    struct request *request = context;

    if (request->state == REQUEST_RUNNING) {
        request->state = REQUEST_GONE;
        request->status = 499;
        cancel_calls(request, CALL_CANCELLED);
    }
}

static void on_finished(void *context, bool is_complete)
{
    struct request *request = context;

    (void)is_complete;
    on_client_gone(request); /* the connection ended, and nobody had noticed that the client was gone */
    request_log_done(request);
    request->exchange = NULL;
    free_when_over(request);
}

static const struct http_exchange_events exchange_events = {
    .on_client_gone = on_client_gone,
    .on_finished = on_finished,
};

/* ---- calls ---- */

static void on_deadline(void *context)
{
    struct request *request = context;

    if (request->state != REQUEST_RUNNING) {
        return;
    }
    for (size_t i = 0; i < request->call_count && request->failed == NULL; i++) {
        request->failed = request->calls[i].is_settled ? NULL : &request->calls[i];
    }
    cancel_calls(request, CALL_HTTP_RESPONSE_TIMEOUT);
    request_answer_failure(request);
}

/* The bodies of one request are bounded together, too. */
static void count_answer_bytes(struct request *request, struct call *call)
{
    request->answer_bytes += call_body(call).length;
    if (call->account.error == CALL_OK && request->answer_bytes > request->host->config->limits.answer_bytes) {
        call->account.error = CALL_HTTP_RESPONSE_BODY_SIZE;
    }
}

static void on_call_done(void *context, struct call *call)
{
    struct request *request = context;

    request->running_count--;
    if (request->state != REQUEST_RUNNING) {
        free_when_over(request);
        return;
    }
    request->settled_count++;
    count_answer_bytes(request, call);
    if (call->account.error != CALL_OK) {
        request->failed = call;
        cancel_calls(request, CALL_CANCELLED);
        request_answer_failure(request);
    } else if (request->settled_count == request->call_count) {
        request_answer_merged(request);
    }
}

static int prepare_calls(struct request *request, const struct plan *plan)
{
    const struct config *config = request->host->config;
    uint64_t now_us = clock_monotonic_us();

    request->calls = arena_allocate_array(&request->arena, plan->call_count, sizeof request->calls[0]);
    request->accounts = arena_allocate_array(&request->arena, plan->call_count, sizeof request->accounts[0]);
    if (request->calls == NULL || request->accounts == NULL) {
        return -1;
    }
    request->call_count = plan->call_count;
    for (size_t i = 0; i < plan->call_count; i++) {
        const struct plan_call *planned = &plan->calls[i];
        enum strategy strategy = mode_strategy((enum mode)config->mode, planned->name, str_of(config->blocking));
        request->calls[i] = (struct call){
            .scope = &request->scope,
            .account = { .name = planned->name, .queued_us = now_us },
            .member = planned->member,
            .target = planned->target,
            .upstream = request->host->upstreams[strategy],
        };
        request->accounts[i] = &request->calls[i].account;
    }
    return 0;
}

/* After each start, what is done is heard of: a blocking call that failed ends the request before the next one starts.
 */
static void start_calls(struct request *request)
{
    struct request_host *host = request->host;

    if (loop_arm(host->loop, &request->deadline_timer, request->scope.deadline_us + DEADLINE_GRACE_US) < 0) {
        request_answer_refusal(request, 503, "The gateway has no memory left for this request.", NULL, false);
        return;
    }
    for (size_t i = 0; i < request->call_count && request->state == REQUEST_RUNNING; i++) {
        request->running_count++;
        call_start(&request->calls[i]);
        attempt_queue_drain(host->completions);
    }
}

/* ---- the beginning ---- */

/* A header line the client sent, kept if it is visible ASCII and not too long to pass on. */
static const char *copy_trace_state(struct request *request, const struct http_exchange *exchange)
{
    struct str value = http_exchange_header(exchange, "tracestate");

    if (!request->trace.is_from_client || value.length == 0 || value.length > TRACE_STATE_LENGTH_AT_MOST) {
        return NULL;
    }
    for (size_t i = 0; i < value.length; i++) {
        if (value.base[i] < 0x20 || value.base[i] > 0x7e) {
            return NULL;
        }
    }
    return arena_copy(&request->arena, value);
}

static void name_request(struct request *request, const struct http_exchange *exchange)
{
    struct str given = http_exchange_header(exchange, "X-Request-Id");

    if (given.base != NULL && trace_is_request_id(given)) {
        memcpy(request->id, given.base, given.length);
        request->id[given.length] = '\0';
    } else {
        trace_random_hex(request->host->random, request->id, TRACE_ID_LENGTH);
    }
    trace_begin(&request->trace, request->host->random, http_exchange_header(exchange, "traceparent"));
    request->trace_state = copy_trace_state(request, exchange);
}

/* The gateway's own, or what an upstream gateway left of it: an incoming one may only shorten it. */
static uint64_t deadline_of(const struct request *request, const struct http_exchange *exchange)
{
    uint64_t allowed_us = request->host->config->deadline_us;
    uint64_t left_ms = 0;
    struct str given = http_exchange_header(exchange, "Fanlight-Deadline-Ms");

    if (given.base != NULL && str_to_number(given, UINT32_MAX, &left_ms) == 0 &&
        left_ms * CLOCK_US_PER_MS < allowed_us) {
        allowed_us = left_ms * CLOCK_US_PER_MS;
    }
    return request->head_read_us + allowed_us;
}

static void set_scope(struct request *request, const struct http_exchange *exchange)
{
    const struct config *config = request->host->config;

    request->scope = (struct call_scope){
        .arena = &request->arena,
        .completions = request->host->completions,
        .server = &config->backend,
        .server_name = config->backend_server,
        .backend_name = "default",
        .request_id = request->id,
        .trace = &request->trace,
        .trace_state = request->trace_state,
        .random = request->host->random,
        .deadline_us = deadline_of(request, exchange),
        .connect_timeout_us = config->limits.connect_timeout_us,
        .response_bytes = config->limits.response_bytes,
        .response_header_bytes = config->limits.response_header_bytes,
        .on_done = on_call_done,
        .context = request,
    };
}

/* NULL: no memory; the exchange was closed. */
static struct request *request_new(struct request_host *host, struct http_exchange *exchange)
{
    struct request *request = calloc(1, sizeof *request);

    if (request == NULL) {
        http_exchange_raw_close(exchange);
        return NULL;
    }
    host->request_count++;
    request->host = host;
    request->exchange = exchange;
    request->head_read_us = http_exchange_head_read_us(exchange);
    request->deadline_timer = (struct loop_timer){ .on_due = on_deadline, .context = request };
    arena_init(&request->arena, host->config->limits.request_arena_bytes);
    http_exchange_set_owner(exchange, &exchange_events, request);
    name_request(request, exchange);
    set_scope(request, exchange);
    request->match = route_match(http_exchange_method(exchange), http_exchange_target(exchange));
    request_log_received(request);
    return request;
}

static void fan_out(struct request *request)
{
    struct error error = { 0 };
    int status = 0;
    const struct plan *plan = plan_build(&request->arena, &request->match, http_exchange_body(request->exchange),
                                         request->host->config->limits.fan_out, &status, &error);

    if (plan == NULL) {
        request_answer_refusal(request, status, error.text, NULL, false);
    } else if (prepare_calls(request, plan) < 0) {
        request_answer_refusal(request, 413, "The request asks for more than this gateway holds.", NULL, false);
    } else {
        start_calls(request);
    }
}

void request_handle(struct request_host *host, struct http_exchange *exchange)
{
    struct request *request = request_new(host, exchange);

    if (request == NULL) {
        return;
    }
    if (request->match.kind == ROUTE_NONE) {
        request_answer_refusal(request, 404, "There is no such route.", NULL, false);
    } else if (request->match.is_options) {
        request_answer_options(request, request->match.allow);
    } else if (request->match.allow != NULL) {
        request_answer_refusal(request, 405, "This route does not know that method.", request->match.allow, false);
    } else if (request->match.kind == ROUTE_HELLO) {
        request_answer_text(request, "Hello world");
    } else {
        fan_out(request);
    }
}

void request_refuse(struct request_host *host, struct http_exchange *exchange, int status, const char *reason)
{
    struct request *request = request_new(host, exchange);

    if (request != NULL) {
        request_answer_refusal(request, status, reason, NULL, true);
    }
}
