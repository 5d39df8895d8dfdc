/* SPDX-License-Identifier: MIT */
#include "lab/sweep_limit.h"

#include <math.h>

const char *const sweep_limit_names[] = {
    [SWEEP_LIMIT_NONE] = "none",       [SWEEP_LIMIT_CLIENT] = "client",   [SWEEP_LIMIT_GATEWAY] = "gateway",
    [SWEEP_LIMIT_MACHINE] = "machine", [SWEEP_LIMIT_BACKEND] = "backend", [SWEEP_LIMIT_COUNT] = 0,
};

/* The client is one thread. From here on it answers late so often that its own lines show in the percentiles. */
static const double client_cores_most = 0.85;
/* A thread that works nine tenths of the time has hardly anything left, and is seldom given more by the kernel. */
static const double thread_cores_most = 0.9;
/* Of all cores: the rest is what the kernel's own work and the coarse count of idle time (10 ms) leave. */
static const double machine_share_most = 0.92;
/* Of what the backend's places allow: a place stands empty from an answer until the next request gets there. */
static const double backend_share_least = 0.85;
/* A request in a hundred sent this late, and by that share of the median latency: the percentiles are the client's. The
 * kernel alone makes a timer late by less than that on a machine that is not full. */
static const double late_us_most = 1000;
static const double late_share_most = 0.1;
/* Below that, the 99th percentile of the lateness is not of requests that waited for a connection. */
static const double waited_share_most = 0.01;

/* Only while connections were free: else requests were late because the gateway had not answered. (On a machine that is
 * full everybody is late.) */
static bool is_late(const struct sweep_usage *usage)
{
    return usage->waited_share < waited_share_most && usage->late_p99_us > late_us_most &&
           usage->late_p99_us > late_share_most * usage->latency_p50_us;
}

enum sweep_limit sweep_limit_of(const struct sweep_usage *usage)
{
    double gateway_most = fmin(usage->gateway_threads, usage->machine_cores);
    double ours = usage->client_cores + usage->gateway_cores + usage->backend_cores;
    bool is_machine_full = fmax(ours, usage->machine_busy_cores) >= machine_share_most * usage->machine_cores;

    if (usage->client_cores >= client_cores_most || (is_late(usage) && !is_machine_full)) {
        return SWEEP_LIMIT_CLIENT;
    }
    if (usage->gateway_cores >= thread_cores_most * gateway_most) {
        return SWEEP_LIMIT_GATEWAY;
    }
    if (usage->backend_cores >= thread_cores_most ||
        (usage->has_backend_limit && usage->backend_share >= backend_share_least)) {
        return SWEEP_LIMIT_BACKEND;
    }
    return is_machine_full ? SWEEP_LIMIT_MACHINE : SWEEP_LIMIT_NONE;
}
