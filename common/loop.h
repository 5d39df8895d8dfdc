/* SPDX-License-Identifier: MIT */
/*
 * loop - one epoll, its watches and timers, and a door for other threads.
 *
 * A turn of the loop: wait; dispatch the ready watches; run what other threads posted; fire the timers that are due;
 * run the hooks in the order they were added. Watches, timers, hooks and tasks are small structs embedded in their
 * owner, who keeps them alive while they are in use. Removing a watch also neutralises its events of the current batch.
 *
 * Memory: the loop allocates nothing per watch; the timer heap grows with the number of armed timers.
 * Threads: everything belongs to the loop's thread, except loop_post() and loop_stop().
 * Units: microseconds of the monotonic clock. Timers fire late by up to a millisecond (epoll_wait's unit), never early.
 */
#ifndef COMMON_LOOP_H
#define COMMON_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"

struct loop;

/* `events`: what epoll reported (EPOLLIN, …). */
typedef void loop_ready_fn(void *context, uint32_t events);
typedef void loop_timer_fn(void *context);
typedef void loop_task_fn(void *context);
/* Runs once per turn, before the wait; returns the longest wait it can bear, 0: none, CLOCK_NEVER_US: any. */
typedef uint64_t loop_hook_fn(void *context);

struct loop_watch {
    loop_ready_fn *on_ready;
    void *context;
    int descriptor;
    uint32_t events; /* the mask it is registered with */
    bool is_watching;
};

struct loop_timer {
    loop_timer_fn *on_due;
    void *context;
    uint64_t due_us;
    size_t heap_index; /* 1 and up; 0: not armed */
};

struct loop_hook {
    loop_hook_fn *before_wait;
    void *context;
    struct loop_hook *next;
};

struct loop_task {
    loop_task_fn *run;
    void *context;
    struct loop_task *next;
};

/* NULL: no descriptor or no memory; errno says which. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Until loop_stop(). 0, or -errno when waiting failed. */
int loop_run(struct loop *loop);
/* One turn that waits no longer than `longest_wait_us`: for tests. */
int loop_turn(struct loop *loop, uint64_t longest_wait_us);
/* From any thread: loop_run() returns after the current turn. */
void loop_stop(struct loop *loop);
/* The monotonic clock at the start of this turn's dispatch. */
uint64_t loop_now_us(const struct loop *loop);

/* Register, change the mask, remove. 0 or -errno. loop_unwatch() of a watch that is not in use does nothing. */
int loop_watch(struct loop *loop, struct loop_watch *watch, int descriptor, uint32_t events) must_check;
int loop_rewatch(struct loop *loop, struct loop_watch *watch, uint32_t events) must_check;
void loop_unwatch(struct loop *loop, struct loop_watch *watch);

/* Arms or moves the timer. 0, or -ENOMEM (then it is not armed). */
int loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t due_us) must_check;
void loop_disarm(struct loop *loop, struct loop_timer *timer);

void loop_add_hook(struct loop *loop, struct loop_hook *hook);
void loop_remove_hook(struct loop *loop, struct loop_hook *hook);

/* From any thread: `task` runs once in the loop's thread. It must not be posted again before it has run. */
void loop_post(struct loop *loop, struct loop_task *task);

#endif
