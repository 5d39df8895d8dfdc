/* SPDX-License-Identifier: MIT */
/*
 * Refusals in the middle of a body. microhttpd takes an answer only when a request has been read to its end, which may
 * never come where the body has no length; so these bytes go past it, and what else the client sends is dropped until
 * it has seen them: to close at once would be a reset, which may overtake the answer.
 */
#include <errno.h>

#include "common/http_date.h"
#include "common/http_server_internal.h"
#include "common/problem.h"

enum { EARLY_HEAD_BYTES = 8192 };

static int render(const struct http_answer *answer, struct buf *bytes)
{
    char date[HTTP_DATE_BYTES];

    http_date_now(date);
    (void)buf_add_format(bytes, "HTTP/1.1 %d %s\r\nDate: %s\r\n", answer->status, problem_reason_phrase(answer->status),
                         date);
    for (size_t i = 0; i < answer->field_count; i++) {
        (void)buf_add_format(bytes, "%s: %s\r\n", answer->fields[i].name, answer->fields[i].value);
    }
    (void)buf_add_format(bytes, "Connection: close\r\nContent-Length: %zu\r\n\r\n", answer->body.length);
    return buf_add_str(bytes, answer->body);
}

int http_exchange_answer_early(struct http_exchange *exchange, const struct http_answer *answer)
{
    cleanup_buf struct buf bytes;
    int result = 0;

    buf_init(&bytes, EARLY_HEAD_BYTES + answer->body.length);
    exchange->state = EXCHANGE_SENDING;
    exchange->is_closing = true;
    exchange->answered_us = http_server_update_now(exchange->connection->server);
    if (render(answer, &bytes) < 0) {
        result = -ENOMEM;
    } else if (!http_connection_send(exchange->connection, buf_view(&bytes))) {
        result = -EPIPE; /* a few kilobytes, before anything else was sent or behind answers that were read by now */
    }
    exchange->is_aborted = result < 0;
    exchange->is_answered_early = result == 0;
    http_connection_end_sending(exchange->connection);
    return result;
}
