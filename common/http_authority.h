/* SPDX-License-Identifier: MIT */
/*
 * http_authority - host and port, as a Host header and a request target in absolute form have them. Pure.
 *
 * Source: RFC 9110 §7.2, RFC 3986 §3.2.2; without user information (RFC 9110 §4.2.4).
 *
 * Memory: views of the text that was given.
 */
#ifndef COMMON_HTTP_AUTHORITY_H
#define COMMON_HTTP_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/compiler.h"
#include "common/str.h"

enum { HTTP_PORT = 80, HTTPS_PORT = 443 };

struct http_authority {
    struct str host; /* an IPv6 address without its brackets */
    bool is_ipv6;
    uint16_t port; /* the scheme's own where none is given */
};

/* host [":" port], where the port may be empty; no empty host. 0 or -EINVAL. */
int http_authority_parse(struct str text, uint16_t default_port, struct http_authority *ret_authority) must_check;
/* Text for text: nothing is looked up, and no escape decoded. */
bool http_authority_equal(const struct http_authority *a, const struct http_authority *b);

/* A request target in absolute form (RFC 9112 §3.2.2). */
struct http_absolute_target {
    bool is_https;
    struct str authority;
    struct str path; /* and query; empty where there is none */
};

/* False: it is in another form, or of another scheme. */
bool http_absolute_target_split(struct str target, struct http_absolute_target *ret_target);

#endif
