/* SPDX-License-Identifier: MIT */
/*
 * admin - the admin listener: a thread, a loop and a port of its own, so that it answers while every worker is blocked.
 *
 * Asks the workers nothing: it reads their counters, and shows what they have handed over. Its pages are admin_pages'.
 * Never logged among the request lines.
 *
 * Memory: batches on their way are at most 8 MiB together, the rest is admin_pages'.   Threads: as said at each call.
 */
#ifndef GATEWAY_ADMIN_H
#define GATEWAY_ADMIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

struct admin;
struct metrics;
struct metrics_process;
struct record_batch;

struct admin_settings {
    int listening_descriptor; /* taken over */
    const atomic_bool *is_draining;
    struct metrics *const *workers; /* filled in before admin_start(); they stay until admin_stop() */
    size_t worker_count;
    const struct metrics_process *process;
};

/* Starts the thread. NULL: *error says why, and the socket is closed. */
struct admin *admin_start(const struct admin_settings *settings, struct error *error) must_check;
/* Ends the thread and frees, also what was published and not shown yet. Nobody may publish any more. NULL is fine. */
void admin_stop(struct admin *admin);

/* From any thread: what /config shows from now on. Takes over the text (malloc). */
void admin_set_config(struct admin *admin, char *json, size_t length);
/* From any thread: records to be shown; takes over the batch. 0, or -ENOBUFS: too much is on its way, it is dropped. */
int admin_publish(struct admin *admin, struct record_batch *batch);
/* From any thread: somebody looks at /events. */
bool admin_is_watched(const struct admin *admin);

#endif
