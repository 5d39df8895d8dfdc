/* SPDX-License-Identifier: MIT */
#include "gateway/worker.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "common/clock.h"
#include "common/http_server.h"
#include "common/listener.h"
#include "common/loop.h"
#include "gateway/request.h"
#include "gateway/upstream.h"

struct worker {
    struct worker_settings settings;
    pthread_t thread;
    struct loop *loop;
    struct log log;
    struct attempt_queue completions;
    struct random_source random;
    struct request_host host;
    struct http_server *server;
    struct listener listener;
    struct loop_hook completions_hook; /* before the server's: answers first, then microhttpd sends them */
    struct loop_hook end_of_turn_hook; /* after it: log lines, and whether the drain is over */
    struct loop_task drain_task;
    bool is_draining;
};

/* ---- clients ---- */

static void on_accepted(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length)
{
    struct worker *worker = context;

    (void)http_server_add(worker->server, descriptor, peer, peer_length);
    if (http_server_is_full(worker->server)) {
        listener_hold(&worker->listener);
    }
}

static void on_request(void *context, struct http_exchange *exchange)
{
    struct worker *worker = context;

    request_handle(&worker->host, exchange);
}

static void on_refused(void *context, struct http_exchange *exchange, int status, const char *reason)
{
    struct worker *worker = context;

    request_refuse(&worker->host, exchange, status, reason);
}

static void on_room(void *context)
{
    struct worker *worker = context;

    if (!worker->is_draining) {
        listener_release(&worker->listener);
    }
}

/* ---- the loop ---- */

static void before_block(void *context)
{
    struct worker *worker = context;

    log_flush(&worker->log);
}

static uint64_t drain_completions(void *context)
{
    struct worker *worker = context;

    attempt_queue_drain(&worker->completions);
    return CLOCK_NEVER_US;
}

static uint64_t end_turn(void *context)
{
    struct worker *worker = context;

    log_flush(&worker->log);
    if (worker->is_draining && http_server_connection_count(worker->server) == 0 && worker->host.request_count == 0) {
        loop_stop(worker->loop);
    }
    /* The server's turn may have completed attempts (a call that could not start): hear of them in the next turn, now.
     */
    return worker->completions.first != NULL ? 0 : CLOCK_NEVER_US;
}

static void drain(void *context)
{
    struct worker *worker = context;

    worker->is_draining = true;
    listener_drain(&worker->listener);
    worker->settings.on_accepted_all(worker->settings.context);
    http_server_drain(worker->server);
}

void worker_drain(struct worker *worker)
{
    loop_post(worker->loop, &worker->drain_task);
}

/* ---- life ---- */

static void *run_worker(void *context)
{
    struct worker *worker = context;

    int result = loop_run(worker->loop);
    if (result < 0) {
        log_line(&worker->log, LOG_ERROR, "worker %u cannot go on: %s", worker->settings.index, strerror(-result));
        log_flush(&worker->log);
    }
    worker->settings.on_ended(worker->settings.context);
    return NULL;
}

static int open_upstreams(struct worker *worker)
{
    struct upstream **upstreams = worker->host.upstreams;

    upstreams[STRATEGY_SYNC] = upstream_sync_new(before_block, worker);
    upstreams[STRATEGY_ASYNC] = upstream_async_new(worker->loop);
    if (worker->settings.pool != NULL) {
        upstreams[STRATEGY_THREADS] = upstream_threads_new(worker->loop, worker->settings.pool);
    }
    bool has_threads = worker->settings.pool == NULL || upstreams[STRATEGY_THREADS] != NULL;
    return upstreams[STRATEGY_SYNC] != NULL && upstreams[STRATEGY_ASYNC] != NULL && has_threads ? 0 : -ENOMEM;
}

static int open_server(struct worker *worker)
{
    static const struct http_server_events events = {
        .on_request = on_request,
        .on_refused = on_refused,
        .on_room = on_room,
    };
    const struct config_limits *limits = &worker->settings.config->limits;
    struct http_server_config config = {
        .connection_limit = worker->settings.connection_limit,
        .header_bytes = limits->header_bytes,
        .body_bytes = limits->body_bytes,
        .idle_timeout_us = limits->idle_timeout_us,
    };

    worker->completions_hook = (struct loop_hook){ .before_wait = drain_completions, .context = worker };
    worker->end_of_turn_hook = (struct loop_hook){ .before_wait = end_turn, .context = worker };
    worker->drain_task = (struct loop_task){ .run = drain, .context = worker };
    loop_add_hook(worker->loop, &worker->completions_hook);
    worker->server = http_server_new(worker->loop, &config, &events, worker);
    loop_add_hook(worker->loop, &worker->end_of_turn_hook);
    return worker->server != NULL ? 0 : -ENOMEM;
}

static int open_worker(struct worker *worker)
{
    worker->loop = loop_new();
    if (worker->loop == NULL) {
        return -errno;
    }
    worker->host.loop = worker->loop;
    if (open_upstreams(worker) < 0 || open_server(worker) < 0) {
        return -ENOMEM;
    }
    return listener_start(&worker->listener, worker->loop, worker->settings.listening_descriptor, on_accepted, worker);
}

static void free_worker(struct worker *worker)
{
    if (worker->server != NULL) {
        listener_stop(&worker->listener);
    }
    http_server_free(worker->server);
    for (size_t i = 0; i < STRATEGY_COUNT; i++) {
        upstream_free(worker->host.upstreams[i]);
    }
    loop_free(worker->loop);
    log_clear(&worker->log);
    free(worker);
}

struct worker *worker_start(const struct worker_settings *settings, struct error *error)
{
    struct worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL) {
        (void)error_set(error, "cannot start worker %u: %s", settings->index, strerror(ENOMEM));
        return NULL;
    }
    worker->settings = *settings;
    log_init(&worker->log, settings->log_sink);
    attempt_queue_init(&worker->completions);
    random_source_seed_from_system(&worker->random);
    worker->host = (struct request_host){
        .config = settings->config,
        .worker_index = settings->index,
        .log = &worker->log,
        .completions = &worker->completions,
        .random = &worker->random,
    };
    int result = open_worker(worker);
    if (result == 0) {
        result = -pthread_create(&worker->thread, NULL, run_worker, worker);
    }
    if (result < 0) {
        free_worker(worker);
        (void)error_set(error, "cannot start worker %u: %s", settings->index, strerror(-result));
        return NULL;
    }
    return worker;
}

void worker_join(struct worker *worker)
{
    (void)pthread_join(worker->thread, NULL);
    free_worker(worker);
}
