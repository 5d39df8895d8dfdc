/* SPDX-License-Identifier: MIT */
/*
 * worker - one thread with one loop that holds both sides: the clients' connections and the calls.
 *
 * Workers share nothing but the listening socket, the thread pool and the log's sink.
 *
 * Memory: owned by whoever called worker_start().   Threads: worker_drain() may be called from any thread.
 */
#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include <stdatomic.h>

#include "common/error.h"
#include "common/log.h"
#include "gateway/config.h"

struct thread_pool;
struct worker;

struct worker_settings {
    const struct config *config;
    unsigned index;
    size_t connection_limit;
    int listening_descriptor;
    struct log_sink *log_sink;
    struct thread_pool *pool; /* NULL: no call of mode threads will be made */
    /* From the worker's thread: it has accepted all that waited, after worker_drain(); and: it is about to end. */
    void (*on_accepted_all)(void *context);
    void (*on_ended)(void *context);
    void *context;
};

/* Starts the thread. NULL: *error says why. */
struct worker *worker_start(const struct worker_settings *settings, struct error *error) must_check;
/* Accept what waits, finish what runs, then end. */
void worker_drain(struct worker *worker);
/* Waits for the thread, then frees. */
void worker_join(struct worker *worker);

#endif
