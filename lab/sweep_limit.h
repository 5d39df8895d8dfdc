/* SPDX-License-Identifier: MIT */
/*
 * sweep_limit - what ran out while a point was measured: processor time of the client, of the gateway, of the backend,
 * of the machine, or the backend's places. Pure.
 *
 * Where nothing did, time was spent waiting, and theory says for what. Where it was the client, the figures are the
 * client's and say little of the gateway.
 */
#ifndef LAB_SWEEP_LIMIT_H
#define LAB_SWEEP_LIMIT_H

#include <stdbool.h>

enum sweep_limit {
    SWEEP_LIMIT_NONE,
    SWEEP_LIMIT_CLIENT,
    SWEEP_LIMIT_GATEWAY,
    SWEEP_LIMIT_MACHINE,
    SWEEP_LIMIT_BACKEND,
    SWEEP_LIMIT_COUNT
};
extern const char *const sweep_limit_names[];

/* Cores: processor time per time, 1 is one core all the time. */
struct sweep_usage {
    double client_cores;
    double gateway_cores;
    double backend_cores;
    double machine_busy_cores; /* of everything on it, others too */
    double machine_cores;      /* how many there are for us */
    unsigned gateway_threads;  /* that can work at the same time: workers, and in mode threads the pool */
    bool has_backend_limit;    /* the backend serves only so many at once … */
    double backend_share;      /* … and the throughput is this share of what that allows */
    /* Open loop; 0 in a closed one. */
    double late_p99_us;    /* how long after they were due requests were sent */
    double latency_p50_us; /* from when due */
    double waited_share;   /* of the requests: no connection was free when they were due */
};

enum sweep_limit sweep_limit_of(const struct sweep_usage *usage);

#endif
