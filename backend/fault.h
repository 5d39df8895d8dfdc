/* SPDX-License-Identifier: MIT */
/*
 * fault - the ways in which this backend misbehaves when it is asked to (`?fault=NAME`).
 *
 *     reset       RST before any byte                     close        FIN before any byte
 *     reset-mid   RST within the body                     close-mid    FIN within the body
 *     silent      never a byte                            stall        status line and headers, then never a byte
 *     drip        a byte of body every 100 ms, for ever   endless      body without end, as fast as it is read
 *     garbage     bytes that are no HTTP, then FIN        bad-json     a good answer whose body is not JSON
 *     dup-length          two Content-Length that differ
 *     length-and-chunked  a Content-Length and chunks
 *     short-length        a Content-Length shorter than the body
 *     huge-header         one header of 256 KiB           many-headers 10,000 header lines
 *     extra-bytes         a good answer with stray bytes behind it, on a connection that stays open
 *     close-next          FIN before any byte, for the next request on the connection; this one is answered as ever
 *
 * A row of the table is a name and a start function; most rows are bytes to send as they are and what comes after them.
 *
 * In the log a fault has the status that it sent; one that sent no complete status line, or never came to an end before
 * the backend itself closed the connection, has FAULT_NO_RESPONSE and no Send line. A client that leaves while a fault
 * holds it (stall, silent, drip, endless) is a 499, as elsewhere.
 *
 * Memory: `struct fault_run` is embedded in the request's owner; it holds bytes until fault_stop().
 * Threads: the loop's.
 */
#ifndef BACKEND_FAULT_H
#define BACKEND_FAULT_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/http_server.h"
#include "common/loop.h"
#include "common/str.h"

/* What nginx logs when it closes a connection without an answer. Never sent. */
enum { FAULT_NO_RESPONSE = 444 };

struct fault;

struct fault_run {
    const struct fault *fault;
    struct loop *loop;
    struct http_exchange *exchange;
    struct loop_timer timer;
    struct buf bytes; /* still to be sent */
};

/* NULL: no such fault. */
const struct fault *fault_find(struct str name);
const char *fault_name(const struct fault *fault);
/* "reset, close, …, bad-json": for help and error messages. */
void fault_add_names(struct buf *text);
/* The status for the log once the fault has begun, FAULT_NO_RESPONSE if it sends none. */
int fault_status(const struct fault *fault);
/* It does not befall the request that asks for it, but the next one on the same connection, whatever that asks for. */
bool fault_is_for_next(const struct fault *fault);

/* Begins to misbehave; the exchange ends by itself, when its client leaves, or by fault_end(). */
void fault_start(struct fault_run *run, const struct fault *fault, struct loop *loop, struct http_exchange *exchange);
/* Closes the connection of a fault that holds it or has not come to its end. */
void fault_end(struct fault_run *run);
/* Touches the exchange no more, because it is gone or about to be; frees the bytes. Of a run that never began: nothing.
 */
void fault_stop(struct fault_run *run);

#endif
