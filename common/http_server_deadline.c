/* SPDX-License-Identifier: MIT */
/*
 * How long a client may take, by one timer for each connection.
 *
 * The timer is lazy: it stays where it is while a request goes from head to body to answer. It is never armed for later
 * than the shortest of the timeouts from now, so it fires before anything that begins meanwhile can be overdue, sees
 * what the connection is at, and is armed again. A busy connection costs one turn of the heap per timeout.
 */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/http_bare_answer.h"
#include "common/http_server_internal.h"

enum {
    EXCUSE_US = 250 * CLOCK_US_PER_MS,
    KERNEL_TICK_US = 10 * CLOCK_US_PER_MS, /* the kernel's times of movement are no finer */
};

enum phase_kind { PHASE_IDLE, PHASE_HEAD, PHASE_BODY, PHASE_SEND, PHASE_OURS };

struct phase {
    enum phase_kind kind;
    uint64_t since_us;
    uint64_t limit_us;    /* the end of its time; CLOCK_NEVER_US: none */
    bool ends_when_quiet; /* idle_timeout_us without movement ends it */
};

static uint64_t earlier(uint64_t a_us, uint64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

/* A timeout of 0 is none. */
static uint64_t after(uint64_t start_us, uint64_t timeout_us)
{
    return timeout_us == 0 || timeout_us >= CLOCK_NEVER_US - start_us ? CLOCK_NEVER_US : start_us + timeout_us;
}

uint64_t http_deadline_shortest_us(const struct http_server_config *config)
{
    uint64_t idle_us = after(0, config->idle_timeout_us);
    uint64_t header_us = after(0, config->header_timeout_us);
    uint64_t body_us = after(0, config->body_timeout_us);
    uint64_t send_us = after(0, config->send_timeout_us);

    return earlier(earlier(idle_us, header_us), earlier(body_us, send_us));
}

/* ---- what a connection is at ---- */

static enum phase_kind kind_of(const struct http_connection *connection)
{
    const struct http_exchange *exchange = connection->exchange;

    if (exchange == NULL) {
        return PHASE_IDLE;
    }
    if (exchange->is_aborted) {
        return PHASE_OURS;
    }
    switch (exchange->state) {
    case EXCHANGE_READING:
        return exchange->has_head ? PHASE_BODY : PHASE_HEAD;
    case EXCHANGE_ANSWERED:
    case EXCHANGE_SENDING:
        return PHASE_SEND;
    case EXCHANGE_STREAMING:
        return exchange->is_endless ? PHASE_OURS : PHASE_SEND;
    case EXCHANGE_HANDLING:
    case EXCHANGE_WAITING:
        break;
    }
    return PHASE_OURS;
}

/* Bytes that make no request line do not count as a request: whatever comes, the head is complete by then. */
static uint64_t latest_head_us(const struct http_connection *connection)
{
    const struct http_server_config *config = &connection->server->config;

    if (!connection->is_kept) {
        return after(connection->idle_since_us, config->header_timeout_us);
    }
    uint64_t idle_end_us = after(connection->idle_since_us, config->idle_timeout_us);
    return idle_end_us == CLOCK_NEVER_US ? CLOCK_NEVER_US : after(idle_end_us, config->header_timeout_us);
}

static struct phase phase_of(const struct http_connection *connection)
{
    const struct http_server_config *config = &connection->server->config;
    const struct http_exchange *exchange = connection->exchange;
    struct phase phase = { .kind = kind_of(connection), .limit_us = CLOCK_NEVER_US };

    switch (phase.kind) {
    case PHASE_IDLE:
        phase.since_us = connection->idle_since_us;
        phase.limit_us = latest_head_us(connection);
        phase.ends_when_quiet = connection->is_kept || config->header_timeout_us == 0;
        break;
    case PHASE_HEAD:
        phase.since_us = exchange->begun_us;
        phase.limit_us = earlier(after(exchange->begun_us, config->header_timeout_us), latest_head_us(connection));
        phase.ends_when_quiet = config->header_timeout_us == 0;
        break;
    case PHASE_BODY:
        phase.since_us = exchange->head_read_us;
        phase.limit_us = after(exchange->head_read_us, config->body_timeout_us);
        phase.ends_when_quiet = config->body_timeout_us == 0;
        break;
    case PHASE_SEND:
        phase.since_us = exchange->answered_us;
        phase.limit_us = after(exchange->answered_us, exchange->is_endless ? 0 : config->send_timeout_us);
        phase.ends_when_quiet = phase.limit_us == CLOCK_NEVER_US && exchange->state != EXCHANGE_STREAMING;
        break;
    case PHASE_OURS:
        break;
    }
    return phase;
}

static uint64_t due_us(const struct http_connection *connection, const struct phase *phase)
{
    if (!phase->ends_when_quiet) {
        return phase->limit_us;
    }
    uint64_t moved_us = phase->since_us > connection->moved_us ? phase->since_us : connection->moved_us;
    return earlier(phase->limit_us, after(moved_us, connection->server->config.idle_timeout_us));
}

/* ---- what the kernel knows of it ---- */

static struct tcp_info tcp_info_of(const struct http_connection *connection)
{
    struct tcp_info info = { 0 };
    socklen_t length = sizeof info;

    (void)getsockopt(connection->descriptor, IPPROTO_TCP, TCP_INFO, &info, &length);
    return info;
}

static uint64_t ago_us(uint32_t elapsed_ms)
{
    return clock_monotonic_us() - (uint64_t)elapsed_ms * CLOCK_US_PER_MS;
}

static void notice_movement(struct http_connection *connection)
{
    struct tcp_info info = tcp_info_of(connection);
    bool was_sent_later = info.tcpi_last_data_sent < info.tcpi_last_data_recv;

    connection->moved_us = ago_us(was_sent_later ? info.tcpi_last_data_sent : info.tcpi_last_data_recv);
}

/* Has a part of a request line come since the connection was opened or answered? */
static bool has_begun_a_request(const struct http_connection *connection)
{
    struct tcp_info info = tcp_info_of(connection);

    if (!connection->is_kept && connection->tls_session != NULL) {
        return http_tls_has_request_bytes(connection);
    }
    if (!connection->is_kept) {
        return info.tcpi_bytes_received > 0;
    }
    return ago_us(info.tcpi_last_data_recv) > connection->idle_since_us + KERNEL_TICK_US;
}

/* Bytes of the client's to be read, or room for ours. Its end alone is neither. */
static bool could_move(const struct http_connection *connection, const struct phase *phase)
{
    struct pollfd entry = { .fd = connection->descriptor, .events = POLLOUT };
    int unread_bytes = 0;

    if (phase->kind == PHASE_SEND) {
        return poll(&entry, 1, 0) == 1 && (entry.revents & POLLOUT) != 0;
    }
    return ioctl(connection->descriptor, FIONREAD, &unread_bytes) == 0 && unread_bytes > 0;
}

/* After a call that blocked the loop, what the client did meanwhile may lie in its socket: that is no fault of the
 * client's. One excuse, and another one whenever this timer, too, comes late; else a drip of bytes would do. */
static bool is_excused(struct http_connection *connection, const struct phase *phase, uint64_t now_us)
{
    uint64_t overdue_us = due_us(connection, phase);
    bool has_stood_still = now_us > connection->timer.due_us + EXCUSE_US;

    if (connection->excused_us == overdue_us && !has_stood_still) {
        return false;
    }
    connection->excused_us = overdue_us;
    return could_move(connection, phase);
}

/* ---- the end ---- */

/* microhttpd lets nobody answer a request that is not read to its end. Nothing else is on its way at this point, so
 * these bytes cannot come between those of an answer. */
static void say_timeout(struct http_connection *connection)
{
    char text[HTTP_BARE_ANSWER_BYTES];
    size_t length = http_bare_answer(MHD_HTTP_REQUEST_TIMEOUT, text);

    (void)http_connection_send(connection, (struct str){ text, length });
}

/* microhttpd sees the end of the socket in its next run, and closes. */
static void end(struct http_connection *connection, const struct phase *phase)
{
    connection->is_ended = true;
    if (phase->kind == PHASE_SEND) {
        /* The kernel drops what was not taken, too; a stream that is suspended ends as if the client had left. */
        http_connection_reset(connection);
        return;
    }
    if (phase->kind != PHASE_IDLE || has_begun_a_request(connection)) {
        say_timeout(connection);
        if (connection->exchange == NULL) {
            http_unheard_timeout(connection);
        }
    }
    http_tls_say_goodbye(connection);
    (void)shutdown(connection->descriptor, SHUT_RDWR);
}

bool http_deadline_has_been_quiet(const struct http_connection *connection, uint64_t duration_us)
{
    return ago_us(tcp_info_of(connection).tcpi_last_data_recv) + duration_us <= clock_monotonic_us();
}

void http_deadline_end(struct http_connection *connection)
{
    struct phase phase = phase_of(connection);

    end(connection, &phase);
}

/* ---- the timer ---- */

static void arm(struct http_connection *connection, uint64_t now_us, uint64_t at_us)
{
    struct http_server *server = connection->server;
    uint64_t look_us = earlier(at_us, after(now_us, server->shortest_timeout_us));

    if (look_us != CLOCK_NEVER_US && loop_arm(server->loop, &connection->timer, look_us) < 0) {
        (void)shutdown(connection->descriptor, SHUT_RDWR); /* no memory: better an end than no limit */
    }
}

static void on_due(void *context)
{
    struct http_connection *connection = context;
    uint64_t now_us = loop_now_us(connection->server->loop);
    struct phase phase = phase_of(connection);

    if (phase.ends_when_quiet && due_us(connection, &phase) <= now_us) {
        notice_movement(connection);
    }
    uint64_t at_us = due_us(connection, &phase);
    if (at_us > now_us) {
        arm(connection, now_us, at_us);
    } else if (is_excused(connection, &phase, now_us)) {
        arm(connection, now_us, now_us + EXCUSE_US);
    } else {
        end(connection, &phase);
    }
}

void http_deadline_start(struct http_connection *connection)
{
    connection->idle_since_us = clock_monotonic_us();
    connection->timer = (struct loop_timer){ .on_due = on_due, .context = connection };
    arm(connection, connection->idle_since_us, CLOCK_NEVER_US);
}

void http_deadline_review(struct http_connection *connection)
{
    struct phase phase = phase_of(connection);

    if (!connection->is_ended) {
        arm(connection, clock_monotonic_us(), due_us(connection, &phase));
    }
}

void http_deadline_stop(struct http_connection *connection)
{
    loop_disarm(connection->server->loop, &connection->timer);
}
