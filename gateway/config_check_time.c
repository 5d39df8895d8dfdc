/* SPDX-License-Identifier: MIT */
/*
 * config_check_time - how long a route's calls can take if each of them takes as long as it may. What other requests do
 * at the same time does not count.
 *
 * At every moment before the end, one of three holds: a call blocks the loop; or all threads of the pool are busy and a
 * call waits for one; or, going back from the last call to whom it waited for, one of that chain is under way. So the
 * time is at most the sum of the first, plus the threads' work shared out among them, plus the longest chain of the
 * rest.
 */
#include <errno.h>

#include "common/clock.h"
#include "gateway/config_check_internal.h"

static uint64_t add_us(uint64_t a, uint64_t b)
{
    return a > CLOCK_NEVER_US - b ? CLOCK_NEVER_US : a + b;
}

static uint64_t multiply_us(uint64_t duration_us, size_t count)
{
    return count > 0 && duration_us > CLOCK_NEVER_US / count ? CLOCK_NEVER_US : duration_us * count;
}

/* ---- which level decides ---- */

uint64_t check_timeout_us(const struct config *config, const struct plan_call *call)
{
    return call->timeout_us != CLOCK_NEVER_US ? call->timeout_us : config->backends[call->backend].timeout_us;
}

uint64_t check_deadline_us(const struct config *config, const struct route *route)
{
    return route->deadline_us != CLOCK_NEVER_US ? route->deadline_us : config->settings.deadline_us;
}

enum mode check_route_mode(const struct config *config, const struct route *route)
{
    return route->mode != MODE_INHERITED ? (enum mode)route->mode : (enum mode)config->settings.mode;
}

enum mode check_call_mode(const struct config *config, const struct route *route, const struct plan_call *call)
{
    int levels[] = { call->mode, route->mode, config->backends[call->backend].mode };

    for (size_t i = 0; i < array_length(levels); i++) {
        if (levels[i] != MODE_INHERITED) {
            return (enum mode)levels[i];
        }
    }
    return (enum mode)config->settings.mode;
}

enum strategy check_call_strategy(const struct config *config, const struct route *route, const struct plan_call *call)
{
    return mode_strategy(check_call_mode(config, route, call), call->name, str_of(config->settings.blocking));
}

/* ---- one call ---- */

/* In line, and then under way. */
static uint64_t call_us(const struct config *config, const struct plan_call *call)
{
    const struct config_backend *backend = &config->backends[call->backend];
    bool may_wait = backend->max_in_flight != SIZE_MAX && backend->queue > 0;

    return add_us(check_timeout_us(config, call), may_wait ? backend->queue_timeout_us : 0);
}

static size_t count_of(const struct plan_call *call)
{
    return call->has_each ? call->each_maximum : 1;
}

/* ---- chains ---- */

/* Inputs before those who need them. Calls in a circle, which the file's reader refuses, stay out. */
struct order {
    size_t *calls;
    size_t count;
    size_t *missing; /* by call: its inputs that do not stand here yet */
};

static int order_init(struct order *order, struct arena *arena, const struct plan *plan)
{
    order->calls = arena_allocate_array(arena, plan->call_count, sizeof order->calls[0]);
    order->missing = arena_allocate_array(arena, plan->call_count, sizeof order->missing[0]);
    order->count = 0;
    if (order->calls == NULL || order->missing == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < plan->call_count; i++) {
        order->missing[i] = plan->calls[i].input_count;
        if (order->missing[i] == 0) {
            order->calls[order->count++] = i;
        }
    }
    return 0;
}

static int order_build(struct order *order, struct arena *arena, const struct plan *plan)
{
    int result = order_init(order, arena, plan);

    for (size_t i = 0; i < order->count && result == 0; i++) {
        const struct plan_call *call = &plan->calls[order->calls[i]];
        for (size_t k = 0; k < call->dependent_count; k++) {
            size_t dependent = call->dependents[k];
            if (--order->missing[dependent] == 0) {
                order->calls[order->count++] = dependent;
            }
        }
    }
    return result;
}

static uint64_t latest_input_us(const struct plan_call *call, const uint64_t *end_us)
{
    uint64_t latest_us = 0;

    for (size_t i = 0; i < call->input_count; i++) {
        uint64_t input_us = end_us[call->inputs[i]];
        latest_us = input_us > latest_us ? input_us : latest_us;
    }
    return latest_us;
}

static size_t level_of(const struct plan_call *call, const size_t *levels)
{
    size_t level = 0;

    for (size_t i = 0; i < call->input_count; i++) {
        size_t input_level = levels[call->inputs[i]] + 1;
        level = input_level > level ? input_level : level;
    }
    return level;
}

/* ---- all of them ---- */

struct work {
    uint64_t blocking_us; /* on the loop, one after another */
    uint64_t threads_us;  /* on the pool's threads, in all */
    size_t threads_count;
    size_t count;
};

