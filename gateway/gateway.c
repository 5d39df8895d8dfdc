/* SPDX-License-Identifier: MIT */
#include "gateway/gateway.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "common/clock.h"
#include "common/descriptors.h"
#include "common/listener.h"
#include "common/random.h"
#include "gateway/admin.h"
#include "gateway/config_json.h"
#include "gateway/fixed_settings.h"
#include "gateway/front_door.h"
#include "gateway/library_versions.h"
#include "gateway/metrics.h"
#include "gateway/thread_pool.h"
#include "gateway/worker.h"

enum {
    DESCRIPTORS_PER_CONNECTION = 2, /* the client's, and a call's */
    DESCRIPTORS_PER_THREAD = 4,     /* of a loop, and more in reserve */
    /* What serves many: an epoll of microhttpd's for 32 clients, two descriptors of libcurl's for 32 calls. */
    SHARED_DESCRIPTORS = 3,
    SHARED_AMONG = 64,
    CONFIG_JSON_BYTES = 64 * 1024 * 1024,
};

struct gateway {
    struct config *config;
    struct loop *loop;
    struct log_sink *log_sink;
    gateway_ended_fn *on_ended;
    void *context;

    int listening_descriptor;
    char address[64];
    char admin_address[64];
    struct admin *admin;
    struct metrics_process process;
    struct thread_pool *_Atomic pool; /* set once, perhaps by a reload; workers look at it */
    atomic_bool is_draining;
    atomic_size_t accepting_count; /* workers that have not accepted all yet */
    atomic_size_t running_count;
    struct loop_task ended_task;
    size_t descriptor_limit;
    size_t connections_per_worker;
    struct front_door_room room;
    struct fixed_settings fixed;
    char libraries[LIBRARY_VERSIONS_BYTES];
    size_t planned_count;     /* workers, and metrics */
    struct metrics **metrics; /* of each worker */
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
    for (size_t i = 0; gateway->metrics != NULL && i < gateway->planned_count; i++) {
        metrics_free(gateway->metrics[i]);
    }
    free(gateway->metrics);
    if (gateway->listening_descriptor >= 0) {
        (void)close(gateway->listening_descriptor);
    }
    config_release(gateway->config);
    free(gateway);
}

/* ---- starting ---- */

static int open_metrics(struct gateway *gateway, struct error *error)
{
    gateway->metrics = calloc(gateway->planned_count, sizeof gateway->metrics[0]);
    for (size_t i = 0; gateway->metrics != NULL && i < gateway->planned_count; i++) {
        gateway->metrics[i] = metrics_new();
        if (gateway->metrics[i] == NULL) {
            return error_set(error, "cannot start: %s", strerror(ENOMEM));
        }
    }
    gateway->process.started_wall_us = clock_wall_us();
    gateway->process.version = FANLIGHT_VERSION;
    library_versions(gateway->libraries);
    gateway->process.libraries = gateway->libraries;
    return gateway->metrics != NULL ? 0 : error_set(error, "cannot start: %s", strerror(ENOMEM));
}

static int open_admin(struct gateway *gateway, struct error *error)
{
    int descriptor = listener_open(&gateway->config->settings.admin, error);

    if (descriptor < 0) {
        return -1;
    }
    listener_bound_address(descriptor, gateway->admin_address, sizeof gateway->admin_address);
    struct admin_settings settings = {
        .listening_descriptor = descriptor,
        .is_draining = &gateway->is_draining,
        .workers = gateway->metrics,
        .worker_count = gateway->planned_count,
        .process = &gateway->process,
    };
    gateway->admin = admin_start(&settings, error);
    return gateway->admin != NULL ? 0 : -1;
}

static int open_listeners(struct gateway *gateway, struct error *error)
{
    const struct settings *settings = &gateway->config->settings;

    gateway->listening_descriptor = listener_open(&settings->listen, error);
    if (gateway->listening_descriptor < 0) {
        return -1;
    }
    listener_bound_address(gateway->listening_descriptor, gateway->address, sizeof gateway->address);
    return settings->has_admin ? open_admin(gateway, error) : 0;
}

/* Of all workers together. */
static size_t connections_allowed(const struct config *config, size_t descriptor_limit)
{
    size_t workers = (size_t)config->settings.workers;
    size_t threads = config_needs_threads(config) ? (size_t)config->settings.threads : 0;
    size_t spent = DESCRIPTORS_PER_THREAD * (workers + threads);
    size_t left = descriptor_limit > spent ? descriptor_limit - spent : 0;

    left -= left * SHARED_DESCRIPTORS / SHARED_AMONG;
    size_t allowed = descriptors_allow_connections(left, DESCRIPTORS_PER_CONNECTION);

    if (allowed > config->limits.connections) {
        allowed = config->limits.connections;
    }
    return allowed > 0 ? allowed : 1;
}

/* Where connections wait. */
static size_t share_of(size_t connections, size_t workers)
{
    if (workers <= 1) {
        return connections;
    }
    return connections > workers ? connections / workers : 1;
}

