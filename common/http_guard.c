/* SPDX-License-Identifier: MIT */
#include "common/http_guard.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/compiler.h"
#include "common/http_syntax.h"

enum { BAD_REQUEST = 400, NOT_IMPLEMENTED = 501 };

/* The first fault is the one that is told. */
static void refuse(struct http_guard *guard, int status, const char *reason)
{
    if (guard->status == 0) {
        guard->status = status;
        guard->reason = reason;
    }
}

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

/* "…]" behind the opening bracket, off the front of *rest. */
static bool take_ipv6(struct str *rest)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    size_t length = str_find(*rest, ']');

    if (length == rest->length || length >= sizeof text || memchr(rest->base, '\0', length) != NULL) {
        return false;
    }
    memcpy(text, rest->base, length);
    text[length] = '\0';
    *rest = str_from(*rest, length + 1);
    return inet_pton(AF_INET6, text, &ignored) == 1;
}

/* RFC 9110 §7.2: host [":" port], where the port may be empty. An http URI has no empty host (RFC 9110 §4.2.1). */
static bool is_host(struct str value)
{
    struct str rest = value;
    uint64_t ignored = 0;

    if (str_starts_with(rest, STR("["))) {
        rest = str_from(rest, 1);
        if (!take_ipv6(&rest)) {
            return false;
        }
    } else {
        struct str name = { rest.base, str_find(rest, ':') };
        rest = str_from(rest, name.length);
        if (!is_registered_name(name)) {
            return false;
        }
    }
    if (rest.length == 0 || str_equal(rest, STR(":"))) {
        return true;
    }
    return rest.base[0] == ':' && str_to_number(str_from(rest, 1), UINT16_MAX, &ignored) == 0;
}

static void check_host(struct http_guard *guard, struct str value)
{
    guard->host_count++;
    if (guard->host_count > 1) {
        refuse(guard, BAD_REQUEST, "The request has more than one Host header.");
    } else if (!is_host(value)) {
        refuse(guard, BAD_REQUEST, "The Host header is not a host.");
    }
}

static void check_length(struct http_guard *guard, struct str value)
{
    guard->length_count++;
    if (guard->length_count > 1) {
        refuse(guard, BAD_REQUEST, "The request has more than one Content-Length header.");
    } else if (str_to_number(value, INT64_MAX, &guard->content_length) < 0) {
        refuse(guard, BAD_REQUEST, "The Content-Length header is not a length.");
    }
}

static void check_transfer_encoding(struct http_guard *guard, struct str value)
{
    guard->transfer_encoding_count++;
    if (guard->transfer_encoding_count > 1) {
        refuse(guard, BAD_REQUEST, "The request has more than one Transfer-Encoding header.");
    } else if (!str_equal_ignoring_case(value, STR("chunked"))) {
        refuse(guard, NOT_IMPLEMENTED, "The only Transfer-Encoding that is understood is chunked.");
    }
}

/* "content-" and "transfer-" with anything behind them that is no header of a request. */
static bool is_suspect_name(struct str name)
{
    static const struct str known[] = {
        STR_STATIC("Content-Type"),     STR_STATIC("Content-Encoding"), STR_STATIC("Content-Language"),
        STR_STATIC("Content-Location"), STR_STATIC("Content-Range"),    STR_STATIC("Content-Disposition"),
        STR_STATIC("Content-Digest"),   STR_STATIC("Content-MD5"),
    };
    char initial = (char)(name.base[0] | 0x20); /* spares most names the comparisons */

    if (initial != 'c' && initial != 't') {
        return false;
    }
    struct str front = { name.base, str_find(name, '-') };
    if (!str_equal_ignoring_case(front, STR("content")) && !str_equal_ignoring_case(front, STR("transfer"))) {
        return false;
    }
    for (size_t i = 0; i < array_length(known); i++) {
        if (str_equal_ignoring_case(name, known[i])) {
            return false;
        }
    }
    return true;
}

void http_guard_header(struct http_guard *guard, struct str name, struct str value)
{
    struct str trimmed = str_trim(value);

    if (!http_is_token(name)) {
        refuse(guard, BAD_REQUEST, "The name of a header is not a token.");
        return;
    }
    if (!http_is_field_value(value)) {
        refuse(guard, BAD_REQUEST, "The value of a header has a control byte in it.");
        return;
    }
    if (str_equal_ignoring_case(name, STR("Host"))) {
        check_host(guard, trimmed);
    } else if (str_equal_ignoring_case(name, STR("Content-Length"))) {
        check_length(guard, trimmed);
    } else if (str_equal_ignoring_case(name, STR("Transfer-Encoding"))) {
        check_transfer_encoding(guard, trimmed);
    } else if (is_suspect_name(name)) {
        guard->is_suspect = true;
    }
}

static void check_framing(struct http_guard *guard, bool is_http_1_1)
{
    if (is_http_1_1 && guard->host_count == 0) {
        refuse(guard, BAD_REQUEST, "The request has no Host header.");
    }
    if (guard->length_count > 0 && guard->transfer_encoding_count > 0) {
        refuse(guard, BAD_REQUEST, "The request has both a Content-Length and a Transfer-Encoding header.");
    }
    if (!is_http_1_1 && guard->transfer_encoding_count > 0) {
        refuse(guard, BAD_REQUEST, "Transfer-Encoding does not exist before HTTP/1.1.");
    }
}

/* RFC 9112 §3.2: origin form, and the asterisk of OPTIONS. */
static void check_target(struct http_guard *guard, struct str method, struct str target)
{
    if (!str_is_visible(target)) {
        refuse(guard, BAD_REQUEST, "The request target has bytes outside visible ASCII.");
    } else if (str_equal(target, STR("*"))) {
        if (!str_equal(method, STR("OPTIONS"))) {
            refuse(guard, BAD_REQUEST, "The request target * is for OPTIONS only.");
        }
    } else if (!str_starts_with(target, STR("/"))) {
        refuse(guard, BAD_REQUEST, "The request target is not a path.");
    } else if (str_find(target, '#') < target.length) {
        refuse(guard, BAD_REQUEST, "The request target has a fragment.");
    }
}

int http_guard_verdict(struct http_guard *guard, struct str method, struct str target, bool is_http_1_1,
                       const char **ret_reason)
{
    check_framing(guard, is_http_1_1);
    if (!http_is_token(method)) {
        refuse(guard, BAD_REQUEST, "The method is not a token.");
    }
    if (str_equal(method, STR("CONNECT"))) {
        refuse(guard, NOT_IMPLEMENTED, "CONNECT is not supported.");
    }
    check_target(guard, method, target);
    if (guard->status != 0) {
        *ret_reason = guard->reason;
    }
    return guard->status;
}
