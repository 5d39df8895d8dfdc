/* SPDX-License-Identifier: MIT */
#include "lab/serve_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "common/compiler.h"
#include "lab/loopback.h"

enum { BAD_REQUEST = 400, FORBIDDEN = 403, UNSUPPORTED_MEDIA_TYPE = 415, MISDIRECTED = 421 };
enum { HTTP_PORT = 80, HOST_BYTES = 300 };

/* ---- our own address ---- */

/* In network order; of an IPv4 address the first four. */
struct ip_address {
    unsigned char bytes[sizeof(struct in6_addr)];
};

/* False: it is a name. */
static bool read_ip(const struct address *address, struct ip_address *ret_ip)
{
    *ret_ip = (struct ip_address){ { 0 } };
    return inet_pton(address->is_ipv6 ? AF_INET6 : AF_INET, address->host, ret_ip->bytes) == 1;
}

static bool is_same_ip(const struct ip_address *a, const struct ip_address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static bool is_any_address(const struct address *address)
{
    static const struct ip_address any = { { 0 } };
    struct ip_address ip;

    return read_ip(address, &ip) && is_same_ip(&ip, &any);
}

void serve_guard_init(struct serve_guard *guard, const struct address *listen, uint16_t port)
{
    *guard = (struct serve_guard){ .own = *listen };
    guard->own.port = port;
    guard->is_loopback = loopback_is_host(listen->host, listen->is_ipv6);
    guard->is_any = is_any_address(listen);
}

/* [::1] may be written in many ways. */
static bool is_same_host(const struct address *a, const struct address *b)
{
    struct ip_address ip_a;
    struct ip_address ip_b;

    if (a->is_ipv6 != b->is_ipv6) {
        return false;
    }
    if (read_ip(a, &ip_a) && read_ip(b, &ip_b)) {
        return is_same_ip(&ip_a, &ip_b);
    }
    return str_equal_ignoring_case(str_of(a->host), str_of(b->host));
}

/* What a browser's address bar may show for a server on loopback. */
static bool is_usual_loopback(const struct address *address)
{
    static const struct address usual[] = {
        { .host = "localhost" },
        { .host = "127.0.0.1" },
        { .host = "::1", .is_ipv6 = true },
    };

    for (size_t i = 0; i < array_length(usual); i++) {
        if (is_same_host(address, &usual[i])) {
            return true;
        }
    }
    return false;
}

/* A Host header's value; http's own port is left out there. */
static bool read_host(struct str host, struct address *ret_address)
{
    char text[HOST_BYTES];
    struct error ignored;
    size_t last = host.length;

    while (last > 0 && host.base[last - 1] != ':' && host.base[last - 1] != ']') {
        last--;
    }
    bool has_port = last > 0 && host.base[last - 1] == ':';
    int length = has_port ? snprintf(text, sizeof text, "%.*s", STR_ARGUMENTS(host))
                          : snprintf(text, sizeof text, "%.*s:%d", STR_ARGUMENTS(host), HTTP_PORT);
    if (length < 0 || (size_t)length >= sizeof text) {
        return false;
    }
    return address_parse(str_of(text), ret_address, &ignored) == 0;
}

static bool is_our_host(const struct serve_guard *guard, struct str host)
{
    struct address address;
    struct ip_address ignored;

    if (!read_host(host, &address) || address.port != guard->own.port) {
        return false;
    }
    if (is_same_host(&address, &guard->own)) {
        return true;
    }
    if (guard->is_any) {
        return read_ip(&address, &ignored) || is_usual_loopback(&address);
    }
    return guard->is_loopback && is_usual_loopback(&address);
}

/* ---- our own page ---- */

static bool is_our_origin(const struct serve_guard_request *request)
{
    struct str scheme = STR("http://");
    struct str front = { request->origin.base, scheme.length };

    return request->origin.length > scheme.length && str_equal_ignoring_case(front, scheme) &&
           str_equal_ignoring_case(str_from(request->origin, scheme.length), request->host);
}

/* A link to the page, on somebody else's. */
static bool opens_the_page(const struct serve_guard_request *request)
{
    bool only_reads = str_equal(request->method, STR("GET")) || str_equal(request->method, STR("HEAD"));
    bool is_document = request->fetch_destination.length == 0 || str_equal(request->fetch_destination, STR("document"));

    return only_reads && is_document && str_equal(request->path, STR("/")) &&
           str_equal(request->fetch_mode, STR("navigate"));
}

static bool is_from_our_page(const struct serve_guard_request *request)
{
    if (request->origin.base != NULL && !is_our_origin(request)) {
        return false;
    }
    return request->fetch_site.base == NULL || str_equal(request->fetch_site, STR("same-origin")) ||
           str_equal(request->fetch_site, STR("none")) || opens_the_page(request);
}

static bool is_json(struct str content_type)
{
    struct str type = { content_type.base, str_find(content_type, ';') };

    return str_equal_ignoring_case(str_trim(type), STR("application/json"));
}

/* ---- the verdict ---- */

void serve_guard_header(struct serve_guard_request *request, struct str name, struct str value)
{
    const struct {
        struct str name;
        struct str *value;
    } known[] = {
        { STR("Host"), &request->host },
        { STR("Origin"), &request->origin },
        { STR("Sec-Fetch-Site"), &request->fetch_site },
        { STR("Sec-Fetch-Mode"), &request->fetch_mode },
        { STR("Sec-Fetch-Dest"), &request->fetch_destination },
        { STR("Content-Type"), &request->content_type },
    };

    for (size_t i = 0; i < array_length(known); i++) {
        if (str_equal_ignoring_case(name, known[i].name)) {
            request->is_ambiguous = request->is_ambiguous || known[i].value->base != NULL;
            *known[i].value = str_trim(value);
        }
    }
}

int serve_guard_judge(const struct serve_guard *guard, const struct serve_guard_request *request,
                      const char **ret_reason)
{
    if (request->is_ambiguous) {
        *ret_reason = "The request has a header twice that says who it is for or where it comes from.";
        return BAD_REQUEST;
    }
    if (!is_our_host(guard, request->host)) {
        *ret_reason = "The Host header is not the address this server was told to listen on.";
        return MISDIRECTED;
    }
    if (!is_from_our_page(request)) {
        *ret_reason = "Only this server's own page may ask for that.";
        return FORBIDDEN;
    }
    if (str_equal(request->method, STR("POST")) && !is_json(request->content_type)) {
        *ret_reason = "The Content-Type must be application/json.";
        return UNSUPPORTED_MEDIA_TYPE;
    }
    return 0;
}
