/* SPDX-License-Identifier: MIT */
#include "gateway/worker_upstreams.h"

#include <errno.h>
#include <string.h>

#include "gateway/name_resolver.h"

/* NULL: the system's. */
static const char *name_servers(const struct config *config)
{
    const char *servers = config->settings.name_servers;
    bool is_system = servers[0] == '\0' || strcmp(servers, SETTINGS_NAME_SERVERS_OF_SYSTEM) == 0;

    return is_system ? NULL : servers;
}

int worker_upstreams_open(struct worker_upstreams *upstreams, struct loop *loop, const struct config *config,
                          upstream_before_block_fn *before_block, void *context)
{
    struct upstream **by_strategy = upstreams->by_strategy;
    const struct name_channel_settings settings = { .servers = name_servers(config) };

    upstreams->loop = loop;
    upstreams->names = name_resolver_new(loop, &settings);
    if (upstreams->names == NULL) {
        return -ENOMEM;
    }
    const struct upstream_names names = { .loop = loop, .resolver = upstreams->names };
    const struct upstream_names blocking = {
        .loop = loop, .resolver = upstreams->names, .before_block = before_block, .context = context
    };
    by_strategy[STRATEGY_SYNC] = upstream_named_new(upstream_sync_new(before_block, context), &blocking);
    by_strategy[STRATEGY_ASYNC] = upstream_named_new(upstream_async_new(loop), &names);
    by_strategy[STRATEGY_WIRE] = upstream_named_new(upstream_wire_new(loop), &names);
    bool has_all =
        by_strategy[STRATEGY_SYNC] != NULL && by_strategy[STRATEGY_ASYNC] != NULL && by_strategy[STRATEGY_WIRE] != NULL;
    return has_all ? 0 : -ENOMEM;
}

int worker_upstreams_open_threads(struct worker_upstreams *upstreams, struct thread_pool *pool)
{
    struct upstream **threads = &upstreams->by_strategy[STRATEGY_THREADS];

    if (pool != NULL && *threads == NULL) {
        *threads =
            upstream_named_new(upstream_threads_new(upstreams->loop, pool),
                               &(struct upstream_names){ .loop = upstreams->loop, .resolver = upstreams->names });
    }
    return pool == NULL || *threads != NULL ? 0 : -ENOMEM;
}

void worker_upstreams_clear(struct worker_upstreams *upstreams)
{
    for (size_t i = 0; i < STRATEGY_COUNT; i++) {
        upstream_free(upstreams->by_strategy[i]);
    }
    name_resolver_free(upstreams->names);
}
