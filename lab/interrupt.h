/* SPDX-License-Identifier: MIT */
/*
 * interrupt - SIGINT and SIGTERM as something to poll for, so that Ctrl-C ends a measurement in good order.
 *
 * Memory: one descriptor.   Threads: the main thread's; threads started later inherit that the signals are blocked.
 */
#ifndef LAB_INTERRUPT_H
#define LAB_INTERRUPT_H

#include <stdbool.h>

#include "common/compiler.h"
#include "common/error.h"

struct interrupt {
    int descriptor; /* signalfd(2): poll for POLLIN; -1: not open */
    bool was_seen;
};

/* Blocks the signals: they arrive here from now on. 0, or -1 and a sentence. */
int interrupt_open(struct interrupt *interrupt, struct error *error) must_check;
/* Whether one has come, now or before; does not wait. */
bool interrupt_check(struct interrupt *interrupt);
/* What was seen stays known. */
void interrupt_close(struct interrupt *interrupt);

#endif
