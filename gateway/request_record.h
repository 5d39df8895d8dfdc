/* SPDX-License-Identifier: MIT */
/*
 * request_record - what is told of a request: its log lines, its record for the admin pages, its counters.
 *
 * The record (record.h) is the same in the log's `done` event, in /requests, in /events, in _explain.
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

/* The account as of `done_us`. Not before the calls are over: what is put together first is kept. */
const struct account *request_account(struct request *request, uint64_t done_us);
/* The object, without a line break. */
void request_record_render(struct request *request, uint64_t done_us, struct buf *json);

#endif
