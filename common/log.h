/* SPDX-License-Identifier: MIT */
/*
 * log - lines to standard output, gathered per thread and written in one go.
 *
 * Text: `2024-04-20 07:59:04,572 - text` (local time). JSON: one object a line, `{"ts":…,"event":"log","level":…,
 * "message":…}`. A line is always one line: format arguments that carry bytes from outside must be escaped by the
 * caller with buf_add_escaped(); the JSON form escapes by itself.
 *
 * A `struct log_sink` is the process's output (descriptor, format, level) and is shared; a `struct log` is one thread's
 * buffer before it. Whole lines only ever reach the sink, under its lock. Only main, worker and access_log write lines.
 *
 * When standard output cannot take more, writing waits for it, as a blocking descriptor would; when it fails (its
 * reader is gone, the disk is full; SIGPIPE must be ignored), the lines are dropped and the program goes on. Once it
 * can be written again, half a line that got out is ended, and a line says how much is lost.
 *
 * Memory: 512 KiB at most; a full buffer is flushed. A line of over 256 KiB is cut in text form, and replaced by a line
 * that says so in JSON form.   Threads: a `struct log` belongs to one thread.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <pthread.h>
#include <stdbool.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "common/log_options.h"
#include "common/time_stamp.h"

struct log_sink {
    int descriptor;
    enum log_format format;
    enum log_level level;
    pthread_mutex_t lock;
    size_t lost_bytes; /* that could not be written; told of in a line as soon as one can */
    int lost_error;
    bool is_torn; /* the last byte that got out was not a line break */
};

struct log {
    struct log_sink *sink;
    struct buf lines;
    size_t line_start;    /* of the line that is being written, in `lines` */
    int64_t stamp_second; /* the wall-clock second that `stamp` shows; -1: none yet */
    char stamp[32];
    size_t stamp_length;
    struct time_stamp utc; /* for JSON */
};

void log_sink_init(struct log_sink *sink, int descriptor, const struct log_options *options);
void log_sink_clear(struct log_sink *sink);

void log_init(struct log *log, struct log_sink *sink);
/* Flushes first. */
void log_clear(struct log *log);

bool log_wants(const struct log *log, enum log_level level);
/* The message becomes one line: a byte in it that a terminal must not be shown (str_printable_length()) becomes a blank
 * in text form, and is escaped in JSON. */
void log_line(struct log *log, enum log_level level, const char *format, ...) printf_like(3, 4);
/* The same at every log level: what whoever started the program waits for ("listening on …"). */
void log_announce(struct log *log, const char *format, ...) printf_like(2, 3);
/* Writes what is gathered. Called once per turn of the loop and before every blocking call. */
void log_flush(struct log *log);
/* The same without waiting, for no more than 4 KiB: false when another thread is writing, or the output takes no more
 * just now. Then nothing is written, and the lines stay. */
bool log_flush_at_once(struct log *log);

/* For access_log: begin a line with its time stamp (text: "2024-04-20 07:59:04,572 - "; JSON: {"ts":"…"), or without
 * one, add to the returned buffer, and end it with the line break. */
struct buf *log_begin(struct log *log, uint64_t wall_us);
struct buf *log_begin_bare(struct log *log);
void log_end(struct log *log);

#endif
