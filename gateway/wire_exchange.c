/* SPDX-License-Identifier: MIT */
#include "gateway/wire_exchange.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "gateway/wire_message.h"

enum {
    REQUEST_BYTES_AT_MOST = 2 * 1024 * 1024,
    SMALL_BODY_BYTES = 16 * 1024,   /* is copied, so that one send takes it along with the head */
    KEPT_REQUEST_BYTES = 32 * 1024, /* larger memory is not kept for the next request */
    PLACED_READ_BYTES = 128 * 1024, /* at most, of a long body */
    READS_PER_EVENT = 16,           /* then others have their turn */
};

/* ---- its end ---- */

void wire_exchange_stop(struct wire_exchange *exchange)
{
    http_response_parser_clear(&exchange->parser);
    buf_clear(&exchange->unsent);
    exchange->attempt = NULL;
    exchange->connection = NULL;
}

static void finish(struct wire_exchange *exchange, enum call_error error)
{
    struct attempt *attempt = exchange->attempt;
    bool is_all_sent = !exchange->is_sending && !exchange->has_failed_to_send;

    attempt->is_stale = attempt->is_reused && error == CALL_CONNECTION_TERMINATED && attempt->first_byte_us == 0;
    exchange->may_keep = exchange->may_keep && error == CALL_OK && is_all_sent && exchange->parser.keeps_connection;
    wire_exchange_stop(exchange);
    exchange->on_over(exchange, error);
}

/* ---- the answer ---- */

/* Whether it is over. */
static bool take_bytes(struct wire_exchange *exchange, size_t count)
{
    struct http_response_parser *parser = &exchange->parser;
    struct attempt *attempt = exchange->attempt;

    if (attempt->first_byte_us == 0) {
        attempt->first_byte_us = clock_monotonic_us();
    }
    size_t used = http_response_parser_feed(parser, exchange->scratch->read_buffer, count);
    attempt->status = parser->framing.status;
    if (parser->error != CALL_OK || parser->is_complete) {
        exchange->may_keep = exchange->may_keep && used == count;
        finish(exchange, parser->error);
        return true;
    }
    return false;
}

/* The middle of a long body goes to where it will stay; all else passes through the parser. */
static ssize_t receive_some(struct wire_exchange *exchange, size_t *ret_asked_bytes, bool *ret_is_placed)
{
    struct wire_connection *connection = exchange->connection;
    size_t room_bytes = WIRE_READ_BUFFER_BYTES;
    char *room = http_response_parser_room(&exchange->parser, &room_bytes);

    *ret_is_placed = room != NULL;
    *ret_asked_bytes = room_bytes < PLACED_READ_BYTES ? room_bytes : PLACED_READ_BYTES;
    return connection->transport->receive(connection, room != NULL ? room : exchange->scratch->read_buffer,
                                          *ret_asked_bytes);
}

/* Where nothing more can be sent, all that is there is read, and then that is all. */
static bool may_be_more(const struct wire_exchange *exchange, bool is_filled)
{
    return is_filled || exchange->connection->transport->receives_records || exchange->has_failed_to_send;
}

static void read_answer(struct wire_exchange *exchange)
{
    for (int i = 0; i < READS_PER_EVENT || exchange->has_failed_to_send; i++) {
        size_t asked_bytes = 0;
        bool is_placed = false;
        ssize_t count = receive_some(exchange, &asked_bytes, &is_placed);
        if (count == -EAGAIN && !exchange->has_failed_to_send) {
            return;
        }
        if (count <= 0) {
            finish(exchange, count == 0 ? http_response_parser_end(&exchange->parser)
                                        : http_response_parser_break(&exchange->parser));
            return;
        }
        if (is_placed) {
            http_response_parser_filled(&exchange->parser, (size_t)count);
            if (exchange->parser.error != CALL_OK) {
                finish(exchange, exchange->parser.error);
                return;
            }
        } else if (take_bytes(exchange, (size_t)count)) {
            return;
        }
        if (!may_be_more(exchange, (size_t)count == asked_bytes)) {
            return;
        }
    }
}

/* ---- the request ---- */

