/* SPDX-License-Identifier: MIT */
#include "gateway/request.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "gateway/request_answer.h"
#include "gateway/request_record.h"
#include "gateway/via.h"

enum {
    /* The strategies keep the deadline themselves and know better what they waited for; this much later the request
     * stops waiting for those that cannot (a call that waits for a thread). */
    DEADLINE_GRACE_US = 25 * CLOCK_US_PER_MS,
    TRACE_STATE_LENGTH_AT_MOST = 512,
};

static const struct config *config_of(const struct request *request)
{
    return request->worker_config->config;
}

/* ---- life ---- */

static void free_when_over(struct request *request)
{
    struct request_host *host = request->host;

    if (request->exchange != NULL || request->fan_out.running_count > 0) {
        return;
    }
    loop_disarm(host->loop, &request->deadline_timer);
    fan_out_clear(&request->fan_out);
    worker_config_release(request->worker_config);
    arena_clear(&request->arena);
    host->request_count--;
    metrics_set(host->metrics, METRICS_REQUESTS_IN_FLIGHT, host->request_count);
}

static void on_client_gone(void *context)
{
    struct request *request = context;

    if (request->state == REQUEST_RUNNING) {
        request->state = REQUEST_GONE;
        request->status = 499;
        if (request->fan_out.plan != NULL) {
            fan_out_cancel(&request->fan_out, CALL_CANCELLED);
        }
    }
}

static void on_finished(void *context, bool is_complete)
{
    struct request *request = context;

    (void)is_complete;
    on_client_gone(request); /* the connection ended, and nobody had noticed that the client was gone */
    request_record_done(request);
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

    if (request->state == REQUEST_RUNNING) {
        fan_out_expire(&request->fan_out);
    }
}

static void on_fan_out_over(void *context)
{
    struct request *request = context;

    if (request->fan_out.refusal != NULL) {
        request_answer_refusal(request, 400, request->fan_out.refusal, NULL, false);
    } else if (request->fan_out.failed != NULL) {
        request_answer_failure(request);
    } else if (request->match.route->is_pass) {
        request_answer_passed(request);
    } else {
        request_answer_merged(request);
    }
}

static void on_fan_out_idle(void *context)
{
    free_when_over(context);
}

static const struct fan_out_events fan_out_events = {
    .on_over = on_fan_out_over,
    .on_idle = on_fan_out_idle,
};

static struct call_scope scope_of(struct request *request)
{
    struct request_host *host = request->host;

    return (struct call_scope){
        .arena = &request->arena,
        .loop = host->loop,
        .completions = host->completions,
        .upstreams = host->upstreams,
        .worker_config = request->worker_config,
        .exchange = request->exchange,
        .request_id = request->id,
        .trace = &request->trace,
        .trace_state = request->trace_state,
        .random = host->random,
        .span_key = host->span_key,
        .deadline_us = request->deadline_us,
        .mode = request->is_mode_forced ? request->mode : request->match.route->mode,
        .is_mode_forced = request->is_mode_forced,
        .is_pass = request->match.route->is_pass,
    };
}

static void make_calls(struct request *request, const struct plan *plan)
{
    struct call_scope scope = scope_of(request);

    if (fan_out_init(&request->fan_out, plan, &scope, &fan_out_events, request) < 0) {
        request_answer_refusal(request, 503, "The gateway has no memory left for this request.", NULL, false);
        return;
    }
    if (loop_arm(request->host->loop, &request->deadline_timer, request->deadline_us + DEADLINE_GRACE_US) < 0) {
        request_answer_refusal(request, 503, "The gateway has no memory left for this request.", NULL, false);
        return;
    }
    fan_out_start(&request->fan_out, &request->match);
}

/* ---- the beginning ---- */

