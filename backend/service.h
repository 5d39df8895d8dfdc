/* SPDX-License-Identifier: MIT */
/*
 * service - the slow microservice: takes connections from a listening socket and answers every request after a delay.
 *
 * What one request goes through is in backend/visit.h. A waiting request costs a timer and no thread.
 *
 * Draining, by service_drain(): what waits in the listener's queue is still taken; after the call the caller closes the
 * listening socket. Requests are answered after their delays as ever, faults that hold a connection for ever are ended,
 * and on_drained() is called once when no connection is left. service_free() ends what is still there at once.
 *
 * Memory: the service owns its server and its visits, not the loop, the log or the listening socket.
 * Threads: the loop's.   Units: microseconds.
 */
#ifndef BACKEND_SERVICE_H
#define BACKEND_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/delay.h"
#include "backend/turnstile.h"
#include "common/compiler.h"
#include "common/http_server.h"
#include "common/listener.h"
#include "common/log.h"
#include "common/loop.h"

struct service_config {
    struct delay delay;
    size_t concurrency; /* requests that wait out their delay at once; 0: no limit */
    uint64_t seed;      /* of the delays */
    size_t connection_limit;
};

typedef void service_drained_fn(void *context);

struct visit;

struct service {
    struct service_config config;
    struct loop *loop;
    struct log *log;

    /* While it runs */
    struct http_server *server;
    struct listener listener;
    struct turnstile turnstile;
    struct random_source random;
    struct visit *faulty; /* visits whose fault has begun */
    struct loop_hook hook;
    bool is_listening;
    bool is_draining;
    bool is_ending; /* exchanges that finish now are ended by us, not by their clients */
    service_drained_fn *on_drained;
    void *context;
};

/* NULL: no memory or no descriptor. */
struct service *service_new(struct loop *loop, struct log *log, const struct service_config *config) must_check;
void service_free(struct service *service);

/* Begins to accept from `descriptor`, which stays the caller's. 0 or -errno. */
int service_listen(struct service *service, int descriptor) must_check;
void service_drain(struct service *service, service_drained_fn *on_drained, void *context);
size_t service_connection_count(const struct service *service);

#endif
