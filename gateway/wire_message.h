/* SPDX-License-Identifier: MIT */
/*
 * wire_message - an attempt's request as the bytes that go to the server. Pure.
 *
 * The same request as libcurl makes of an attempt in the other modes: request line, Host, the attempt's fields, how
 * much time is left, and a length where there is a body or the method is about one. Nothing else.
 *
 * A CR or LF in a field, a target that is not visible ASCII, a line that is no field: CALL_PROXY_INTERNAL_ERROR, as
 * where there is no memory. None of it is for a client to bring about; here is the last place to stop it.
 */
#ifndef GATEWAY_WIRE_MESSAGE_H
#define GATEWAY_WIRE_MESSAGE_H

#include "common/buf.h"
#include "gateway/attempt.h"
#include "gateway/call_error.h"

/* Puts the request in place of what is in `bytes`, whose limit bounds it; time counts from now_us. A body of up to
 * body_bytes_copied goes with it, so that one send does; of a longer one *ret_body is what must follow, and is the
 * attempt's memory; it is empty otherwise. */
enum call_error wire_message_write(struct buf *bytes, const struct attempt *attempt, uint64_t now_us,
                                   size_t body_bytes_copied, struct str *ret_body) must_check;

#endif
