/* SPDX-License-Identifier: MIT */
/*
 * hello_clients - several client processes that start together, and what each says it took.
 *
 * A client is a program that is given a URL and a number of requests as its last arguments. It connects, warms up,
 * writes a line "ready", waits for a line on its standard input, makes its requests one after another, writes one line
 * with the seconds that took (and behind a blank how many requests failed, if any did), and ends with 0. Ours is
 * `lab hello-client`; any other that keeps to this can take its place.
 *
 * Memory: none that outlives the call.   Threads: the main thread's (see lab/child.h).
 */
#ifndef LAB_HELLO_CLIENTS_H
#define LAB_HELLO_CLIENTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "common/str.h"
#include "lab/interrupt.h"

enum { HELLO_CLIENTS_MOST = 64, HELLO_WATCHED_MOST = 2 };

struct hello_crew {
    char *const *arguments; /* of each client, with the program's path in front, as for execv(3) */
    char *const *environment;
    size_t count; /* of clients */
    struct interrupt *interrupt;
    pid_t watched[HELLO_WATCHED_MOST]; /* processes whose processor time is measured meanwhile; 0: none */
};

/* What one run of them gave. */
struct hello_run {
    double seconds;      /* the mean of what the clients say */
    double elapsed_s;    /* from the start to the end of the last one */
    double client_cpu_s; /* of all clients together, from the start on */
    double watched_cpu_s[HELLO_WATCHED_MOST];
    double machine_busy; /* the share of all processors that was in use by anybody, 0 to 1; 0: not known */
    uint64_t failed;     /* requests */
};

/* 0, or -1 and a sentence: one could not be started, failed or said something else; or `interrupt` was seen. */
int hello_clients_run(const struct hello_crew *crew, struct hello_run *ret_run, struct error *error) must_check;

/* "0.464", "0.464 3". 0 or -EINVAL. */
int hello_clients_read(struct str line, double *ret_seconds, uint64_t *ret_failed) must_check;

#endif
