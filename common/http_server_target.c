/* SPDX-License-Identifier: MIT */
/*
 * Request targets in absolute form, "http://host:port/path": a server has to understand them (RFC 9112 §3.2.2), but it
 * is not a proxy. The owner sees the path of one that means this server; any other is refused.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "common/http_authority.h"
#include "common/http_server_internal.h"

/* ---- the path ---- */

/* What follows the authority may begin with the query, or be nothing (RFC 9112 §3.2.1, §3.2.4). */
static int set_path(struct http_exchange *exchange, struct str path)
{
    if (path.length == 0) {
        exchange->path = str_equal(exchange->method, STR("OPTIONS")) ? STR("*") : STR("/");
        return 0;
    }
    if (path.base[0] != '?') {
        exchange->path = path;
        return 0;
    }
    exchange->own_path = malloc(path.length + 1);
    if (exchange->own_path == NULL) {
        return -1;
    }
    exchange->own_path[0] = '/';
    memcpy(exchange->own_path + 1, path.base, path.length);
    exchange->path = (struct str){ exchange->own_path, path.length + 1 };
    return 0;
}

int http_server_find_path(struct http_exchange *exchange)
{
    struct http_absolute_target target;
    struct str sent = http_exchange_sent_target(exchange);

    exchange->path = sent;
    if (str_starts_with(sent, STR("/")) || !http_absolute_target_split(sent, &target)) {
        return 0;
    }
    exchange->is_absolute = true;
    return set_path(exchange, target.path);
}

/* ---- is it us? ---- */

/* Where the client connected to, as IPv6: an IPv4 address is mapped into it. */
static uint16_t local_address(const struct http_connection *connection, struct in6_addr *ret_address)
{
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } local = { .any = { .sa_family = AF_UNSPEC } };
    socklen_t length = sizeof local;

    *ret_address = (struct in6_addr)IN6ADDR_ANY_INIT;
    if (getsockname(connection->descriptor, &local.any, &length) < 0) {
        return 0;
    }
    if (local.any.sa_family == AF_INET6) {
        *ret_address = local.ipv6.sin6_addr;
        return ntohs(local.ipv6.sin6_port);
    }
    if (local.any.sa_family != AF_INET) {
        return 0;
    }
    ret_address->s6_addr[10] = 0xff;
    ret_address->s6_addr[11] = 0xff;
    memcpy(&ret_address->s6_addr[12], &local.ipv4.sin_addr, sizeof local.ipv4.sin_addr);
    return ntohs(local.ipv4.sin_port);
}

static bool is_loopback(const struct in6_addr *address)
{
    return IN6_IS_ADDR_LOOPBACK(address) || (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127);
}

static bool is_same_address(const struct http_authority *authority, const struct in6_addr *address)
{
    char text[sizeof "::ffff:" + INET6_ADDRSTRLEN];
    struct in6_addr named;

    (void)snprintf(text, sizeof text, "%s%.*s", authority->is_ipv6 ? "" : "::ffff:", STR_ARGUMENTS(authority->host));
    return inet_pton(AF_INET6, text, &named) == 1 && memcmp(&named, address, sizeof named) == 0;
}

static bool is_own_host(const struct http_connection *connection, const struct http_authority *authority)
{
    struct in6_addr address;
    uint16_t port = local_address(connection, &address);

    if (authority->port != port) {
        return false;
    }
    if (is_same_address(authority, &address) ||
        str_equal_ignoring_case(authority->host, str_of(connection->server->host))) {
        return true;
    }
    return is_loopback(&address) && str_equal_ignoring_case(authority->host, STR("localhost"));
}

/* RFC 9112 §3.2.2 lets the target win over a Host header that says something else. But whoever is in front may have
 * gone by the header: that is ambiguous. */
int http_server_check_authority(const struct http_exchange *exchange, struct str host, const char **ret_reason)
{
    const struct http_connection *connection = exchange->connection;
    struct http_absolute_target target = { .is_https = false };
    struct http_authority authority;
    struct http_authority named;

    if (!exchange->is_absolute) {
        return 0;
    }
    (void)http_absolute_target_split(http_exchange_sent_target(exchange), &target);
    uint16_t default_port = target.is_https ? HTTPS_PORT : HTTP_PORT;
    if (http_authority_parse(target.authority, default_port, &authority) < 0) {
        *ret_reason = "The request target names no host.";
        return MHD_HTTP_BAD_REQUEST;
    }
    bool is_said_twice = host.base != NULL && http_authority_parse(host, default_port, &named) == 0;
    if (is_said_twice && !http_authority_equal(&authority, &named)) {
        *ret_reason = "The request target names another host than the Host header.";
        return MHD_HTTP_BAD_REQUEST;
    }
    if (target.is_https != connection->is_secured || !is_own_host(connection, &authority)) {
        *ret_reason = "The request target is another server's.";
        return MHD_HTTP_MISDIRECTED_REQUEST;
    }
    return 0;
}
