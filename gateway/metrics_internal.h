/* SPDX-License-Identifier: MIT */
/*
 * metrics_internal - what metrics.c (counting, adding up) and metrics_render.c (the text) know of each other. Nobody
 * else includes this.
 */
#ifndef GATEWAY_METRICS_INTERNAL_H
#define GATEWAY_METRICS_INTERNAL_H

#include "gateway/metrics.h"
#include "gateway/metrics_series.h"

struct metrics {
    struct series_table requests; /* route, mode, status */
    struct series_table calls;    /* backend, server, error */
    struct series_table backends; /* backend */
    _Atomic uint64_t gauges[METRICS_GAUGE_COUNT];
    _Atomic uint64_t counters[METRICS_COUNTER_COUNT];
};

/* All workers' numbers in one, with at most `series_limit` series of requests and of calls, to be freed with
 * metrics_free(). Its labels are UTF-8, whatever the workers' were, and no two series have the same. NULL: no memory.
 */
struct metrics *metrics_sum(struct metrics *const *workers, size_t worker_count, size_t series_limit) must_check;

#endif