static struct str unsent(const struct wire_exchange *exchange)
{
    return exchange->request_left.length > 0 ? exchange->request_left : exchange->body_left;
}

static void count_sent(struct wire_exchange *exchange, size_t count)
{
    struct str *left = exchange->request_left.length > 0 ? &exchange->request_left : &exchange->body_left;

    *left = str_from(*left, count);
}

/* The server may have answered before it ended, a 413 perhaps. */
static void give_up_sending(struct wire_exchange *exchange)
{
    wire_connection_want_room(exchange->connection, false);
    exchange->is_sending = false;
    exchange->has_failed_to_send = true;
    read_answer(exchange);
}

/* sent_us is set with the first bytes, too: from then on the server may act upon them. */
static void send_request(struct wire_exchange *exchange)
{
    struct wire_connection *connection = exchange->connection;

    for (struct str left = unsent(exchange); left.length > 0; left = unsent(exchange)) {
        ssize_t count = connection->transport->send(connection, left.base, left.length);
        if (count == -EAGAIN) {
            wire_connection_want_room(connection, true);
            return;
        }
        if (count < 0) {
            give_up_sending(exchange);
            return;
        }
        count_sent(exchange, (size_t)count);
        exchange->attempt->sent_us = clock_monotonic_us();
    }
    wire_connection_want_room(connection, false);
    exchange->is_sending = false;
}

/* ---- events ---- */

static void on_ready(void *context, uint32_t events)
{
    struct wire_exchange *exchange = context;

    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        exchange->may_keep = false;
    }
    if ((events & ~(uint32_t)EPOLLOUT) != 0) {
        read_answer(exchange);
    }
    if ((events & EPOLLOUT) != 0 && exchange->connection != NULL && exchange->is_sending) {
        send_request(exchange);
    }
}

/* ---- life ---- */

/* The scratch is for others now. */
static void keep_unsent(struct wire_exchange *exchange)
{
    if (exchange->connection == NULL || exchange->request_left.length == 0) {
        return;
    }
    if (buf_add_str(&exchange->unsent, exchange->request_left) < 0) {
        finish(exchange, CALL_PROXY_INTERNAL_ERROR);
        return;
    }
    exchange->request_left = buf_view(&exchange->unsent);
}

static void write_and_send(struct wire_exchange *exchange)
{
    struct buf *request = &exchange->scratch->request;
    enum call_error error =
        wire_message_write(request, exchange->attempt, clock_monotonic_us(), SMALL_BODY_BYTES, &exchange->body_left);

    if (error != CALL_OK) {
        finish(exchange, error);
        return;
    }
    exchange->request_left = buf_view(request);
    send_request(exchange);
    keep_unsent(exchange);
    if (request->capacity > KEPT_REQUEST_BYTES) {
        buf_clear(request);
    }
}

void wire_exchange_begin(struct wire_exchange *exchange, struct attempt *attempt, struct wire_connection *connection)
{
    const struct http_response_expected expected = {
        .body = &attempt->response,
        .head = attempt->wants_response_head ? &attempt->response_head : NULL,
        .room = attempt->room,
        .head_bytes_limit = attempt->response_header_bytes,
        .allows_content_coding = attempt->wants_response_head,
        .is_answer_to_head = strcmp(attempt->method, "HEAD") == 0,
    };

    exchange->attempt = attempt;
    exchange->connection = connection;
    exchange->may_keep = true;
    exchange->is_sending = true;
    exchange->has_failed_to_send = false;
    http_response_parser_begin(&exchange->parser, &expected);
    wire_connection_give(connection, on_ready, exchange);
    write_and_send(exchange);
}

void wire_exchange_init(struct wire_exchange *exchange, struct wire_scratch *scratch, wire_exchange_over_fn *on_over)
{
    *exchange = (struct wire_exchange){ .scratch = scratch, .on_over = on_over };
    buf_init(&exchange->unsent, REQUEST_BYTES_AT_MOST);
}

void wire_scratch_init(struct wire_scratch *scratch)
{
    buf_init(&scratch->request, REQUEST_BYTES_AT_MOST);
}

void wire_scratch_clear(struct wire_scratch *scratch)
{
    buf_clear(&scratch->request);
}
