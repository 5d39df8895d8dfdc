/* SPDX-License-Identifier: MIT */
/*
 * transfer_sockets - the connection that a transfer's request goes out on: libcurl opens and closes it through these
 * callbacks, and asks here before it sends, so that a kept one with stray bytes, and a replay, are refused.
 *
 * Threads: the transfer's.
 */
#ifndef GATEWAY_TRANSFER_SOCKETS_H
#define GATEWAY_TRANSFER_SOCKETS_H

#include "gateway/transfer.h"

/* Once, on the transfer's handle. */
void transfer_sockets_set_callbacks(struct transfer *transfer);
/* For another attempt. */
void transfer_sockets_begin(struct transfer *transfer);
/* It is over; the transfer still has it. */
void transfer_sockets_end(struct transfer *transfer);

#endif
