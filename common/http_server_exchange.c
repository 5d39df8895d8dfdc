/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

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
    bool closes = answer->close || exchange->closes_after_answer || exchange->connection->server->is_draining;
    if (closes && MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") != MHD_YES) {
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
