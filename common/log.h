/* SPDX-License-Identifier: MIT */
/*
 * log - lines to standard output, gathered per thread and written in one go.
 *
 * Text: `2024-04-20 07:59:04,572 - text` (local time). JSON: one object a line, `{"ts":…,"event":"log","level":…,
 * "message":…}`. A line is always one line: format arguments that carry bytes from outside must be escaped by the caller
 * with buf_add_escaped(); the JSON form escapes by itself.
 *
 * A `struct log_sink` is the process's output (descriptor, format, level) and is shared; a `struct log` is one thread's
 * buffer before it. Whole lines only ever reach the sink, under its lock. Only main, worker and access_log write lines.
 *
 * Memory: a full buffer is flushed; lines that do not fit in it alone are cut.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <pthread.h>
#include <stdbool.h>

#include "common/buf.h"
#include "common/compiler.h"

enum log_format { LOG_TEXT, LOG_JSON };
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* For options_parse_choice(); in the order of the enums, NULL-terminated. */
extern const char *const log_format_names[];
extern const char *const log_level_names[];

struct log_options {
    int format; /* enum log_format */
    int level;  /* enum log_level */
};

struct log_sink {
    int descriptor;
    enum log_format format;
    enum log_level level;
    pthread_mutex_t lock;
};

struct log {
    struct log_sink *sink;
    struct buf lines;
};

void log_sink_init(struct log_sink *sink, int descriptor, const struct log_options *options);
void log_sink_clear(struct log_sink *sink);

void log_init(struct log *log, struct log_sink *sink);
/* Flushes first. */
void log_clear(struct log *log);

bool log_wants(const struct log *log, enum log_level level);
void log_line(struct log *log, enum log_level level, const char *format, ...) printf_like(3, 4);
/* Writes what is gathered. Called once per turn of the loop and before every blocking call. */
void log_flush(struct log *log);

/* For access_log: begin a line with its time stamp (text: "2024-04-20 07:59:04,572 - "; JSON: {"ts":"…"), add to the
 * returned buffer, and end it with the line break. */
struct buf *log_begin(struct log *log, uint64_t wall_us);
struct buf *log_begin_bare(struct log *log);
void log_end(struct log *log);

#endif
