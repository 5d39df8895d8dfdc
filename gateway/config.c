/* SPDX-License-Identifier: MIT */
#include "gateway/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "gateway/mode.h"

enum { KIB = 1024, MIB = 1024 * 1024, ARENA_BYTES = 256 * MIB, ARENA_OF_REQUEST_BYTES = 16 * MIB };

const char *const connection_overflow_names[] = { [OVERFLOW_WAIT] = "wait", [OVERFLOW_REFUSE] = "refuse", NULL };

const struct config_limits config_limits_default = {
    .connections = 10000,
    .in_flight = 10000,
    .header_bytes = 16 * KIB,
    .body_bytes = MIB,
    .answer_bytes = 8 * MIB,
    .fan_out = 256,
    .request_arena_bytes = ARENA_OF_REQUEST_BYTES,
    .header_timeout_us = 10ULL * CLOCK_US_PER_SECOND,
    .body_timeout_us = 30ULL * CLOCK_US_PER_SECOND,
    .idle_timeout_us = 75ULL * CLOCK_US_PER_SECOND,
    .send_timeout_us = 30ULL * CLOCK_US_PER_SECOND,
};

const struct config_backend config_backend_default = {
    .timeout_us = CLOCK_NEVER_US,
    .connect_timeout_us = 5ULL * CLOCK_US_PER_SECOND,
    .response_bytes = MIB,
    .response_header_bytes = 16 * KIB,
    .max_in_flight = SIZE_MAX,
    .queue = 1024,
    .queue_timeout_us = CLOCK_NEVER_US,
    .mode = MODE_INHERITED,
};

/* ---- life ---- */

/* What the settings point to may be argv, a variable or a file's text. */
static int keep_strings(struct config *config)
{
    struct settings *settings = &config->settings;

    if (settings->blocking != NULL) {
        settings->blocking = arena_copy(&config->arena, str_of(settings->blocking));
        if (settings->blocking == NULL) {
            return -ENOMEM;
        }
    }
    if (settings->config_file != NULL) {
        settings->config_file = arena_copy(&config->arena, str_of(settings->config_file));
        return settings->config_file != NULL ? 0 : -ENOMEM;
    }
    return 0;
}

struct config *config_new(const struct settings *settings)
{
    struct config *config = calloc(1, sizeof *config);

    if (config == NULL) {
        return NULL;
    }
    atomic_init(&config->references, 1);
    arena_init(&config->arena, ARENA_BYTES);
    config->settings = *settings;
    config->limits = config_limits_default;
    if (keep_strings(config) < 0) {
        config_release(config);
        return NULL;
    }
    return config;
}

struct config *config_hold(struct config *config)
{
    atomic_fetch_add(&config->references, 1);
    return config;
}

void config_release(struct config *config)
{
    if (config != NULL && atomic_fetch_sub(&config->references, 1) == 1) {
        arena_clear(&config->arena);
        free(config);
    }
}

/* ---- making one ---- */

int config_server_set(struct arena *arena, const struct url *url, struct config_server *ret_server)
{
    struct config_server server = { .url = *url };
    size_t length = strlen(server.url.path);

    /* "http://host/" and "http://host" are the same place. */
    while (length > 0 && server.url.path[length - 1] == '/') {
        server.url.path[--length] = '\0';
    }
    server.name = arena_format(arena, url->is_ipv6 ? "[%s]:%u" : "%s:%u", url->host, (unsigned)url->port);
    if (server.name == NULL) {
        return -ENOMEM;
    }
    *ret_server = server;
    return 0;
}

static int copy_file(struct arena *arena, struct tls_file *file)
{
    if (file->path != NULL) {
        file->path = arena_copy(arena, str_of(file->path));
        file->text.base = arena_copy(arena, file->text);
    }
    return file->path == NULL || file->text.base != NULL ? 0 : -ENOMEM;
}

void config_keep_tls(struct config *config, const struct tls_settings *tls)
{
    struct tls_settings *copy = arena_allocate(&config->arena, sizeof *copy);

    if (copy == NULL || tls == NULL) {
        return;
    }
    *copy = *tls;
    if (copy_file(&config->arena, &copy->certificate) == 0 && copy_file(&config->arena, &copy->key) == 0) {
        config->tls = copy;
    }
}

int config_finish(struct config *config)
{
    /* A call with "body": "request" takes a copy of the client's. */
    config->limits.request_arena_bytes = (size_t)ARENA_OF_REQUEST_BYTES + config->limits.body_bytes;
    config->route_table = route_table_build(&config->arena, config->routes, config->route_count);
    return config->route_table != NULL ? 0 : -ENOMEM;
}

static int fill_in_built_in(struct config *config)
{
    struct config_server *server = arena_allocate(&config->arena, sizeof *server);
    struct config_backend *backend = arena_allocate(&config->arena, sizeof *backend);

    if (server == NULL || backend == NULL || config_server_set(&config->arena, &config->settings.backend, server) < 0) {
        return -ENOMEM;
    }
    *backend = config_backend_default;
    backend->name = STR("default");
    backend->servers = server;
    backend->server_count = 1;
    config->backends = backend;
    config->backend_count = 1;
    config->routes = route_built_in(&config->arena, &config->route_count);
    return config->routes != NULL ? config_finish(config) : -ENOMEM;
}

struct config *config_built_in(const struct settings *settings)
{
    struct config *config = config_new(settings);

    if (config != NULL && fill_in_built_in(config) < 0) {
        config_release(config);
        return NULL;
    }
    return config;
}

/* ---- what it amounts to ---- */

bool config_needs_threads(const struct config *config)
{
    bool needs = config->settings.mode == MODE_THREADS || config->settings.allow_mode_override;

    for (size_t i = 0; i < config->backend_count; i++) {
        needs = needs || config->backends[i].mode == MODE_THREADS;
    }
    for (size_t i = 0; i < config->route_count; i++) {
        const struct route *route = &config->routes[i];
        needs = needs || route->mode == MODE_THREADS;
        for (size_t j = 0; j < route->plan.call_count; j++) {
            needs = needs || route->plan.calls[j].mode == MODE_THREADS;
        }
    }
    return needs;
}
