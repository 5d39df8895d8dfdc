/* SPDX-License-Identifier: MIT */
/*
 * child - a program that runs beside us, whose output we read line by line and that never outlives us.
 *
 * It dies with us, however we end (PR_SET_PDEATHSIG, prctl(2)); it inherits no descriptor but its standard ones (its
 * input is empty, or a pipe of ours), no FANLIGHT_* variable and no blocked signal. Its first CHILD_COMPLAINT_BYTES on
 * standard error are kept for the sentence that tells why it failed.
 *
 * Threads: PR_SET_PDEATHSIG means the thread that started the child: start and stop from the main thread.
 */
#ifndef LAB_CHILD_H
#define LAB_CHILD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "common/error.h"

enum { CHILD_LINE_BYTES = 256 * 1024, CHILD_COMPLAINT_BYTES = 4096, CHILD_DESCRIPTORS = 2 };

/* A whole line of standard output, without its line break; lines over CHILD_LINE_BYTES, or what child_limit_lines()
 * said, come in pieces of that size. */
typedef void child_line_fn(void *context, struct str line);

struct child {
    pid_t pid;      /* 0: not running */
    int input;      /* our end of its standard input, where it has one; -1: none */
    int output;     /* the pipe of its standard output; -1: ended */
    int complaints; /* of its standard error */
    struct buf line;
    struct buf complaint;
    child_line_fn *on_line; /* may be changed at any time */
    void *context;
    /* Once it has been waited for. */
    int wait_status; /* see wait(2) */
    uint64_t cpu_us; /* what it used, with those of its own children that it waited for */
};

/* `arguments`: as for execv(), with the program's path in front. 0, or -1 and a sentence. */
int child_start(struct child *child, char *const *arguments, char *const *environment, struct error *error) must_check;
/* The same, and its standard input is a pipe: see child_tell(). */
int child_start_with_input(struct child *child, char *const *arguments, char *const *environment,
                           struct error *error) must_check;
/* Before the first child_read(): how long a line may be, 1 and up. 0 or -ENOMEM. */
int child_limit_lines(struct child *child, size_t line_bytes) must_check;
/* Writes a little (at most PIPE_BUF bytes) to its input, and closes that. 0 or -errno (SIGPIPE must be ignored). */
int child_tell(struct child *child, struct str bytes);
/* What to poll for. */
void child_descriptors(const struct child *child, struct pollfd descriptors[CHILD_DESCRIPTORS]);
/* Reads what waits, without waiting. False: its output has ended, it is gone or about to be. */
bool child_read(struct child *child);
/* Asks it to end (SIGTERM), reads on for at most `grace_us`, then ends it (SIGKILL) and waits for it. Safe on a child
 * that is zeroed, was never started, or has ended by itself. Frees everything. */
void child_stop(struct child *child, uint64_t grace_us);
/* The same for one that is about to end by itself: it is not asked to until `patience_us` have passed. */
void child_finish(struct child *child, uint64_t patience_us, uint64_t grace_us);

/* The first line it wrote to standard error, trimmed; empty: none. */
struct str child_first_complaint(const struct child *child);

#endif