/* A header line the client sent, kept if it is visible ASCII and not too long to pass on. */
static const char *copy_trace_state(struct request *request, const struct http_exchange *exchange)
{
    if (!request->trace.is_from_client) {
        return NULL;
    }
    struct str value = http_exchange_header(exchange, "tracestate");
    if (value.length == 0 || value.length > TRACE_STATE_LENGTH_AT_MOST) {
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

/* The route's or the gateway's own, or what an upstream gateway left of it: an incoming one may only shorten it. */
static uint64_t find_deadline(const struct request *request, const struct http_exchange *exchange)
{
    const struct route *route = request->match.route;
    uint64_t allowed_us = config_of(request)->settings.deadline_us;
    uint64_t left_ms = 0;
    struct str given = http_exchange_header(exchange, "Fanlight-Deadline-Ms");

    if (route != NULL && route->deadline_us != CLOCK_NEVER_US) {
        allowed_us = route->deadline_us;
    }
    if (given.base != NULL && str_to_number(given, UINT32_MAX, &left_ms) == 0 &&
        left_ms * CLOCK_US_PER_MS < allowed_us) {
        allowed_us = left_ms * CLOCK_US_PER_MS;
    }
    return request->head_read_us + allowed_us;
}

static int find_forced_mode(const struct request *request, const struct http_exchange *exchange)
{
    if (!config_of(request)->settings.allow_mode_override) {
        return MODE_INHERITED;
    }
    struct str given = http_exchange_header(exchange, "Fanlight-Mode");
    for (int mode = 0; mode_names[mode] != NULL; mode++) {
        if (str_equal(given, str_of(mode_names[mode]))) {
            return mode;
        }
    }
    return MODE_INHERITED;
}

static void choose_mode(struct request *request, const struct http_exchange *exchange)
{
    const struct route *route = request->match.route;
    int forced = find_forced_mode(request, exchange);

    request->is_mode_forced = forced != MODE_INHERITED;
    if (request->is_mode_forced) {
        request->mode = forced;
    } else if (route != NULL && route->mode != MODE_INHERITED) {
        request->mode = route->mode;
    } else {
        request->mode = config_of(request)->settings.mode;
    }
}

/* NULL: no memory; the exchange was closed. */
static struct request *request_new(struct request_host *host, struct http_exchange *exchange)
{
    const struct config *config = host->worker_config->config;
    struct arena arena;

    arena_init_pooled(&arena, SIZE_MAX, &host->arena_blocks);
    struct request *request = arena_allocate(&arena, sizeof *request);
    if (request == NULL) {
        http_exchange_raw_close(exchange);
        return NULL;
    }
    arena_restrict(&arena, config->limits.request_arena_bytes);
    request->arena = arena;
    host->request_count++;
    metrics_set(host->metrics, METRICS_REQUESTS_IN_FLIGHT, host->request_count);
    request->host = host;
    request->worker_config = worker_config_hold(host->worker_config);
    request->exchange = exchange;
    request->head_read_us = http_exchange_head_read_us(exchange);
    request->deadline_timer = (struct loop_timer){ .on_due = on_deadline, .context = request };
    request->match = (struct route_match){ .name = "" };
    request->mode = config->settings.mode;
    http_exchange_set_owner(exchange, &exchange_events, request);
    name_request(request, exchange);
    return request;
}

/* ---- what it asks for ---- */

static int match_route(struct request *request)
{
    const struct http_exchange *exchange = request->exchange;

    int result = route_match(config_of(request)->route_table, &request->arena, http_exchange_method(exchange),
                             http_exchange_target(exchange), &request->match);
    request->deadline_us = find_deadline(request, exchange);
    request->wants_explanation = config_of(request)->settings.allow_explain &&
                                 str_equal(http_exchange_header(exchange, "Fanlight-Explain"), STR("1"));
    choose_mode(request, exchange);
    return result;
}

/* ---- a call of ours that came back ---- */

struct via_search {
    bool is_found;
};

static void search_via(void *context, struct str name, struct str value)
{
    struct via_search *search = context;

    if (!search->is_found && str_equal_ignoring_case(name, STR("Via"))) {
        search->is_found = via_names(value, STR("fanlight"));
    }
}

/* Its span is one of this process's, and it says that it went through a gateway: a client's own trace, which may look
 * like one of ours by chance, does not say that. */
static bool is_own_call(const struct request *request)
{
    const struct http_exchange *exchange = request->exchange;
    struct via_search search = { .is_found = false };

    if (!request->trace.is_from_client ||
        !trace_is_own_span(http_exchange_header(exchange, "traceparent"), request->host->span_key)) {
        return false;
    }
    http_exchange_each_header(exchange, search_via, &search);
    return search.is_found;
}

/* ---- the decision ---- */

static void fan_out(struct request *request)
{
    const struct route *route = request->match.route;
    const struct plan *plan = &route->plan;
    struct error error = { { '\0' } };
    int status = 0;

    if (is_own_call(request)) {
        request_answer_loop(request);
        return;
    }
    if (request->host->request_count > request->worker_config->in_flight_limit) {
        metrics_add(request->host->metrics, METRICS_SHED, 1);
        request_answer_overload(request);
        return;
    }
    if (route->kind != ROUTE_CALLS) {
        plan = plan_build(&request->arena, &request->match, http_exchange_body(request->exchange),
                          config_of(request)->limits.fan_out, &status, &error);
    }
    if (plan == NULL) {
        request_answer_refusal(request, status, error.text, NULL, false);
    } else {
        make_calls(request, plan);
    }
}

static void decide(struct request *request, int match_result)
{
    const struct route_match *match = &request->match;

    if (match_result == -EINVAL) {
        request_answer_refusal(request, 400, "The path has a \"%\" without two hexadecimal digits behind it.", NULL,
                               false);
    } else if (match_result < 0) {
        request_answer_refusal(request, 503, "The gateway has no memory left for this request.", NULL, false);
    } else if (match->is_options) {
        request_answer_options(request, match->allow);
    } else if (match->allow != NULL) {
        request_answer_refusal(request, 405, "This route does not know that method.", match->allow, false);
    } else if (match->route == NULL) {
        request_answer_refusal(request, 404, "There is no such route.", NULL, false);
    } else if (match->route->kind == ROUTE_RESPOND) {
        request_answer_constant(request, &match->route->respond);
    } else {
        fan_out(request);
    }
}

void request_handle(struct request_host *host, struct http_exchange *exchange)
{
    struct request *request = request_new(host, exchange);

    if (request == NULL) {
        return;
    }
    int match_result = match_route(request);
    request_record_received(request);
    decide(request, match_result);
}

void request_refuse(struct request_host *host, struct http_exchange *exchange, int status, const char *reason)
{
    struct request *request = request_new(host, exchange);

    if (request != NULL) {
        request_record_received(request);
        request_answer_refusal(request, status, reason, NULL, true);
    }
}
