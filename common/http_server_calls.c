/* SPDX-License-Identifier: MIT */
/*
 * What microhttpd calls in the course of a request: its target, its head, its body, its end.
 */
#include <errno.h>
#include <string.h>

#include "common/http_guard.h"
#include "common/http_head_layout.h"
#include "common/http_server_internal.h"

enum { DROPPED_BODY_BYTES = 64 * 1024 };

static const char too_large[] = "The request body is larger than this server accepts.";

void *http_exchange_on_target(void *server, const char *target, struct MHD_Connection *mhd)
{
    struct http_connection *connection = http_connection_of(mhd);

    (void)server;
    return connection != NULL ? http_exchange_new(connection, str_of(target)) : NULL;
}

/* Inside a call of microhttpd's: what the owner decided, if it did. */
static enum MHD_Result act(struct http_exchange *exchange)
{
    if (exchange->is_aborted) {
        return MHD_NO;
    }
    if (exchange->state == EXCHANGE_ANSWERED) {
        exchange->state = EXCHANGE_SENDING;
        enum MHD_Result result = MHD_queue_response(exchange->connection->mhd, exchange->status, exchange->response);
        MHD_destroy_response(exchange->response);
        exchange->response = NULL;
        return result;
    }
    exchange->state = EXCHANGE_WAITING;
    exchange->has_waited = true;
    MHD_suspend_connection(exchange->connection->mhd);
    if (exchange->connection->is_client_gone) {
        http_exchange_abandon(exchange); /* its event came before the request was read, and will not come again */
    }
    return MHD_YES;
}

static void tell_refusal(struct http_exchange *exchange, int status, const char *reason)
{
    struct http_server *server = exchange->connection->server;

    exchange->state = EXCHANGE_HANDLING;
    server->events->on_refused(server->context, exchange, status, reason);
    if (exchange->state == EXCHANGE_HANDLING) {
        exchange->is_aborted = true;
    }
}

static enum MHD_Result refuse(struct http_exchange *exchange, int status, const char *reason)
{
    tell_refusal(exchange, status, reason);
    return act(exchange);
}

void http_exchange_refuse_early(struct http_exchange *exchange, int status, const char *reason)
{
    exchange->is_refused_early = true;
    tell_refusal(exchange, status, reason);
}

static enum MHD_Result refuse_early(struct http_exchange *exchange, int status, const char *reason)
{
    http_exchange_refuse_early(exchange, status, reason);
    return exchange->is_aborted ? MHD_NO : MHD_YES;
}

struct head {
    struct http_guard guard;
    struct http_head_layout layout;
    struct http_head *fields;
    size_t cookie_bytes;
    size_t entry_count; /* fields, cookies and query parameters */
};

static enum MHD_Result look_at(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                               const char *text, size_t text_length)
{
    struct head *head = context;
    struct str field = { name, name_length };
    struct str value = text != NULL ? (struct str){ text, text_length } : STR("");

    head->entry_count++;
    if (kind != MHD_HEADER_KIND) {
        return MHD_YES;
    }
    http_guard_header(&head->guard, field, value);
    http_head_layout_add(&head->layout, field, value);
    http_head_add(head->fields, field, str_trim(value)); /* microhttpd leaves what stands behind it */
    if (str_equal_ignoring_case(field, STR("Cookie"))) {
        head->cookie_bytes += value.length;
    }
    return MHD_YES;
}

static size_t head_text_bytes(const struct http_exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    return info != NULL ? info->header_size : 0;
}

/* microhttpd's own limit is its pool: the text, a record for each name with a value, and cookies once more. What they
 * leave is for the response's head; without room for that the client would get no answer at all. */
static bool leaves_room(const struct http_exchange *exchange, size_t text_bytes)
{
    size_t header_bytes = exchange->connection->server->config.header_bytes;

    return text_bytes <= header_bytes && exchange->head_bytes <= header_bytes + HTTP_SERVER_HEAD_MARGIN_BYTES;
}

bool http_server_cuts_in_place(void)
{
    return strcmp(MHD_get_version(), "0.9.75") == 0;
}

/* A folded line may have become part of a name, and nothing shows it. From 1.0 on microhttpd refuses them, as strict as
 * we start it: http_server_daemon.c. */
static bool joins_folded_lines(const struct http_server *server)
{
    return MHD_VERSION < 0x01000000 && !server->cuts_in_place;
}

