/* SPDX-License-Identifier: MIT */
/*
 * call_policy - when a call may start, on which server, how often it is tried, and what counts as a success.
 *
 * It starts when its backend's gate has a place, on the next of the backend's servers. One attempt; and once more, on a
 * fresh connection, when a kept connection ended before any byte of an answer came and the method may be repeated (RFC
 * 9110 §9.2.2), or when nothing had been sent on it; and when no descriptor was to be had for a new connection,
 * after some of those that nobody uses were closed. Retries, hedging and coalescing have their place here and nowhere
 * else.
 */
#ifndef GATEWAY_CALL_POLICY_H
#define GATEWAY_CALL_POLICY_H

#include "gateway/call.h"

/* scope, planned, message, and the account's name and queued_us, which is now, must be set, and all else zero. Never
 * calls on_done itself. */
void call_start(struct call *call);
/* The account is final from now on, with `error` as its cause; on_done still comes, when the strategy has let go, for a
 * call that was started. */
void call_cancel(struct call *call, enum call_error error);

#endif
