/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/http_guard.h"
#include "common/http_server_internal.h"

enum { STREAM_BLOCK_BYTES = 32 * 1024 };

/* ---- the request ---- */

struct str http_exchange_method(const struct http_exchange *exchange)
{
    return exchange->method;
}

struct str http_exchange_target(const struct http_exchange *exchange)
{
    return str_of(exchange->target);
}

struct str http_exchange_protocol(const struct http_exchange *exchange)
{
    return exchange->protocol;
}

struct str http_exchange_client(const struct http_exchange *exchange)
{
    return str_of(exchange->connection->client);
}

struct str http_exchange_body(const struct http_exchange *exchange)
{
    return buf_view(&exchange->body);
}

uint64_t http_exchange_head_read_us(const struct http_exchange *exchange)
{
    return exchange->head_read_us;
}

struct str http_exchange_header(const struct http_exchange *exchange, const char *name)
{
    const char *value = NULL;
    size_t length = 0;

    if (MHD_lookup_connection_value_n(exchange->connection->mhd, MHD_HEADER_KIND, name, strlen(name), &value,
                                      &length) != MHD_YES) {
        return (struct str){ NULL, 0 };
    }
    return (struct str){ value != NULL ? value : "", length };
}

struct header_visit {
    http_header_fn *on_header;
    void *context;
};

static enum MHD_Result visit_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                    const char *value, size_t value_length)
{
    const struct header_visit *visit = context;

    (void)kind;
    visit->on_header(visit->context, (struct str){ name, name_length },
                     (struct str){ value != NULL ? value : "", value != NULL ? value_length : 0 });
    return MHD_YES;
}

void http_exchange_each_header(const struct http_exchange *exchange, http_header_fn *on_header, void *context)
{
    struct header_visit visit = { on_header, context };

    (void)MHD_get_connection_values_n(exchange->connection->mhd, MHD_HEADER_KIND, visit_header, &visit);
}

void http_exchange_set_owner(struct http_exchange *exchange, const struct http_exchange_events *events, void *context)
{
    exchange->owner_events = events;
    exchange->owner = context;
}

/* ---- the answer ---- */

/* The outcome is decided. Inside a call of microhttpd's it is acted on when that returns; suspended, by a resume. */
static void settle(struct http_exchange *exchange)
{
    enum exchange_state before = exchange->state;

    exchange->state = EXCHANGE_ANSWERED;
    if (before == EXCHANGE_WAITING) {
        http_server_resume_later(exchange->connection->server, exchange);
    }
}

static int add_fields(struct http_exchange *exchange, struct MHD_Response *response, const struct http_answer *answer)
{
    for (size_t i = 0; i < answer->field_count; i++) {
        if (MHD_add_response_header(response, answer->fields[i].name, answer->fields[i].value) != MHD_YES) {
            return -EINVAL;
        }
    }
    if ((answer->close || exchange->connection->server->is_draining) &&
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") != MHD_YES) {
        return -ENOMEM;
    }
    return 0;
}

static bool can_answer(const struct http_exchange *exchange)
{
    return !exchange->is_aborted && (exchange->state == EXCHANGE_HANDLING || exchange->state == EXCHANGE_WAITING);
}

/* Takes the response over. */
static int give_response(struct http_exchange *exchange, struct MHD_Response *response,
                         const struct http_answer *answer)
{
    int result = response != NULL ? add_fields(exchange, response, answer) : -ENOMEM;

    if (result < 0) {
        if (response != NULL) {
            MHD_destroy_response(response);
        }
        exchange->is_aborted = true;
    } else {
        exchange->response = response;
        exchange->status = (unsigned)answer->status;
    }
    settle(exchange);
    return result;
}

/* microhttpd takes a body as void *, also where it only reads it. */
static void *bytes_of(struct str body)
{
    union {
        const char *readable;
        void *bytes;
    } view = { .readable = body.base };

    return view.bytes;
}

