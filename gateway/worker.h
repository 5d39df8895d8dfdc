/* SPDX-License-Identifier: MIT */
/*
 * worker - one thread with one loop that holds both sides: the clients' connections and the calls.
 *
 * Workers share nothing but the listening socket, the thread pool and the log's sink.
 *
 * Memory: owned by whoever called worker_start().   Threads: worker_drain() and worker_reconfigure() may be called from
 * any thread.
 */
#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include <stdatomic.h>

#include "common/error.h"
#include "common/log.h"
#include "gateway/worker_config.h"

struct admin;
struct front_door_room;
struct metrics;
struct thread_pool;
struct worker;

struct worker_settings {
    struct config *config; /* held while it is in use */
    struct worker_place place;
    size_t connection_limit;      /* its share, and the room of all */
    struct front_door_room *room; /* outlives the worker */
    int listening_descriptor;
    struct log_sink *log_sink;
    uint64_t span_key;       /* the same for all workers: trace.h */
    struct metrics *metrics; /* the worker's own; outlives it */
    struct admin *admin;     /* NULL: none; outlives the worker */
    /* Where the pool is, once there is one; looked at when a configuration is taken over that may need it. */
    struct thread_pool *_Atomic const *pool;
    /* From the worker's thread: it has accepted all that waited, after worker_drain(); and: it is about to end. */
    void (*on_accepted_all)(void *context);
    void (*on_ended)(void *context);
    void *context;
};

/* Starts the thread. NULL: *error says why. */
struct worker *worker_start(const struct worker_settings *settings, struct error *error) must_check;
/* From any thread: `config` is for requests to come; a reference is taken. */
void worker_reconfigure(struct worker *worker, struct config *config);
/* Accept what waits, finish what runs, then end. */
void worker_drain(struct worker *worker);
/* Waits for the thread, then frees. */
void worker_join(struct worker *worker);

#endif
