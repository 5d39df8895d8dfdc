/* SPDX-License-Identifier: MIT */
/*
 * hello - measures the table: servers in rows, numbers of client processes in columns.
 *
 * Our own rows are Fanlight's /hello, which needs no call, and a gateway in `sync` and one in `async` whose answer
 * takes one call to a backend; they are started here, on free ports, and ended. Each repeat goes through all columns,
 * and in each column through all rows, so that whatever else happens on the machine happens to all of them.
 *
 * SIGINT and SIGTERM end it; what was measured until then stays.
 *
 * Memory: the strings of the configuration must outlive the result.   Threads: the main thread's.
 */
#ifndef LAB_HELLO_H
#define LAB_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "lab/hello_results.h"
#include "lab/service.h"

enum { HELLO_TARGETS_MOST = 8 };

/* A server that runs already. */
struct hello_target {
    char name[HELLO_LABEL_BYTES];
    const char *url;
};

/* How far it is. */
struct hello_progress {
    size_t done, all; /* runs */
    const struct hello_row *row;
    size_t clients;
    const char *client_label;
    uint64_t left_us; /* as far as can be told; CLOCK_NEVER_US: it cannot yet */
};

struct hello_config {
    const struct service_place *place;
    size_t clients[HELLO_COLUMNS_MOST]; /* rising */
    size_t column_count;
    uint64_t requests;
    size_t repeats;
    uint64_t delay_us;          /* of the backend */
    const char *client_command; /* what sh is to exec; NULL: the light client alone */
    const struct hello_target *targets;
    size_t target_count;
    bool only_targets; /* start nothing of ours */
    /* Before each run; may be NULL. */
    void (*on_progress)(void *context, const struct hello_progress *progress);
    void *context;
};

enum hello_outcome {
    HELLO_DONE,
    HELLO_INTERRUPTED,
    HELLO_FAILED, /* and *error says why */
};

/* Fills *ret_result with what was measured, whatever the outcome; it is to be cleared. */
enum hello_outcome hello_run(const struct hello_config *config, struct hello_result *ret_result,
                             struct error *error) must_check;

#endif
