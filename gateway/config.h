/* SPDX-License-Identifier: MIT */
/*
 * config - all that the gateway was asked to do: settings, limits, backends, routes. Pure; immutable once made.
 *
 * Without a file: one backend, `--backend`, and the built-in routes. With one: config_load() (config_file.h). Counted:
 * each request holds the one it began with, so that a reload changes nothing for it.
 *
 * Memory: an arena of its own, freed with the last reference.   Threads: read by all; the count is atomic.
 */
#ifndef GATEWAY_CONFIG_H
#define GATEWAY_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/url.h"
#include "gateway/route_table.h"
#include "gateway/settings.h"
#include "gateway/tls_settings.h"

/* What becomes of connections beyond the limit: they wait in the listener's queue, or are answered 503 and closed. */
enum connection_overflow { OVERFLOW_WAIT, OVERFLOW_REFUSE };
/* By that; NULL behind the last. */
extern const char *const connection_overflow_names[];

/* Bounds on what one client or one backend can make the gateway hold. */
struct config_limits {
    size_t connections;
    int connection_overflow; /* enum connection_overflow */
    size_t in_flight;        /* requests; more are answered 503 */
    size_t header_bytes;
    size_t body_bytes;
    size_t answer_bytes; /* the calls' bodies together */
    size_t fan_out;
    size_t request_arena_bytes;
    uint64_t header_timeout_us;
    uint64_t body_timeout_us;
    uint64_t idle_timeout_us;
    uint64_t send_timeout_us;
};

struct config_server {
    struct url url;   /* its path has no slash at its end: a call's target begins with one */
    const char *name; /* host:port, for the log */
};

struct config_backend {
    struct str name;
    const struct config_server *servers; /* used round robin */
    size_t server_count;
    uint64_t timeout_us; /* of a call, from when it is started; CLOCK_NEVER_US: none but the request's deadline */
    uint64_t connect_timeout_us;
    size_t response_bytes; /* one call's body */
    size_t response_header_bytes;
    size_t max_in_flight;           /* calls at once, shared out among the workers; SIZE_MAX: any number */
    size_t queue;                   /* calls that wait for a place */
    uint64_t queue_timeout_us;      /* CLOCK_NEVER_US: as long as the request may take */
    int mode;                       /* enum mode; MODE_INHERITED: none of its own */
    const struct tls_settings *tls; /* of its https:// servers; NULL: the system's authorities, and nothing else */
};

struct config {
    atomic_size_t references;
    struct arena arena;
    struct settings settings; /* the file's, where no flag or variable says otherwise */
    struct config_limits limits;
    const struct tls_settings *tls; /* towards clients; NULL: plain HTTP */
    const struct config_backend *backends;
    size_t backend_count;
    const struct route *routes; /* in the order of the file */
    size_t route_count;
    const struct route_table *route_table;
};

extern const struct config_limits config_limits_default;
/* Of a backend of which nothing but name and servers is known. */
extern const struct config_backend config_backend_default;

/* Empty, with the settings and default limits, for whoever fills it in (the file's reader); one reference. NULL: no
 * memory. Strings of the settings are copied. */
struct config *config_new(const struct settings *settings) must_check;
/* The built-in routes. NULL: no memory. */
struct config *config_built_in(const struct settings *settings) must_check;
/* The last step of making one: the routes' table. 0 or -ENOMEM. */
int config_finish(struct config *config) must_check;

struct config *config_hold(struct config *config);
/* NULL is fine. */
void config_release(struct config *config);

/* A copy of another configuration's; without memory for it, none is shown. */
void config_keep_tls(struct config *config, const struct tls_settings *tls);
/* host:port of a server, its path made ready for a target to follow. 0 or -ENOMEM. */
int config_server_set(struct arena *arena, const struct url *url, struct config_server *ret_server) must_check;
/* Some call may be made by the pool's threads. */
bool config_needs_threads(const struct config *config);

#endif
