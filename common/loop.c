/* SPDX-License-Identifier: MIT */
#include "common/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "common/clock.h"
#include "common/timer_heap.h"

enum { EVENTS_PER_WAIT = 256, LONGEST_WAIT_MS = 60000 };

struct loop {
    int epoll_descriptor;
    struct timer_heap timers;
    struct loop_hook *hooks;
    uint64_t now_us;
    atomic_bool is_stopping;

    struct epoll_event events[EVENTS_PER_WAIT]; /* the current batch */
    int event_count;
    int event_next; /* of those, the first that is not dispatched yet */

    struct loop_watch wake_watch; /* an eventfd: something was posted */
    pthread_mutex_t lock;         /* of posted_* */
    struct loop_task *posted_first;
    struct loop_task **posted_last;
};

/* ---- timers ---- */

int loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t due_us)
{
    return timer_heap_arm(&loop->timers, timer, due_us);
}

void loop_disarm(struct loop *loop, struct loop_timer *timer)
{
    timer_heap_disarm(&loop->timers, timer);
}

/* At most as many as were armed when it began: a timer that keeps arming itself for now cannot hold up the turn. */
static void fire_due_timers(struct loop *loop)
{
    for (size_t left = loop->timers.count; left > 0; left--) {
        struct loop_timer *timer = timer_heap_take_due(&loop->timers, loop->now_us);
        if (timer == NULL) {
            return;
        }
        timer->on_due(timer->context);
    }
}

/* ---- watches ---- */

static int control(struct loop *loop, int operation, struct loop_watch *watch)
{
    struct epoll_event event = { .events = watch->events, .data.ptr = watch };

    return epoll_ctl(loop->epoll_descriptor, operation, watch->descriptor, &event) < 0 ? -errno : 0;
}

int loop_watch(struct loop *loop, struct loop_watch *watch, int descriptor, uint32_t events)
{
    watch->descriptor = descriptor;
    watch->events = events;
    int result = control(loop, EPOLL_CTL_ADD, watch);
    watch->is_watching = result == 0;
    return result;
}

int loop_rewatch(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    if (watch->events == events) {
        return 0;
    }
    watch->events = events;
    return control(loop, EPOLL_CTL_MOD, watch);
}

void loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
    if (!watch->is_watching) {
        return;
    }
    watch->is_watching = false;
    (void)control(loop, EPOLL_CTL_DEL, watch);
    for (int i = loop->event_next; i < loop->event_count; i++) {
        if (loop->events[i].data.ptr == watch) {
            loop->events[i].data.ptr = NULL;
        }
    }
}

/* ---- hooks and posted tasks ---- */

void loop_add_hook(struct loop *loop, struct loop_hook *hook)
{
    struct loop_hook **last = &loop->hooks;

    while (*last != NULL) {
        last = &(*last)->next;
    }
    hook->next = NULL;
    *last = hook;
}

void loop_remove_hook(struct loop *loop, struct loop_hook *hook)
{
    for (struct loop_hook **link = &loop->hooks; *link != NULL; link = &(*link)->next) {
        if (*link == hook) {
            *link = hook->next;
            return;
        }
    }
}

static uint64_t run_hooks(struct loop *loop)
{
    uint64_t longest_wait_us = CLOCK_NEVER_US;
    struct loop_hook *next = NULL;

    for (struct loop_hook *hook = loop->hooks; hook != NULL; hook = next) {
        next = hook->next;
        uint64_t wait_us = hook->before_wait(hook->context);
        if (wait_us < longest_wait_us) {
            longest_wait_us = wait_us;
        }
    }
    return longest_wait_us;
}

static void wake(struct loop *loop)
{
    uint64_t one = 1;

    /* Fails only when the counter is full, and then the loop is awake already. */
    (void)!write(loop->wake_watch.descriptor, &one, sizeof one);
}

void loop_post(struct loop *loop, struct loop_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&loop->lock);
    bool was_empty = loop->posted_first == NULL;
    *loop->posted_last = task;
    loop->posted_last = &task->next;
    if (was_empty) {
        wake(loop); /* under the lock: the task, and with it perhaps the loop, may be gone right after */
    }
    pthread_mutex_unlock(&loop->lock);
}

