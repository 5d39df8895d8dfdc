/* SPDX-License-Identifier: MIT */
/*
 * visit - one request's stay in the backend, from its being read to its last log line.
 *
 *     visit_begin ─► turnstile ─► delay (a timer) ─► answer or fault ─► finished
 *                    (may queue)
 *
 * GET /hello ("Hello world"), GET /healthz ({"status":"ok"}) and POST /_refuse (closes the door for a while) skip all
 * that, and so does a request whose fault an earlier one on its connection asked for. What is answered:
 * backend/visit_answer.h. What is logged: backend/visit_log.h.
 *
 * Memory: a visit frees itself when its exchange ends.   Threads: the loop's.   Units: microseconds.
 */
#ifndef BACKEND_VISIT_H
#define BACKEND_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/fault.h"
#include "backend/knobs.h"
#include "backend/service.h"
#include "backend/turnstile.h"
#include "common/http_server.h"
#include "common/loop.h"

struct visit {
    struct service *service;
    struct http_exchange *exchange;
    struct knobs knobs;
    uint64_t read_us; /* when the request was there */

    /* Waiting */
    struct turnstile_ticket ticket;
    struct loop_timer delay_timer;
    uint64_t delay_us; /* as drawn */
    uint64_t turn_us;  /* when it was let in; 0: not yet */

    /* Answering */
    int status;    /* 0: no answer has begun */
    bool is_quiet; /* logged at level debug only */
    bool is_client_gone;
    struct fault_run fault_run;
    bool is_faulty; /* linked in service->faulty */
    struct visit *previous, *next;
};

void visit_begin(struct service *service, struct http_exchange *exchange);
/* Answers with a problem document, at once, and closes the connection. */
void visit_refuse(struct service *service, struct http_exchange *exchange, int status, const char *reason);
/* Closes the connections of all visits whose fault has begun. */
void visit_end_faults(struct service *service);

#endif
