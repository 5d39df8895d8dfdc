/* SPDX-License-Identifier: MIT */
/*
 * Requests that end before an owner can hear of them: what microhttpd refuses by itself, what a deadline ended, and
 * clients that left in the middle.
 *
 * Once a request line was read there is an exchange, and its end tells all. What is refused before that (no request
 * line, one that is too long, another version) has none: microhttpd says no more than a line in its log, without the
 * connection. That line has the status, and connections close in the order in which they were refused; only where one
 * of several cannot write its answer at once may two of them be told of with each other's status.
 */
#include <linux/sock_diag.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/http_bare_answer.h"
#include "common/http_server_internal.h"

enum { CLIENT_LEFT = 499, REQUEST_TIMEOUT = 408, BAD_REQUEST = 400, BODY_TOO_LARGE = 413, TARGET_TOO_LONG = 414 };

/* ---- what microhttpd says ---- */

/* Its head is complete and no handler was called: there is one at most, the one that microhttpd is at. */
static struct http_connection *with_unhandled_head(const struct http_daemon *daemon)
{
    for (struct http_connection *connection = daemon->connections; connection != NULL;
         connection = connection->next_of_daemon) {
        if (connection->exchange == NULL || connection->exchange->has_head) {
            continue;
        }
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
        if (info != NULL && info->header_size != 0) {
            return connection;
        }
    }
    return NULL;
}

static void answer_past(struct http_connection *connection, int status)
{
    char text[HTTP_BARE_ANSWER_BYTES];

    (void)http_connection_send(connection, (struct str){ text, http_bare_answer(status, text) });
    http_connection_end_sending(connection);
}

/* "Error processing request (HTTP response code is %u ('%s')). Closing connection."
 *
 * microhttpd 0.9 writes the head of such an answer twice (parse_connection_headers() queues it, and its caller goes on
 * as if it had not): two answers to one request. So it is ours that is sent, and microhttpd's finds a closed door. */
static void on_answered(struct http_daemon *daemon, unsigned status)
{
    struct http_connection *connection = with_unhandled_head(daemon);

    if (connection != NULL) {
        connection->head_status = status;
    } else if (daemon->unheard_count < UNHEARD_AT_MOST) {
        daemon->unheard_statuses[daemon->unheard_count++] = status;
    }
    if (connection != NULL && daemon->server->cuts_in_place) {
        answer_past(connection, (int)status);
    }
}

/* Something came between two requests, or may have. */
static bool may_have_sent_a_line(const struct http_connection *connection)
{
    return connection->exchange == NULL && (connection->request_bytes == HTTP_LENGTH_UNKNOWN ||
                                            http_connection_bytes_received(connection) > connection->request_bytes);
}

/* It can only be this one; NULL: it may be one of several. */
static struct http_connection *only_one_with_a_line(const struct http_daemon *daemon)
{
    struct http_connection *found = NULL;

    for (struct http_connection *connection = daemon->connections; connection != NULL;
         connection = connection->next_of_daemon) {
        if (!may_have_sent_a_line(connection)) {
            continue;
        }
        if (found != NULL) {
            return NULL;
        }
        found = connection;
    }
    return found;
}

/* microhttpd 1.0 closes without an answer behind a request line that has a NUL, no method that it knows, or empty lines
 * in front. Before it does it says why, and of no connection. A wrong one must not be answered. */
static void on_unanswered(const struct http_daemon *daemon, const char *reason)
{
    bool is_of_a_line = strstr(reason, "request line") != NULL || strstr(reason, "empty lines") != NULL;
    struct http_connection *connection = is_of_a_line ? only_one_with_a_line(daemon) : NULL;

    if (connection != NULL && !connection->is_ended) {
        connection->line_status = strstr(reason, "No space") != NULL ? TARGET_TOO_LONG : BAD_REQUEST;
        answer_past(connection, connection->line_status);
    }
}

void http_unheard_on_log(void *http_daemon, const char *format, va_list arguments)
{
    struct http_daemon *daemon = http_daemon;

    if (strstr(format, "HTTP response code is %u") != NULL) {
        unsigned status = va_arg(arguments, unsigned);
        if (http_stuck_is_told(va_arg(arguments, const char *))) {
            daemon->has_stuck_line = true;
        } else {
            on_answered(daemon, status);
        }
    } else if (strcmp(format, "%s\n") == 0) {
        on_unanswered(daemon, va_arg(arguments, const char *));
    }
}

