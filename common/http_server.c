/* SPDX-License-Identifier: MIT */
#include "common/http_server.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/http_server_internal.h"

enum {
    DEFAULT_RESPONSE_HEADER_BYTES = 8192,
    LEAST_RESPONSE_HEADER_BYTES = 4096,
    RUNS_PER_TURN = 16,
    DRAIN_CHECK_US = 100 * CLOCK_US_PER_MS,
    DRAIN_IDLE_US = CLOCK_US_PER_SECOND,
};

/* ---- the loop ---- */

uint64_t http_server_update_now(struct http_server *server)
{
    server->now_us = clock_monotonic_us();
    return server->now_us;
}

void http_server_resume_later(struct http_server *server, struct http_exchange *exchange)
{
    if (exchange->is_resuming) {
        return;
    }
    exchange->is_resuming = true;
    exchange->next_resume = NULL;
    *server->resume_last = exchange;
    server->resume_last = &exchange->next_resume;
}

/* In one batch: a daemon with a resumed connection walks all of its suspended ones. */
static void resume_all(struct http_server *server)
{
    struct http_exchange *exchange = server->resume_first;

    server->resume_first = NULL;
    server->resume_last = &server->resume_first;
    while (exchange != NULL) {
        struct http_exchange *next = exchange->next_resume;
        exchange->is_resuming = false;
        MHD_resume_connection(exchange->connection->mhd);
        http_daemon_run_later(exchange->connection->daemon);
        exchange = next;
    }
}

static bool has_work(const struct http_server *server)
{
    return server->resume_first != NULL || server->due_first != NULL;
}

static uint64_t run_daemons(void *context)
{
    struct http_server *server = context;

    for (int i = 0; i < RUNS_PER_TURN && has_work(server); i++) {
        resume_all(server);
        http_daemon_run_due(server);
    }
    http_connection_end_leaving(server);
    http_daemon_free_retired(server);
    return has_work(server) ? 0 : CLOCK_NEVER_US;
}

/* ---- draining ---- */

/* A part of a request line may be on its way to more. */
static bool is_idle_and_quiet(const struct http_connection *connection, uint64_t now_us)
{
    int unread_bytes = 0;

    return !connection->is_ended && connection->exchange == NULL &&
           connection->idle_since_us + DRAIN_IDLE_US <= now_us &&
           ioctl(connection->descriptor, FIONREAD, &unread_bytes) == 0 && unread_bytes == 0 &&
           http_deadline_has_been_quiet(connection, DRAIN_IDLE_US);
}

static void on_drain_check(void *context)
{
    struct http_server *server = context;
    uint64_t now_us = loop_now_us(server->loop);

    for (struct http_connection *connection = server->connections; connection != NULL; connection = connection->next) {
        if (is_idle_and_quiet(connection, now_us)) {
            http_deadline_end(connection);
        }
    }
    if (loop_arm(server->loop, &server->drain_timer, now_us + DRAIN_CHECK_US) < 0) {
        return; /* no memory for a timer: idle connections are closed by their idle timeout */
    }
}

void http_server_drain(struct http_server *server)
{
    server->is_draining = true;
    on_drain_check(server);
}

/* ---- life ---- */

size_t http_server_response_header_bytes(const struct http_server *server)
{
    size_t bytes = server->config.response_header_bytes;

    if (bytes == 0) {
        return DEFAULT_RESPONSE_HEADER_BYTES;
    }
    return bytes < LEAST_RESPONSE_HEADER_BYTES ? LEAST_RESPONSE_HEADER_BYTES : bytes;
}

size_t http_server_pool_bytes(const struct http_server *server)
{
    return server->config.header_bytes + http_server_response_header_bytes(server);
}

struct http_server *http_server_new(struct loop *loop, const struct http_server_config *config,
                                    const struct http_server_events *events, void *context)
{
    struct http_server *server = calloc(1, sizeof *server);

    if (server == NULL) {
        return NULL;
    }
    server->loop = loop;
    server->config = *config;
    (void)snprintf(server->host, sizeof server->host, "%.*s", STR_ARGUMENTS(config->host));
    server->cuts_in_place = http_server_cuts_in_place();
    server->shortest_timeout_us = http_deadline_shortest_us(config);
    (void)http_server_update_now(server);
    if (config->tls != NULL && http_tls_copy(&server->tls, config->tls) < 0) {
        free(server);
        return NULL;
    }
    server->config.tls = NULL;
    server->may_rest = http_server_may_rest() && server->tls.certificate == NULL;
    server->events = events;
    server->context = context;
    server->resume_last = &server->resume_first;
    server->due_last = &server->due_first;
    server->hook = (struct loop_hook){ .before_wait = run_daemons, .context = server };
    server->drain_timer = (struct loop_timer){ .on_due = on_drain_check, .context = server };
    loop_add_hook(loop, &server->hook);
    if (http_daemon_new(server) == NULL) {
        http_server_free(server);
        return NULL;
    }
    return server;
}

/* microhttpd aborts the process when it is stopped with a suspended connection: resume them all first. */
static void abandon_all(struct http_server *server)
{
    server->is_stopping = true;
    for (struct http_connection *connection = server->connections; connection != NULL; connection = connection->next) {
        if (connection->exchange != NULL) {
            http_exchange_abandon(connection->exchange);
        }
        http_connection_wake(connection);
    }
    resume_all(server);
    http_daemon_run_due(server);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL) {
        return;
    }
    server->is_ending = true;
    abandon_all(server);
    loop_remove_hook(server->loop, &server->hook);
    loop_disarm(server->loop, &server->drain_timer);
    http_daemon_free_all(server);
    http_exchange_free_spare(server);
    http_tls_clear(&server->tls);
    free(server);
}

int http_server_add(struct http_server *server, int descriptor, const struct sockaddr *peer, socklen_t peer_length)
{
    struct http_daemon *daemon = http_daemon_for_next(server);

    http_daemon_add(daemon);
    if (MHD_add_connection(daemon->mhd, descriptor, peer, peer_length) != MHD_YES) {
        return errno > 0 ? -errno : -ENOMEM;
    }
    return 0;
}

void http_server_set_limits(struct http_server *server, const struct http_server_config *config)
{
    server->config.body_bytes = config->body_bytes;
    server->config.idle_timeout_us = config->idle_timeout_us;
    server->config.header_timeout_us = config->header_timeout_us;
    server->config.body_timeout_us = config->body_timeout_us;
    server->config.send_timeout_us = config->send_timeout_us;
    server->shortest_timeout_us = http_deadline_shortest_us(config);
    for (struct http_connection *connection = server->connections; connection != NULL; connection = connection->next) {
        http_deadline_review(connection);
    }
}

int http_server_set_tls(struct http_server *server, const struct http_server_tls *tls)
{
    struct http_tls before = server->tls;

    if (before.certificate == NULL || http_tls_is(&before, tls)) {
        return before.certificate == NULL ? -EINVAL : 0;
    }
    int result = http_tls_copy(&server->tls, tls);
    if (result < 0) {
        return result;
    }
    result = http_daemon_retire_all(server);
    if (result < 0) {
        http_tls_clear(&server->tls);
        server->tls = before;
        return result;
    }
    http_tls_clear(&before);
    return 0;
}

bool http_server_is_secured(const struct http_server *server)
{
    return server->tls.certificate != NULL;
}

const char *http_server_library_version(void)
{
    return MHD_get_version();
}

bool http_server_is_full(const struct http_server *server)
{
    return server->connection_count + server->arriving_count >= server->config.connection_limit;
}

size_t http_server_connection_count(const struct http_server *server)
{
    return server->connection_count + server->arriving_count;
}
