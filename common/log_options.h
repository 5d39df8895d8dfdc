/* SPDX-License-Identifier: MIT */
/*
 * log_options - how a program's lines look, and which of them are written. Pure data.
 */
#ifndef COMMON_LOG_OPTIONS_H
#define COMMON_LOG_OPTIONS_H

enum log_format { LOG_TEXT, LOG_JSON };
enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* For options_parse_choice(); in the order of the enums, NULL-terminated. */
extern const char *const log_format_names[];
extern const char *const log_level_names[];

struct log_options {
    int format; /* enum log_format */
    int level;  /* enum log_level */
};

#endif