static void forget_at(struct http_daemon *daemon, unsigned index)
{
    daemon->unheard_count--;
    memmove(&daemon->unheard_statuses[index], &daemon->unheard_statuses[index + 1],
            (daemon->unheard_count - index) * sizeof daemon->unheard_statuses[0]);
}

static void forget(struct http_daemon *daemon, unsigned status)
{
    for (unsigned i = 0; i < daemon->unheard_count; i++) {
        if (daemon->unheard_statuses[i] == status) {
            forget_at(daemon, i);
            return;
        }
    }
}

/* Of a request line that is none microhttpd 0.9 says nothing, and closes. */
static unsigned take_first(struct http_daemon *daemon)
{
    unsigned status = daemon->unheard_count > 0 ? daemon->unheard_statuses[0] : BAD_REQUEST;

    if (daemon->unheard_count > 0) {
        forget_at(daemon, 0);
    }
    return status;
}

/* ---- telling the owner ---- */

static void tell(const struct http_connection *connection, struct http_refusal *refusal)
{
    const struct http_server *server = connection->server;

    refusal->client = str_of(connection->client);
    if (server->events->on_unheard != NULL && !server->is_ending) {
        server->events->on_unheard(server->context, refusal);
    }
}

/* microhttpd's response is still there when its request is completed. */
unsigned http_unheard_answered_status(const struct http_connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_HTTP_STATUS);

    return info != NULL ? info->http_status : 0;
}

static unsigned status_of(const struct http_connection *connection, const struct http_exchange *exchange)
{
    unsigned answered = http_unheard_answered_status(connection);

    if (connection->head_status != 0) {
        return connection->head_status;
    }
    if (answered != 0) {
        forget(connection->daemon, answered);
        return answered;
    }
    if (connection->is_ended) {
        return REQUEST_TIMEOUT;
    }
    return exchange->is_refused_early ? BODY_TOO_LARGE : CLIENT_LEFT;
}

void http_unheard_exchange(struct http_connection *connection, const struct http_exchange *exchange)
{
    struct http_refusal refusal = {
        .status = (int)status_of(connection, exchange),
        .method = exchange->method,
        .target = http_exchange_target(exchange),
        .protocol = exchange->protocol,
        .begun_us = exchange->begun_us,
    };

    tell(connection, &refusal);
}

/* Bytes that belong to no request; the client's end counts as one, and so does an empty line in front of a request. */
static bool has_sent_more(const struct http_connection *connection)
{
    if (connection->request_bytes == HTTP_LENGTH_UNKNOWN) {
        return false;
    }
    if (connection->tls_session != NULL) {
        return http_tls_has_sent_more(connection);
    }
    uint64_t received_bytes = http_connection_bytes_received(connection);
    return received_bytes != UINT64_MAX && received_bytes > connection->request_bytes + 1;
}

/* microhttpd may see a client's end before our watch does. One that it has not read, which still lies in the socket,
 * came behind its own. */
static bool has_read_the_end(const struct http_connection *connection)
{
    struct pollfd entry = { .fd = connection->descriptor, .events = POLLRDHUP };
    uint32_t memory_bytes[SK_MEMINFO_VARS] = { 0 };
    socklen_t length = sizeof memory_bytes;

    return poll(&entry, 1, 0) == 1 &&
           getsockopt(connection->descriptor, SOL_SOCKET, SO_MEMINFO, memory_bytes, &length) == 0 &&
           memory_bytes[SK_MEMINFO_RMEM_ALLOC] == 0;
}

/* Most connections close because the client did, or with an answer that said so, in the same run of microhttpd. */
static bool closed_as_usual(const struct http_connection *connection)
{
    const struct http_server *server = connection->server;

    return connection->daemon->unheard_count == 0 &&
           (connection->is_client_gone || connection->idle_since_run == server->run_count);
}

static bool was_refused(const struct http_connection *connection)
{
    if (connection->is_ended || closed_as_usual(connection) || !has_sent_more(connection)) {
        return false;
    }
    return connection->daemon->unheard_count > 0 || !has_read_the_end(connection);
}

void http_unheard_closed(struct http_connection *connection)
{
    struct http_refusal refusal = { .status = connection->line_status, .begun_us = connection->server->now_us };

    if (refusal.status == 0) {
        if (!was_refused(connection)) {
            return;
        }
        refusal.status = (int)take_first(connection->daemon);
    }
    tell(connection, &refusal);
}

void http_unheard_timeout(const struct http_connection *connection)
{
    struct http_refusal refusal = { .status = REQUEST_TIMEOUT, .begun_us = connection->idle_since_us };

    tell(connection, &refusal);
}
