/* SPDX-License-Identifier: MIT */
/*
 * worker_upstreams - one worker's strategies, each behind the resolver of names that they share.
 *
 * Memory: embedded in the worker; open and clear go together.   Threads: the worker's.
 */
#ifndef GATEWAY_WORKER_UPSTREAMS_H
#define GATEWAY_WORKER_UPSTREAMS_H

#include "gateway/config.h"
#include "gateway/mode.h"
#include "gateway/upstream.h"

struct name_resolver;

struct worker_upstreams {
    struct loop *loop;
    struct name_resolver *names;
    struct upstream *by_strategy[STRATEGY_COUNT]; /* threads: NULL as long as there is no pool */
};

/* `before_block` is called with `context` before each call that blocks the loop. 0 or -ENOMEM; clear it in any case. */
int worker_upstreams_open(struct worker_upstreams *upstreams, struct loop *loop, const struct config *config,
                          upstream_before_block_fn *before_block, void *context) must_check;
/* Takes up a pool that is there now; nothing where there is none, or it was taken up before. */
int worker_upstreams_open_threads(struct worker_upstreams *upstreams, struct thread_pool *pool) must_check;
void worker_upstreams_clear(struct worker_upstreams *upstreams);

#endif
