/* SPDX-License-Identifier: MIT */
#include "gateway/attempt.h"

#include <string.h>

#include "common/clock.h"
#include "common/json_scan.h"
#include "gateway/name_addresses.h"

void attempt_queue_init(struct attempt_queue *queue)
{
    *queue = (struct attempt_queue){ .last = &queue->first };
}

static struct attempt *take_first(struct attempt_queue *queue)
{
    struct attempt *attempt = queue->first;

    if (attempt != NULL) {
        queue->first = attempt->next_completed;
        if (queue->first == NULL) {
            queue->last = &queue->first;
        }
    }
    return attempt;
}

void attempt_queue_drain(struct attempt_queue *queue)
{
    if (queue->is_draining) {
        return;
    }
    queue->is_draining = true;
    for (struct attempt *attempt = take_first(queue); attempt != NULL; attempt = take_first(queue)) {
        attempt->on_done(attempt, attempt->context);
    }
    queue->is_draining = false;
}

void attempt_complete(struct attempt *attempt, enum call_error error)
{
    if (attempt->state == ATTEMPT_DONE) {
        return;
    }
    attempt->state = ATTEMPT_DONE;
    attempt->error = error;
    attempt->done_us = clock_monotonic_us();
    attempt->is_resolving = false;
    name_addresses_release(take_pointer(attempt->addresses));
    attempt->next_completed = NULL;
    *attempt->completions->last = attempt;
    attempt->completions->last = &attempt->next_completed;
}

enum call_error attempt_timeout_error(const struct attempt *attempt)
{
    if (attempt->is_resolving) {
        return CALL_DNS_TIMEOUT;
    }
    if (attempt->sent_us != 0) {
        return CALL_HTTP_RESPONSE_TIMEOUT;
    }
    if (attempt->started_us == 0) {
        return CALL_HTTP_RESPONSE_TIMEOUT; /* it waited for a thread: nothing can be said of the server */
    }
    /* Without a socket it was us who came to nothing (another call blocked the loop): nothing can be said of the
     * server. */
    return attempt->resolved_us != 0 ? CALL_CONNECTION_TIMEOUT : CALL_HTTP_RESPONSE_TIMEOUT;
}

bool attempt_has_length(const struct attempt *attempt)
{
    return attempt->body.base != NULL || strcmp(attempt->method, "POST") == 0 || strcmp(attempt->method, "PUT") == 0 ||
           strcmp(attempt->method, "PATCH") == 0;
}

bool attempt_has_json(struct attempt *attempt)
{
    if (attempt->body_kind == ATTEMPT_BODY_UNREAD) {
        bool is_json = json_scan_check(buf_view(&attempt->response), JSON_SCAN_DEPTH, NULL) == 0;
        attempt->body_kind = is_json ? ATTEMPT_BODY_JSON : ATTEMPT_BODY_NO_JSON;
    }
    return attempt->body_kind == ATTEMPT_BODY_JSON;
}

bool attempt_is_idempotent(const struct attempt *attempt)
{
    static const char *const methods[] = { "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE" };
    struct str method = str_of(attempt->method);

    for (size_t i = 0; i < array_length(methods); i++) {
        if (str_equal(method, str_of(methods[i]))) {
            return true;
        }
    }
    return false;
}
