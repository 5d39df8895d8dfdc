/* SPDX-License-Identifier: MIT */
#include "gateway/worker.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "common/clock.h"
#include "common/http_server.h"
#include "common/listener.h"
#include "common/loop.h"
#include "gateway/admin.h"
#include "gateway/metrics.h"
#include "gateway/name_resolver.h"
#include "gateway/request.h"
#include "gateway/upstream.h"
#include "gateway/wire_dial.h"

/* Our own fields, and a configured response's. Those of one that is passed on have what the request's head has left. */
enum { RESPONSE_HEADER_BYTES = 8 * 1024 };

struct worker {
    struct worker_settings settings;
    pthread_t thread;
    struct loop *loop;
    struct log log;
    struct attempt_queue completions;
    struct random_source random;
    struct name_resolver *names;
    struct request_host host;
    struct http_server *server;
    struct listener listener;
    struct loop_hook completions_hook; /* before the server's: answers first, then microhttpd sends them */
    struct loop_hook end_of_turn_hook; /* after it: log lines, and whether the drain is over */
    struct loop_task drain_task;
    bool is_draining;
    struct loop_task reconfigure_task;
    atomic_bool is_reconfigure_posted;
    _Atomic(struct config *) next_config; /* one reference; NULL: none */
};

static void take_next_config(struct worker *worker);

/* ---- clients ---- */

static void on_accepted(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length)
{
    struct worker *worker = context;

    metrics_add(worker->settings.metrics, METRICS_ACCEPTED, 1);
    (void)http_server_add(worker->server, descriptor, peer, peer_length);
    if (http_server_is_full(worker->server)) {
        listener_hold(&worker->listener);
    }
}

static void on_request(void *context, struct http_exchange *exchange)
{
    struct worker *worker = context;

    take_next_config(worker);
    request_handle(&worker->host, exchange);
}

static void on_refused(void *context, struct http_exchange *exchange, int status, const char *reason)
{
    struct worker *worker = context;

    take_next_config(worker);
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
    account_feed_flush(&worker->host.feed);
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
    metrics_set(worker->settings.metrics, METRICS_CONNECTIONS, http_server_connection_count(worker->server));
    uint64_t feed_wait_us = account_feed_hand_over(&worker->host.feed, clock_monotonic_us());
    if (worker->is_draining && http_server_connection_count(worker->server) == 0 && worker->host.request_count == 0) {
        loop_stop(worker->loop);
    }
    /* The server's turn may have completed attempts (a call that could not start): hear of them in the next turn, now.
     */
    return worker->completions.first != NULL ? 0 : feed_wait_us;
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
        log_line(&worker->log, LOG_ERROR, "worker %u cannot go on: %s", worker->settings.place.index,
                 strerror(-result));
        log_flush(&worker->log);
    }
    worker->settings.on_ended(worker->settings.context);
    return NULL;
}

/* A pool that a reload brought is taken up with the configuration that needs it. */
static int open_threads(struct worker *worker)
{
    struct upstream **threads = &worker->host.upstreams[STRATEGY_THREADS];
    struct thread_pool *pool = atomic_load(worker->settings.pool);

    if (pool != NULL && *threads == NULL) {
        *threads = upstream_named_new(upstream_threads_new(worker->loop, pool),
                                      &(struct upstream_names){ .loop = worker->loop, .resolver = worker->names });
    }
    return pool == NULL || *threads != NULL ? 0 : -ENOMEM;
}

/* NULL: the system's. */
static const char *name_servers(const struct config *config)
{
    const char *servers = config->settings.name_servers;
    bool is_system = servers[0] == '\0' || strcmp(servers, SETTINGS_NAME_SERVERS_OF_SYSTEM) == 0;

    return is_system ? NULL : servers;
}

static int open_upstreams(struct worker *worker)
{
    struct upstream **upstreams = worker->host.upstreams;
    const struct name_channel_settings settings = { .servers = name_servers(worker->settings.config) };

    worker->names = name_resolver_new(worker->loop, &settings);
    if (worker->names == NULL) {
        return -ENOMEM;
    }
    const struct upstream_names names = { .loop = worker->loop, .resolver = worker->names };
    const struct upstream_names blocking = {
        .loop = worker->loop, .resolver = worker->names, .before_block = before_block, .context = worker
    };
    upstreams[STRATEGY_SYNC] = upstream_named_new(upstream_sync_new(before_block, worker), &blocking);
    upstreams[STRATEGY_ASYNC] = upstream_named_new(upstream_async_new(worker->loop), &names);
    upstreams[STRATEGY_WIRE] =
        upstream_named_new(upstream_wire_new(worker->loop, &(struct wire_dialer_settings){ .ca_file = NULL }), &names);
    if (upstreams[STRATEGY_SYNC] == NULL || upstreams[STRATEGY_ASYNC] == NULL || upstreams[STRATEGY_WIRE] == NULL) {
        return -ENOMEM;
    }
    return open_threads(worker);
}

