/* SPDX-License-Identifier: MIT */
#include "gateway/call_policy.h"

#include "common/clock.h"

enum {
    ATTEMPTS_AT_MOST = 2,
    /* A strategy keeps the attempt's deadline itself and knows better what it waited for; this much later it is ended.
     */
    TIMEOUT_GRACE_US = 25 * CLOCK_US_PER_MS,
    SMALL_BODY_BYTES = 256,
};

static void on_attempt_done(struct attempt *attempt, void *context);

/* ---- an attempt ---- */

/* The call's timeout counts from here; the request's deadline covers all. */
static uint64_t deadline_of(const struct call *call, uint64_t now_us)
{
    uint64_t timeout_us = call->planned->timeout_us;
    uint64_t deadline_us = call->scope->deadline_us;

    if (timeout_us == CLOCK_NEVER_US) {
        timeout_us = call_backend(call)->timeout_us;
    }
    return timeout_us < CLOCK_NEVER_US - now_us && now_us + timeout_us < deadline_us ? now_us + timeout_us
                                                                                     : deadline_us;
}

/* Most bodies are small: theirs is the request's memory, and not one from malloc for each. What is passed on is taken
 * over by the answer, and has to be from there. */
static void prepare_body(struct call *call, size_t body_bytes)
{
    const struct call_scope *scope = call->scope;
    char *room = scope->is_pass ? NULL : arena_allocate_unset(scope->arena, SMALL_BODY_BYTES);

    if (room != NULL) {
        buf_init_on(&call->attempt.response, room, SMALL_BODY_BYTES, body_bytes);
    } else {
        buf_init(&call->attempt.response, body_bytes);
    }
}

/* One that is all zero but for what introduce_attempt() says. */
static void prepare_attempt(struct call *call, uint64_t deadline_us)
{
    const struct config_backend *backend = call_backend(call);
    struct attempt *attempt = &call->attempt;

    attempt->method = call->message.method;
    attempt->server = &call->server->url;
    attempt->tls = call->server->url.is_tls ? backend->tls : NULL;
    attempt->target = call->message.target;
    attempt->fields = call->message.fields;
    attempt->deadline_field = "Fanlight-Deadline-Ms";
    attempt->body = call->message.body;
    attempt->deadline_us = deadline_us;
    attempt->connect_timeout_us = backend->connect_timeout_us;
    attempt->response_header_bytes = backend->response_header_bytes;
    attempt->wants_response_head = call->scope->is_pass;
    attempt->wants_json = !call->scope->is_pass && !call->planned->is_text;
    prepare_body(call, backend->response_bytes);
    attempt->room = call->scope->answer_room;
    attempt->response_head.limit = backend->response_header_bytes;
}

static void try_once(struct call *call, uint64_t now_us)
{
    struct attempt *attempt = &call->attempt;

    if (now_us >= attempt->deadline_us) {
        attempt_complete(attempt, CALL_HTTP_RESPONSE_TIMEOUT); /* others, before it, used the time up */
        return;
    }
    call->account.attempts++;
    upstream_start(call->upstream, attempt);
}

/* So that it can be completed, with or without having been tried. */
static void introduce_attempt(struct call *call)
{
    call->attempt.completions = call->scope->completions;
    call->attempt.on_done = on_attempt_done;
    call->attempt.context = call;
}

/* Once more within the same time. */
static void try_again(struct call *call)
{
    struct attempt *attempt = &call->attempt;
    uint64_t deadline_us = attempt->deadline_us;

    call_clear(call);
    *attempt = (struct attempt){ .wants_fresh_connection = true };
    introduce_attempt(call);
    prepare_attempt(call, deadline_us);
    try_once(call, clock_monotonic_us());
}

/* ---- the gate ---- */

/* The request's word goes over all; else the narrower goes over the wider. */
static enum strategy choose_strategy(const struct call *call)
{
    const struct call_scope *scope = call->scope;
    const struct settings *settings = &scope->worker_config->config->settings;
    const int modes[] = { scope->is_mode_forced ? scope->mode : MODE_INHERITED, call->planned->mode, scope->mode,
                          call_backend(call)->mode, settings->mode };
    size_t i = 0;

    while (modes[i] == MODE_INHERITED && i + 1 < array_length(modes)) {
        i++;
    }
    return mode_strategy((enum mode)modes[i], call->planned->name, str_of(settings->blocking));
}

static void on_timeout(void *context)
{
    struct call *call = context;

    if (call->state == CALL_IN_LINE) {
        backend_gate_withdraw(call->gate, &call->ticket);
        attempt_complete(&call->attempt, CALL_CONNECTION_LIMIT_REACHED);
    } else if (call->state == CALL_TRYING) {
        call_cancel(call, CALL_HTTP_RESPONSE_TIMEOUT);
    }
    attempt_queue_drain(call->scope->completions);
}

/* Nothing else ends an attempt that waits for one of the pool's threads. Without memory for a timer the request's
 * deadline does. */
static void watch_over(struct call *call, enum strategy strategy)
{
    if (strategy == STRATEGY_THREADS && call->attempt.deadline_us < call->scope->deadline_us) {
        (void)!loop_arm(call->scope->loop, &call->timer, call->attempt.deadline_us + TIMEOUT_GRACE_US);
    }
}

static void begin(struct call *call, uint64_t now_us)
{
    enum strategy strategy = choose_strategy(call);
    const struct config_backend *backend = call_backend(call);

    loop_disarm(call->scope->loop, &call->timer);
    call->state = CALL_TRYING;
    call->upstream = call->scope->upstreams[strategy];
    call->server = &backend->servers[backend_gate_next_server(call->gate, backend->server_count)];
    call->account.server = str_of(call->server->name);
    prepare_attempt(call, deadline_of(call, now_us));
    watch_over(call, strategy);
    try_once(call, now_us);
}

