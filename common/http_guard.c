/* SPDX-License-Identifier: MIT */
#include "common/http_guard.h"

#include "common/compiler.h"
#include "common/http_authority.h"
#include "common/http_syntax.h"

enum { BAD_REQUEST = 400, EXPECTATION_FAILED = 417, NOT_IMPLEMENTED = 501 };

/* The first fault is the one that is told. */
static void refuse(struct http_guard *guard, int status, const char *reason)
{
    if (guard->status == 0) {
        guard->status = status;
        guard->reason = reason;
    }
}

static void check_host(struct http_guard *guard, struct str value)
{
    struct http_authority ignored;

    guard->host_count++;
    guard->host = value;
    if (guard->host_count > 1) {
        refuse(guard, BAD_REQUEST, "The request has more than one Host header.");
    } else if (http_authority_parse(value, HTTP_PORT, &ignored) < 0) {
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

/* microhttpd 0.9 leaves blanks behind a value where they are, and then does not know the word either. */
static void check_transfer_encoding(struct http_guard *guard, struct str value)
{
    static const struct str chunked = STR_STATIC("chunked");
    struct str trimmed = str_trim(value);

    guard->transfer_encoding_count++;
    if (guard->transfer_encoding_count > 1) {
        refuse(guard, BAD_REQUEST, "The request has more than one Transfer-Encoding header.");
    } else if (!str_equal_ignoring_case(trimmed, chunked)) {
        refuse(guard, NOT_IMPLEMENTED, "The only Transfer-Encoding that is understood is chunked.");
    } else if (trimmed.base + trimmed.length != value.base + value.length) {
        refuse(guard, NOT_IMPLEMENTED, "A Transfer-Encoding with a blank behind it is not understood.");
    }
}

/* RFC 9110 §10.1.1: a list, which may be empty. */
static void check_expectation(struct http_guard *guard, struct str value)
{
    if (value.length > 0 && !str_equal_ignoring_case(value, STR("100-continue"))) {
        refuse(guard, EXPECTATION_FAILED, "The only expectation that is met is 100-continue.");
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
        check_transfer_encoding(guard, value);
    } else if (str_equal_ignoring_case(name, STR("Expect"))) {
        check_expectation(guard, trimmed);
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
