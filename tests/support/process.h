/* SPDX-License-Identifier: MIT */
/*
 * process - one of the project's programs as a child: started, watched by its standard output, signalled, reaped.
 *
 *     struct process backend = PROCESS_NONE;
 *     process_start(&backend, "backend", (const char *const[]){ "--listen=127.0.0.1:0", NULL });
 *     uint16_t port = process_port(&backend, "listening on ");
 *     …
 *     assert_int_equal(process_stop(&backend), 0);
 *
 * A child never outlives the test: it dies with its parent, and process_clear() in a teardown ends it in any case. Its
 * environment holds nothing but PATH, TZ, the sanitizers' options and what the test gives it. Its output is read all
 * the time by a thread, so that a full pipe never stops it.
 *
 * Functions that wait end the running test when it takes longer than TEST_PATIENCE_MS.
 *
 * Memory: until process_clear().   Threads: the test's own thread.
 */
#ifndef TESTS_SUPPORT_PROCESS_H
#define TESTS_SUPPORT_PROCESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"

struct process {
    pid_t pid; /* 0: none, or reaped */
    int exit_code;
    int errors; /* a file that holds its standard error */
    int output; /* the reading end of its standard output */

    pthread_t reader;
    bool has_reader;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t has_more;
    struct buf text; /* all it ever wrote */
    bool is_at_end;
    size_t next_line; /* the offset of the first line that process_line() has not returned */
    struct buf line;  /* the one it returned last */
};

#define PROCESS_NONE                                                                                                   \
    {                                                                                                                  \
        .pid = 0, .errors = -1, .output = -1                                                                           \
    }

/* `program` is a name in the build's bin directory, or an absolute path. */
void process_start(struct process *process, const char *program, const char *const *arguments);
/* With more variables ("NAME=value"); NULL: none. */
void process_start_with(struct process *process, const char *program, const char *const *arguments,
                        const char *const *variables);
/* With that many descriptors and no more. */
void process_start_limited(struct process *process, const char *program, const char *const *arguments,
                           unsigned descriptors);
bool process_is_running(struct process *process);

/* The next line of its output without the line break, valid until the next call; NULL: none came in time, or none will
 * come any more. */
const char *process_line(struct process *process, int timeout_ms);
/* Skips lines up to the first with `part` in it, and returns that. */
const char *process_wait_for(struct process *process, const char *part);
/* How many lines with `part` in them it has written so far, those returned by process_line() included. */
size_t process_count_lines(struct process *process, const char *part);
/* Waits until there are as many. */
void process_wait_for_count(struct process *process, const char *part, size_t count);
/* All it has written so far, as a string to be freed. */
char *process_output(struct process *process);
/* The port behind `words` ("listening on "), whose line is waited for. */
uint16_t process_port(struct process *process, const char *words);
/* All of its standard error, as a string to be freed; after it has ended. */
char *process_errors(const struct process *process);

void process_signal(const struct process *process, int signal_number);
/* Waits for its end; its exit code, or 128 and the signal's number. */
int process_wait(struct process *process);
/* SIGTERM, and process_wait(). What it said on standard error is shown if the exit code is not 0. */
int process_stop(struct process *process);
/* At once, and also one that has ended or was never started; frees what it holds. */
void process_clear(struct process *process);

/* ---- what it uses (process_usage.c) ---- */

/* From /proc: its threads, its open descriptors, its resident memory, and the most that was. */
size_t process_thread_count(const struct process *process);
size_t process_descriptor_count(const struct process *process);
/* Waits until it has no more descriptors than that: whoever has read the end of a connection may be ahead of the
 * process that closes it. */
void process_wait_for_descriptors(const struct process *process, size_t most);
size_t process_resident_kib(const struct process *process);
size_t process_peak_kib(const struct process *process);
/* Processor time of all its threads, by the kernel's clock. */
uint64_t process_cpu_us(const struct process *process);

#endif