static int judge_fields(struct http_exchange *exchange, struct head *head, size_t text_bytes, const char **ret_reason)
{
    bool is_http_1_0 = str_equal(exchange->protocol, STR("HTTP/1.0"));

    if (exchange->connection->server->cuts_in_place && !http_head_layout_is_whole(&head->layout, text_bytes)) {
        *ret_reason = "The request head has a line that is folded, without a name, or not ended as it must be.";
        return MHD_HTTP_BAD_REQUEST;
    }
    int status = http_guard_verdict(&head->guard, exchange->method, exchange->path, !is_http_1_0, ret_reason);
    return status != 0 ? status : http_server_check_authority(exchange, head->guard.host, ret_reason);
}

/* All that is to be known of the head, in one walk. */
static int judge_head(struct http_exchange *exchange, struct str url, const char **ret_reason)
{
    struct head head = { .fields = &exchange->head };

    http_head_layout_begin(&head.layout, exchange->method, url, exchange->protocol);
    (void)MHD_get_connection_values_n(exchange->connection->mhd,
                                      MHD_HEADER_KIND | MHD_COOKIE_KIND | MHD_GET_ARGUMENT_KIND, look_at, &head);
    size_t text_bytes = head_text_bytes(exchange);
    exchange->head_bytes = text_bytes + head.cookie_bytes + head.entry_count * HTTP_SERVER_ENTRY_BYTES;
    if (exchange->target_length > exchange->connection->server->config.header_bytes) {
        *ret_reason = "The request target is longer than this server accepts.";
        return MHD_HTTP_URI_TOO_LONG;
    }
    if (!leaves_room(exchange, text_bytes)) {
        *ret_reason = "The request head is larger than this server accepts.";
        return MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
    }
    bool has_chunks = head.guard.transfer_encoding_count > 0;
    int status = judge_fields(exchange, &head, text_bytes, ret_reason);
    bool may_be_folded = head.guard.is_suspect && joins_folded_lines(exchange->connection->server);
    exchange->closes_after_answer = may_be_folded || has_chunks;
    exchange->content_length = head.guard.content_length;
    exchange->request_bytes = has_chunks ? HTTP_LENGTH_UNKNOWN : text_bytes + head.guard.content_length;
    if (status == 0 && head.guard.content_length > exchange->body.limit) {
        *ret_reason = too_large;
        status = MHD_HTTP_CONTENT_TOO_LARGE;
    }
    return status;
}

/* A response queued in this first call closes the connection: right for refusals, wrong for anything else. */
static enum MHD_Result on_head(struct http_exchange *exchange, const char *url, const char *method, const char *version)
{
    const char *reason = NULL;

    exchange->has_head = true;
    exchange->method = str_of(method);
    exchange->protocol = str_of(version);
    exchange->head_read_us = http_server_update_now(exchange->connection->server);
    if (http_server_find_path(exchange) < 0) {
        return MHD_NO;
    }
    int status = judge_head(exchange, (struct str){ url, exchange->target_length }, &reason);
    if (status == MHD_HTTP_URI_TOO_LONG || status == MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE) {
        return refuse_early(exchange, status, reason); /* it may have left microhttpd no room for an answer */
    }
    return status == 0 ? MHD_YES : refuse(exchange, status, reason);
}

/* Should there be no memory for all that is due, there may be for what came. */
static int add_to_body(struct http_exchange *exchange, const char *bytes, size_t count)
{
    struct buf *body = &exchange->body;
    uint64_t due = exchange->content_length > body->length ? exchange->content_length - body->length : 0;

    (void)buf_reserve_due(body, count, due);
    return buf_add(body, bytes, count);
}

/* Chunks can exceed the limit unannounced, and memory can run out. */
static enum MHD_Result on_body(struct http_exchange *exchange, const char *bytes, size_t *count)
{
    exchange->vain_runs = 0;
    if (exchange->is_answered_early) {
        exchange->dropped_bytes += *count;
    } else {
        int result = add_to_body(exchange, bytes, *count);
        if (result == -ENOMEM) {
            (void)refuse_early(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "There is no memory left for the request body.");
        } else if (result < 0) {
            (void)refuse_early(exchange, MHD_HTTP_CONTENT_TOO_LARGE, too_large);
        }
    }
    *count = 0;
    return exchange->is_aborted || exchange->dropped_bytes > DROPPED_BODY_BYTES ? MHD_NO : MHD_YES;
}

