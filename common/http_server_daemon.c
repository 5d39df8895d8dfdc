/* SPDX-License-Identifier: MIT */
/*
 * The microhttpd daemons of a server: as many as its connections need, each run only when it may have work.
 *
 * A daemon that is run with a resumed connection walks all of its suspended ones. One daemon for all would make an
 * answer dearer with every request that waits for its own; so each takes a share, and another one is opened when all
 * are full. They stay: an empty one costs a descriptor and about a kilobyte.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "common/http_server_internal.h"

#if MHD_VERSION < 0x01000000
/* What 0.9 refuses when it is strict it refuses badly: a target with a blank in it by a bare close, a missing Host by
 * an answer with two heads. http_guard and http_head_layout refuse both, and more. */
enum { STRICTNESS_OPTION = MHD_OPTION_STRICT_FOR_CLIENT, STRICTNESS = 0 };
#else
/* Folded lines, bare line feeds, NULs and empty names are refused from 1 on. */
enum { STRICTNESS_OPTION = MHD_OPTION_CLIENT_DISCIPLINE_LVL, STRICTNESS = 1 };
#endif

/* Fewer mean a shorter walk; more, that one look at microhttpd's epoll serves more requests of a turn. */
enum { CONNECTIONS_PER_DAEMON = 32 };

/* ---- when ---- */

void http_daemon_run_later(struct http_daemon *daemon)
{
    struct http_server *server = daemon->server;

    if (daemon->is_due) {
        return;
    }
    daemon->is_due = true;
    daemon->next_due = NULL;
    *server->due_last = daemon;
    server->due_last = &daemon->next_due;
}

/* No connection has a timeout of microhttpd's, so it either has work at once, or waits for its sockets. */
static bool has_more_to_do(const struct http_daemon *daemon)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms = 0;

    return MHD_get_timeout(daemon->mhd, &timeout_ms) == MHD_YES && timeout_ms == 0;
}

/* microhttpd's sockets are edge-triggered: what it has left to read or write, nobody tells it again. */
static void run(struct http_daemon *daemon)
{
    struct http_server *server = daemon->server;

    (void)http_server_update_now(server);
    server->run_count++;
    (void)MHD_run(daemon->mhd);
    http_tls_rest_handshakes(daemon);
    /* What has not started by now never will. */
    while (daemon->arriving_count > 0) {
        http_daemon_note_started(daemon);
        http_daemon_remove(daemon);
    }
    bool has_more = has_more_to_do(daemon);
    if (has_more || daemon->has_stuck_line) {
        http_stuck_end(daemon);
    }
    if (has_more) {
        http_daemon_run_later(daemon);
    }
}

void http_daemon_run_due(struct http_server *server)
{
    struct http_daemon *daemon = server->due_first;

    server->due_first = NULL;
    server->due_last = &server->due_first;
    while (daemon != NULL) {
        struct http_daemon *next = daemon->next_due;
        daemon->is_due = false;
        run(daemon);
        daemon = next;
    }
}

static void on_ready(void *context, uint32_t events)
{
    (void)events;
    http_daemon_run_later(context);
}

/* ---- life ---- */

/* The target stays as it came: nothing is decoded in place. */
static size_t leave_escaped(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context;
    (void)mhd;
    return strlen(text);
}

/* The limit of connections is for whoever accepts, see http_server_is_full(): in a drain all are let in that wait. */
static struct MHD_Daemon *start(struct http_daemon *daemon)
{
    struct http_server *server = daemon->server;
    struct MHD_OptionItem tls_options[HTTP_TLS_OPTIONS];
    unsigned tls_flag = http_tls_options(server, tls_options);

    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG | tls_flag, 0, NULL,
        NULL, http_exchange_on_call, server, MHD_OPTION_EXTERNAL_LOGGER, http_unheard_on_log, daemon,
        MHD_OPTION_NOTIFY_CONNECTION, http_connection_on_change, daemon, MHD_OPTION_NOTIFY_COMPLETED,
        http_exchange_on_completed, server, MHD_OPTION_URI_LOG_CALLBACK, http_exchange_on_target, server,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, STRICTNESS_OPTION, STRICTNESS, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)INT_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, http_server_pool_bytes(server), MHD_OPTION_ARRAY,
        tls_options, MHD_OPTION_END);
}