static struct MHD_Response *response_from_body(const struct http_answer *answer)
{
    static const enum MHD_ResponseMemoryMode modes[] = {
        [HTTP_BODY_CONSTANT] = MHD_RESPMEM_PERSISTENT,
        [HTTP_BODY_COPIED] = MHD_RESPMEM_MUST_COPY,
        [HTTP_BODY_OWNED] = MHD_RESPMEM_MUST_FREE,
    };
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer->body.length, bytes_of(answer->body), modes[answer->memory]);

    if (response == NULL && answer->memory == HTTP_BODY_OWNED) {
        free(bytes_of(answer->body));
    }
    return response;
}

int http_exchange_answer(struct http_exchange *exchange, const struct http_answer *answer)
{
    if (!can_answer(exchange)) {
        if (answer->memory == HTTP_BODY_OWNED) {
            free(bytes_of(answer->body));
        }
        return -EPIPE;
    }
    return give_response(exchange, response_from_body(answer), answer);
}

static ssize_t on_stream_read(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    struct http_exchange *exchange = context;

    if (exchange->is_aborted) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    ssize_t count = exchange->read_more(exchange->stream_context, offset, buffer, capacity);
    if (count == HTTP_STREAM_END) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    if (count < 0) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (count == HTTP_STREAM_WAIT) {
        /* Returning 0 without a suspension would make microhttpd spin. */
        exchange->state = EXCHANGE_STREAMING;
        MHD_suspend_connection(exchange->connection->mhd);
    }
    return count;
}

int http_exchange_stream(struct http_exchange *exchange, const struct http_answer *answer, uint64_t length,
                         http_stream_fn *read_more, void *context)
{
    if (!can_answer(exchange)) {
        return -EPIPE;
    }
    exchange->read_more = read_more;
    exchange->stream_context = context;
    return give_response(exchange,
                         MHD_create_response_from_callback(length == HTTP_LENGTH_UNKNOWN ? MHD_SIZE_UNKNOWN : length,
                                                           STREAM_BLOCK_BYTES, on_stream_read, exchange, NULL),
                         answer);
}

void http_exchange_wake(struct http_exchange *exchange)
{
    if (exchange->state == EXCHANGE_STREAMING) {
        exchange->state = EXCHANGE_SENDING;
        http_server_resume_later(exchange->connection->server, exchange);
    }
}

ssize_t http_exchange_raw_send(struct http_exchange *exchange, const void *bytes, size_t count)
{
    ssize_t sent = send(exchange->connection->descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);

    return sent < 0 ? -errno : sent;
}

void http_exchange_raw_close(struct http_exchange *exchange)
{
    if (can_answer(exchange)) {
        exchange->is_aborted = true;
        settle(exchange);
    }
}

void http_exchange_raw_reset(struct http_exchange *exchange)
{
    struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

    /* SO_LINGER would not do: microhttpd shuts the socket down before it closes it, and a FIN leaves first. */
    (void)connect(exchange->connection->descriptor, &nowhere, sizeof nowhere);
    http_exchange_raw_close(exchange);
}

void http_exchange_abandon(struct http_exchange *exchange)
{
    if (exchange->state == EXCHANGE_STREAMING) {
        exchange->is_aborted = true;
        http_exchange_wake(exchange);
        return;
    }
    if (exchange->state != EXCHANGE_WAITING) {
        return;
    }
    exchange->is_aborted = true;
    settle(exchange);
    if (exchange->owner_events != NULL && exchange->owner_events->on_client_gone != NULL) {
        exchange->owner_events->on_client_gone(exchange->owner);
    }
}

/* ---- microhttpd's callbacks ---- */

void *http_exchange_on_target(void *server, const char *target, struct MHD_Connection *mhd)
{
    struct http_connection *connection = http_connection_of(mhd);
    size_t length = strlen(target);

    (void)server;
    if (connection == NULL) {
        return NULL;
    }
    struct http_exchange *exchange = calloc(1, sizeof *exchange + length + 1);
    if (exchange == NULL) {
        return NULL;
    }
    exchange->connection = connection;
    connection->exchange = exchange;
    memcpy(exchange->target, target, length + 1);
    buf_init(&exchange->body, connection->server->config.body_bytes);
    return exchange;
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
    MHD_suspend_connection(exchange->connection->mhd);
    if (exchange->connection->is_client_gone) {
        http_exchange_abandon(exchange); /* its event came before the request was read, and will not come again */
    }
    return MHD_YES;
}

