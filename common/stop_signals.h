/* SPDX-License-Identifier: MIT */
/*
 * stop_signals - SIGTERM and SIGINT as events of a loop, and SIGHUP for whoever wants it.
 *
 * Call stop_signals_block() before any thread starts, so that every thread inherits the mask (SIGPIPE is ignored too).
 */
#ifndef COMMON_STOP_SIGNALS_H
#define COMMON_STOP_SIGNALS_H

#include "common/error.h"
#include "common/loop.h"

/* `count`: 1 for the first signal, 2 for the second, … */
typedef void stop_signal_fn(void *context, unsigned count);

struct stop_signals {
    struct loop *loop;
    struct loop_watch watch;
    int descriptor; /* -1: none */
    stop_signal_fn *on_stop;
    void (*on_hangup)(void *context); /* to be set after the start, where SIGHUP was blocked, too */
    void *context;
    unsigned count;
};

void stop_signals_block(void);
/* SIGHUP too; without it, it ends the process as it always does. */
void stop_signals_block_hangup(void);
int stop_signals_start(struct stop_signals *signals, struct loop *loop, stop_signal_fn *on_stop, void *context,
                       struct error *error) must_check;
/* Also of one that is all zero. */
void stop_signals_stop(struct stop_signals *signals);

#endif
