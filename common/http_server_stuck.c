/* SPDX-License-Identifier: MIT */
/*
 * Bodies in chunks with which microhttpd cannot go on.
 *
 * The line with a chunk's size may be longer than what its buffer has left (zeros in front, an extension). 0.9 then
 * neither reads on nor ends, and wants to be run again and again, until somebody ends it. It says nothing of that, but
 * it can be seen: it is run, there is something to read, nothing of it is taken, and no piece of the body comes.
 *
 * 1.0.1 refuses such a line, but one with an extension twice (handle_req_chunk_size_line_no_space() goes on behind the
 * first time): it then takes the answer for sent, and neither sends it nor closes before something else happens. Its
 * log tells of that, though not of which connection; but that one has a response that we did not give.
 */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
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

static bool is_stuck(const struct http_connection *connection, struct http_exchange *exchange)
{
    uint64_t taken_bytes = 0;

    exchange->vain_runs++;
    if (exchange->vain_runs % RUNS_BETWEEN_LOOKS != 0) {
        return false;
    }
    if (!look(connection, &taken_bytes)) {
        exchange->vain_runs = 0;
        return false;
    }
    bool has_moved = exchange->vain_runs == (unsigned)RUNS_BETWEEN_LOOKS || taken_bytes != exchange->taken_bytes;
    exchange->taken_bytes = taken_bytes;
    return !has_moved;
}

bool http_stuck_is_told(const char *text)
{
    return strstr(text, "could be re-tried without chunk extensions") != NULL;
}

static bool is_refused_twice(const struct http_daemon *daemon, const struct http_connection *connection)
{
    return daemon->has_stuck_line && http_unheard_answered_status(connection) != 0;
}

void http_stuck_end(struct http_daemon *daemon)
{
    struct http_connection *next = NULL;

    for (struct http_connection *connection = daemon->connections; connection != NULL; connection = next) {
        struct http_exchange *exchange = connection->exchange;
        next = connection->next_of_daemon;
        if (!reads_chunks(exchange) || (!is_refused_twice(daemon, connection) && !is_stuck(connection, exchange))) {
            continue;
        }
        if (!exchange->is_answered_early) {
            http_exchange_refuse_early(exchange, MHD_HTTP_BAD_REQUEST, "The line of a chunk's size is too long.");
        }
        (void)shutdown(connection->descriptor, SHUT_RDWR); /* an event, at which microhttpd ends it */
    }
    daemon->has_stuck_line = false;
}
