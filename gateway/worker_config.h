/* SPDX-License-Identifier: MIT */
/*
 * worker_config - one worker's side of a configuration: the gates of its backends.
 *
 * Each request holds the one it began with. A reload makes a new one, which takes over the gates that somebody still
 * holds of backends that have the same name.
 *
 * Memory: counted; holds the configuration.   Threads: the worker's.
 */
#ifndef GATEWAY_WORKER_CONFIG_H
#define GATEWAY_WORKER_CONFIG_H

#include "gateway/backend_gate.h"
#include "gateway/config.h"

struct metrics;

struct worker_config {
    size_t references;
    struct config *config;
    size_t in_flight_limit;       /* this worker's share */
    struct backend_gate *gates[]; /* of each backend */
};

/* Which worker of how many: limits are shared out among them. */
struct worker_place {
    unsigned index;
    unsigned count;
};

/* Takes a reference of `config`. `gates`: the worker's. NULL: no memory. */
struct worker_config *worker_config_new(struct config *config, struct worker_place place, struct metrics *metrics,
                                        struct backend_gates *gates) must_check;
struct worker_config *worker_config_hold(struct worker_config *config);
/* NULL is fine. */
void worker_config_release(struct worker_config *config);

/* A worker's part of `limit`: the parts add up to it, but that each has at least one. SIZE_MAX and 0 stay. */
size_t worker_config_share(size_t limit, struct worker_place place);

#endif
