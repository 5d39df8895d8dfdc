/* SPDX-License-Identifier: MIT */
/*
 * transfer_request - puts an attempt's request on a transfer's easy handle: method, URL, header fields, body, timeouts.
 *
 * Only for transfer.c.
 */
#ifndef GATEWAY_TRANSFER_REQUEST_H
#define GATEWAY_TRANSFER_REQUEST_H

#include "gateway/transfer.h"

/* What is left of the attempt's time counts from now. 0, or -ENOMEM. */
int transfer_request_set(struct transfer *transfer, const struct attempt *attempt) must_check;
/* The handle refers to nothing of the attempt any more. */
void transfer_request_unset(struct transfer *transfer);

#endif
