/* SPDX-License-Identifier: MIT */
/*
 * upstream_sync - the blocking receiver of the notes: the call is made inside the worker's loop, which stands still.
 */
#include <stdlib.h>

#include "common/compiler.h"
#include "gateway/transfer.h"
#include "gateway/upstream.h"

struct upstream_sync {
    struct upstream upstream;
    struct transfer_cache cache;
    struct transfer *transfer;
    upstream_before_block_fn *before_block;
    void *context;
};

static void start(struct upstream *upstream, struct attempt *attempt)
{
    struct upstream_sync *sync = container_of(upstream, struct upstream_sync, upstream);

    sync->before_block(sync->context);
    attempt_complete(attempt, transfer_perform(sync->transfer, attempt));
}

/* Not possible: nobody is there to cancel while the call runs, and afterwards it is done. */
static void cancel(struct upstream *upstream, struct attempt *attempt, enum call_error error)
{
    (void)upstream;
    (void)attempt;
    (void)error;
}

static void free_sync(struct upstream *upstream)
{
    struct upstream_sync *sync = container_of(upstream, struct upstream_sync, upstream);

    transfer_free(sync->transfer);
    socket_table_clear(&sync->cache.sockets);
    free(sync);
}

struct upstream *upstream_sync_new(upstream_before_block_fn *before_block, void *context)
{
    static const struct upstream_operations operations = {
        .name = "sync",
        .start = start,
        .cancel = cancel,
        .free = free_sync,
    };
    struct upstream_sync *sync = calloc(1, sizeof *sync);

    if (sync == NULL) {
        return NULL;
    }
    sync->upstream.operations = &operations;
    sync->before_block = before_block;
    sync->context = context;
    sync->transfer = transfer_new(&sync->cache);
    if (sync->transfer == NULL) {
        free(sync);
        return NULL;
    }
    return &sync->upstream;
}
