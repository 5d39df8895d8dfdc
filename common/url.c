/* SPDX-License-Identifier: MIT */
#include "common/url.h"

#include <arpa/inet.h>
#include <string.h>

#define URL_FORM "http://HOST[:PORT][/PATH]"
#define ADDRESS_FORM "HOST:PORT such as 127.0.0.1:8080 or [::1]:8080"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_name_byte(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '-' ||
           byte == '_' || byte == '.';
}

static void copy(char *target, struct str text)
{
    memcpy(target, text.base, text.length);
    target[text.length] = '\0';
}

/* A name that ends in a number is meant as an IPv4 address, and then has to be one. */
static bool is_name_or_ipv4(const char *host)
{
    const char *last_label = strrchr(host, '.');
    struct in_addr ignored;

    last_label = last_label != NULL ? last_label + 1 : host;
    if (last_label[0] != '\0' && strspn(last_label, "0123456789") == strlen(last_label)) {
        return inet_pton(AF_INET, host, &ignored) == 1;
    }
    for (const char *byte = host; *byte != '\0'; byte++) {
        if (!is_name_byte(*byte) || (byte[0] == '.' && byte[1] == '.')) {
            return false;
        }
    }
    return host[0] != '\0' && host[0] != '.';
}

/* Reads "HOST" or "[IPV6]" off the front of *rest into `host` (256 bytes). */
static bool take_host(struct str *rest, char *host, bool *ret_is_ipv6)
{
    struct in6_addr ignored;
    bool is_ipv6 = rest->length > 0 && rest->base[0] == '[';
    struct str name = *rest;

    if (is_ipv6) {
        size_t end = str_find(*rest, ']');
        if (end == rest->length) {
            return false;
        }
        name = (struct str){ rest->base + 1, end - 1 };
        *rest = str_from(*rest, end + 1);
    } else {
        name.length = str_find(*rest, ':');
        *rest = str_from(*rest, name.length);
    }
    if (name.length > 255 || !str_is_visible(name)) {
        return false;
    }
    copy(host, name);
    *ret_is_ipv6 = is_ipv6;
    return is_ipv6 ? inet_pton(AF_INET6, host, &ignored) == 1 : is_name_or_ipv4(host);
}

/* ":PORT" and nothing behind it. */
static bool parse_port(struct str text, uint64_t lowest, uint16_t *ret_port)
{
    uint64_t port = 0;

    if (text.length < 2 || text.length > 6 || text.base[0] != ':' ||
        str_to_number(str_from(text, 1), UINT16_MAX, &port) < 0 || port < lowest) {
        return false;
    }
    *ret_port = (uint16_t)port;
    return true;
}

/* inet_aton() knows IPv4 addresses in hexadecimal, too, as libcurl does. */
static bool is_to_be_looked_up(const struct url *url)
{
    const struct str host = str_of(url->host);
    const struct str local = STR("localhost");
    struct in_addr ignored;

    if (url->is_ipv6 || inet_aton(url->host, &ignored) != 0) {
        return false;
    }
    struct str end = host.length > local.length ? str_from(host, host.length - local.length) : host;
    bool is_local = str_equal_ignoring_case(end, local) &&
                    (host.length == local.length || host.base[host.length - local.length - 1] == '.');
    return !is_local;
}

static void format_authority(struct url *url)
{
    const char *open = url->is_ipv6 ? "[" : "";
    const char *close = url->is_ipv6 ? "]" : "";

    if (url->port == (url->is_tls ? 443 : 80)) {
        (void)snprintf(url->authority, sizeof url->authority, "%s%s%s", open, url->host, close);
    } else {
        (void)snprintf(url->authority, sizeof url->authority, "%s%s%s:%u", open, url->host, close, url->port);
    }
}

static bool take_scheme(struct str *rest, bool *ret_is_tls)
{
    const struct str schemes[] = { STR("http://"), STR("https://") };

    for (size_t i = 0; i < array_length(schemes); i++) {
        struct str front = { rest->base, schemes[i].length };
        if (rest->length >= front.length && str_equal_ignoring_case(front, schemes[i])) {
            *rest = str_from(*rest, front.length);
            *ret_is_tls = i == 1;
            return true;
        }
    }
    return false;
}

int url_parse(struct str text, struct url *ret_url, struct error *error)
{
    struct url url = { 0 };
    struct str rest = text;

    if (!str_is_visible(text)) {
        return error_set(error, URL_FORM " in visible ASCII");
    }
    if (!take_scheme(&rest, &url.is_tls)) {
        return error_set(error, URL_FORM " (or https)");
    }
    if (str_find(rest, '#') < rest.length) {
        return error_set(error, URL_FORM " without a fragment");
    }
    struct str authority = { rest.base, str_find(rest, '/') };
    struct str path = str_from(rest, authority.length);
    if (str_find(authority, '@') < authority.length) {
        return error_set(error, URL_FORM " without user information");
    }
    if (!take_host(&authority, url.host, &url.is_ipv6)) {
        return error_set(error, URL_FORM " with a name, an IPv4 address or an [IPv6 address] as host");
    }
    url.port = url.is_tls ? 443 : 80;
    if (authority.length > 0 && !parse_port(authority, 1, &url.port)) {
        return error_set(error, URL_FORM " with a port from 1 to 65535");
    }
    if (path.length >= sizeof url.path) {
        return error_set(error, URL_FORM " with a path of at most %zu bytes", sizeof url.path - 1);
    }
    url.is_name = is_to_be_looked_up(&url);
    copy(url.path, path);
    format_authority(&url);
    *ret_url = url;
    return 0;
}

int address_parse(struct str text, struct address *ret_address, struct error *error)
{
    struct address address = { 0 };
    struct str rest = text;

    if (!take_host(&rest, address.host, &address.is_ipv6)) {
        return error_set(error, ADDRESS_FORM);
    }
    if (!parse_port(rest, 0, &address.port)) {
        return error_set(error, ADDRESS_FORM ", with a port from 0 (any free one) to 65535");
    }
    *ret_address = address;
    return 0;
}
