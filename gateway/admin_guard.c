/* SPDX-License-Identifier: MIT */
#include "gateway/admin_guard.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "common/http_authority.h"

static bool is_on_this_machine(struct str client)
{
    return str_starts_with(client, STR("127.")) || str_starts_with(client, STR("[::1]")) ||
           str_starts_with(client, STR("[::ffff:127."));
}

static bool is_ipv4(struct str host)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr ignored;

    return host.length < sizeof text && snprintf(text, sizeof text, "%.*s", STR_ARGUMENTS(host)) > 0 &&
           inet_pton(AF_INET, text, &ignored) == 1;
}

/* RFC 6761 §6.3: all names below it are this machine, too. */
static bool is_below_localhost(struct str host)
{
    const struct str suffix = STR(".localhost");

    return host.length > suffix.length && str_equal_ignoring_case(str_from(host, host.length - suffix.length), suffix);
}

/* One dot at the end says only that nothing follows. */
static bool is_own_name(struct str host)
{
    host.length -= host.length > 0 && host.base[host.length - 1] == '.';
    return str_find(host, '.') == host.length || is_below_localhost(host);
}

bool admin_guard_allows(struct str host, struct str client)
{
    struct http_authority authority;

    if (host.base == NULL || !is_on_this_machine(client)) {
        return true;
    }
    if (http_authority_parse(host, HTTP_PORT, &authority) < 0) {
        return false;
    }
    return authority.is_ipv6 || is_ipv4(authority.host) || is_own_name(authority.host);
}
