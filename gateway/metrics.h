/* SPDX-License-Identifier: MIT */
/*
 * metrics - what one worker counts, and the Prometheus text of all workers together.
 *
 * One writer, the worker; any thread may read meanwhile: counters are relaxed atomics, and a series, once it is there,
 * stays where it is until metrics_free(). Their number is bounded: what does not fit is counted in a series whose
 * labels are all "other". An empty label value, which to Prometheus would be no label, is shown as "none".
 *
 *     metrics_count_request(metrics, &(struct metrics_request){ .route = …, … });      in the worker
 *     metrics_render(workers, worker_count, &process, &text);                          in the admin thread
 *
 * Source: Prometheus text exposition format 0.0.4.   Units: microseconds in, seconds out.
 */
#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "common/str.h"

/* How many series of requests and of calls, and how many backends, a worker tells apart. */
enum { METRICS_SERIES = 2048, METRICS_BACKENDS = 512 };

struct metrics;

/* NULL: no memory. */
struct metrics *metrics_new(void) must_check;
void metrics_free(struct metrics *metrics);

/* ---- by the worker ---- */

struct metrics_request {
    struct str route; /* its path template; "" for none that matched */
    struct str mode;
    int status;
    uint64_t duration_us;
};

struct metrics_call {
    struct str backend;
    struct str server;
    struct str error; /* "" for none */
    unsigned attempts;
    bool is_reused;
    uint64_t duration_us; /* from when it was started */
};

void metrics_count_request(struct metrics *metrics, const struct metrics_request *request);
void metrics_count_call(struct metrics *metrics, const struct metrics_call *call);

/* Gauges of the worker as a whole. */
enum metrics_gauge { METRICS_CONNECTIONS, METRICS_REQUESTS_IN_FLIGHT, METRICS_GAUGE_COUNT };
void metrics_set(struct metrics *metrics, enum metrics_gauge gauge, uint64_t value);

/* Counters of the worker as a whole. */
enum metrics_counter {
    METRICS_ACCEPTED,            /* connections */
    METRICS_CONNECTIONS_REFUSED, /* answered 503 because there were too many */
    METRICS_LIMIT_REACHED,       /* times that connections were as many as may be */
    METRICS_ACCEPT_PAUSES,       /* times that none could be accepted for want of a descriptor */
    METRICS_REFUSED,             /* requests that no route saw, by their form, their size or their slowness */
    METRICS_SHED,                /* requests answered 503 because too many were in flight */
    METRICS_HANDSHAKES_FAILED,   /* of TLS, with clients */
    METRICS_RECORDS_DROPPED,     /* accounts that the admin listener was too slow for */
    METRICS_COUNTER_COUNT
};
void metrics_add(struct metrics *metrics, enum metrics_counter counter, uint64_t count);

/* The gauges of one backend; the same pointer for the same name. Never NULL: one for "other" stands in. */
struct metrics_backend {
    _Atomic uint64_t in_flight;
    _Atomic uint64_t queued;
};
struct metrics_backend *metrics_backend(struct metrics *metrics, struct str name);

/* ---- by anybody ---- */

/* Of the process: written by main, read here. */
struct metrics_process {
    _Atomic uint64_t reloads_good;
    _Atomic uint64_t reloads_bad;
    atomic_bool is_last_reload_good;        /* looked at once there was a reload */
    _Atomic uint64_t config_loaded_wall_us; /* when the configuration in use was taken over; 0: not shown */
    uint64_t started_wall_us;               /* 0: not shown */
    const char *libraries;                  /* "libmicrohttpd 0.9.75, libcurl 7.88.1" */
    const char *version;
};

/* Adds the sum of all workers, and the process. What does not fit into the buffer's limit is made to fit: fewer series,
 * more under "other". 0; or -ENOBUFS, -ENOMEM, and nothing is added. */
int metrics_render(struct metrics *const *workers, size_t worker_count, const struct metrics_process *process,
                   struct buf *text) must_check;

#endif