static struct http_server_config server_config(const struct worker *worker, const struct config_limits *limits)
{
    return (struct http_server_config){
        .connection_limit = worker->settings.connection_limit,
        .header_bytes = limits->header_bytes,
        .response_header_bytes = RESPONSE_HEADER_BYTES,
        .body_bytes = limits->body_bytes,
        .idle_timeout_us = limits->idle_timeout_us,
        .header_timeout_us = limits->header_timeout_us,
        .body_timeout_us = limits->body_timeout_us,
        .send_timeout_us = limits->send_timeout_us,
    };
}

/* ---- another configuration ---- */

static int adopt(struct worker *worker, struct config *config)
{
    struct worker_config **current = &worker->host.worker_config;

    if (open_threads(worker) < 0) {
        return -ENOMEM;
    }
    struct worker_config *next = worker_config_new(config, worker->settings.place, worker->settings.metrics, *current);
    if (next == NULL) {
        return -ENOMEM;
    }
    worker_config_release(*current);
    *current = next;
    return 0;
}

/* At each request, too: the task waits for the end of the turn, which a blocking call may hold up, and a request that
 * came after the reload may be read in this turn. */
static void take_next_config(struct worker *worker)
{
    if (atomic_load(&worker->next_config) == NULL) {
        return;
    }
    struct config *config = atomic_exchange(&worker->next_config, NULL);
    if (adopt(worker, config) < 0) {
        log_line(&worker->log, LOG_ERROR, "worker %u keeps its configuration: no memory", worker->settings.place.index);
    } else {
        struct http_server_config limits = server_config(worker, &config->limits);
        http_server_set_limits(worker->server, &limits);
    }
    config_release(config);
}

/* Who waits at a backend that now has more places need not wait until somebody leaves it. Not from within a request. */
static void admit_waiting(struct worker *worker)
{
    const struct worker_config *current = worker->host.worker_config;

    for (size_t i = 0; i < current->config->backend_count; i++) {
        backend_gate_admit(current->gates[i]);
    }
    attempt_queue_drain(&worker->completions);
}

static void reconfigure(void *context)
{
    struct worker *worker = context;

    atomic_store(&worker->is_reconfigure_posted, false);
    take_next_config(worker);
    admit_waiting(worker);
}

void worker_reconfigure(struct worker *worker, struct config *config)
{
    /* One that is replaced is one that the worker, blocked, never came to see. */
    config_release(atomic_exchange(&worker->next_config, config_hold(config)));
    if (!atomic_exchange(&worker->is_reconfigure_posted, true)) {
        loop_post(worker->loop, &worker->reconfigure_task);
    }
}

/* ---- opening ---- */

static int open_server(struct worker *worker)
{
    static const struct http_server_events events = {
        .on_request = on_request,
        .on_refused = on_refused,
        .on_room = on_room,
    };
    struct http_server_config config = server_config(worker, &worker->settings.config->limits);

    worker->completions_hook = (struct loop_hook){ .before_wait = drain_completions, .context = worker };
    worker->end_of_turn_hook = (struct loop_hook){ .before_wait = end_turn, .context = worker };
    worker->drain_task = (struct loop_task){ .run = drain, .context = worker };
    worker->reconfigure_task = (struct loop_task){ .run = reconfigure, .context = worker };
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
    account_feed_init(&worker->host.feed, worker->settings.admin, worker->settings.metrics);
    if (open_upstreams(worker) < 0 || adopt(worker, worker->settings.config) < 0 || open_server(worker) < 0) {
        return -ENOMEM;
    }
    int result =
        listener_start(&worker->listener, worker->loop, worker->settings.listening_descriptor, on_accepted, worker);
    if (worker->settings.place.count > 1) {
        listener_take_turns(&worker->listener);
    }
    return result;
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
    name_resolver_free(worker->names);
    account_feed_clear(&worker->host.feed);
    worker_config_release(worker->host.worker_config);
    arena_pool_clear(&worker->host.arena_blocks);
    config_release(atomic_load(&worker->next_config));
    loop_free(worker->loop);
    log_clear(&worker->log);
    free(worker);
}

struct worker *worker_start(const struct worker_settings *settings, struct error *error)
{
    struct worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL) {
        (void)error_set(error, "cannot start worker %u: %s", settings->place.index, strerror(ENOMEM));
        return NULL;
    }
    worker->settings = *settings;
    log_init(&worker->log, settings->log_sink);
    attempt_queue_init(&worker->completions);
    random_source_seed_from_system(&worker->random);
    worker->host = (struct request_host){
        .worker_index = settings->place.index,
        .log = &worker->log,
        .metrics = settings->metrics,
        .completions = &worker->completions,
        .random = &worker->random,
    };
    int result = open_worker(worker);
    if (result == 0) {
        result = -pthread_create(&worker->thread, NULL, run_worker, worker);
    }
    if (result < 0) {
        free_worker(worker);
        (void)error_set(error, "cannot start worker %u: %s", settings->place.index, strerror(-result));
        return NULL;
    }
    return worker;
}

void worker_join(struct worker *worker)
{
    (void)pthread_join(worker->thread, NULL);
    free_worker(worker);
}
