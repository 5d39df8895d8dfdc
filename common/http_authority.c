/* SPDX-License-Identifier: MIT */
#include "common/http_authority.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "common/http_syntax.h"

/* RFC 3986 §3.2.2: unreserved, percent-encoded and sub-delims. */
static bool is_registered_name(struct str name)
{
    for (size_t i = 0; i < name.length; i++) {
        if (name.base[i] == '%') {
            if (name.length - i < 3 || !http_byte_is(name.base[i + 1], HTTP_BYTE_HEXADECIMAL) ||
                !http_byte_is(name.base[i + 2], HTTP_BYTE_HEXADECIMAL)) {
                return false;
            }
        } else if (!http_byte_is(name.base[i], HTTP_BYTE_HOST)) {
            return false;
        }
    }
    return name.length > 0;
}

static bool is_ipv6(struct str address)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr ignored;

    if (address.length >= sizeof text || memchr(address.base, '\0', address.length) != NULL) {
        return false;
    }
    memcpy(text, address.base, address.length);
    text[address.length] = '\0';
    return inet_pton(AF_INET6, text, &ignored) == 1;
}

/* Off the front of *rest. */
static bool take_host(struct str *rest, struct http_authority *authority)
{
    authority->is_ipv6 = str_starts_with(*rest, STR("["));
    if (!authority->is_ipv6) {
        authority->host = (struct str){ rest->base, str_find(*rest, ':') };
        *rest = str_from(*rest, authority->host.length);
        return is_registered_name(authority->host);
    }
    *rest = str_from(*rest, 1);
    authority->host = (struct str){ rest->base, str_find(*rest, ']') };
    if (authority->host.length == rest->length) {
        return false;
    }
    *rest = str_from(*rest, authority->host.length + 1);
    return is_ipv6(authority->host);
}

int http_authority_parse(struct str text, uint16_t default_port, struct http_authority *ret_authority)
{
    struct http_authority authority = { .port = default_port };
    struct str rest = text;
    uint64_t port = default_port;

    if (!take_host(&rest, &authority)) {
        return -EINVAL;
    }
    bool has_port = rest.length > 1;
    if (rest.length > 0 && rest.base[0] != ':') {
        return -EINVAL;
    }
    if (has_port && str_to_number(str_from(rest, 1), UINT16_MAX, &port) < 0) {
        return -EINVAL;
    }
    authority.port = (uint16_t)port;
    *ret_authority = authority;
    return 0;
}

bool http_authority_equal(const struct http_authority *a, const struct http_authority *b)
{
    return a->port == b->port && a->is_ipv6 == b->is_ipv6 && str_equal_ignoring_case(a->host, b->host);
}

static bool take_scheme(struct str *rest, struct str scheme)
{
    struct str front = { rest->base, rest->length < scheme.length ? rest->length : scheme.length };

    if (!str_equal_ignoring_case(front, scheme)) {
        return false;
    }
    *rest = str_from(*rest, scheme.length);
    return true;
}

bool http_absolute_target_split(struct str target, struct http_absolute_target *ret_target)
{
    struct str rest = target;
    bool is_https = take_scheme(&rest, STR("https://"));
    size_t length = 0;

    if (!is_https && !take_scheme(&rest, STR("http://"))) {
        return false;
    }
    while (length < rest.length && rest.base[length] != '/' && rest.base[length] != '?' && rest.base[length] != '#') {
        length++;
    }
    ret_target->is_https = is_https;
    ret_target->authority = (struct str){ rest.base, length };
    ret_target->path = str_from(rest, length);
    return true;
}
