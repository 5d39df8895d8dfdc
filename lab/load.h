/* SPDX-License-Identifier: MIT */
/*
 * load - many requests to one URL, and how long each took: a client light enough not to be what is measured.
 *
 * Closed loop (rate 0): `connections` clients, each with a connection of its own, send the next request when the last
 * is answered. Latency counts from when a client is free for its request: opening a connection is part of it, where one
 * must be opened. Open loop: request k is due at start + k / rate, whatever became of those before it; it takes a
 * connection that is free, or a new one up to `connections`, or waits for one. Its latency counts from when it was due
 * (no coordinated omission); the time from its sending is kept beside it, as "uncorrected", to show the difference.
 *
 * Requests are prepared once; a request is one send(2) and an answer mostly one recv(2). Answers are read with
 * http_parser (Debian's), bodies dropped. A connection that the server closes is opened again; a request whose kept
 * connection ended before any byte of an answer counts as failed (connection_terminated), nothing is sent twice. In the
 * closed loop a client whose connection could not be opened rests 10 ms.
 *
 * What counts (lab/load_tally.h has the reasons):
 *
 *   latency     of the requests that were due in the window, `duration_us` behind the warm-up, wherever they end. At
 *               the window's end nothing new becomes due; what is under way, and in the open loop what is due and waits
 *               for a connection, has `grace_us` to be answered. What is not by then is "unanswered": its age goes into
 *               the samples as a lower bound. Answers but 2xx, and failures, are counted and leave no sample: a quick
 *               refusal must not look like a quick answer.
 *   the early   Requests due in the warm-up are not counted, but in the closed loop where one was never answered, or
 *   ones        where answers take so long that no request at all was due in the window: then those under way are.
 *   throughput  is answered_in_window / elapsed_us: 2xx answers that came in the window, whenever they were due. So a
 *               server that needs longer than the window for each, but serves many at once, gets what it deserves.
 *
 * Bounded are the connections, an answer's head (16 KiB), and the samples: an open loop that would need more than
 * SAMPLES_MOST is refused, in a closed loop the window ends when they are full.
 *
 * Memory: samples (see lab/samples.h), 256 bytes a connection, 64 KiB.
 * Threads: load_run() blocks its caller; load_stop() is for any other thread or a signal's.
 */
#ifndef LAB_LOAD_H
#define LAB_LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/url.h"
#include "gateway/call_error.h"
#include "lab/samples.h"

enum { LOAD_CONNECTIONS_MOST = 20000 };

struct load_setup {
    struct url url;         /* plain http, an address or a name; the query is part of its path */
    size_t connections;     /* 1 and up */
    double rate_per_second; /* 0: closed loop */
    uint64_t warm_up_us;
    /* Of what is counted; CLOCK_NEVER_US (closed loop): until request_limit, or until nothing was answered for grace_us
     * (0: however long that takes). */
    uint64_t duration_us;
    uint64_t request_limit; /* closed loop: ends when so many were answered or failed, warm-up included; 0: none */
    uint64_t grace_us;
};

struct load_result {
    uint64_t answered;                 /* with 2xx, in full */
    uint64_t refused;                  /* answered with another status */
    uint64_t failed[CALL_ERROR_COUNT]; /* no whole answer, by cause */
    uint64_t unanswered;               /* by the end of the grace */
    int first_refusal_status;          /* of the first of `refused`; 0: none */
    /* Open loop: of all these, those that were due while no connection was free. Then `connections`, or a slow server,
     * is what makes them late, and not the client. */
    uint64_t waited;

    /* From the end of the warm-up to the end of `duration_us`, or of the last request where request_limit ended it:
     * what throughput is divided by. */
    uint64_t elapsed_us;
    uint64_t answered_in_window; /* 2xx in full within elapsed_us, whenever they were due: not a part of `answered` */
    uint64_t cpu_us;             /* of the calling thread, during elapsed_us */
    bool was_stopped;            /* by load_stop(): what was under way then is counted nowhere */

    struct samples latency;     /* open loop: from when due; closed: from when its client was free */
    struct samples uncorrected; /* open loop: from sending; closed: empty */
    /* Open loop: how long after it was due a request was written; waiting for a connection and opening one are part of
     * it. Closed: empty. */
    struct samples lateness;
};

/* One measurement under way, as another thread sees it. */
struct load {
    _Atomic bool stop;
    int wake; /* eventfd(2) */
};

/* 0, or -1 and a sentence. */
int load_init(struct load *load, struct error *error) must_check;
void load_clear(struct load *load);
/* Async-signal-safe. load_run() then returns at once, with what was measured, and so does any later one. */
void load_stop(struct load *load);

/* Fills *ret_result (load_result_clear() frees it) when it returns 0; or -1 and a sentence: nothing could be measured
 * at all (no memory, no descriptors, a name that cannot be found). That nobody listens is a result. */
int load_run(struct load *load, const struct load_setup *setup, struct load_result *ret_result,
             struct error *error) must_check;
void load_result_clear(struct load_result *result);
/* All that did not end with 2xx in full. */
uint64_t load_result_failures(const struct load_result *result);

#endif
