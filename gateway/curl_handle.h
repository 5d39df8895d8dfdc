/* SPDX-License-Identifier: MIT */
/*
 * curl_handle - what is the same on every easy handle of libcurl, whoever uses it and for what: the options that keep
 * it from what we never want, and the cause of a connection that did not come about.
 *
 * `easy` is a CURL *, so that libcurl's header stays in the files that drive it.
 */
#ifndef GATEWAY_CURL_HANDLE_H
#define GATEWAY_CURL_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/url.h"
#include "gateway/call_error.h"
#include "gateway/name_addresses.h"

/* No signals, no proxy, no other protocol, no redirect, HTTP/1.1, no waiting for a resolver's thread, and TLS with
 * verification (curl_tls.h). */
void curl_handle_set_constants(void *easy);

/* Longer lines for CURLOPT_RESOLVE there are none. */
enum { CURL_HANDLE_RESOLVED_BYTES = 2048 };
/* Appends what tells libcurl the addresses of the server's name, with a NUL behind it. 0 or -ENOMEM. */
int curl_handle_resolved_line(struct buf *line, const struct url *server,
                              const struct name_addresses *addresses) must_check;

/* What libcurl's code says of the way to the server: its name, its connection, its certificate. CALL_OK: nothing. */
enum call_error curl_handle_connect_error(void *easy, int code, bool is_out_of_descriptors);

/* For libcurl's timeouts: from now to the deadline and at most so long, rounded up; at least 1, because 0 means "none".
 */
long curl_handle_milliseconds(uint64_t now_us, uint64_t deadline_us, uint64_t at_most_us);

#endif
