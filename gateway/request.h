/* SPDX-License-Identifier: MIT */
/*
 * request - one client request from its head to its last log line: the state machine that owns all of it.
 *
 *     exchange ─► route ─► plan ─► fan-out … over, the deadline, or the client gone ─► answer ─► log line
 *
 * Answered as soon as it can be; freed when the answer is out and no strategy works for any of its calls any more.
 *
 * Memory: an arena with a hard limit, in which it lies itself, and what the calls hold.   Threads: its worker's.
 */
#ifndef GATEWAY_REQUEST_H
#define GATEWAY_REQUEST_H

#include "common/arena.h"
#include "common/http_server.h"
#include "common/log.h"
#include "common/loop.h"
#include "gateway/account_feed.h"
#include "gateway/fan_out.h"
#include "gateway/metrics.h"
#include "gateway/mode.h"
#include "gateway/plan.h"
#include "gateway/route_table.h"
#include "gateway/trace.h"
#include "gateway/worker_config.h"

/* What a request needs of its worker. */
struct request_host {
    struct worker_config *worker_config; /* for requests to come */
    unsigned worker_index;
    struct loop *loop;
    struct log *log;
    struct metrics *metrics;
    struct account_feed feed;
    struct attempt_queue *completions;
    struct random_source *random;
    uint64_t span_key; /* of all workers alike: by it a call of theirs that comes back is known (trace.h) */
    struct upstream *const *upstreams; /* by strategy */
    struct arena_pool arena_blocks;    /* to be cleared when no request is left */
    size_t request_count;              /* that are not freed yet */
};

enum request_state {
    REQUEST_RUNNING,  /* no answer yet */
    REQUEST_ANSWERED, /* handed to the server */
    REQUEST_GONE,     /* the client left before there was one */
};

struct request {
    struct request_host *host;
    struct worker_config *worker_config; /* the one it began with */
    struct http_exchange *exchange;      /* NULL: finished */
    struct arena arena;                  /* where the request is, too; its limit counts from behind it */
    enum request_state state;

    /* Copies of what the client sent: the exchange may be gone before the calls are. */
    char id[129];
    struct trace trace;
    const char *trace_state;
    struct route_match match;
    uint64_t head_read_us;
    uint64_t deadline_us;
    int mode; /* enum mode */
    bool is_mode_forced;
    bool wants_explanation;

    struct fan_out fan_out;             /* plan NULL: no calls */
    const struct call_account *refused; /* why there are none, in a call's place; NULL: nothing that has such a name */
    struct account account;             /* put together when it is first asked for: request_account() */
    bool has_account;
    struct loop_timer deadline_timer;

    int status; /* of the answer; 0: none yet */
    uint64_t answered_us;
};

/* A complete request: decides, starts its calls, and answers when it can, perhaps before this returns. */
void request_handle(struct request_host *host, struct http_exchange *exchange);
/* One that no route may see: answers `status` with `reason` at once. */
void request_refuse(struct request_host *host, struct http_exchange *exchange, int status, const char *reason);

#endif