static enum MHD_Result refuse(struct http_exchange *exchange, int status, const char *reason)
{
    struct http_server *server = exchange->connection->server;

    exchange->state = EXCHANGE_HANDLING;
    server->events->on_refused(server->context, exchange, status, reason);
    if (exchange->state == EXCHANGE_HANDLING) {
        exchange->is_aborted = true;
    }
    return act(exchange);
}

static void guard_header(void *context, struct str name, struct str value)
{
    http_guard_header(context, name, value);
}

static int judge_head(struct http_exchange *exchange, const char **ret_reason)
{
    struct http_guard guard = { 0 };
    bool is_http_1_1 = str_equal(exchange->protocol, STR("HTTP/1.1"));

    http_exchange_each_header(exchange, guard_header, &guard);
    int status = http_guard_verdict(&guard, exchange->method, http_exchange_target(exchange), is_http_1_1, ret_reason);
    if (status == 0 && guard.content_length > exchange->body.limit) {
        *ret_reason = "The request body is larger than this server accepts.";
        status = MHD_HTTP_CONTENT_TOO_LARGE;
    }
    return status;
}

/* A response queued in this first call closes the connection: right for refusals, wrong for anything else. */
static enum MHD_Result on_head(struct http_exchange *exchange, const char *method, const char *version)
{
    const char *reason = NULL;

    exchange->has_head = true;
    exchange->method = str_of(method);
    exchange->protocol = str_of(version);
    exchange->head_read_us = clock_monotonic_us();
    int status = judge_head(exchange, &reason);
    return status == 0 ? MHD_YES : refuse(exchange, status, reason);
}

/* Chunks can exceed the limit unannounced. As many bytes again are read and dropped, so that the client sees its
 * answer. */
static enum MHD_Result on_body(struct http_exchange *exchange, const char *bytes, size_t *count)
{
    if (exchange->body_excess > 0 || buf_add(&exchange->body, bytes, *count) < 0) {
        exchange->body_excess += *count;
        if (exchange->body_excess > exchange->body.limit) {
            return MHD_NO;
        }
    }
    *count = 0;
    return MHD_YES;
}

static enum MHD_Result on_complete(struct http_exchange *exchange)
{
    struct http_server *server = exchange->connection->server;

    if (exchange->body_excess > 0) {
        return refuse(exchange, MHD_HTTP_CONTENT_TOO_LARGE, "The request body is larger than this server accepts.");
    }
    exchange->state = EXCHANGE_HANDLING;
    server->events->on_request(server->context, exchange);
    return act(exchange);
}

// NOLINTNEXTLINE(readability-function-size): microhttpd's signature has eight parameters
enum MHD_Result http_exchange_on_call(void *server, struct MHD_Connection *mhd, const char *url, const char *method,
                                      const char *version, const char *upload, size_t *upload_size, void **context)
{
    struct http_exchange *exchange = *context;

    (void)server;
    (void)mhd;
    (void)url;
    if (exchange == NULL || exchange->is_aborted) {
        return MHD_NO;
    }
    if (!exchange->has_head) {
        return on_head(exchange, method, version);
    }
    if (*upload_size > 0) {
        return on_body(exchange, upload, upload_size);
    }
    return exchange->state == EXCHANGE_READING ? on_complete(exchange) : act(exchange);
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
    connection->exchange = NULL;
    connection->idle_since_us = loop_now_us(connection->server->loop);
    if (exchange->owner_events != NULL && exchange->owner_events->on_finished != NULL) {
        exchange->owner_events->on_finished(exchange->owner, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    }
    if (exchange->response != NULL) {
        MHD_destroy_response(exchange->response);
    }
    buf_clear(&exchange->body);
    free(exchange);
}
