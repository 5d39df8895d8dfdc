/* SPDX-License-Identifier: MIT */
/*
 * account - where a request's time went, worked out from its calls, and told in each of the forms it is told in. Pure.
 */
#ifndef GATEWAY_ACCOUNT_H
#define GATEWAY_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "gateway/call_account.h"

/* A request's whole time is: some call was with a backend (calls_us); else some call waited for a thread or a place
 * (queue_us); else it was the gateway's own (own_us). total = calls + queue + own. */
struct account_shares {
    uint64_t total_us;
    uint64_t calls_us;
    uint64_t queue_us;
    uint64_t own_us;
};

struct account {
    uint64_t head_read_us; /* offsets count from here */
    uint64_t done_us;
    const struct call_account *const *calls; /* in the plan's order */
    size_t call_count;
    /* The calls that the end waited for, one after the other. */
    const struct call_account *const *critical_path;
    size_t critical_count;
};

/* A call is with a backend from started_us to done_us, and waits from queued_us to started_us. */
struct account_shares account_shares(const struct account *account);
/* What the call took as the request saw it: from when it could have started to its end. */
uint64_t account_elapsed_us(const struct account *account, const struct call_account *call);
/* `,"total_us":…,"queue_us":…,"own_us":…,"calls":[…],"critical_path":["user","items.3"]` as the JSON log has it, with a
 * comma in front. A call of `each` has its `index` behind its `name`; an error that needs it has a `detail`. */
int account_render_json(const struct account *account, struct buf *json);
/* The value of Server-Timing, with a NUL behind it: `task1;dur=1000.212, total;dur=1000.259, gateway;dur=0.047`; of
 * more than 32 calls the 32 failed or slowest ones, then `more;desc="224"`. Milliseconds. False: a name is longer than
 * any may be, and it does not fit. */
enum { ACCOUNT_SERVER_TIMING_BYTES = 3328 };
bool account_put_server_timing(const struct account *account, char room[static ACCOUNT_SERVER_TIMING_BYTES]) must_check;
/* `[{"call":…,"error":…,"status":…,"elapsed_ms":…},…]`, with `index` and `detail` where there are any; with
 * `failed_only`, those that failed. */
int account_render_outcomes(const struct account *account, bool failed_only, struct buf *json);

#endif
