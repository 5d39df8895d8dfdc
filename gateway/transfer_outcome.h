/* SPDX-License-Identifier: MIT */
/*
 * transfer_outcome - what libcurl's result, and what our callbacks saw meanwhile, say of the call.
 */
#ifndef GATEWAY_TRANSFER_OUTCOME_H
#define GATEWAY_TRANSFER_OUTCOME_H

#include "gateway/transfer.h"

/* `code` is libcurl's; the transfer still has its attempt. */
enum call_error transfer_outcome(struct transfer *transfer, int code);

#endif
