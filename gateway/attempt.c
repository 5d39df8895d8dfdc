/* SPDX-License-Identifier: MIT */
#include "gateway/attempt.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/clock.h"

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
    attempt->next_completed = NULL;
    *attempt->completions->last = attempt;
    attempt->completions->last = &attempt->next_completed;
}

/* Nobody is asked for its address. */
static bool is_address(const struct url *server)
{
    struct in_addr ignored;

    return server->is_ipv6 || str_equal_ignoring_case(str_of(server->host), STR("localhost")) ||
           inet_pton(AF_INET, server->host, &ignored) == 1;
}

enum call_error attempt_timeout_error(const struct attempt *attempt)
{
    if (attempt->sent_us != 0) {
        return CALL_HTTP_RESPONSE_TIMEOUT;
    }
    if (attempt->started_us == 0) {
        return CALL_HTTP_RESPONSE_TIMEOUT; /* it waited for a thread: nothing can be said of the server */
    }
    if (attempt->resolved_us != 0) {
        return CALL_CONNECTION_TIMEOUT;
    }
    /* Not even a socket was opened: without a name to look up, it was us who came to nothing (another call blocked the
     * loop), and nothing can be said of the server. */
    return is_address(attempt->server) ? CALL_HTTP_RESPONSE_TIMEOUT : CALL_DNS_TIMEOUT;
}

bool attempt_has_length(const struct attempt *attempt)
{
    return attempt->body.base != NULL || strcmp(attempt->method, "POST") == 0 || strcmp(attempt->method, "PUT") == 0 ||
           strcmp(attempt->method, "PATCH") == 0;
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
