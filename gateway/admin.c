/* SPDX-License-Identifier: MIT */
#include "gateway/admin.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "common/clock.h"
#include "common/http_server.h"
#include "common/listener.h"
#include "common/loop.h"
#include "gateway/admin_pages.h"
#include "gateway/record_batch.h"

enum {
    CONNECTIONS_AT_MOST = 64,
    HEADER_BYTES = 8192,
    BODY_BYTES = 1024,
    IDLE_TIMEOUT_SECONDS = 30,
    REQUEST_TIMEOUT_SECONDS = 5, /* a head, and a body: few connections must be enough for all */
    PENDING_BYTES = 8 * 1024 * 1024,
};

struct admin {
    pthread_t thread;
    struct loop *loop;
    struct http_server *server;
    struct listener listener;
    int listening_descriptor;
    struct admin_pages pages;
    atomic_size_t pending_bytes; /* of batches that were posted and have not run */
};

/* ---- clients ---- */

static void on_request(void *context, struct http_exchange *exchange)
{
    struct admin *admin = context;

    admin_pages_answer(&admin->pages, exchange);
}

static void on_refused(void *context, struct http_exchange *exchange, int status, const char *reason)
{
    (void)context;
    admin_pages_refuse(exchange, status, reason);
}

static void on_accepted(void *context, int descriptor, const struct sockaddr *peer, socklen_t peer_length)
{
    struct admin *admin = context;

    (void)http_server_add(admin->server, descriptor, peer, peer_length);
    if (http_server_is_full(admin->server)) {
        listener_hold(&admin->listener);
    }
}

static void on_room(void *context)
{
    struct admin *admin = context;

    listener_release(&admin->listener);
}

/* ---- other threads ---- */

void admin_set_config(struct admin *admin, char *json, size_t length)
{
    admin_pages_set_config(&admin->pages, json, length);
}

bool admin_is_watched(const struct admin *admin)
{
    return atomic_load_explicit(&admin->pages.is_watched, memory_order_relaxed);
}

static void on_batch(void *context)
{
    struct record_batch *batch = context;
    struct admin *admin = batch->admin;
    struct str rest = record_batch_view(batch);

    while (rest.length > 0) {
        admin_pages_add_record(&admin->pages, batch, record_cut(&rest));
    }
    atomic_fetch_sub_explicit(&admin->pending_bytes, record_batch_bytes(batch), memory_order_relaxed);
    record_batch_release(batch);
}

int admin_publish(struct admin *admin, struct record_batch *batch)
{
    size_t bytes = record_batch_bytes(batch);

    if (atomic_fetch_add_explicit(&admin->pending_bytes, bytes, memory_order_relaxed) + bytes > PENDING_BYTES) {
        atomic_fetch_sub_explicit(&admin->pending_bytes, bytes, memory_order_relaxed);
        record_batch_release(batch);
        return -ENOBUFS;
    }
    batch->admin = admin;
    batch->task = (struct loop_task){ .run = on_batch, .context = batch };
    loop_post(admin->loop, &batch->task);
    return 0;
}

/* ---- life ---- */

static void *run_admin(void *context)
{
    struct admin *admin = context;

    (void)loop_run(admin->loop);
    return NULL;
}

static int open_admin(struct admin *admin, const struct admin_settings *settings)
{
    static const struct http_server_events events = {
        .on_request = on_request,
        .on_refused = on_refused,
        .on_room = on_room,
    };
    struct http_server_config config = {
        .connection_limit = CONNECTIONS_AT_MOST,
        .header_bytes = HEADER_BYTES,
        .body_bytes = BODY_BYTES,
        .idle_timeout_us = (uint64_t)IDLE_TIMEOUT_SECONDS * CLOCK_US_PER_SECOND,
        .header_timeout_us = (uint64_t)REQUEST_TIMEOUT_SECONDS * CLOCK_US_PER_SECOND,
        .body_timeout_us = (uint64_t)REQUEST_TIMEOUT_SECONDS * CLOCK_US_PER_SECOND,
        .send_timeout_us = (uint64_t)IDLE_TIMEOUT_SECONDS * CLOCK_US_PER_SECOND,
    };

    admin->loop = loop_new();
    if (admin->loop == NULL) {
        return -errno;
    }
    int result = admin_pages_init(&admin->pages, settings, admin->loop);
    if (result < 0) {
        return result;
    }
    admin->server = http_server_new(admin->loop, &config, &events, admin);
    if (admin->server == NULL) {
        return -ENOMEM;
    }
    return listener_start(&admin->listener, admin->loop, admin->listening_descriptor, on_accepted, admin);
}

static void free_admin(struct admin *admin)
{
    admin_pages_stop(&admin->pages);
    http_server_free(admin->server);
    if (admin->loop != NULL) {
        admin_pages_clear(&admin->pages);
    }
    loop_free(admin->loop);
    (void)close(admin->listening_descriptor);
    free(admin);
}

struct admin *admin_start(const struct admin_settings *settings, struct error *error)
{
    struct admin *admin = calloc(1, sizeof *admin);

    if (admin == NULL) {
        (void)close(settings->listening_descriptor);
        (void)error_set(error, "cannot start the admin listener: %s", strerror(ENOMEM));
        return NULL;
    }
    admin->listening_descriptor = settings->listening_descriptor;
    atomic_init(&admin->pending_bytes, 0);
    int result = open_admin(admin, settings);
    if (result == 0) {
        result = -pthread_create(&admin->thread, NULL, run_admin, admin);
    }
    if (result < 0) {
        free_admin(admin);
        (void)error_set(error, "cannot start the admin listener: %s", strerror(-result));
        return NULL;
    }
    return admin;
}

void admin_stop(struct admin *admin)
{
    if (admin == NULL) {
        return;
    }
    loop_stop(admin->loop);
    (void)pthread_join(admin->thread, NULL);
    (void)loop_turn(admin->loop, 0); /* a loop that is freed forgets what was posted: run it, so that it is freed */
    listener_stop(&admin->listener);
    free_admin(admin);
}