static struct work add_up(const struct config *config, const struct route *route)
{
    struct work work = { .blocking_us = 0 };

    for (size_t i = 0; i < route->plan.call_count; i++) {
        const struct plan_call *call = &route->plan.calls[i];
        enum strategy strategy = check_call_strategy(config, route, call);
        uint64_t all_us = multiply_us(call_us(config, call), count_of(call));
        work.count += count_of(call);
        if (strategy == STRATEGY_SYNC) {
            work.blocking_us = add_us(work.blocking_us, all_us);
        } else if (strategy == STRATEGY_THREADS) {
            work.threads_us = add_us(work.threads_us, all_us);
            work.threads_count += count_of(call);
        }
    }
    return work;
}

/* The longest chains up to a call's end: on the loop alone, and with a call that is made by the pool's threads. */
struct chain {
    uint64_t loop_us;
    uint64_t pool_us;
    bool has_pool; /* there is one */
};

static uint64_t later_us(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static struct chain latest_chain(const struct plan_call *call, const struct chain *chains)
{
    struct chain latest = { .loop_us = 0 };

    for (size_t i = 0; i < call->input_count; i++) {
        const struct chain *input = &chains[call->inputs[i]];
        latest.loop_us = later_us(latest.loop_us, input->loop_us);
        latest.pool_us = later_us(latest.pool_us, input->pool_us);
        latest.has_pool = latest.has_pool || input->has_pool;
    }
    return latest;
}

/* While a call is on one of `threads` that are too few, the others take their share of the work that is counted as a
 * whole; 0: there are enough. */
static uint64_t share_of_others_us(uint64_t duration_us, size_t threads)
{
    return threads == 0 || duration_us == CLOCK_NEVER_US ? 0 : duration_us / threads;
}

static struct chain add_link(struct chain chain, enum strategy strategy, uint64_t duration_us, size_t threads)
{
    if (strategy == STRATEGY_THREADS) {
        uint64_t own_us = duration_us - share_of_others_us(duration_us, threads);
        return (struct chain){ .pool_us = add_us(later_us(chain.loop_us, chain.pool_us), own_us), .has_pool = true };
    }
    uint64_t own_us = strategy == STRATEGY_SYNC ? 0 : duration_us;
    return (struct chain){
        .loop_us = add_us(chain.loop_us, own_us),
        .pool_us = chain.has_pool ? add_us(chain.pool_us, own_us) : 0,
        .has_pool = chain.has_pool,
    };
}

static void follow_chains(const struct config *config, const struct route *route, const struct order *order,
                          const struct check_time *time, struct chain *chains, size_t threads)
{
    for (size_t i = 0; i < order->count; i++) {
        size_t index = order->calls[i];
        const struct plan_call *call = &route->plan.calls[index];
        uint64_t duration_us = call_us(config, call);
        time->end_us[index] = add_us(latest_input_us(call, time->end_us), duration_us);
        time->levels[index] = level_of(call, time->levels);
        chains[index] =
            add_link(latest_chain(call, chains), check_call_strategy(config, route, call), duration_us, threads);
    }
}

static uint64_t divide_us(uint64_t duration_us, size_t divisor)
{
    return duration_us == CLOCK_NEVER_US ? duration_us : duration_us / divisor + (duration_us % divisor > 0);
}

/* `waiting_us`: for a thread, in all. */
static uint64_t longest_of(const struct chain *chains, size_t count, uint64_t waiting_us)
{
    uint64_t longest_us = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t pool_us = chains[i].has_pool ? add_us(chains[i].pool_us, waiting_us) : 0;
        longest_us = later_us(longest_us, later_us(chains[i].loop_us, pool_us));
    }
    return longest_us;
}

int check_time_measure(struct arena *arena, const struct config *config, const struct route *route,
                       struct check_time *ret_time)
{
    size_t count = route->plan.call_count;
    struct work work = add_up(config, route);
    size_t threads = (size_t)config->settings.threads;
    bool is_crowded = threads > 0 && work.threads_count > threads;
    struct chain *chains = arena_allocate_array(arena, count, sizeof chains[0]);
    struct check_time time = {
        .call_maximum = work.count,
        .end_us = arena_allocate_array(arena, count, sizeof time.end_us[0]),
        .levels = arena_allocate_array(arena, count, sizeof time.levels[0]),
    };
    struct order order;

    if (chains == NULL || time.end_us == NULL || time.levels == NULL || order_build(&order, arena, &route->plan) < 0) {
        return -ENOMEM;
    }
    follow_chains(config, route, &order, &time, chains, is_crowded ? threads : 0);
    uint64_t waiting_us = is_crowded ? divide_us(work.threads_us, threads) : 0;
    time.longest_us = add_us(work.blocking_us, longest_of(chains, count, waiting_us));
    *ret_time = time;
    return 0;
}
