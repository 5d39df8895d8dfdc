/* SPDX-License-Identifier: MIT */
#include "gateway/thread_pool.h"

#include <errno.h>
#include <pthread.h>

#include "common/clock.h"
#include "gateway/transfer.h"

struct pool_thread {
    struct thread_pool *pool;
    pthread_t thread;
    struct transfer_cache cache;
    struct transfer *transfer;
    bool is_held; /* under the pool's lock: see thread_pool_let_go() */
};

struct thread_pool {
    pthread_mutex_t lock;
    pthread_cond_t has_job;
    struct thread_job *first, *last;
    bool is_stopping;
    size_t held_count;   /* of threads */
    size_t thread_count; /* of those that were started */
    struct pool_thread threads[];
};

/* ---- the queue, under the lock ---- */

static void enqueue(struct thread_pool *pool, struct thread_job *job)
{
    job->is_waiting = true;
    job->next = NULL;
    job->previous = pool->last;
    if (pool->last != NULL) {
        pool->last->next = job;
    } else {
        pool->first = job;
    }
    pool->last = job;
}

static void dequeue(struct thread_pool *pool, struct thread_job *job)
{
    job->is_waiting = false;
    if (job->previous != NULL) {
        job->previous->next = job->next;
    } else {
        pool->first = job->next;
    }
    if (job->next != NULL) {
        job->next->previous = job->previous;
    } else {
        pool->last = job->previous;
    }
}

/* Not one that is held, and would not take the job. */
static void wake(struct thread_pool *pool)
{
    if (pool->held_count > 0) {
        pthread_cond_broadcast(&pool->has_job);
    } else {
        pthread_cond_signal(&pool->has_job);
    }
}

/* ---- a thread ---- */

/* NULL: the pool stops. */
static struct thread_job *wait_for_job(struct pool_thread *thread)
{
    struct thread_pool *pool = thread->pool;

    pthread_mutex_lock(&pool->lock);
    while ((pool->first == NULL || thread->is_held) && !pool->is_stopping) {
        pthread_cond_wait(&pool->has_job, &pool->lock);
    }
    struct thread_job *job = pool->is_stopping ? NULL : pool->first;
    if (job != NULL) {
        dequeue(pool, job);
        transfer_rearm(thread->transfer); /* here, under the lock: an abort from now on is meant for this job */
        job->transfer = thread->transfer;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

/* It may have waited for its thread until it was too late: then the backend hears nothing of it. libcurl, which gave
 * the thread back, is early by up to a millisecond. */
static enum call_error perform(struct pool_thread *thread, struct attempt *attempt)
{
    if (clock_monotonic_us() + CLOCK_US_PER_MS > attempt->deadline_us) {
        return CALL_HTTP_RESPONSE_TIMEOUT;
    }
    return transfer_perform(thread->transfer, attempt);
}

/* Bodies are read here, and not once more in the loop. */
static bool has_failed(struct attempt *attempt, enum call_error error)
{
    bool is_good = error == CALL_OK && attempt->status >= 200 && attempt->status <= 299;

    return !is_good || (attempt->wants_json && !attempt_has_json(attempt));
}

static enum call_error run_job(struct pool_thread *thread, struct thread_job *job)
{
    enum call_error error = perform(thread, job->attempt);
    bool is_failure = has_failed(job->attempt, error);

    pthread_mutex_lock(&thread->pool->lock);
    job->transfer = NULL;
    enum call_error cancel_error = job->cancel_error;
    thread->is_held = is_failure;
    job->held = thread->is_held ? thread : NULL;
    thread->pool->held_count += thread->is_held ? 1 : 0;
    pthread_mutex_unlock(&thread->pool->lock);
    if (cancel_error == CALL_OK) {
        return error;
    }
    return cancel_error == CALL_HTTP_RESPONSE_TIMEOUT ? attempt_timeout_error(job->attempt) : cancel_error;
}

static void *run_thread(void *context)
{
    struct pool_thread *thread = context;

    for (struct thread_job *job = wait_for_job(thread); job != NULL; job = wait_for_job(thread)) {
        job->error = run_job(thread, job);
        loop_post(job->loop, &job->on_done);
    }
    return NULL;
}

static void on_socket_closing(void *context, struct socket_entry *entry)
{
    struct pool_thread *thread = context;

    transfer_forget_socket(thread->transfer, entry->descriptor);
}

static int start_thread(struct thread_pool *pool, struct pool_thread *thread)
{
    thread->pool = pool;
    thread->transfer = transfer_new(&thread->cache);
    if (thread->transfer == NULL) {
        return -ENOMEM;
    }
    thread->cache.on_closing = on_socket_closing;
    thread->cache.context = thread;
    int code = pthread_create(&thread->thread, NULL, run_thread, thread);
    if (code != 0) {
        transfer_free(thread->transfer);
        return -code;
    }
    return 0;
}

/* ---- life ---- */

struct thread_pool *thread_pool_new(size_t thread_count)
{
    struct thread_pool *pool = calloc(1, sizeof *pool + thread_count * sizeof pool->threads[0]);

    if (pool == NULL) {
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->has_job, NULL);
    for (size_t i = 0; i < thread_count; i++) {
        int result = start_thread(pool, &pool->threads[i]);
        if (result < 0) {
            thread_pool_free(pool);
            errno = -result;
            return NULL;
        }
        pool->thread_count++;
    }
    return pool;
}

void thread_pool_free(struct thread_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->is_stopping = true;
    pthread_cond_broadcast(&pool->has_job);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->thread_count; i++) {
        transfer_abort(pool->threads[i].transfer); /* no rearming any more: wait_for_job() gives out nothing */
        (void)pthread_join(pool->threads[i].thread, NULL);
        transfer_free(pool->threads[i].transfer);
        socket_table_clear(&pool->threads[i].cache.sockets);
    }
    pthread_cond_destroy(&pool->has_job);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void thread_pool_let_go(struct pool_thread *held)
{
    struct thread_pool *pool = held->pool;

    pthread_mutex_lock(&pool->lock);
    held->is_held = false;
    pool->held_count--;
    wake(pool);
    pthread_mutex_unlock(&pool->lock);
}

void thread_pool_submit(struct thread_pool *pool, struct thread_job *job)
{
    pthread_mutex_lock(&pool->lock);
    job->transfer = NULL;
    job->cancel_error = CALL_OK;
    enqueue(pool, job);
    wake(pool);
    pthread_mutex_unlock(&pool->lock);
}

bool thread_pool_cancel(struct thread_pool *pool, struct thread_job *job, enum call_error error)
{
    pthread_mutex_lock(&pool->lock);
    bool was_waiting = job->is_waiting;
    if (was_waiting) {
        dequeue(pool, job);
    } else if (job->transfer != NULL && job->cancel_error == CALL_OK) {
        job->cancel_error = error;
        transfer_abort(job->transfer);
    }
    pthread_mutex_unlock(&pool->lock);
    return was_waiting;
}