static void run_posted_tasks(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct loop_task *task = loop->posted_first;
    loop->posted_first = NULL;
    loop->posted_last = &loop->posted_first;
    pthread_mutex_unlock(&loop->lock);

    while (task != NULL) {
        struct loop_task *next = task->next;
        task->run(task->context);
        task = next;
    }
}

static void on_wake(void *context, uint32_t events)
{
    struct loop *loop = context;
    uint64_t count = 0;

    (void)events;
    (void)!read(loop->wake_watch.descriptor, &count, sizeof count);
    run_posted_tasks(loop);
}

/* ---- life ---- */

static int open_descriptors(struct loop *loop)
{
    loop->epoll_descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_descriptor < 0) {
        return -errno;
    }
    int wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_descriptor < 0) {
        return -errno;
    }
    loop->wake_watch.descriptor = wake_descriptor;
    return loop_watch(loop, &loop->wake_watch, wake_descriptor, EPOLLIN);
}

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL) {
        return NULL;
    }
    loop->epoll_descriptor = -1;
    loop->posted_last = &loop->posted_first;
    loop->wake_watch = (struct loop_watch){ .on_ready = on_wake, .context = loop, .descriptor = -1 };
    loop->now_us = clock_monotonic_us();
    atomic_init(&loop->is_stopping, false);
    pthread_mutex_init(&loop->lock, NULL);
    int result = open_descriptors(loop);
    if (result < 0) {
        loop_free(loop);
        errno = -result;
        return NULL;
    }
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    if (loop->wake_watch.descriptor >= 0) {
        (void)close(loop->wake_watch.descriptor);
    }
    if (loop->epoll_descriptor >= 0) {
        (void)close(loop->epoll_descriptor);
    }
    pthread_mutex_destroy(&loop->lock);
    timer_heap_clear(&loop->timers);
    free(loop);
}

uint64_t loop_now_us(const struct loop *loop)
{
    return loop->now_us;
}

/* In epoll's milliseconds, rounded up so that no timer is found not yet due. */
static int wait_ms(const struct loop *loop, uint64_t longest_wait_us)
{
    uint64_t now_us = clock_monotonic_us();
    uint64_t due_us = timer_heap_first_us(&loop->timers);
    uint64_t left_us = due_us > now_us ? due_us - now_us : 0;

    if (left_us < longest_wait_us) {
        longest_wait_us = left_us;
    }
    if (longest_wait_us > (uint64_t)LONGEST_WAIT_MS * CLOCK_US_PER_MS) {
        return LONGEST_WAIT_MS;
    }
    return (int)((longest_wait_us + CLOCK_US_PER_MS - 1) / CLOCK_US_PER_MS);
}

static int wait_for_events(struct loop *loop, uint64_t longest_wait_us)
{
    int count = epoll_wait(loop->epoll_descriptor, loop->events, EVENTS_PER_WAIT, wait_ms(loop, longest_wait_us));
    if (count < 0 && errno != EINTR) {
        return -errno;
    }
    loop->event_count = count > 0 ? count : 0;
    loop->now_us = clock_monotonic_us();
    return 0;
}

static void dispatch_events(struct loop *loop)
{
    for (loop->event_next = 0; loop->event_next < loop->event_count;) {
        const struct epoll_event *event = &loop->events[loop->event_next++];
        struct loop_watch *watch = event->data.ptr;
        if (watch != NULL) {
            watch->on_ready(watch->context, event->events);
        }
    }
    loop->event_count = 0;
}

int loop_turn(struct loop *loop, uint64_t longest_wait_us)
{
    uint64_t hooks_wait_us = run_hooks(loop);
    if (hooks_wait_us < longest_wait_us) {
        longest_wait_us = hooks_wait_us;
    }
    if (atomic_load(&loop->is_stopping)) {
        longest_wait_us = 0;
    }
    int result = wait_for_events(loop, longest_wait_us);
    if (result < 0) {
        return result;
    }
    dispatch_events(loop);
    fire_due_timers(loop);
    return 0;
}

int loop_run(struct loop *loop)
{
    int result = 0;

    while (result == 0 && !atomic_load(&loop->is_stopping)) {
        result = loop_turn(loop, CLOCK_NEVER_US);
    }
    (void)run_hooks(loop); /* what the last turn left to say: log lines */
    return result;
}

void loop_stop(struct loop *loop)
{
    atomic_store(&loop->is_stopping, true);
    wake(loop);
}