/* Its size is the one it was started with. */
static int open_pool(struct gateway *gateway, const struct config *config, struct error *error)
{
    if (gateway->pool != NULL || !config_needs_threads(config)) {
        return 0;
    }
    struct thread_pool *pool = thread_pool_new((size_t)config->settings.threads);
    if (pool == NULL) {
        return error_set(error, "cannot start %ld threads: %s", config->settings.threads, strerror(errno));
    }
    atomic_store(&gateway->pool, pool);
    gateway->fixed.threads = config->settings.threads;
    return 0;
}

/* By which its own calls are known to it, and to no other gateway (trace.h). */
static uint64_t make_span_key(void)
{
    struct random_source source;

    random_source_seed_from_system(&source);
    return random_source_next(&source);
}

static int start_workers(struct gateway *gateway, struct error *error)
{
    struct worker_settings settings = {
        .config = gateway->config,
        .place = { .count = (unsigned)gateway->planned_count },
        .connection_limit = gateway->connections_per_worker,
        .room = &gateway->room,
        .listening_descriptor = gateway->listening_descriptor,
        .log_sink = gateway->log_sink,
        .span_key = make_span_key(),
        .admin = gateway->admin,
        .pool = &gateway->pool,
        .on_accepted_all = on_worker_accepted_all,
        .on_ended = on_worker_ended,
        .context = gateway,
    };

    atomic_store(&gateway->accepting_count, gateway->planned_count);
    atomic_store(&gateway->running_count, gateway->planned_count);
    for (; gateway->worker_count < gateway->planned_count; gateway->worker_count++) {
        settings.place.index = (unsigned)gateway->worker_count;
        settings.metrics = gateway->metrics[gateway->worker_count];
        gateway->workers[gateway->worker_count] = worker_start(&settings, error);
        if (gateway->workers[gateway->worker_count] == NULL) {
            return -1;
        }
    }
    return 0;
}

/* On the admin's page, and since when it is in use. */
static void show_config(struct gateway *gateway)
{
    cleanup_buf struct buf json;
    size_t length = 0;

    atomic_store(&gateway->process.config_loaded_wall_us, clock_wall_us());
    atomic_store(&gateway->process.is_last_reload_good, true);
    buf_init(&json, CONFIG_JSON_BYTES);
    if (gateway->admin == NULL || config_json_render(gateway->config, &json) < 0) {
        return;
    }
    char *text = buf_take(&json, &length);
    if (text != NULL) {
        admin_set_config(gateway->admin, text, length);
    }
}

/* The workers that did start end by themselves, as they do when a drain is over. */
static void give_up(struct gateway *gateway)
{
    for (size_t i = 0; i < gateway->worker_count; i++) {
        worker_drain(gateway->workers[i]);
    }
    gateway_free(gateway);
}

static int start(struct gateway *gateway, struct error *error)
{
    if (open_metrics(gateway, error) < 0 || open_listeners(gateway, error) < 0 ||
        open_pool(gateway, gateway->config, error) < 0 || start_workers(gateway, error) < 0) {
        return -1;
    }
    show_config(gateway);
    return 0;
}

struct gateway *gateway_start(struct config *config, struct loop *loop, struct log_sink *sink,
                              gateway_ended_fn *on_ended, void *context, struct error *error)
{
    size_t worker_count = (size_t)config->settings.workers;
    struct gateway *gateway = calloc(1, sizeof *gateway + worker_count * sizeof(struct worker *));

    if (gateway == NULL) {
        (void)error_set(error, "cannot start: %s", strerror(ENOMEM));
        return NULL;
    }
    gateway->config = config_hold(config);
    fixed_settings_take(&gateway->fixed, config);
    gateway->planned_count = worker_count;
    gateway->loop = loop;
    gateway->log_sink = sink;
    gateway->on_ended = on_ended;
    gateway->context = context;
    gateway->listening_descriptor = -1;
    gateway->ended_task = (struct loop_task){ .run = on_all_ended, .context = gateway };
    gateway->descriptor_limit = descriptors_raise_limit();
    gateway->room.limit = connections_allowed(config, gateway->descriptor_limit);
    gateway->connections_per_worker = share_of(gateway->room.limit, worker_count);
    atomic_init(&gateway->room.count, 0);
    atomic_init(&gateway->is_draining, false);
    if (start(gateway, error) < 0) {
        give_up(gateway);
        return NULL;
    }
    return gateway;
}

/* ---- another configuration ---- */

int gateway_reconfigure(struct gateway *gateway, struct config *config, struct error *ret_kept, struct error *error)
{
    if (open_pool(gateway, config, error) < 0) {
        return -1;
    }
    fixed_settings_list_others(&gateway->fixed, config, ret_kept);
    fixed_settings_keep(&gateway->fixed, config, gateway->config->tls);
    config_release(gateway->config);
    gateway->config = config_hold(config);
    for (size_t i = 0; i < gateway->worker_count; i++) {
        worker_reconfigure(gateway->workers[i], config);
    }
    atomic_fetch_add(&gateway->process.reloads_good, 1);
    show_config(gateway);
    return 0;
}

void gateway_count_bad_config(struct gateway *gateway)
{
    atomic_fetch_add(&gateway->process.reloads_bad, 1);
    atomic_store(&gateway->process.is_last_reload_good, false);
}

/* ---- what it says of itself ---- */

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
