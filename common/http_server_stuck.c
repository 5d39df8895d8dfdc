/* SPDX-License-Identifier: MIT */
/*
 * Bodies in chunks with which microhttpd cannot go on.
 *
 * The line with a chunk's size may be longer than what its buffer has left (zeros in front, an extension). 0.9 then
 * neither reads on nor ends, and wants to be run again and again, until somebody ends it. It says nothing of that, but
 * it can be seen: it is run, there is something to read, nothing of it is taken, and no piece of the body comes. Where
 * there is nothing to read it looks like any other that waits for its client; so it rests, suspended, until its socket
 * has something, as between two requests (http_server_rest.c), and is seen then.
 *
 * 1.0.1 refuses such a line, but one with an extension twice (handle_req_chunk_size_line_no_space() goes on behind the
 * first time): it then takes the answer for sent, and neither sends it nor closes before something else happens. Its
 * log tells of that, though not of which connection; but that one has a response that we did not give.
 */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/http_server_internal.h"

/* The system is asked in every so-manieth run only. */
enum { RUNS_BETWEEN_LOOKS = 16 };

static bool reads_chunks(const struct http_exchange *exchange)
{
    return exchange != NULL && exchange->has_head && exchange->request_bytes == HTTP_LENGTH_UNKNOWN &&
           (exchange->state == EXCHANGE_READING || exchange->is_answered_early);
}

/* How much microhttpd has taken since the connection was opened; false: it has left nothing. */
static bool look(const struct http_connection *connection, uint64_t *ret_taken_bytes)
{
    struct tcp_info info = { 0 };
    socklen_t length = sizeof info;
    int unread_bytes = 0;

    if (ioctl(connection->descriptor, FIONREAD, &unread_bytes) < 0 ||
        getsockopt(connection->descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) < 0) {
        return false;
    }
    uint64_t left_bytes = unread_bytes > 0 ? (uint64_t)unread_bytes : 0;
    left_bytes += http_tls_pending_bytes(connection);
    *ret_taken_bytes = info.tcpi_bytes_received - left_bytes;
    return left_bytes > 0;
}

static bool is_taking(struct http_exchange *exchange, uint64_t taken_bytes)
{
    bool is_first_look = exchange->vain_runs == (unsigned)RUNS_BETWEEN_LOOKS;
    bool has_moved = is_first_look || taken_bytes != exchange->taken_bytes;

    exchange->taken_bytes = taken_bytes;
    return has_moved;
}

/* microhttpd puts a connection that was suspended back into its epoll only when it has to wait for its socket; so one
 * that it cannot go on with may have to be put there, as microhttpd would. It is there already: so much the better. */
static void end(const struct http_connection *connection)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(connection->daemon->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLET, .data.ptr = connection->mhd };

    (void)shutdown(connection->descriptor, SHUT_RDWR); /* an event, at which microhttpd ends it */
    if (connection->server->cuts_in_place && info != NULL) {
        (void)epoll_ctl(info->epoll_fd, EPOLL_CTL_ADD, connection->descriptor, &event);
    }
}

static void refuse(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;

    if (!exchange->is_answered_early) {
        http_exchange_refuse_early(exchange, MHD_HTTP_BAD_REQUEST, "The line of a chunk's size is too long.");
    }
    end(connection);
}

/* Nothing has come that it could go on with. */
static void wait_for_more(struct http_connection *connection)
{
    const struct http_server *server = connection->server;

    connection->exchange->vain_runs = 0;
    if (connection->is_client_gone || connection->is_ended) {
        end(connection);
    } else if (server->cuts_in_place && !server->is_stopping) {
        http_connection_rest(connection);
    }
}

bool http_stuck_is_told(const char *text)
{
    return strstr(text, "could be re-tried without chunk extensions") != NULL;
}

static bool is_refused_twice(const struct http_connection *connection)
{
    return connection->daemon->has_stuck_line && http_unheard_answered_status(connection) != 0;
}

static void look_at(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    uint64_t taken_bytes = 0;

    if (is_refused_twice(connection)) {
        refuse(connection);
        return;
    }
    exchange->vain_runs++;
    if (exchange->vain_runs % RUNS_BETWEEN_LOOKS != 0) {
        return;
    }
    if (!look(connection, &taken_bytes)) {
        wait_for_more(connection);
    } else if (!is_taking(exchange, taken_bytes)) {
        refuse(connection);
    }
}

void http_stuck_end(struct http_daemon *daemon)
{
    struct http_connection *next = NULL;

    for (struct http_connection *connection = daemon->connections; connection != NULL; connection = next) {
        next = connection->next_of_daemon;
        if (reads_chunks(connection->exchange) && !connection->is_resting) {
            look_at(connection);
        }
    }
    daemon->has_stuck_line = false;
}
