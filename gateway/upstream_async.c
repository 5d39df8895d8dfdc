/* SPDX-License-Identifier: MIT */
/*
 * upstream_async - the non-blocking receiver of the notes: curl-multi in the worker's loop, which goes on meanwhile.
 */
#include <stdlib.h>

#include "common/compiler.h"
#include "gateway/curl_loop.h"
#include "gateway/upstream.h"

struct upstream_async {
    struct upstream upstream;
    struct curl_loop *curl_loop;
};

static struct upstream_async *async_of(struct upstream *upstream)
{
    return container_of(upstream, struct upstream_async, upstream);
}

static void start(struct upstream *upstream, struct attempt *attempt)
{
    curl_loop_start(async_of(upstream)->curl_loop, attempt);
}

static void cancel(struct upstream *upstream, struct attempt *attempt, enum call_error error)
{
    curl_loop_cancel(async_of(upstream)->curl_loop, attempt, error);
}

static void close_idle(struct upstream *upstream)
{
    curl_loop_close_idle(async_of(upstream)->curl_loop);
}

static void free_async(struct upstream *upstream)
{
    struct upstream_async *async = async_of(upstream);

    curl_loop_free(async->curl_loop);
    free(async);
}

struct upstream *upstream_async_new(struct loop *loop)
{
    static const struct upstream_operations operations = {
        .name = "async",
        .start = start,
        .cancel = cancel,
        .close_idle = close_idle,
        .free = free_async,
    };
    struct upstream_async *async = calloc(1, sizeof *async);

    if (async == NULL) {
        return NULL;
    }
    async->upstream.operations = &operations;
    async->curl_loop = curl_loop_new(loop, &curl_loop_usual_limits);
    if (async->curl_loop == NULL) {
        free(async);
        return NULL;
    }
    return &async->upstream;
}
