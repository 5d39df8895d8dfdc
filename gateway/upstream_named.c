/* SPDX-License-Identifier: MIT */
/*
 * upstream_named - any strategy, for servers that have a name: the attempt starts when its addresses are known.
 *
 * In front of a strategy that blocks the loop, this blocks it, too, and no longer than the attempt may take. A server
 * that is an address goes straight on.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "common/compiler.h"
#include "gateway/name_resolver.h"
#include "gateway/upstream.h"

struct upstream_named {
    struct upstream upstream;
    struct upstream *inner;
    struct upstream_names names;
    struct named_wait *free_waits;
};

/* The attempt's `transfer` while it waits. */
struct named_wait {
    struct upstream_named *named;
    struct attempt *attempt;
    struct name_waiter waiter;
    struct loop_timer deadline;
    struct named_wait *next_free;
};

static struct upstream_named *named_of(struct upstream *upstream)
{
    return container_of(upstream, struct upstream_named, upstream);
}

/* ---- with an answer ---- */

static void go_on(struct upstream_named *named, struct attempt *attempt, const struct name_answer *answer)
{
    if (answer->addresses == NULL) {
        attempt_complete(attempt, answer->error);
        return;
    }
    attempt->is_resolving = false;
    attempt->resolved_us = clock_monotonic_us();
    attempt->addresses = name_addresses_hold(answer->addresses);
    named->inner->operations->start(named->inner, attempt);
}

/* ---- waiting ---- */

static struct attempt *end_wait(struct named_wait *wait)
{
    struct attempt *attempt = take_pointer(wait->attempt);

    name_waiter_leave(&wait->waiter);
    loop_disarm(wait->named->names.loop, &wait->deadline);
    attempt->transfer = NULL;
    wait->next_free = wait->named->free_waits;
    wait->named->free_waits = wait;
    return attempt;
}

static void on_answer(struct name_waiter *waiter, const struct name_answer *answer)
{
    struct named_wait *wait = container_of(waiter, struct named_wait, waiter);
    struct upstream_named *named = wait->named;

    go_on(named, end_wait(wait), answer);
}

static void on_deadline(void *context)
{
    attempt_complete(end_wait(context), CALL_DNS_TIMEOUT);
}

static struct named_wait *take_wait(struct upstream_named *named)
{
    struct named_wait *wait = named->free_waits;

    if (wait != NULL) {
        named->free_waits = wait->next_free;
        return wait;
    }
    wait = calloc(1, sizeof *wait);
    if (wait != NULL) {
        wait->named = named;
        wait->waiter.on_answer = on_answer;
        wait->deadline = (struct loop_timer){ .on_due = on_deadline, .context = wait };
    }
    return wait;
}

static void ask(struct upstream_named *named, struct attempt *attempt)
{
    struct named_wait *wait = take_wait(named);
    struct name_answer answer;

    if (wait == NULL) {
        attempt_complete(attempt, CALL_PROXY_INTERNAL_ERROR);
        return;
    }
    wait->attempt = attempt;
    attempt->transfer = wait;
    if (name_resolver_ask(named->names.resolver, attempt->server->host, &wait->waiter, &answer)) {
        go_on(named, end_wait(wait), &answer);
    } else if (loop_arm(named->names.loop, &wait->deadline, attempt->deadline_us) < 0) {
        attempt_complete(end_wait(wait), CALL_PROXY_INTERNAL_ERROR);
    }
}

/* ---- blocking ---- */

static void block(struct upstream_named *named, struct attempt *attempt)
{
    const struct upstream_names *names = &named->names;

    names->before_block(names->context);
    struct name_answer answer = name_resolver_block(names->resolver, attempt->server->host, attempt->deadline_us);
    go_on(named, attempt, &answer);
}

/* ---- the contract ---- */

static void start(struct upstream *upstream, struct attempt *attempt)
{
    struct upstream_named *named = named_of(upstream);

    if (!attempt->server->is_name) {
        named->inner->operations->start(named->inner, attempt);
        return;
    }
    attempt->started_us = clock_monotonic_us();
    attempt->is_resolving = true;
    if (named->names.before_block != NULL) {
        block(named, attempt);
    } else {
        ask(named, attempt);
    }
}

static void cancel(struct upstream *upstream, struct attempt *attempt, enum call_error error)
{
    struct upstream_named *named = named_of(upstream);

    if (!attempt->is_resolving) {
        named->inner->operations->cancel(named->inner, attempt, error);
        return;
    }
    (void)end_wait(attempt->transfer);
    attempt_complete(attempt, error == CALL_HTTP_RESPONSE_TIMEOUT ? CALL_DNS_TIMEOUT : error);
}

static void close_idle(struct upstream *upstream)
{
    upstream_close_idle(named_of(upstream)->inner);
}

static void free_named(struct upstream *upstream)
{
    struct upstream_named *named = named_of(upstream);

    while (named->free_waits != NULL) {
        struct named_wait *next = named->free_waits->next_free;
        free(named->free_waits);
        named->free_waits = next;
    }
    upstream_free(named->inner);
    free(named);
}

struct upstream *upstream_named_new(struct upstream *inner, const struct upstream_names *names)
{
    static const struct upstream_operations operations = {
        .name = "named",
        .start = start,
        .cancel = cancel,
        .close_idle = close_idle,
        .free = free_named,
    };
    struct upstream_named *named = inner != NULL ? calloc(1, sizeof *named) : NULL;

    if (named == NULL) {
        upstream_free(inner);
        return NULL;
    }
    named->upstream.operations = &operations;
    named->inner = inner;
    named->names = *names;
    return &named->upstream;
}
