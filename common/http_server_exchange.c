/* SPDX-License-Identifier: MIT */
/*
 * What an owner may ask of a request, and leave with it.
 */
#include <string.h>

#include "common/http_server_internal.h"

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

void http_exchange_set_note(struct http_exchange *exchange, const void *note)
{
    exchange->connection->note = note;
}

const void *http_exchange_note(const struct http_exchange *exchange)
{
    return exchange->connection->note;
}
