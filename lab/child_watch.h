/* SPDX-License-Identifier: MIT */
/*
 * child_watch - a child process (lab/child.h) as events of a loop: its lines, and its end.
 *
 *     child_watch_start(&watch, loop, &config, arguments, environment, &error);
 *     …  on_line() for each line  …
 *     child_watch_interrupt(&watch, grace_us);     perhaps
 *     on_ended(), once: all it wrote was told before; child_watch_stop() is due then
 *
 * Nothing waits for the child but child_watch_stop(): its end is heard of by a pidfd (pidfd_open(2)), and only what is
 * dead already is reaped.
 *
 * Memory: embedded in its owner; begins zeroed. It may be stopped in on_ended(), not in on_line().
 * Threads: the loop's, which is the main one (see lab/child.h).
 */
#ifndef LAB_CHILD_WATCH_H
#define LAB_CHILD_WATCH_H

#include "common/loop.h"
#include "lab/child.h"

struct child_watch_config {
    size_t line_bytes; /* the longest line that comes in one piece */
    child_line_fn *on_line;
    void (*on_ended)(void *context);
    void *context;
};

struct child_watch {
    struct child child;
    struct child_watch_config config;
    struct loop *loop;
    struct loop_watch output;
    struct loop_watch complaints;
    struct loop_watch end;
    int end_descriptor;            /* the pidfd; meaningful while is_running */
    struct loop_timer grace_timer; /* its time to end by itself is over */
    bool is_running;
};

/* 0, or -1 and a sentence. */
int child_watch_start(struct child_watch *watch, struct loop *loop, const struct child_watch_config *config,
                      char *const *arguments, char *const *environment, struct error *error) must_check;
/* SIGINT, and SIGKILL if it has not ended in time; of several times the first counts. */
void child_watch_interrupt(struct child_watch *watch, uint64_t grace_us);
/* Nothing is done to it now, and SIGKILL if it has not ended in time. */
void child_watch_expect_end(struct child_watch *watch, uint64_t grace_us);
/* SIGTERM now; child_watch_stop() then waits the less. */
void child_watch_terminate(struct child_watch *watch);
/* Ends it (SIGTERM, after `grace_us` SIGKILL), waits for that, and frees everything. on_ended() is not called. Safe on
 * one that is zeroed, was never started, or has ended. */
void child_watch_stop(struct child_watch *watch, uint64_t grace_us);

#endif
