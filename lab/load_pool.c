/* SPDX-License-Identifier: MIT */
#include "lab/load_pool.h"

#include <errno.h>
#include <stdlib.h>

#include "common/clock.h"

int load_pool_init(struct load_pool *pool, size_t count)
{
    *pool = (struct load_pool){
        .connections = calloc(count, sizeof *pool->connections),
        .count = count,
        .free = calloc(count, sizeof(struct load_connection *)),
        .resting = calloc(count, sizeof(struct load_connection *)),
    };
    if (pool->connections == NULL || pool->free == NULL || pool->resting == NULL) {
        pool->count = 0;
        load_pool_clear(pool);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        load_connection_init(&pool->connections[i], (uint32_t)i);
        pool->free[i] = &pool->connections[count - 1 - i]; /* so that the first is given out first */
    }
    pool->closed_count = count;
    return 0;
}

void load_pool_clear(struct load_pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        load_connection_close(&pool->connections[i]);
    }
    free(pool->connections);
    free(pool->free);
    free(pool->resting);
    *pool = (struct load_pool){ .count = 0 };
}

bool load_pool_has_free(const struct load_pool *pool)
{
    return pool->closed_count + pool->idle_count > 0;
}

struct load_connection *load_pool_take(struct load_pool *pool)
{
    if (pool->idle_count > 0) {
        pool->idle_count--;
        return pool->free[pool->count - 1 - pool->idle_count];
    }
    if (pool->closed_count > 0) {
        pool->closed_count--;
        return pool->free[pool->closed_count];
    }
    return NULL;
}

static void put(struct load_pool *pool, struct load_connection *connection, size_t place)
{
    pool->free[place] = connection;
    connection->place = (uint32_t)place;
}

void load_pool_give(struct load_pool *pool, struct load_connection *connection, uint64_t now_us)
{
    if (!load_pool_has_free(pool)) {
        pool->free_since_us = now_us;
    }
    if (connection->state == LOAD_IDLE) {
        pool->idle_count++;
        put(pool, connection, pool->count - pool->idle_count);
    } else {
        put(pool, connection, pool->closed_count);
        pool->closed_count++;
    }
}

void load_pool_on_ended(struct load_pool *pool, struct load_connection *connection)
{
    /* The one that became idle last takes its place. */
    put(pool, pool->free[pool->count - pool->idle_count], connection->place);
    pool->idle_count--;
    put(pool, connection, pool->closed_count);
    pool->closed_count++;
}

void load_pool_rest(struct load_pool *pool, struct load_connection *connection, uint64_t until_us)
{
    connection->rests_until_us = until_us;
    pool->resting[(pool->first_resting + pool->resting_count) % pool->count] = connection;
    pool->resting_count++;
}

void load_pool_wake(struct load_pool *pool, uint64_t now_us)
{
    while (load_pool_next_wake_us(pool) <= now_us) {
        struct load_connection *connection = pool->resting[pool->first_resting];
        pool->first_resting = (pool->first_resting + 1) % pool->count;
        pool->resting_count--;
        load_pool_give(pool, connection, now_us);
    }
}

uint64_t load_pool_next_wake_us(const struct load_pool *pool)
{
    return pool->resting_count > 0 ? pool->resting[pool->first_resting]->rests_until_us : CLOCK_NEVER_US;
}

size_t load_pool_busy_count(const struct load_pool *pool)
{
    return pool->count - pool->closed_count - pool->idle_count - pool->resting_count;
}
