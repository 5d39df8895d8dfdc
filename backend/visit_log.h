/* SPDX-License-Identifier: MIT */
/*
 * visit_log - the log lines of a visit: Received when the request has been read, Send when it is answered, and the last
 * one when its exchange has ended.
 *
 * The last line's status: what was sent in full; 499 for a client that left before; FAULT_NO_RESPONSE where the backend
 * itself ended the exchange without an answer (some faults; the end of draining). A client that left before its answer
 * began has no Send line, nor has FAULT_NO_RESPONSE.
 *
 * In JSON, `request_id` is the client's X-Request-Id or null; the done event adds total_us, queue_us (in the
 * turnstile), delay_us (as drawn) and fault.
 */
#ifndef BACKEND_VISIT_LOG_H
#define BACKEND_VISIT_LOG_H

#include <stdbool.h>

#include "backend/visit.h"

void visit_log_received(const struct visit *visit);
void visit_log_send(const struct visit *visit);
/* `is_complete`: the answer was written in full. */
void visit_log_done(const struct visit *visit, bool is_complete);

#endif
