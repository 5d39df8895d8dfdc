/* SPDX-License-Identifier: MIT */
/*
 * sender - sends requests at the same instant and writes down what becomes of each.
 *
 * All sockets are connected first. Then the requests are written one after the other, in the order of the tasks,
 * without waiting for answers; the answers are taken as they come. Each request has a connection of its own, so none
 * waits for another and none is ever sent twice. What happens is logged in the words of the notes this project began
 * with:
 *
 *     2024-04-20 07:59:04,569 - --- task1 -----
 *     2024-04-20 07:59:04,569 - --- task1 Send!!
 *     2024-04-20 07:59:14,606 - --- task1 status = 200
 *     2024-04-20 07:59:14,606 - --- task1{"res":{"message":"success"}}
 *     2024-04-20 07:59:14,606 - --- task2 error = connection_refused
 *
 * Bodies are shown up to SENDER_SHOWN_BYTES, as lab/printable.h has it, and refused beyond SENDER_BODY_BYTES.
 *
 * With sender_transfer.c the only part that knows libcurl.   Threads: none shared.
 */
#ifndef LAB_SENDER_H
#define LAB_SENDER_H

#include <stddef.h>
#include <stdint.h>

#include "common/log.h"
#include "common/url.h"
#include "gateway/call_error.h"
#include "lab/dial.h"

enum { SENDER_BODY_BYTES = 8 * 1024 * 1024, SENDER_SHOWN_BYTES = 64 * 1024, SENDER_HEADER_BYTES = 256 * 1024 };

struct sender_task {
    const char *name; /* as the log calls it */
    struct url url;
};

struct sender_result {
    uint64_t sent_us;      /* the request had been written, monotonic clock; CLOCK_NEVER_US: it never was */
    uint64_t ended_us;     /* the answer was complete, or the failure certain */
    int status;            /* 0: no complete answer */
    enum call_error error; /* then: why; CALL_CANCELLED: the company gave up */
    uint16_t port;         /* our end of the connection: how the other side's records name us; 0: there was none */
};

struct sender_config {
    struct dial_config dial; /* how to connect, and whom to serve while waiting */
    struct log *log;
    uint64_t answer_timeout_us; /* the longest wait for one answer, up to 24 days; CLOCK_NEVER_US: none */
};

/* Fills one result for each task. 0; -ECANCELED: the company gave up (what was under way is cancelled); -ENOMEM. */
int sender_run(const struct sender_config *config, const struct sender_task *tasks, struct sender_result *results,
               size_t count) must_check;

/* "libcurl 7.88.1", the version that is running. */
void sender_library_version(char *text, size_t size);

#endif
