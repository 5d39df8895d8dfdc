/* SPDX-License-Identifier: MIT */
/*
 * thread_pool - `--threads` threads that make blocking calls, first come, first served; one pool for all workers.
 *
 * Each thread keeps one transfer with connections of its own. A job that waits can be withdrawn; one that runs can be
 * told to stop: a flag that its transfer looks at, and its socket shut down.
 *
 * A job that failed may be the end of others that wait: its thread takes no other before it is let go.
 *
 * Memory: a job is its submitter's and must live until it was withdrawn or its `on_done` task has run.
 * Threads: any thread may submit and cancel; the outcome comes to the job's loop.
 */
#ifndef GATEWAY_THREAD_POOL_H
#define GATEWAY_THREAD_POOL_H

#include <stddef.h>

#include "common/compiler.h"
#include "common/loop.h"
#include "gateway/attempt.h"

struct thread_pool;
struct transfer;
struct pool_thread;

struct thread_job {
    struct attempt *attempt;
    struct loop *loop;
    struct loop_task on_done; /* posted to `loop` when the job ran; `error` is set */
    enum call_error error;
    struct pool_thread *held; /* for thread_pool_let_go(), when on_done has been acted on; NULL: nothing to let go */
    /* The pool's own, under its lock. */
    struct transfer *transfer; /* it runs there */
    enum call_error cancel_error;
    bool is_waiting;
    struct thread_job *previous, *next;
};

/* NULL: no memory or no threads; errno says which. */
struct thread_pool *thread_pool_new(size_t thread_count) must_check;
/* Ends what runs and joins the threads. No job may be waiting. */
void thread_pool_free(struct thread_pool *pool);

void thread_pool_submit(struct thread_pool *pool, struct thread_job *job);
/* True: it was still waiting and is withdrawn; on_done does not come. False: it runs, is told to stop, and on_done
 * comes with `error`; or it is over, and on_done comes with what it came to. */
bool thread_pool_cancel(struct thread_pool *pool, struct thread_job *job, enum call_error error);
/* On the job's loop: whoever has to hear of its failure has heard, and withdrawn what it withdraws. */
void thread_pool_let_go(struct pool_thread *held);

#endif
