/* SPDX-License-Identifier: MIT */
#include "lab/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "lab/socket_error.h"

enum {
    CONNECT_TIMEOUT_US = 10 * CLOCK_US_PER_SECOND,
    RETRY_PAUSE_US = 100 * CLOCK_US_PER_MS,
    ACCEPT_PATIENCE_US = 500 * CLOCK_US_PER_MS, /* after that nobody waits for a server that takes them one by one */
};

struct peer {
    struct sockaddr_storage address;
    socklen_t length;
};

static void hang_up(struct dial *dial, enum call_error error)
{
    if (dial->descriptor >= 0) {
        (void)close(dial->descriptor);
    }
    dial->descriptor = -1;
    dial->error = error;
}

static void start_connecting(struct dial *dial, const struct peer *peer)
{
    int enabled = 1;
    int family = peer->address.ss_family;

    dial->error = CALL_OK;
    dial->descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (dial->descriptor < 0) {
        hang_up(dial, socket_error_of_errno(errno));
        return;
    }
    (void)setsockopt(dial->descriptor, IPPROTO_TCP, TCP_NODELAY, &enabled, sizeof enabled);
    if (connect(dial->descriptor, (const struct sockaddr *)&peer->address, peer->length) < 0 && errno != EINPROGRESS) {
        hang_up(dial, socket_error_of_errno(errno));
        return;
    }
    const void *bytes = family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)&peer->address)->sin6_addr
                                           : (const void *)&((const struct sockaddr_in *)&peer->address)->sin_addr;
    (void)inet_ntop(family, bytes, dial->address, sizeof dial->address);
}

static void finish_connecting(const struct dial_config *config, struct dial *dial, uint64_t patience_us)
{
    int fault = 0;
    socklen_t length = sizeof fault;
    if (dial->descriptor < 0) {
        return;
    }

    int waited = company_wait(config->company, dial->descriptor, POLLOUT, clock_monotonic_us() + patience_us);
    if (waited <= 0) {
        hang_up(dial, socket_error_of_errno(waited == 0 ? ETIMEDOUT : -waited));
        return;
    }
    if (getsockopt(dial->descriptor, SOL_SOCKET, SO_ERROR, &fault, &length) < 0) {
        fault = errno;
    }
    if (fault != 0) {
        hang_up(dial, socket_error_of_errno(fault));
    }
}

/* One round through all addresses of the target's name. */
static void try_addresses(const struct dial_config *config, struct dial *dial)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    struct addrinfo *addresses = NULL;
    char port[8];

    (void)snprintf(port, sizeof port, "%u", dial->target->port);
    if (getaddrinfo(dial->target->host, port, &hints, &addresses) != 0) {
        dial->error = CALL_DNS_ERROR;
        return;
    }
    for (const struct addrinfo *each = addresses; each != NULL && dial->error != CALL_CANCELLED; each = each->ai_next) {
        struct peer peer = { .length = each->ai_addrlen };
        memcpy(&peer.address, each->ai_addr, each->ai_addrlen);
        start_connecting(dial, &peer);
        finish_connecting(config, dial, CONNECT_TIMEOUT_US);
        if (dial->descriptor >= 0) {
            break;
        }
    }
    freeaddrinfo(addresses);
}

/* Somebody may be about to start what is not there yet. */
static bool may_come_up(enum call_error error)
{
    return error == CALL_CONNECTION_REFUSED || error == CALL_DNS_ERROR || error == CALL_DESTINATION_UNAVAILABLE;
}

static void dial_first(const struct dial_config *config, struct dial *dial)
{
    uint64_t give_up_us = clock_monotonic_us() + config->wait_us;
    bool is_told = config->on_waiting == NULL;

    for (;;) {
        try_addresses(config, dial);
        if (!may_come_up(dial->error) || clock_monotonic_us() + RETRY_PAUSE_US > give_up_us) {
            return;
        }
        if (!is_told) {
            config->on_waiting(config->context, dial->target, dial->error);
            is_told = true;
        }
        if (company_wait(config->company, -1, 0, clock_monotonic_us() + RETRY_PAUSE_US) < 0) {
            dial->error = CALL_CANCELLED;
            return;
        }
        dial->error = CALL_OK;
    }
}

static bool is_same_target(const struct url *a, const struct url *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

/* The first of all dials to the same target. */
static struct dial *first_of_target(struct dial *dials, const struct dial *dial)
{
    struct dial *first = dials;

    while (!is_same_target(first->target, dial->target)) {
        first++;
    }
    return first;
}

static void dial_like_first(struct dial *dial, const struct dial *first)
{
    struct peer peer = { .length = sizeof peer.address };

    if (first->descriptor < 0) {
        dial->error = first->error;
        return;
    }
    if (getpeername(first->descriptor, (struct sockaddr *)&peer.address, &peer.length) < 0) {
        dial->error = CALL_CONNECTION_TERMINATED;
        return;
    }
    start_connecting(dial, &peer);
}

/* ---- until they are accepted ---- */

static bool is_alone(struct dial *dials, size_t count, const struct dial *dial)
{
    for (size_t i = 0; i < count; i++) {
        if (&dials[i] != dial && is_same_target(dials[i].target, dial->target)) {
            return false;
        }
    }
    return true;
}

/* One connection more, behind the others, that says goodbye without a word: who closes it in turn has accepted all that
 * came before it. Else a server that finds two requests on two connections, the second of which it has just accepted,
 * may read them the wrong way round: to epoll a new connection is ready from the moment it is watched (to be written
 * to), and stands before one that became ready after that, when its request came. */
static void wait_until_accepted(const struct dial_config *config, struct dial *first)
{
    struct dial last = { .target = first->target, .descriptor = -1 };

    dial_like_first(&last, first);
    finish_connecting(config, &last, ACCEPT_PATIENCE_US);
    if (last.descriptor >= 0) {
        (void)shutdown(last.descriptor, SHUT_WR);
        int waited = company_wait(config->company, last.descriptor, POLLIN, clock_monotonic_us() + ACCEPT_PATIENCE_US);
        hang_up(&last, waited < 0 ? socket_error_of_errno(-waited) : CALL_OK);
    }
    if (last.error == CALL_CANCELLED) {
        hang_up(first, CALL_CANCELLED);
    }
}

void dial_all(const struct dial_config *config, struct dial *dials, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        dials[i] = (struct dial){ .target = dials[i].target, .descriptor = -1 };
    }
    for (size_t i = 0; i < count; i++) {
        const struct dial *first = first_of_target(dials, &dials[i]);
        if (first == &dials[i]) {
            dial_first(config, &dials[i]);
        } else {
            dial_like_first(&dials[i], first);
        }
    }
    for (size_t i = 0; i < count; i++) {
        finish_connecting(config, &dials[i], CONNECT_TIMEOUT_US);
    }
    for (size_t i = 0; i < count; i++) {
        if (first_of_target(dials, &dials[i]) == &dials[i] && !is_alone(dials, count, &dials[i])) {
            wait_until_accepted(config, &dials[i]);
        }
    }
}
