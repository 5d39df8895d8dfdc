/* SPDX-License-Identifier: MIT */
/*
 * A kept connection between two requests, after one that waited for its answer: it rests, suspended, until its socket
 * has something.
 *
 * To suspend a connection, microhttpd takes its socket out of its epoll; to go on with it, it puts the socket back,
 * hears at once that it can be written to, and is run for nothing. A connection whose requests wait for their answers
 * would pay that for each. One that rests stays out: our own watch, which is there anyway, wakes it.
 *
 * It may only rest when microhttpd has read nothing of the next request yet, because nobody would tell it again. The
 * kernel knows how many bytes have come: as many as the requests until now were long, or as this one, which woke it.
 * Whatever comes later makes an event of our watch. In all other cases (a body in chunks, pipelining, an empty line in
 * front) microhttpd goes on as it always does.
 *
 * Suspending where a request is completed is not among the uses that microhttpd documents; 0.9.75's sources allow it:
 * it leaves the loop over a connection's states when that is suspended, and where it was about to close instead, the
 * client's own end is an event that wakes it. So this is for 0.9.75 alone.
 */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/http_server_internal.h"

bool http_server_may_rest(void)
{
    return strcmp(MHD_get_version(), "0.9.75") == 0;
}

static uint64_t bytes_received(const struct http_connection *connection)
{
    struct tcp_info info = { 0 };
    socklen_t length = sizeof info;

    return getsockopt(connection->descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_bytes_received
                                                                                          : UINT64_MAX;
}

/* It stays open after this request, as far as both sides said. */
static bool is_kept(const struct http_exchange *exchange)
{
    return !exchange->is_aborted && !exchange->is_closing && exchange->read_more == NULL &&
           str_equal(exchange->protocol, STR("HTTP/1.1")) &&
           http_exchange_header(exchange, MHD_HTTP_HEADER_CONNECTION).base == NULL;
}

/* The first question costs less. */
static bool has_read_no_more(const struct http_connection *connection, const struct http_exchange *exchange)
{
    return connection->woken_bytes == exchange->request_bytes ||
           bytes_received(connection) == connection->request_bytes;
}

bool http_connection_can_rest(struct http_connection *connection, const struct http_exchange *exchange)
{
    const struct http_server *server = connection->server;

    if (exchange->request_bytes == HTTP_LENGTH_UNKNOWN || connection->request_bytes == HTTP_LENGTH_UNKNOWN) {
        connection->request_bytes = HTTP_LENGTH_UNKNOWN;
        return false;
    }
    connection->request_bytes += exchange->request_bytes;
    return server->may_rest && exchange->has_waited && is_kept(exchange) && !connection->is_client_gone &&
           !connection->is_ended && !server->is_draining && has_read_no_more(connection, exchange);
}

void http_connection_rest(struct http_connection *connection)
{
    connection->is_resting = true;
    MHD_suspend_connection(connection->mhd);
}

void http_connection_wake(struct http_connection *connection)
{
    int unread_bytes = 0;

    connection->woken_bytes = 0;
    if (connection->is_resting) {
        connection->is_resting = false;
        if (ioctl(connection->descriptor, FIONREAD, &unread_bytes) == 0 && unread_bytes > 0) {
            connection->woken_bytes = (uint64_t)unread_bytes;
        }
        MHD_resume_connection(connection->mhd);
        http_daemon_run_later(connection->daemon);
    }
}
