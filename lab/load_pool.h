/* SPDX-License-Identifier: MIT */
/*
 * load_pool - the connections of a load that are free for a request, and those that rest after they could not be
 * opened.
 *
 * The one that was used last is given out first, and one that is open before one that is not: where few are enough, few
 * are opened. A server that does not listen would else be asked as fast as the machine can: in the closed loop a client
 * rests a little before it tries again.
 *
 * Memory: two pointers a connection; load_pool_clear().   Threads: none shared.
 */
#ifndef LAB_LOAD_POOL_H
#define LAB_LOAD_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"
#include "lab/load_connection.h"

struct load_pool {
    struct load_connection *connections; /* all of them */
    size_t count;
    struct load_connection **free; /* closed ones from the front on, idle ones from the end back */
    size_t closed_count, idle_count;
    struct load_connection **resting; /* a ring, in the order in which they will be free again */
    size_t first_resting, resting_count;
    uint64_t free_since_us; /* when one became free while none was */
};

/* `count` connections, all closed. 0 or -ENOMEM. */
int load_pool_init(struct load_pool *pool, size_t count) must_check;
/* Closes them all. */
void load_pool_clear(struct load_pool *pool);

/* NULL: none is free. */
struct load_connection *load_pool_take(struct load_pool *pool);
/* It is free again, closed or idle, as its state says. */
void load_pool_give(struct load_pool *pool, struct load_connection *connection, uint64_t now_us);
/* It will be free at until_us; never earlier than those that rest already. */
void load_pool_rest(struct load_pool *pool, struct load_connection *connection, uint64_t until_us);
/* One that was free and idle has been closed. */
void load_pool_on_ended(struct load_pool *pool, struct load_connection *connection);
/* Frees those that have rested. */
void load_pool_wake(struct load_pool *pool, uint64_t now_us);

bool load_pool_has_free(const struct load_pool *pool);
/* How many are connecting or wait for an answer. */
size_t load_pool_busy_count(const struct load_pool *pool);
/* When the next one has rested; CLOCK_NEVER_US: none rests. */
uint64_t load_pool_next_wake_us(const struct load_pool *pool);

#endif