static enum MHD_Result look_for_a_name(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                       const char *value, size_t value_length)
{
    bool *has_names = context;

    (void)kind;
    (void)value;
    (void)value_length;
    *has_names = *has_names && (name_length == 0 || name[0] != '\0');
    return MHD_YES;
}

/* When a trailer begins with a folded line, and that came in a piece of its own, microhttpd 0.9 joins it to the name of
 * the last header, moves that, and leaves zero bytes. */
static bool has_all_names(const struct http_exchange *exchange)
{
    bool has_names = true;

    if (exchange->request_bytes == HTTP_LENGTH_UNKNOWN) {
        (void)MHD_get_connection_values_n(exchange->connection->mhd, MHD_HEADER_KIND, look_for_a_name, &has_names);
    }
    return has_names;
}

static enum MHD_Result on_complete(struct http_exchange *exchange)
{
    struct http_server *server = exchange->connection->server;

    if (!has_all_names(exchange)) {
        return refuse(exchange, MHD_HTTP_BAD_REQUEST, "The trailer of the request begins with a folded line.");
    }
    exchange->state = EXCHANGE_HANDLING;
    server->events->on_request(server->context, exchange);
    if (exchange->state == EXCHANGE_HANDLING) {
        (void)http_server_update_now(server); /* it may have blocked */
    }
    return act(exchange);
}

// NOLINTNEXTLINE(readability-function-size): microhttpd's signature has eight parameters
enum MHD_Result http_exchange_on_call(void *server, struct MHD_Connection *mhd, const char *url, const char *method,
                                      const char *version, const char *upload, size_t *upload_size, void **context)
{
    struct http_exchange *exchange = *context;

    (void)server;
    (void)mhd;
    if (exchange == NULL || exchange->is_aborted) {
        return MHD_NO;
    }
    if (!exchange->has_head) {
        return on_head(exchange, url, method, version);
    }
    if (upload != NULL) {
        /* Of no bytes, too: after its `100 Continue` to a request without a body, when another is already there. It
         * takes no response within this call. */
        return on_body(exchange, upload, upload_size);
    }
    if (exchange->is_answered_early) {
        return MHD_NO;
    }
    return exchange->state == EXCHANGE_READING ? on_complete(exchange) : act(exchange);
}

/* The connection is between two requests, or at its end. */
static void leave_request(struct http_connection *connection, const struct http_exchange *exchange)
{
    connection->exchange = NULL;
    connection->is_kept = true;
    connection->idle_since_us = connection->server->now_us;
    connection->idle_since_run = connection->server->run_count;
    connection->requests_pulled_bytes = connection->pulled_bytes;
    if (exchange->state == EXCHANGE_READING) {
        http_unheard_exchange(connection, exchange);
    }
    if (exchange->state == EXCHANGE_READING || exchange->is_closing || exchange->is_aborted) {
        connection->request_bytes = HTTP_LENGTH_UNKNOWN; /* what follows is no request */
    }
}

/* microhttpd 0.9 forgets to say that a request is over where it finds two faults in its head. */
void http_exchange_end_forgotten(struct http_connection *connection)
{
    if (connection->exchange != NULL) {
        void *exchange = connection->exchange;
        http_exchange_on_completed(connection->server, connection->mhd, &exchange, MHD_REQUEST_TERMINATED_WITH_ERROR);
    }
}

void http_exchange_on_completed(void *server, struct MHD_Connection *mhd, void **context,
                                enum MHD_RequestTerminationCode code)
{
    struct http_exchange *exchange = *context;
    struct http_connection *connection = exchange != NULL ? exchange->connection : NULL;

    (void)server;
    (void)mhd;
    if (exchange == NULL) {
        return;
    }
    *context = NULL;
    leave_request(connection, exchange);
    bool can_rest = http_connection_can_rest(connection, exchange) && code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    if (exchange->owner_events != NULL && exchange->owner_events->on_finished != NULL) {
        bool is_complete = code == MHD_REQUEST_TERMINATED_COMPLETED_OK || exchange->is_answered_early;
        exchange->owner_events->on_finished(exchange->owner, is_complete);
    }
    http_exchange_free(exchange);
    if (can_rest) {
        http_connection_rest(connection);
    }
}
