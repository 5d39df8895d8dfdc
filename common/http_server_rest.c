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
 * kernel knows how many bytes have come, to this moment, and how many of them were not read: the rest is as long as the
 * requests until now were. (What lay in the socket when it was woken would not do: more may have come before microhttpd
 * read it.) Where the next request is there already, its event may be over, and it is woken at once; whatever comes
 * later makes an event of our watch. In all other cases (a body in chunks, pipelining, an empty line in front)
 * microhttpd goes on as it always does.
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

uint64_t http_connection_bytes_received(const struct http_connection *connection)
{
    struct tcp_info info = { 0 };
    socklen_t length = sizeof info;

    return getsockopt(connection->descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_bytes_received
                                                                                          : UINT64_MAX;
}

/* Quick clients are there with the next request before this one is over. What is unread is asked for first: bytes that
 * come between the two questions make the sum too large, and never a wrong one right. Not for TLS, whose bytes are
 * others than those that microhttpd reads. */
static bool has_left_the_rest(struct http_connection *connection)
{
    int unread_bytes = 0;

    if (connection->tls_session != NULL || ioctl(connection->descriptor, FIONREAD, &unread_bytes) < 0 ||
        unread_bytes <= 0) {
        return false;
    }
    uint64_t received_bytes = http_connection_bytes_received(connection);
    connection->is_next_there = received_bytes == connection->request_bytes + (uint64_t)unread_bytes;
    return connection->is_next_there;
}

static bool has_read_no_more(struct http_connection *connection)
{
    return http_connection_bytes_received(connection) == connection->request_bytes || has_left_the_rest(connection);
}

/* It stays open after this request, as far as both sides said. */
static bool is_kept(const struct http_exchange *exchange)
{
    return !exchange->is_aborted && !exchange->is_closing && exchange->read_more == NULL &&
           str_equal(exchange->protocol, STR("HTTP/1.1")) &&
           http_exchange_header(exchange, MHD_HTTP_HEADER_CONNECTION).base == NULL;
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
           !connection->is_ended && !server->is_draining && has_read_no_more(connection);
}

void http_connection_rest(struct http_connection *connection)
{
    connection->is_resting = true;
    MHD_suspend_connection(connection->mhd);
    if (connection->is_next_there) {
        connection->is_next_there = false;
        http_connection_wake(connection);
    }
}

void http_connection_wake(struct http_connection *connection)
{
    if (connection->is_resting) {
        connection->is_resting = false;
        MHD_resume_connection(connection->mhd);
        http_daemon_run_later(connection->daemon);
    }
}
