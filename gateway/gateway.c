/* SPDX-License-Identifier: MIT */
#include "gateway/gateway.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "common/descriptors.h"
#include "common/listener.h"
#include "gateway/admin.h"
#include "gateway/mode.h"
#include "gateway/thread_pool.h"
#include "gateway/worker.h"

enum {
    DESCRIPTORS_PER_CONNECTION = 2, /* the client's, and a call's */
    DESCRIPTORS_PER_THREAD = 4,     /* of a loop, and more in reserve */
};

struct gateway {
    struct config config;
    struct loop *loop;
    struct log_sink *log_sink;
    gateway_ended_fn *on_ended;
    void *context;

    int listening_descriptor;
    char address[64];
    char admin_address[64];
    struct admin *admin;
    struct thread_pool *pool;
    atomic_bool is_draining;
    atomic_size_t accepting_count; /* workers that have not accepted all yet */
    atomic_size_t running_count;
    struct loop_task ended_task;
    size_t descriptor_limit;
    size_t connections_per_worker;
    size_t worker_count;
    struct worker *workers[];
};

/* ---- ending ---- */

/* The last worker to have emptied the listener's queue closes it: from then on connections are refused. */
static void on_worker_accepted_all(void *context)
{
    struct gateway *gateway = context;

    if (atomic_fetch_sub(&gateway->accepting_count, 1) == 1) {
        (void)close(gateway->listening_descriptor);
        gateway->listening_descriptor = -1;
    }
}

static void on_worker_ended(void *context)
{
    struct gateway *gateway = context;

    if (atomic_fetch_sub(&gateway->running_count, 1) == 1) {
        loop_post(gateway->loop, &gateway->ended_task);
    }
}

static void on_all_ended(void *context)
{
    struct gateway *gateway = context;

    gateway->on_ended(gateway->context);
}

void gateway_drain(struct gateway *gateway)
{
    if (atomic_exchange(&gateway->is_draining, true)) {
        return;
    }
    for (size_t i = 0; i < gateway->worker_count; i++) {
        worker_drain(gateway->workers[i]);
    }
}

void gateway_free(struct gateway *gateway)
{
    if (gateway == NULL) {
        return;
    }
    for (size_t i = 0; i < gateway->worker_count; i++) {
        worker_join(gateway->workers[i]);
    }
    thread_pool_free(gateway->pool);
    admin_stop(gateway->admin);
    if (gateway->listening_descriptor >= 0) {
        (void)close(gateway->listening_descriptor);
    }
    free(gateway);
}

/* ---- starting ---- */

static int open_listeners(struct gateway *gateway, struct error *error)
{
    const struct config *config = &gateway->config;

    gateway->listening_descriptor = listener_open(&config->listen, error);
    if (gateway->listening_descriptor < 0) {
        return -1;
    }
    listener_bound_address(gateway->listening_descriptor, gateway->address, sizeof gateway->address);
    if (!config->has_admin) {
        return 0;
    }
    int admin_descriptor = listener_open(&config->admin, error);
    if (admin_descriptor < 0) {
        return -1;
    }
    listener_bound_address(admin_descriptor, gateway->admin_address, sizeof gateway->admin_address);
    gateway->admin = admin_start(admin_descriptor, &gateway->is_draining, error);
    return gateway->admin != NULL ? 0 : -1;
}

static size_t connections_per_worker(const struct config *config, size_t descriptor_limit)
{
    size_t workers = (size_t)config->workers;
    size_t spent = DESCRIPTORS_PER_THREAD * (workers + (size_t)(config->mode == MODE_THREADS ? config->threads : 0));
    size_t left = descriptor_limit > spent ? descriptor_limit - spent : 0;
    size_t allowed = descriptors_allow_connections(left, DESCRIPTORS_PER_CONNECTION);

    if (allowed > config->limits.connections) {
        allowed = config->limits.connections;
    }
    return allowed > workers ? allowed / workers : 1;
}

static int open_pool(struct gateway *gateway, struct error *error)
{
    if (gateway->config.mode != MODE_THREADS) {
        return 0;
    }
    gateway->pool = thread_pool_new((size_t)gateway->config.threads);
    if (gateway->pool == NULL) {
        return error_set(error, "cannot start %ld threads: %s", gateway->config.threads, strerror(errno));
    }
    return 0;
}

static int start_workers(struct gateway *gateway, struct error *error)
{
    struct worker_settings settings = {
        .config = &gateway->config,
        .connection_limit = gateway->connections_per_worker,
        .listening_descriptor = gateway->listening_descriptor,
        .log_sink = gateway->log_sink,
        .pool = gateway->pool,
        .on_accepted_all = on_worker_accepted_all,
        .on_ended = on_worker_ended,
        .context = gateway,
    };

    atomic_store(&gateway->accepting_count, (size_t)gateway->config.workers);
    atomic_store(&gateway->running_count, (size_t)gateway->config.workers);
    for (; gateway->worker_count < (size_t)gateway->config.workers; gateway->worker_count++) {
        settings.index = (unsigned)gateway->worker_count;
        gateway->workers[gateway->worker_count] = worker_start(&settings, error);
        if (gateway->workers[gateway->worker_count] == NULL) {
            return -1;
        }
    }
    return 0;
}

/* The workers that did start end by themselves, as they do when a drain is over. */
static void give_up(struct gateway *gateway)
{
    for (size_t i = 0; i < gateway->worker_count; i++) {
        worker_drain(gateway->workers[i]);
    }
    gateway_free(gateway);
}

struct gateway *gateway_start(const struct config *config, struct loop *loop, struct log_sink *sink,
                              gateway_ended_fn *on_ended, void *context, struct error *error)
{
    struct gateway *gateway = calloc(1, sizeof *gateway + (size_t)config->workers * sizeof(struct worker *));

    if (gateway == NULL) {
        (void)error_set(error, "cannot start: %s", strerror(ENOMEM));
        return NULL;
    }
    gateway->config = *config;
    gateway->loop = loop;
    gateway->log_sink = sink;
    gateway->on_ended = on_ended;
    gateway->context = context;
    gateway->listening_descriptor = -1;
    gateway->ended_task = (struct loop_task){ .run = on_all_ended, .context = gateway };
    gateway->descriptor_limit = descriptors_raise_limit();
    gateway->connections_per_worker = connections_per_worker(config, gateway->descriptor_limit);
    atomic_init(&gateway->is_draining, false);
    if (open_listeners(gateway, error) < 0 || open_pool(gateway, error) < 0 || start_workers(gateway, error) < 0) {
        give_up(gateway);
        return NULL;
    }
    return gateway;
}

void gateway_log_limits(const struct gateway *gateway, struct log *log)
{
    log_line(log, LOG_INFO, "%zu descriptors allow %zu connections", gateway->descriptor_limit,
             gateway->connections_per_worker * gateway->worker_count);
}

const char *gateway_address(const struct gateway *gateway)
{
    return gateway->address;
}

const char *gateway_admin_address(const struct gateway *gateway)
{
    return gateway->admin_address;
}
