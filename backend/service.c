/* SPDX-License-Identifier: MIT */
#include "backend/service.h"

#include <string.h>

#include "backend/visit.h"
#include "common/clock.h"
#include "common/duration.h"

enum {
    HEADER_BYTES = 8192, /* small: 10,000 connections keep a pool of about that size each */
    BODY_BYTES = 1024 * 1024,
    IDLE_TIMEOUT_S = 75,
};

/* ---- requests ---- */

static void on_request(void *context, struct http_exchange *exchange)
{
    visit_begin(context, exchange);
}

static void on_refused(void *context, struct http_exchange *exchange, int status, const char *reason)
{
    visit_refuse(context, exchange, status, reason);
}

/* ---- connections ---- */

static void on_accepted(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length)
{
    struct service *service = context;

    (void)http_server_add(service->server, descriptor, peer, peer_length);
    if (http_server_is_full(service->server)) {
        door_hold(&service->door);
    }
}

static void on_room(void *context)
{
    struct service *service = context;

    door_release(&service->door);
}

static void on_reopened(void *context, int result)
{
    struct service *service = context;

    if (result < 0) {
        log_line(service->log, LOG_ERROR, "cannot accept connections again: %s; trying on", strerror(-result));
    } else {
        log_line(service->log, LOG_INFO, "accepting connections again");
    }
}

static const struct door_events door_events = { .on_accepted = on_accepted, .on_reopened = on_reopened };

int service_listen(struct service *service, const struct address *address, struct error *error)
{
    return door_open(&service->door, address, error);
}

void service_format_address(const struct service *service, char *text, size_t size)
{
    door_format_address(&service->door, text, size);
}

int service_refuse_for(struct service *service, uint64_t duration_us)
{
    char duration[32];
    int result = door_close_for(&service->door, duration_us);

    if (result == 0) {
        duration_format(duration_us, duration, sizeof duration);
        log_line(service->log, LOG_INFO, "refusing connections for %s", duration);
    }
    return result;
}

size_t service_connection_count(const struct service *service)
{
    return http_server_connection_count(service->server);
}

/* ---- draining ---- */

/* Comes after the server's own hook, which closes connections. */
static uint64_t look_whether_drained(void *context)
{
    struct service *service = context;

    if (service->is_draining && service->on_drained != NULL && service_connection_count(service) == 0) {
        service_drained_fn *on_drained = service->on_drained;
        service->on_drained = NULL;
        on_drained(service->context);
    }
    return CLOCK_NEVER_US;
}

void service_drain(struct service *service, service_drained_fn *on_drained, void *context)
{
    service->is_draining = true;
    service->on_drained = on_drained;
    service->context = context;
    door_drain(&service->door);
    visit_end_faults(service);
    http_server_drain(service->server);
}

/* ---- life ---- */

static const struct http_server_events server_events = {
    .on_request = on_request,
    .on_refused = on_refused,
    .on_room = on_room,
};

struct service *service_new(struct loop *loop, struct log *log, const struct service_config *config)
{
    struct service *service = calloc(1, sizeof *service);
    struct http_server_config server_config = {
        .connection_limit = config->connection_limit,
        .header_bytes = HEADER_BYTES,
        .body_bytes = BODY_BYTES,
        .idle_timeout_us = (uint64_t)IDLE_TIMEOUT_S * CLOCK_US_PER_SECOND,
    };

    if (service == NULL) {
        return NULL;
    }
    service->config = *config;
    service->loop = loop;
    service->log = log;
    door_init(&service->door, loop, &door_events, service);
    turnstile_init(&service->turnstile, config->concurrency);
    random_source_seed(&service->random, config->seed);
    service->server = http_server_new(loop, &server_config, &server_events, service);
    if (service->server == NULL) {
        free(service);
        return NULL;
    }
    service->hook = (struct loop_hook){ .before_wait = look_whether_drained, .context = service };
    loop_add_hook(loop, &service->hook);
    return service;
}

void service_free(struct service *service)
{
    if (service == NULL) {
        return;
    }
    service->is_ending = true;
    door_close(&service->door);
    http_server_free(service->server);
    loop_remove_hook(service->loop, &service->hook);
    free(service);
}
