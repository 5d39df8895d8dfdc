/* SPDX-License-Identifier: MIT */
/*
 * name_resolver - what the names of a worker's backends stand for: asked once for all who want to know, kept as long as
 * the answer says, and never waited for by the loop.
 *
 *     if (name_resolver_ask(resolver, "users.internal", &waiter, &answer)) … it is known; else waiter.on_answer comes
 *
 * An answer is kept for its time to live, 1 second at least and an hour at most; that there is no such name, and that
 * nobody could tell, for a second. A name that did have addresses keeps them while no name server answers, or none can
 * tell: for 10 minutes, but new calls first wait 300 ms for something newer. So the calls to backends that are well go
 * on while the name servers are not.
 *
 * When a name has other addresses than before, the set of those before is outdated (name_addresses.h).
 *
 * Memory: a few hundred bytes for each name, which come from configurations only; a name that nobody wanted for an hour
 * is forgotten when another is first heard of.   Threads: the loop's.
 */
#ifndef GATEWAY_NAME_RESOLVER_H
#define GATEWAY_NAME_RESOLVER_H

#include "common/clock.h"
#include "gateway/call_error.h"
#include "gateway/name_channel.h"

#define NAME_SHORTEST_US ((uint64_t)CLOCK_US_PER_SECOND)
#define NAME_LONGEST_US (3600 * (uint64_t)CLOCK_US_PER_SECOND)
#define NAME_ABSENT_US ((uint64_t)CLOCK_US_PER_SECOND)
#define NAME_STALE_US (600 * (uint64_t)CLOCK_US_PER_SECOND)
#define NAME_STALE_PATIENCE_US (300 * (uint64_t)CLOCK_US_PER_MS)
#define NAME_FORGOTTEN_US (3600 * (uint64_t)CLOCK_US_PER_SECOND)

struct name_entry;
struct name_resolver;

/* `addresses` is the resolver's: hold it to keep it. NULL: `error` says why. */
struct name_answer {
    struct name_addresses *addresses;
    enum call_error error;
};

struct name_waiter {
    void (*on_answer)(struct name_waiter *waiter, const struct name_answer *answer);
    /* The resolver's own. */
    struct name_entry *entry; /* NULL: does not wait */
    struct name_waiter *previous, *next;
};

/* Nothing is opened before the first question. NULL: no memory. */
struct name_resolver *name_resolver_new(struct loop *loop, const struct name_channel_settings *settings) must_check;
/* Nobody may wait any more. What is being asked ends without a word. NULL is fine. */
void name_resolver_free(struct name_resolver *resolver);

/* True: *ret_answer is it. False: the waiter waits; on_answer comes once, from the loop. */
bool name_resolver_ask(struct name_resolver *resolver, const char *host, struct name_waiter *waiter,
                       struct name_answer *ret_answer) must_check;
/* on_answer does not come any more. Who does not wait is fine. */
void name_waiter_leave(struct name_waiter *waiter);
/* Blocks until it is known, or that time; then the error is dns_timeout. Others who wait are told by the loop. */
struct name_answer name_resolver_block(struct name_resolver *resolver, const char *host, uint64_t until_us);

#endif