static void on_place(void *context)
{
    begin(context, clock_monotonic_us());
}

static void stand_in_line(struct call *call)
{
    uint64_t timeout_us = call_backend(call)->queue_timeout_us;

    call->state = CALL_IN_LINE;
    if (timeout_us != CLOCK_NEVER_US) {
        /* Without memory for the timer it waits until the deadline. */
        (void)!loop_arm(call->scope->loop, &call->timer, call->account.queued_us + timeout_us);
    }
}

void call_start(struct call *call)
{
    call->gate = call->scope->worker_config->gates[call->planned->backend];
    call->ticket = (struct gate_ticket){ .on_place = on_place, .context = call };
    call->timer = (struct loop_timer){ .on_due = on_timeout, .context = call };
    introduce_attempt(call);
    switch (backend_gate_enter(call->gate, &call->ticket)) {
    case GATE_ENTERED:
        begin(call, call->account.queued_us);
        break;
    case GATE_WAITING:
        stand_in_line(call);
        break;
    case GATE_FULL:
        call->state = CALL_IN_LINE;
        attempt_complete(&call->attempt, CALL_CONNECTION_LIMIT_REACHED);
        break;
    }
}

/* ---- what came of it ---- */

/* A thread may still be at work on the attempt. */
static void copy_progress(struct call_account *account, struct attempt *attempt)
{
    account->is_reused = attempt->is_reused;
    account->started_us = account->attempts > 1 ? account->started_us : attempt->started_us;
    account->connected_us = attempt->connected_us;
    account->sent_us = attempt->sent_us;
    account->first_byte_us = attempt->first_byte_us;
    account->status = attempt->status;
}

static void copy_outcome(struct call_account *account, struct attempt *attempt)
{
    copy_progress(account, attempt);
    account->body_bytes = attempt->response.length;
    account->done_us = attempt->done_us;
}

static enum call_error judge(struct call *call)
{
    struct attempt *attempt = &call->attempt;

    if (attempt->error != CALL_OK || call->scope->is_pass) {
        return attempt->error;
    }
    if (attempt->status < 200 || attempt->status > 299) {
        return CALL_HTTP_RESPONSE_STATUS;
    }
    return attempt->wants_json && !attempt_has_json(attempt) ? CALL_INVALID_JSON : CALL_OK;
}

/* Stale and not a byte sent: any method may go again. Sent: only one whose repetition does no harm. */
static bool may_be_repeated(const struct attempt *attempt)
{
    return attempt->is_stale && (attempt->sent_us == 0 || attempt_is_idempotent(attempt));
}

/* No descriptor was left for it: whichever strategy keeps some for connections that nobody uses gives them up. What an
 * earlier call closed may do for this one, too. */
static void make_room(const struct call *call)
{
    for (size_t i = 0; i < STRATEGY_COUNT; i++) {
        upstream_close_idle(call->scope->upstreams[i]);
    }
}

/* Not in line: one that got no place at the gate was never tried. */
static bool deserves_another_attempt(const struct call *call)
{
    bool may_be_tried = call->state == CALL_TRYING && !call->is_settled && call->account.attempts < ATTEMPTS_AT_MOST;

    return may_be_tried && (may_be_repeated(&call->attempt) || call->attempt.error == CALL_CONNECTION_LIMIT_REACHED);
}

/* The place is free before anybody hears of it: a call that waited for this one may want it. The gate may be gone with
 * the request. */
static void tell(struct call *call)
{
    struct backend_gate *gate = backend_gate_hold(call->gate);

    if (call->state == CALL_TRYING) {
        backend_gate_leave(gate);
    }
    call->state = CALL_DONE;
    call->scope->on_done(call->scope->context, call);
    backend_gate_admit(gate);
    backend_gate_release(gate);
}

static void on_attempt_done(struct attempt *attempt, void *context)
{
    struct call *call = context;

    if (deserves_another_attempt(call)) {
        call->account.started_us = attempt->started_us;
        if (attempt->error == CALL_CONNECTION_LIMIT_REACHED) {
            make_room(call);
        }
        try_again(call);
        return;
    }
    loop_disarm(call->scope->loop, &call->timer);
    if (!call->is_settled) {
        copy_outcome(&call->account, attempt);
        call->account.error = judge(call);
        call->is_settled = true;
    }
    tell(call);
}

static void stop(struct call *call, enum call_error error)
{
    switch (call->state) {
    case CALL_IN_LINE:
        backend_gate_withdraw(call->gate, &call->ticket);
        attempt_complete(&call->attempt, error);
        break;
    case CALL_TRYING:
        upstream_cancel(call->upstream, &call->attempt, error);
        break;
    case CALL_NEW:
    case CALL_DONE:
        break;
    }
}

void call_cancel(struct call *call, enum call_error error)
{
    struct attempt *attempt = &call->attempt;

    if (call->is_settled) {
        return;
    }
    stop(call, error);
    if (attempt->state == ATTEMPT_DONE) {
        copy_outcome(&call->account, attempt);
        error = attempt->error != CALL_OK ? attempt->error : error;
    } else {
        copy_progress(&call->account, attempt);
        call->account.done_us = clock_monotonic_us();
        error = error == CALL_HTTP_RESPONSE_TIMEOUT ? attempt_timeout_error(attempt) : error;
    }
    call->account.error = error;
    call->is_settled = true;
}
