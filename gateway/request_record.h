/* SPDX-License-Identifier: MIT */
/*
 * request_record - what is told of a request: its log lines, its record for the admin pages, its counters.
 *
 * The record is one JSON object, the same as the log's `done` event: in the log, in /requests, in /events, in _explain.
 */
#ifndef GATEWAY_REQUEST_RECORD_H
#define GATEWAY_REQUEST_RECORD_H

#include "common/buf.h"
#include "gateway/account.h"
#include "gateway/request.h"

void request_record_received(const struct request *request);
void request_record_send(const struct request *request);
/* The last: log line, record, counters. */
void request_record_done(struct request *request);

/* The account as of `done_us`. */
struct account request_account(const struct request *request, uint64_t done_us);
/* The object, without a line break. */
void request_record_render(const struct request *request, uint64_t done_us, struct buf *json);

#endif