static void http_daemon_free(struct http_daemon *daemon)
{
    loop_unwatch(daemon->server->loop, &daemon->watch);
    if (daemon->mhd != NULL) {
        MHD_stop_daemon(daemon->mhd);
    }
    free(daemon);
}

static int join_loop(struct http_daemon *daemon)
{
    const union MHD_DaemonInfo *info =
        daemon->mhd != NULL ? MHD_get_daemon_info(daemon->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;

    if (info == NULL || info->epoll_fd < 0) {
        return -1;
    }
    return loop_watch(daemon->server->loop, &daemon->watch, info->epoll_fd, EPOLLIN);
}

static void note_room(struct http_daemon *daemon)
{
    struct http_server *server = daemon->server;

    if (!daemon->has_room && !daemon->is_retired && daemon->connection_count < CONNECTIONS_PER_DAEMON) {
        daemon->has_room = true;
        daemon->next_with_room = server->daemons_with_room;
        server->daemons_with_room = daemon;
    }
}

struct http_daemon *http_daemon_new(struct http_server *server)
{
    struct http_daemon *daemon = calloc(1, sizeof *daemon);

    if (daemon == NULL) {
        return NULL;
    }
    daemon->server = server;
    daemon->watch = (struct loop_watch){ .on_ready = on_ready, .context = daemon };
    daemon->mhd = start(daemon);
    if (join_loop(daemon) < 0) {
        http_daemon_free(daemon);
        return NULL;
    }
    daemon->next = server->daemons;
    server->daemons = daemon;
    note_room(daemon);
    return daemon;
}

void http_daemon_free_all(struct http_server *server)
{
    while (server->daemons != NULL) {
        struct http_daemon *daemon = server->daemons;
        server->daemons = daemon->next;
        http_daemon_free(daemon);
    }
}

/* ---- another certificate ---- */

int http_daemon_retire_all(struct http_server *server)
{
    struct http_daemon *with_room = server->daemons_with_room;

    server->daemons_with_room = NULL;
    struct http_daemon *first = http_daemon_new(server);
    if (first == NULL) {
        server->daemons_with_room = with_room;
        return -ENOMEM;
    }
    for (struct http_daemon *daemon = first->next; daemon != NULL; daemon = daemon->next) {
        daemon->is_retired = true;
        daemon->has_room = false;
    }
    server->has_retired = true;
    return 0;
}

void http_daemon_free_retired(struct http_server *server)
{
    struct http_daemon **link = &server->daemons;

    if (!server->has_retired) {
        return;
    }
    server->has_retired = false;
    while (*link != NULL) {
        struct http_daemon *daemon = *link;
        if (daemon->is_retired && daemon->connection_count == 0 && !daemon->is_due) {
            *link = daemon->next;
            http_daemon_free(daemon);
            continue;
        }
        server->has_retired = server->has_retired || daemon->is_retired;
        link = &daemon->next;
    }
}

/* ---- connections ---- */

static struct http_daemon *least_busy(const struct http_server *server)
{
    struct http_daemon *least = NULL; /* there is always one that is not retired */

    for (struct http_daemon *daemon = server->daemons; daemon != NULL; daemon = daemon->next) {
        bool is_less = least == NULL || daemon->connection_count < least->connection_count;
        least = is_less && !daemon->is_retired ? daemon : least;
    }
    return least;
}

struct http_daemon *http_daemon_for_next(struct http_server *server)
{
    if (server->daemons_with_room != NULL) {
        return server->daemons_with_room;
    }
    struct http_daemon *daemon = http_daemon_new(server);
    return daemon != NULL ? daemon : least_busy(server); /* slower is better than refused */
}

void http_daemon_add(struct http_daemon *daemon)
{
    struct http_server *server = daemon->server;

    daemon->connection_count++;
    daemon->arriving_count++;
    server->arriving_count++;
    if (daemon->has_room && daemon->connection_count >= CONNECTIONS_PER_DAEMON) {
        server->daemons_with_room = daemon->next_with_room; /* the first: see http_daemon_for_next() */
        daemon->has_room = false;
    }
    http_daemon_run_later(daemon);
}

void http_daemon_note_started(struct http_daemon *daemon)
{
    if (daemon->arriving_count > 0) {
        daemon->arriving_count--;
        daemon->server->arriving_count--;
    }
}

void http_daemon_remove(struct http_daemon *daemon)
{
    daemon->connection_count--;
    note_room(daemon);
}
