/* SPDX-License-Identifier: MIT */
/*
 * service - the slow microservice: takes connections from a listening socket and answers every request after a delay.
 *
 * What one request goes through is in backend/visit.h. A waiting request costs a timer and no thread.
 *
 * Draining, by service_drain(): what waits in the listener's queue is still taken, and the listening socket is closed.
 * Requests are answered after their delays as ever, faults that hold a connection for ever are ended, and on_drained()
 * is called once when no connection is left. service_free() ends what is still there at once.
 *
 * Memory: the service owns its listening socket, its server and its visits, not the loop, the log or the answers.
 * Threads: the loop's.   Units: microseconds.
 */
#ifndef BACKEND_SERVICE_H
#define BACKEND_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/answers.h"
#include "backend/door.h"
#include "backend/turnstile.h"
#include "common/compiler.h"
#include "common/delay.h"
#include "common/http_server.h"
#include "common/log.h"
#include "common/loop.h"

struct service_config {
    struct delay delay;
    size_t concurrency; /* requests that wait out their delay at once; 0: no limit */
    uint64_t seed;      /* of the delays */
    size_t connection_limit;
    const struct answers *answers; /* must outlive the service; NULL: none */
};

typedef void service_drained_fn(void *context);

struct visit;

struct service {
    struct service_config config;
    struct loop *loop;
    struct log *log;

    /* While it runs */
    struct http_server *server;
    struct door door;
    struct turnstile turnstile;
    struct random_source random;
    struct visit *faulty; /* visits whose fault has begun */
    struct loop_hook hook;
    bool is_draining;
    bool is_ending; /* exchanges that finish now are ended by us, not by their clients */
    service_drained_fn *on_drained;
    void *context;
};

/* NULL: no memory or no descriptor. */
struct service *service_new(struct loop *loop, struct log *log, const struct service_config *config) must_check;
void service_free(struct service *service);

/* Begins to accept connections. 0; or -1 and a sentence. */
int service_listen(struct service *service, const struct address *address, struct error *error) must_check;
/* "127.0.0.1:9000": where it listens. */
void service_format_address(const struct service *service, char *text, size_t size);
/* Connections are refused for that long; of two such times the later end counts. 0 or -ENOMEM. */
int service_refuse_for(struct service *service, uint64_t duration_us) must_check;
void service_drain(struct service *service, service_drained_fn *on_drained, void *context);
size_t service_connection_count(const struct service *service);

#endif
