/* SPDX-License-Identifier: MIT */
/*
 * admin_pages - what the admin listener answers, and what it keeps for that.
 *
 *     GET /           the list of these
 *     GET /healthz    200: the process is up
 *     GET /readyz     200, or 503 while it drains
 *     GET /metrics    counters, for Prometheus
 *     GET /config     the configuration in use
 *     GET /requests   the last 1000 requests, oldest first; ?limit=N: the newest N
 *     GET /events     each request as it ends, as server-sent events
 *
 * Memory: 16 MiB of records, 1 MiB of events, the configuration; at most eight answers at once of those that can be
 * large (8 MiB each).   Threads: the admin thread's, but for admin_pages_set_config().
 */
#ifndef GATEWAY_ADMIN_PAGES_H
#define GATEWAY_ADMIN_PAGES_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/event_stream.h"
#include "common/http_server.h"
#include "gateway/admin.h"
#include "gateway/request_history.h"

struct admin_pages {
    struct admin_settings settings;
    struct request_history history;
    struct event_stream events;
    struct time_stamp stamp; /* of records that are rendered for those who look at /events */
    struct buf rendered;
    atomic_bool is_watched; /* read by any thread: somebody looks at /events */
    size_t large_count;     /* answers that can be large and are under way */
    pthread_mutex_t lock;   /* of what follows */
    char *config;           /* NULL: none yet */
    size_t config_length;
};

/* 0 or -ENOMEM; then, too, admin_pages_clear() is due. */
int admin_pages_init(struct admin_pages *pages, const struct admin_settings *settings, struct loop *loop) must_check;
/* Before the server is freed. */
void admin_pages_stop(struct admin_pages *pages);
/* After it, when all exchanges have finished. */
void admin_pages_clear(struct admin_pages *pages);
/* From any thread; takes over the text (malloc). */
void admin_pages_set_config(struct admin_pages *pages, char *json, size_t length);
/* `packed` is one of the batch's, which is held for as long as it is kept. */
void admin_pages_add_record(struct admin_pages *pages, struct record_batch *batch, struct str packed);
void admin_pages_answer(struct admin_pages *pages, struct http_exchange *exchange);
/* Of a request that is none, see http_server. */
void admin_pages_refuse(struct http_exchange *exchange, int status, const char *reason);

#endif
