/* SPDX-License-Identifier: MIT */
/*
 * What a request is answered with: bytes, a stream, or raw bytes.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "common/http_server_internal.h"

enum { STREAM_BLOCK_BYTES = 32 * 1024, STATUS_LEAST = 200, STATUS_MOST = 599 };

/* The outcome is decided. Inside a call of microhttpd's it is acted on when that returns; suspended, by a resume. */
static void settle(struct http_exchange *exchange)
{
    enum exchange_state before = exchange->state;

    exchange->state = EXCHANGE_ANSWERED;
    if (before == EXCHANGE_WAITING) {
        http_server_resume_later(exchange->connection->server, exchange);
    }
}

/* ---- the head ---- */

/* What frames the message is the server's own, and a colon would end the name earlier than the owner thinks. */
static bool is_reserved(const char *name)
{
    static const char *const names[] = {
        MHD_HTTP_HEADER_CONNECTION,
        MHD_HTTP_HEADER_CONTENT_LENGTH,
        MHD_HTTP_HEADER_TRANSFER_ENCODING,
    };
    char initial = (char)(name[0] | 0x20); /* spares most names the comparisons */

    for (size_t i = 0; i < array_length(names) && (initial == 'c' || initial == 't'); i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return true;
        }
    }
    return strchr(name, ':') != NULL;
}

/* microhttpd takes no empty value; blanks around a value are not part of it (RFC 9110 §5.5), so one is as good. */
static int add_field(struct MHD_Response *response, const struct http_field *field)
{
    const char *value = field->value[0] != '\0' ? field->value : " ";

    if (is_reserved(field->name) || MHD_add_response_header(response, field->name, value) != MHD_YES) {
        return -EINVAL;
    }
    return 0;
}

size_t http_exchange_answer_room(const struct http_exchange *exchange)
{
    size_t pool_bytes = http_server_pool_bytes(exchange->connection->server);
    size_t taken_bytes = exchange->head_bytes + HTTP_SERVER_HEAD_LINES_BYTES;

    return pool_bytes > taken_bytes ? pool_bytes - taken_bytes : 0;
}

static int add_head(struct http_exchange *exchange, struct MHD_Response *response, const struct http_answer *answer)
{
    if (answer->status < STATUS_LEAST || answer->status > STATUS_MOST) {
        return -EINVAL;
    }
    for (size_t i = 0; i < answer->field_count; i++) {
        int result = add_field(response, &answer->fields[i]);
        if (result < 0) {
            return result;
        }
    }
    exchange->is_closing = answer->close || exchange->closes_after_answer || exchange->connection->server->is_draining;
    if (exchange->is_closing && MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") != MHD_YES) {
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
    int result = response != NULL ? add_head(exchange, response, answer) : -ENOMEM;

    if (result < 0) {
        if (response != NULL) {
            MHD_destroy_response(response);
        }
        exchange->is_aborted = true;
    } else {
        exchange->response = response;
        exchange->status = (unsigned)answer->status;
        exchange->answered_us = http_server_update_now(exchange->connection->server);
    }
    settle(exchange);
    return result;
}

/* ---- bytes ---- */

/* microhttpd takes a body as void *, also where it only reads it. */
static void *bytes_of(struct str body)
{
    union {
        const char *readable;
        void *bytes;
    } view = { .readable = body.base };

    return view.bytes;
}

/* RFC 9110 §15.3.5, §15.3.6, §15.4.5 */
static bool has_no_content(int status)
{
    return status == MHD_HTTP_NO_CONTENT || status == MHD_HTTP_RESET_CONTENT || status == MHD_HTTP_NOT_MODIFIED;
}

#if MHD_VERSION < 0x01000000
static ssize_t read_nothing(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    (void)context;
    (void)offset;
    (void)buffer;
    (void)capacity;
    return MHD_CONTENT_READER_END_OF_STREAM;
}
#endif

/* For a 304, and for HEAD where nobody knows the length: they must not say a wrong one (RFC 9110 §8.6). microhttpd 0.9
 * says 0, or that chunks follow, and sends the last chunk where no body may be; only without keep-alive it does not. */
static struct MHD_Response *response_without_length(void)
{
#if MHD_VERSION < 0x01000000
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, read_nothing, NULL, NULL);
    enum MHD_ResponseFlags flags = MHD_RF_HTTP_1_0_COMPATIBLE_STRICT;
#else
    struct MHD_Response *response = MHD_create_response_from_buffer(0, bytes_of(STR("")), MHD_RESPMEM_PERSISTENT);
    enum MHD_ResponseFlags flags = MHD_RF_HEAD_ONLY_RESPONSE;
#endif
    if (response != NULL) {
        (void)MHD_set_response_options(response, flags, MHD_RO_END);
    }
    return response;
}

