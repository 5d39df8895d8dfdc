/* SPDX-License-Identifier: MIT */
#include "lab/load_target.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>

#include "common/buf.h"

enum { PROBE_TIMEOUT_MS = 1000 };

static int prepare_request(struct load_target *target, const struct url *url, struct error *error)
{
    int length = snprintf(target->request, sizeof target->request, "GET %s%s HTTP/1.1\r\nHost: %s\r\n\r\n",
                          url->path[0] == '/' ? "" : "/", url->path, url->authority);

    if (length < 0 || (size_t)length >= sizeof target->request) {
        return error_set(error, "http://%s%s is too long", url->authority, url->path);
    }
    target->request_length = (size_t)length;
    return 0;
}

/* A connection to it can be opened. Tried and closed again: nothing is sent. */
static bool can_connect(const struct addrinfo *address, int wake)
{
    cleanup_close int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int fault = 0;
    socklen_t length = sizeof fault;

    if (descriptor < 0) {
        return false;
    }
    if (connect(descriptor, address->ai_addr, address->ai_addrlen) == 0) {
        return true;
    }
    struct pollfd entries[] = { { .fd = descriptor, .events = POLLOUT }, { .fd = wake, .events = POLLIN } };
    if (errno != EINPROGRESS || poll(entries, array_length(entries), PROBE_TIMEOUT_MS) <= 0) {
        return false;
    }
    bool is_decided = (entries[0].revents & POLLOUT) != 0;
    return is_decided && getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &fault, &length) == 0 && fault == 0;
}

static const struct addrinfo *choose(const struct addrinfo *addresses, int wake)
{
    if (addresses->ai_next == NULL) {
        return addresses;
    }
    for (const struct addrinfo *each = addresses; each != NULL; each = each->ai_next) {
        if (can_connect(each, wake)) {
            return each;
        }
    }
    return addresses;
}

int load_target_find(struct load_target *target, const struct url *url, int wake, struct error *error)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    struct addrinfo *addresses = NULL;
    char port[8];

    *target = (struct load_target){ .address_length = 0 };
    if (prepare_request(target, url, error) < 0) {
        return -1;
    }
    (void)snprintf(port, sizeof port, "%u", url->port);
    int code = getaddrinfo(url->host, port, &hints, &addresses);
    if (code != 0) {
        return error_set(error, "cannot find %s: %s", url->host, gai_strerror(code));
    }
    const struct addrinfo *chosen = choose(addresses, wake);
    memcpy(&target->address, chosen->ai_addr, chosen->ai_addrlen);
    target->address_length = chosen->ai_addrlen;
    freeaddrinfo(addresses);
    return 0;
}
