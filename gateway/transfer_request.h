/* SPDX-License-Identifier: MIT */
/*
 * transfer_request - puts an attempt's request on a transfer's easy handle: server, method, target, header fields,
 * body, timeouts. What the handle has already is not set again.
 *
 * Memory: owns what libcurl reads while the transfer runs, but for the body, which stays the attempt's.
 *
 * Only for transfer.c.
 */
#ifndef GATEWAY_TRANSFER_REQUEST_H
#define GATEWAY_TRANSFER_REQUEST_H

#include "gateway/attempt.h"

struct transfer_request;

/* For an easy handle, which is cleaned up before it. `answer_bytes`: how large answers were of late, 0 to begin with;
 * it may be shared with other requests, and outlives them. NULL: no memory. */
struct transfer_request *transfer_request_new(void *easy, size_t *answer_bytes) must_check;
/* After the handle's clean-up. */
void transfer_request_free(struct transfer_request *request);

/* What is left of the attempt's time counts from now. 0, -ENOMEM, or -EINVAL: a line break or a blank in what is sent,
 * which would make it something else, or a field that is none. */
int transfer_request_set(struct transfer_request *request, const struct attempt *attempt, uint64_t now_us) must_check;
/* The handle refers to nothing of the attempt any more. `answer_bytes`: what came, head and body; 0: nothing. */
void transfer_request_unset(struct transfer_request *request, size_t answer_bytes);

#endif
