/* SPDX-License-Identifier: MIT */
/*
 * upstream_threads - what most blocking servers do: each call blocks a thread of a pool; fine until the pool is full.
 */
#include <stdlib.h>

#include "common/compiler.h"
#include "gateway/thread_pool.h"
#include "gateway/upstream.h"

struct upstream_threads {
    struct upstream upstream;
    struct loop *loop;
    struct thread_pool *pool;
};

/* The attempt's thread_job is its `transfer`. */
static void complete(struct thread_job *job, enum call_error error)
{
    struct attempt *attempt = job->attempt;

    attempt->transfer = NULL;
    free(job);
    attempt_complete(attempt, error);
}

static void on_job_done(void *context)
{
    struct thread_job *job = context;
    struct attempt_queue *completions = job->attempt->completions;
    struct pool_thread *held = job->held;

    complete(job, job->error);
    if (held != NULL) {
        attempt_queue_drain(completions); /* what this failure ends is not to be started by the thread that it frees */
        thread_pool_let_go(held);
    }
}

static void start(struct upstream *upstream, struct attempt *attempt)
{
    struct upstream_threads *threads = container_of(upstream, struct upstream_threads, upstream);
    struct thread_job *job = calloc(1, sizeof *job);

    if (job == NULL) {
        attempt_complete(attempt, CALL_PROXY_INTERNAL_ERROR);
        return;
    }
    job->attempt = attempt;
    job->loop = threads->loop;
    job->on_done = (struct loop_task){ .run = on_job_done, .context = job };
    attempt->transfer = job;
    attempt->started_us = 0; /* with its name found, it waits for a thread like all others */
    thread_pool_submit(threads->pool, job);
}

static void cancel(struct upstream *upstream, struct attempt *attempt, enum call_error error)
{
    struct upstream_threads *threads = container_of(upstream, struct upstream_threads, upstream);
    struct thread_job *job = attempt->transfer;

    if (thread_pool_cancel(threads->pool, job, error)) {
        complete(job, error);
    }
}

static void free_threads(struct upstream *upstream)
{
    free(container_of(upstream, struct upstream_threads, upstream));
}

struct upstream *upstream_threads_new(struct loop *loop, struct thread_pool *pool)
{
    static const struct upstream_operations operations = {
        .name = "threads",
        .start = start,
        .cancel = cancel,
        .free = free_threads,
    };
    struct upstream_threads *threads = calloc(1, sizeof *threads);

    if (threads == NULL) {
        return NULL;
    }
    threads->upstream.operations = &operations;
    threads->loop = loop;
    threads->pool = pool;
    return &threads->upstream;
}
