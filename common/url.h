/* SPDX-License-Identifier: MIT */
/*
 * url - the parts of an http(s) URL, and of a HOST:PORT address. Pure; strict; no name is looked up here.
 *
 *     http://HOST[:PORT][/PATH]     HOST is a name, an IPv4 address or an IPv6 address in brackets
 *
 * On failure the error says what is allowed, to be read after "expected" ("HOST:PORT such as …"). Refused: other
 * schemes, user information, a fragment, bytes outside visible ASCII, ports outside 1..65535 (0 too is allowed for an
 * address to listen on). A query is kept in `path`.
 *
 * Memory: fixed fields, nothing to free.
 */
#ifndef COMMON_URL_H
#define COMMON_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/compiler.h"
#include "common/error.h"
#include "common/str.h"

struct url {
    bool is_tls;         /* https */
    char host[256];      /* without brackets */
    bool is_ipv6;        /* the host is an IPv6 address: brackets are due wherever a port follows */
    bool is_name;        /* somebody has to be asked for its address: it is none, nor localhost (RFC 6761 §6.3) */
    uint16_t port;       /* 80 or 443 where none is given */
    char path[1024];     /* from its first slash, with the query; "" where there is none */
    char authority[280]; /* as a Host header says it: the port only where it is not the scheme's own */
};

int url_parse(struct str text, struct url *ret_url, struct error *error) must_check;

struct address {
    char host[256];
    bool is_ipv6;
    uint16_t port; /* 0: any free one */
};

/* HOST:PORT or [IPV6]:PORT */
int address_parse(struct str text, struct address *ret_address, struct error *error) must_check;

#endif
