/* SPDX-License-Identifier: MIT */
/*
 * An exchange: from where it comes, what an owner may ask of it and leave with it.
 */
#include <stddef.h>
#include <string.h>

#include "common/http_server_internal.h"

/* The address sanitizer is to see who uses one after its end. */
#ifdef __SANITIZE_ADDRESS__
enum { SPARE_EXCHANGES_AT_MOST = 0 };
#else
enum { SPARE_EXCHANGES_AT_MOST = 64 };
#endif

/* ---- life ---- */

static struct http_exchange *take(struct http_server *server)
{
    struct http_exchange *exchange = server->spare_exchanges;

    if (exchange == NULL) {
        return malloc(sizeof *exchange);
    }
    server->spare_exchanges = exchange->next_spare;
    server->spare_count--;
    return exchange;
}

static void give_back(struct http_server *server, struct http_exchange *exchange)
{
    if (server->spare_count + 1 > (size_t)SPARE_EXCHANGES_AT_MOST) {
        free(exchange);
        return;
    }
    exchange->next_spare = server->spare_exchanges;
    server->spare_exchanges = exchange;
    server->spare_count++;
}

struct http_exchange *http_exchange_new(struct http_connection *connection, struct str target)
{
    struct http_server *server = connection->server;
    struct http_exchange *exchange = take(server);

    if (exchange == NULL) {
        return NULL;
    }
    memset(exchange, 0, offsetof(struct http_exchange, head)); /* the rest says itself how much of it counts */
    exchange->target =
        target.length < sizeof exchange->short_target ? exchange->short_target : malloc(target.length + 1);
    if (exchange->target == NULL) {
        give_back(server, exchange);
        return NULL;
    }
    memcpy(exchange->target, target.base, target.length + 1);
    exchange->target_length = target.length;
    exchange->path = http_exchange_sent_target(exchange);
    exchange->connection = connection;
    exchange->begun_us = server->now_us;
    http_head_init(&exchange->head);
    buf_init(&exchange->body, server->config.body_bytes);
    connection->exchange = exchange;
    return exchange;
}

void http_exchange_free(struct http_exchange *exchange)
{
    if (exchange->response != NULL) {
        MHD_destroy_response(exchange->response);
    }
    if (exchange->target != exchange->short_target) {
        free(exchange->target);
    }
    free(exchange->own_path);
    buf_clear(&exchange->body);
    give_back(exchange->connection->server, exchange);
}

void http_exchange_free_spare(struct http_server *server)
{
    while (server->spare_exchanges != NULL) {
        struct http_exchange *exchange = server->spare_exchanges;
        server->spare_exchanges = exchange->next_spare;
        free(exchange);
    }
}

/* ---- what came ---- */

struct str http_exchange_method(const struct http_exchange *exchange)
{
    return exchange->method;
}

struct str http_exchange_target(const struct http_exchange *exchange)
{
    return exchange->path;
}

struct str http_exchange_sent_target(const struct http_exchange *exchange)
{
    return (struct str){ exchange->target, exchange->target_length };
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
    struct str name_view = str_of(name);
    struct str known = http_head_find(&exchange->head, name_view);
    const char *value = NULL;
    size_t length = 0;

    if (known.base != NULL || exchange->head.is_whole) {
        return known;
    }
    if (MHD_lookup_connection_value_n(exchange->connection->mhd, MHD_HEADER_KIND, name, name_view.length, &value,
                                      &length) != MHD_YES) {
        return (struct str){ NULL, 0 };
    }
    return str_trim((struct str){ value != NULL ? value : "", length });
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
                     str_trim((struct str){ value != NULL ? value : "", value != NULL ? value_length : 0 }));
    return MHD_YES;
}

void http_exchange_each_header(const struct http_exchange *exchange, http_header_fn *on_header, void *context)
{
    const struct http_head *head = &exchange->head;
    struct header_visit visit = { on_header, context };

    for (unsigned i = 0; head->is_whole && i < head->count; i++) {
        on_header(context, head->fields[i].name, head->fields[i].value);
    }
    if (!head->is_whole) {
        (void)MHD_get_connection_values_n(exchange->connection->mhd, MHD_HEADER_KIND, visit_header, &visit);
    }
}

/* ---- what an owner leaves with it ---- */

void http_exchange_set_owner(struct http_exchange *exchange, const struct http_exchange_events *events, void *context)
{
    exchange->owner_events = events;
    exchange->owner = context;
}

void http_exchange_set_note(struct http_exchange *exchange, const void *note)
{
    exchange->connection->note = note;
}

const void *http_exchange_note(const struct http_exchange *exchange)
{
    return exchange->connection->note;
}
