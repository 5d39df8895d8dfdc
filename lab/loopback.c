/* SPDX-License-Identifier: MIT */
#include "lab/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define ALLOWED "an address of this machine: 127.0.0.1:PORT, [::1]:PORT or localhost:PORT"

enum { IPV4_LOOPBACK_NET = 127 };

bool loopback_is_host(const char *host, bool is_ipv6)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;

    if (is_ipv6) {
        return inet_pton(AF_INET6, host, &ipv6) == 1 && IN6_IS_ADDR_LOOPBACK(&ipv6);
    }
    if (inet_pton(AF_INET, host, &ipv4) == 1) {
        return ntohl(ipv4.s_addr) >> 24 == IPV4_LOOPBACK_NET;
    }
    return str_equal_ignoring_case(str_of(host), STR("localhost"));
}

int loopback_parse(struct str text, struct address *ret_address, struct error *allowed)
{
    struct address address;
    struct error ignored;

    if (str_starts_with(text, STR("http://"))) {
        text = str_from(text, strlen("http://"));
        text.length -= text.length > 0 && text.base[text.length - 1] == '/' ? 1 : 0;
    }
    if (!str_is_visible(text) || address_parse(text, &address, &ignored) < 0 || address.port == 0 ||
        !loopback_is_host(address.host, address.is_ipv6)) {
        return error_set(allowed, ALLOWED);
    }
    *ret_address = address;
    return 0;
}

void loopback_format(const struct address *address, char *text, size_t size)
{
    (void)snprintf(text, size, address->is_ipv6 ? "[%s]:%u" : "%s:%u", address->host, (unsigned)address->port);
}
