/* SPDX-License-Identifier: MIT */
#include "gateway/admin.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "common/clock.h"
#include "common/http_server.h"
#include "common/listener.h"
#include "common/loop.h"
#include "common/problem.h"

enum { CONNECTIONS_AT_MOST = 64, HEADER_BYTES = 8192, BODY_BYTES = 1024, IDLE_TIMEOUT_SECONDS = 30 };

struct admin {
    pthread_t thread;
    struct loop *loop;
    struct http_server *server;
    struct listener listener;
    int listening_descriptor;
    const atomic_bool *is_draining;
};

static void answer_json(struct http_exchange *exchange, int status, const char *json)
{
    struct http_field fields[] = { { "Content-Type", "application/json" }, { "Cache-Control", "no-store" } };
    struct http_answer answer = {
        .status = status,
        .fields = fields,
        .field_count = array_length(fields),
        .body = str_of(json),
        .memory = HTTP_BODY_CONSTANT,
    };

    (void)http_exchange_answer(exchange, &answer);
}

static void answer_problem(struct http_exchange *exchange, int status, const char *detail, bool close)
{
    cleanup_buf struct buf body;
    struct http_field fields[] = { { "Content-Type", PROBLEM_CONTENT_TYPE }, { "Allow", "GET, HEAD" } };
    struct problem problem = { .status = status, .detail = str_of(detail) };

    buf_init(&body, HEADER_BYTES);
    if (problem_render(&problem, &body) < 0) {
        buf_reset(&body);
    }
    struct http_answer answer = {
        .status = status,
        .fields = fields,
        .field_count = status == 405 ? 2 : 1,
        .body = buf_view(&body),
        .memory = HTTP_BODY_COPIED,
        .close = close,
    };
    (void)http_exchange_answer(exchange, &answer);
}

static void on_request(void *context, struct http_exchange *exchange)
{
    const struct admin *admin = context;
    struct str method = http_exchange_method(exchange);
    struct str path = http_exchange_target(exchange);

    path.length = str_find(path, '?');
    if (!str_equal(path, STR("/healthz")) && !str_equal(path, STR("/readyz"))) {
        answer_problem(exchange, 404, "There is no such admin page.", false);
    } else if (!str_equal(method, STR("GET")) && !str_equal(method, STR("HEAD"))) {
        answer_problem(exchange, 405, "Admin pages are only read.", false);
    } else if (str_equal(path, STR("/readyz")) && atomic_load(admin->is_draining)) {
        answer_json(exchange, 503, "{\"status\":\"draining\"}");
    } else {
        answer_json(exchange, 200, "{\"status\":\"ok\"}");
    }
}

static void on_refused(void *context, struct http_exchange *exchange, int status, const char *reason)
{
    (void)context;
    answer_problem(exchange, status, reason, true);
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

static void *run_admin(void *context)
{
    struct admin *admin = context;

    (void)loop_run(admin->loop);
    return NULL;
}

static int open_admin(struct admin *admin)
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
    };

    admin->loop = loop_new();
    if (admin->loop == NULL) {
        return -errno;
    }
    admin->server = http_server_new(admin->loop, &config, &events, admin);
    if (admin->server == NULL) {
        return -ENOMEM;
    }
    return listener_start(&admin->listener, admin->loop, admin->listening_descriptor, on_accepted, admin);
}

static void free_admin(struct admin *admin)
{
    http_server_free(admin->server);
    loop_free(admin->loop);
    (void)close(admin->listening_descriptor);
    free(admin);
}

struct admin *admin_start(int listening_descriptor, const atomic_bool *is_draining, struct error *error)
{
    struct admin *admin = calloc(1, sizeof *admin);

    if (admin == NULL) {
        (void)close(listening_descriptor);
        (void)error_set(error, "cannot start the admin listener: %s", strerror(ENOMEM));
        return NULL;
    }
    admin->listening_descriptor = listening_descriptor;
    admin->is_draining = is_draining;
    int result = open_admin(admin);
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
    listener_stop(&admin->listener);
    free_admin(admin);
}