static struct MHD_Response *response_without_content(int status)
{
    if (status == MHD_HTTP_NOT_MODIFIED) {
        return response_without_length();
    }
    return MHD_create_response_from_buffer(0, bytes_of(STR("")), MHD_RESPMEM_PERSISTENT);
}

static void free_body(const struct http_answer *answer)
{
    if (answer->memory == HTTP_BODY_OWNED) {
        free(bytes_of(answer->body));
    }
}

static struct MHD_Response *response_from_pieces(const struct http_answer *answer)
{
    struct MHD_IoVec places[HTTP_SERVER_PIECES_MOST];

    if (answer->piece_count > (size_t)HTTP_SERVER_PIECES_MOST || answer->memory == HTTP_BODY_COPIED) {
        return NULL;
    }
    for (size_t i = 0; i < answer->piece_count; i++) {
        places[i] = (struct MHD_IoVec){ answer->pieces[i].base, answer->pieces[i].length };
    }
    bool is_owned = answer->memory == HTTP_BODY_OWNED;
    return MHD_create_response_from_iovec(places, (unsigned)answer->piece_count, is_owned ? free : NULL,
                                          is_owned ? bytes_of(answer->body) : NULL);
}

static struct MHD_Response *response_from_bytes(const struct http_answer *answer)
{
    static const enum MHD_ResponseMemoryMode modes[] = {
        [HTTP_BODY_CONSTANT] = MHD_RESPMEM_PERSISTENT,
        [HTTP_BODY_COPIED] = MHD_RESPMEM_MUST_COPY,
        [HTTP_BODY_OWNED] = MHD_RESPMEM_MUST_FREE,
    };

    return MHD_create_response_from_buffer(answer->body.length, bytes_of(answer->body), modes[answer->memory]);
}

static struct MHD_Response *response_from_body(const struct http_answer *answer)
{
    if (has_no_content(answer->status)) {
        free_body(answer);
        return response_without_content(answer->status);
    }
    struct MHD_Response *response =
        answer->piece_count > 0 ? response_from_pieces(answer) : response_from_bytes(answer);
    if (response == NULL) {
        free_body(answer);
    }
    return response;
}

int http_exchange_answer(struct http_exchange *exchange, const struct http_answer *answer)
{
    if (!can_answer(exchange)) {
        free_body(answer);
        return -EPIPE;
    }
    if (exchange->is_refused_early) {
        int result = http_exchange_answer_early(exchange, answer);
        free_body(answer);
        return result;
    }
    return give_response(exchange, response_from_body(answer), answer);
}

/* ---- a stream ---- */

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

static struct MHD_Response *response_from_stream(struct http_exchange *exchange, int status, uint64_t length)
{
    bool is_head = str_equal(exchange->method, STR("HEAD"));

    if (length == HTTP_LENGTH_UNKNOWN && is_head) {
        return response_without_length();
    }
    if (has_no_content(status) && (status != MHD_HTTP_NOT_MODIFIED || length == HTTP_LENGTH_UNKNOWN)) {
        return response_without_content(status);
    }
    return MHD_create_response_from_callback(length == HTTP_LENGTH_UNKNOWN ? MHD_SIZE_UNKNOWN : length,
                                             STREAM_BLOCK_BYTES, on_stream_read, exchange, NULL);
}

int http_exchange_stream(struct http_exchange *exchange, const struct http_answer *answer, uint64_t length,
                         http_stream_fn *read_more, void *context)
{
    if (!can_answer(exchange) || exchange->is_refused_early) {
        return -EPIPE;
    }
    exchange->read_more = read_more;
    exchange->stream_context = context;
    exchange->is_endless = length == HTTP_LENGTH_UNKNOWN;
    return give_response(exchange, response_from_stream(exchange, answer->status, length), answer);
}

void http_exchange_wake(struct http_exchange *exchange)
{
    if (exchange->state == EXCHANGE_STREAMING) {
        exchange->state = EXCHANGE_SENDING;
        http_server_resume_later(exchange->connection->server, exchange);
    }
}

/* ---- raw bytes ---- */

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
    http_connection_reset(exchange->connection);
    http_exchange_raw_close(exchange);
}

/* ---- the client left, or its time is up ---- */

void http_exchange_abandon(struct http_exchange *exchange)
{
    if (exchange->state == EXCHANGE_STREAMING) {
        exchange->is_aborted = true;
        http_exchange_wake(exchange);
        return;
    }
    if (exchange->state == EXCHANGE_SENDING && exchange->read_more != NULL) {
        exchange->is_aborted = true; /* a stream that was woken must not wait again */
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
