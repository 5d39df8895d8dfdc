/* SPDX-License-Identifier: MIT */
/*
 * unheard - requests that no route saw, because they ended before their end: microhttpd refused them, they took too
 * long, their client left. Told as any request is: in the log's last line, on the admin pages, in the metrics.
 *
 * What is not known of it is "-" in all of them, as in other servers' logs.
 *
 * Memory: none is kept.   Threads: the worker's.
 */
#ifndef GATEWAY_UNHEARD_H
#define GATEWAY_UNHEARD_H

#include "common/http_server.h"
#include "gateway/request.h"

void unheard_record(struct request_host *host, const struct http_refusal *refusal);

#endif
