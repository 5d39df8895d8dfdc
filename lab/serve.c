/* SPDX-License-Identifier: MIT */
#include "lab/serve.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "lab/serve_answer.h"

enum {
    HEADER_BYTES = 8192,
    IDLE_TIMEOUT_S = 75,
    HEADER_TIMEOUT_S = 10,
    BODY_TIMEOUT_S = 10,
    SEND_TIMEOUT_S = 30,
    ADDRESS_BYTES = 64,
};

/* ---- clients ---- */

static void on_request(void *context, struct http_exchange *exchange)
{
    struct serve *serve = context;

    serve_api_answer(&serve->api, exchange);
}

static void on_refused(void *context, struct http_exchange *exchange, int status, const char *reason)
{
    const struct serve_refusal refusal = { .status = status, .detail = reason, .close = true };

    (void)context;
    serve_refuse(exchange, &refusal);
}

static void on_accepted(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length)
{
    struct serve *serve = context;

    (void)http_server_add(serve->server, descriptor, peer, peer_length);
    if (http_server_is_full(serve->server)) {
        listener_hold(&serve->listener);
    }
}

static void on_room(void *context)
{
    struct serve *serve = context;

    listener_release(&serve->listener);
}

/* ---- life ---- */

void serve_format_address(const struct serve *serve, char *text, size_t size)
{
    listener_bound_address(serve->descriptor, text, size);
}

bool serve_is_exposed(const struct serve *serve)
{
    return !serve->api.guard.is_loopback;
}

static int listen_at(struct serve *serve, const struct address *address, struct error *error)
{
    char text[ADDRESS_BYTES];
    struct address bound;

    serve->descriptor = listener_open(address, error);
    if (serve->descriptor < 0) {
        return -1;
    }
    serve_format_address(serve, text, sizeof text);
    if (address_parse(str_of(text), &bound, error) < 0) {
        return -1;
    }
    serve_guard_init(&serve->api.guard, address, bound.port);
    return 0;
}

static int start_serving(struct serve *serve)
{
    static const struct http_server_events events = {
        .on_request = on_request,
        .on_refused = on_refused,
        .on_room = on_room,
    };
    const struct http_server_config config = {
        .connection_limit = SERVE_CONNECTIONS_MOST,
        .header_bytes = HEADER_BYTES,
        .body_bytes = SERVE_REQUEST_BODY_BYTES,
        .idle_timeout_us = IDLE_TIMEOUT_S * (uint64_t)CLOCK_US_PER_SECOND,
        .header_timeout_us = HEADER_TIMEOUT_S * (uint64_t)CLOCK_US_PER_SECOND,
        .body_timeout_us = BODY_TIMEOUT_S * (uint64_t)CLOCK_US_PER_SECOND,
        .send_timeout_us = SEND_TIMEOUT_S * (uint64_t)CLOCK_US_PER_SECOND,
    };

    serve->server = http_server_new(serve->loop, &config, &events, serve);
    if (serve->server == NULL) {
        return -ENOMEM;
    }
    return listener_start(&serve->listener, serve->loop, serve->descriptor, on_accepted, serve);
}

int serve_open(struct serve *serve, struct loop *loop, const struct serve_config *config, struct error *error)
{
    *serve = (struct serve){ .loop = loop, .descriptor = -1 };
    watch_list_init(&serve->api.watches, loop, &serve->place);
    if (service_place_init(&serve->place, config->own_path, config->environment, error) < 0 ||
        listen_at(serve, &config->listen, error) < 0) {
        serve_close(serve);
        return -1;
    }
    int result = runs_init(&serve->api.runs, loop, config->log, &serve->place);
    if (result == 0) {
        result = start_serving(serve);
    }
    if (result < 0) {
        serve_close(serve);
        return error_set(error, "cannot start the HTTP server: %s", strerror(-result));
    }
    return 0;
}

void serve_close(struct serve *serve)
{
    if (serve->server != NULL) {
        listener_stop(&serve->listener);
    }
    runs_stop(&serve->api.runs);
    watch_list_stop(&serve->api.watches);
    http_server_free(serve->server);
    runs_clear(&serve->api.runs);
    watch_list_clear(&serve->api.watches);
    compiler_close_descriptor(&serve->descriptor);
    serve->server = NULL;
    serve->descriptor = -1;
}
