/* SPDX-License-Identifier: MIT */
/*
 * loopback - which addresses are this machine's own and nobody else's. Pure; no name is looked up.
 *
 * They are 127.0.0.0/8, [::1] and the name localhost (RFC 6761 §6.3), written plainly: no 127.1, no 0x7f000001, no name
 * that some resolver turns into one of them.
 */
#ifndef LAB_LOOPBACK_H
#define LAB_LOOPBACK_H

#include <stdbool.h>

#include "common/compiler.h"
#include "common/error.h"
#include "common/str.h"
#include "common/url.h"

/* `host` without brackets, as in struct address and struct url. */
bool loopback_is_host(const char *host, bool is_ipv6);

/* "127.0.0.1:9901", which may be written as "http://127.0.0.1:9901/": a place on this machine and a port, nothing else.
 * 0, or -1 and what is allowed, to be read after "expected". */
int loopback_parse(struct str text, struct address *ret_address, struct error *allowed) must_check;
/* "127.0.0.1:9901", "[::1]:9901" */
void loopback_format(const struct address *address, char *text, size_t size);

#endif
