/* SPDX-License-Identifier: MIT */
#include "gateway/worker.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "common/clock.h"
#include "common/http_server.h"
#include "common/loop.h"
#include "gateway/admin.h"
#include "gateway/front_door.h"
#include "gateway/metrics.h"
#include "gateway/request.h"
#include "gateway/unheard.h"
#include "gateway/worker_upstreams.h"

/* Our own fields, and a configured response's. Those of one that is passed on have what the request's head has left. */
enum { RESPONSE_HEADER_BYTES = 8 * 1024, CLIENT_LEFT = 499 };

struct worker {
    struct worker_settings settings;
    pthread_t thread;
    struct loop *loop;
    struct log log;
    struct attempt_queue completions;
    struct random_source random;
    struct worker_upstreams upstreams;
    struct backend_gates gates;
    struct request_host host;
    struct http_server *server;
    struct front_door door;
    struct loop_hook completions_hook; /* before the server's: answers first, then microhttpd sends them */
    struct loop_hook end_of_turn_hook; /* after it: log lines, and whether the drain is over */
    struct loop_task drain_task;
    struct loop_task reconfigure_task;
    atomic_bool is_reconfigure_posted;
    _Atomic(struct config *) next_config; /* one reference; NULL: none */
};

static void take_next_config(struct worker *worker);

/* ---- clients ---- */

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
    metrics_add(worker->settings.metrics, METRICS_REFUSED, 1);
    request_refuse(&worker->host, exchange, status, reason);
}

static void on_unheard(void *context, const struct http_refusal *refusal)
{
    struct worker *worker = context;

    metrics_add(worker->settings.metrics, METRICS_REFUSED, refusal->status == CLIENT_LEFT ? 0 : 1);
    unheard_record(&worker->host, refusal);
}

static void on_handshake_failed(void *context, struct str client, const char *why)
{
    struct worker *worker = context;

    metrics_add(worker->settings.metrics, METRICS_HANDSHAKES_FAILED, 1);
    log_line(&worker->log, LOG_INFO, "no TLS handshake with %.*s: %s", STR_ARGUMENTS(client), why);
}

static void on_room(void *context)
{
    struct worker *worker = context;

    front_door_on_room(&worker->door);
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
    front_door_count(&worker->door);
    uint64_t feed_wait_us = account_feed_hand_over(&worker->host.feed, clock_monotonic_us());
    if (worker->door.has_accepted_all && http_server_connection_count(worker->server) == 0 &&
        worker->host.request_count == 0) {
        loop_stop(worker->loop);
    }
    /* The server's turn may have completed attempts (a call that could not start): hear of them in the next turn, now.
     */
    return worker->completions.first != NULL ? 0 : feed_wait_us;
}

static void drain(void *context)
{
    struct worker *worker = context;

    front_door_shut(&worker->door);
    http_server_drain(worker->server);
    front_door_accept_the_rest(&worker->door);
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

static struct http_server_tls server_tls(const struct tls_settings *settings)
{
    return (struct http_server_tls){ .certificate = settings->certificate.text.base, .key = settings->key.text.base };
}

/* ---- another configuration ---- */

static int adopt(struct worker *worker, struct config *config)
{
    struct worker_config **current = &worker->host.worker_config;

    if (worker_upstreams_open_threads(&worker->upstreams, atomic_load(worker->settings.pool)) < 0) {
        return -ENOMEM;
    }
    struct worker_config *next =
        worker_config_new(config, worker->settings.place, worker->settings.metrics, &worker->gates);
    if (next == NULL) {
        return -ENOMEM;
    }
    worker_config_release(*current);
    *current = next;
    return 0;
}

static void take_next_certificate(struct worker *worker, const struct tls_settings *settings)
{
    if (settings == NULL) {
        return;
    }
    struct http_server_tls tls = server_tls(settings);
    if (http_server_set_tls(worker->server, &tls) < 0) {
        log_line(&worker->log, LOG_ERROR, "worker %u keeps its certificate: no memory or no descriptor",
                 worker->settings.place.index);
    }
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
        front_door_configure(&worker->door, config);
        take_next_certificate(worker, config->tls);
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
        .on_unheard = on_unheard,
        .on_handshake_failed = on_handshake_failed,
        .on_room = on_room,
    };
    const struct tls_settings *settings = worker->settings.config->tls;
    struct http_server_config config = server_config(worker, &worker->settings.config->limits);
    struct http_server_tls tls = { .certificate = NULL };

    if (settings != NULL) {
        tls = server_tls(settings);
        config.tls = &tls;
    }
    config.host = str_of(worker->settings.config->settings.listen.host);
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
    if (worker_upstreams_open(&worker->upstreams, worker->loop, worker->settings.config, before_block, worker) < 0 ||
        adopt(worker, worker->settings.config) < 0 || open_server(worker) < 0) {
        return -ENOMEM;
    }
    worker->door = (struct front_door){
        .loop = worker->loop,
        .server = worker->server,
        .metrics = worker->settings.metrics,
        .room = worker->settings.room,
        .on_accepted_all = worker->settings.on_accepted_all,
        .context = worker->settings.context,
    };
    return front_door_open(&worker->door, worker->settings.listening_descriptor, worker->settings.config,
                           worker->settings.place.count > 1);
}

static void free_worker(struct worker *worker)
{
    if (worker->server != NULL) {
        front_door_close(&worker->door);
    }
    http_server_free(worker->server);
    worker_upstreams_clear(&worker->upstreams);
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
        .upstreams = worker->upstreams.by_strategy,
        .log = &worker->log,
        .metrics = settings->metrics,
        .completions = &worker->completions,
        .random = &worker->random,
        .span_key = settings->span_key,
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
