/* SPDX-License-Identifier: MIT */
#include "gateway/call_policy.h"

#include "common/clock.h"
#include "common/json_scan.h"

enum { ATTEMPTS_AT_MOST = 2, FIELDS_AT_MOST = 8 };

static void on_attempt_done(struct attempt *attempt, void *context);

/* ---- what is sent ---- */

static const char *const *build_fields(const struct call_scope *scope)
{
    const char **fields = arena_allocate_array(scope->arena, FIELDS_AT_MOST, sizeof(const char *));
    char parent[TRACEPARENT_LENGTH + 1];
    size_t count = 0;

    if (fields == NULL) {
        return NULL;
    }
    trace_format_parent(scope->trace, scope->random, parent);
    fields[count++] = "Accept: application/json";
    fields[count++] = "Accept-Encoding: identity";
    fields[count++] = "Via: 1.1 fanlight";
    fields[count++] = arena_format(scope->arena, "X-Request-Id: %s", scope->request_id);
    fields[count++] = arena_format(scope->arena, "traceparent: %s", parent);
    if (scope->trace_state != NULL) {
        fields[count++] = arena_format(scope->arena, "tracestate: %s", scope->trace_state);
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i] == NULL) {
            return NULL;
        }
    }
    return fields;
}

static const char *build_url(const struct call *call)
{
    const struct url *server = call->scope->server;

    return arena_format(call->scope->arena, "%s://%s%s%.*s", server->is_tls ? "https" : "http", server->authority,
                        server->path, STR_ARGUMENTS(call->target));
}

static int prepare_attempt(struct call *call, bool wants_fresh_connection)
{
    struct attempt *attempt = &call->attempt;
    const struct call_scope *scope = call->scope;

    buf_clear(&attempt->response);
    *attempt = (struct attempt){
        .method = "GET",
        .url = build_url(call),
        .fields = build_fields(scope),
        .deadline_field = "Fanlight-Deadline-Ms",
        .deadline_us = scope->deadline_us,
        .connect_timeout_us = scope->connect_timeout_us,
        .response_header_bytes = scope->response_header_bytes,
        .wants_fresh_connection = wants_fresh_connection,
        .completions = scope->completions,
        .on_done = on_attempt_done,
        .context = call,
    };
    buf_init(&attempt->response, scope->response_bytes);
    return attempt->url != NULL && attempt->fields != NULL ? 0 : -1;
}

static void try_once(struct call *call, bool wants_fresh_connection)
{
    struct attempt *attempt = &call->attempt;

    if (prepare_attempt(call, wants_fresh_connection) < 0) {
        attempt_complete(attempt, CALL_PROXY_INTERNAL_ERROR);
        return;
    }
    if (clock_monotonic_us() >= call->scope->deadline_us) {
        attempt_complete(attempt, CALL_HTTP_RESPONSE_TIMEOUT); /* others, before it, used the time up */
        return;
    }
    call->account.attempts++;
    upstream_start(call->upstream, attempt);
}

void call_start(struct call *call)
{
    call->is_started = true;
    call->account.backend = str_of(call->scope->backend_name);
    call->account.server = str_of(call->scope->server_name);
    try_once(call, false);
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
}

static void copy_outcome(struct call_account *account, struct attempt *attempt)
{
    copy_progress(account, attempt);
    account->status = attempt->status;
    account->body_bytes = attempt->response.length;
    account->done_us = attempt->done_us;
}

static enum call_error judge(const struct attempt *attempt)
{
    if (attempt->error != CALL_OK) {
        return attempt->error;
    }
    if (attempt->status < 200 || attempt->status > 299) {
        return CALL_HTTP_RESPONSE_STATUS;
    }
    return json_scan_check(buf_view(&attempt->response), JSON_SCAN_DEPTH, NULL) == 0 ? CALL_OK : CALL_INVALID_JSON;
}

/* Stale and not a byte sent: any method may go again. Sent: only one whose repetition does no harm. */
static bool deserves_another_attempt(const struct call *call)
{
    const struct attempt *attempt = &call->attempt;

    return !call->is_settled && attempt->is_stale && call->account.attempts < ATTEMPTS_AT_MOST &&
           (attempt->sent_us == 0 || attempt_is_idempotent(attempt));
}

static void on_attempt_done(struct attempt *attempt, void *context)
{
    struct call *call = context;

    if (deserves_another_attempt(call)) {
        call->account.started_us = attempt->started_us;
        try_once(call, true);
        return;
    }
    if (!call->is_settled) {
        copy_outcome(&call->account, attempt);
        call->account.error = judge(attempt);
        call->is_settled = true;
    }
    call->is_done = true;
    call->scope->on_done(call->scope->context, call);
}

void call_cancel(struct call *call, enum call_error error)
{
    struct attempt *attempt = &call->attempt;

    if (call->is_settled) {
        return;
    }
    if (call->is_started) {
        upstream_cancel(call->upstream, attempt, error);
    }
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
