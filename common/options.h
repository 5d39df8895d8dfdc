/* SPDX-License-Identifier: MIT */
/*
 * options - a program's flags and FANLIGHT_* variables, described by one table and parsed into one struct.
 *
 *     static const struct option options[] = {
 *         { "listen", options_parse_address, offsetof(struct backend_options, listen), "127.0.0.1:9000", "ADDR", "…" },
 *     };
 *     enum options_result result = options_parse(&program, argc, argv, environ, &parsed, &error);
 *
 * Long options only, `--name=value` and `--name value`; a boolean may stand alone. Order: the table's defaults, then
 * the environment (`--drain-timeout` is FANLIGHT_DRAIN_TIMEOUT; unknown FANLIGHT_* are ignored), then the flags.
 * A flag whose name means something else in another program that shares the environment is a flag only.
 * `--help` and `--version` are understood in every program. An unknown option is refused with the nearest known name, a
 * bad value with what is allowed (the word of the variable or flag it came from is in the message).
 *
 * A value never begins with "--" unless it is written with "=". A flag given twice: the last one wins. What is wrong in
 * the environment is refused even where a flag would win.
 *
 * Memory: parsed strings point into argv or the environment.   Threads: used before there are any.
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "common/error.h"

struct option;

/* Reads `text` into `target`, which is the field itself; on failure -1 and what is allowed in `allowed`, to be read
 * after "expected" ("a duration such as 250ms, 2s or 1m"). `text` is NULL only for a boolean that stands alone. */
typedef int option_parse_fn(const struct option *option, const char *text, void *target, struct error *allowed);

struct option {
    const char *name; /* without the dashes */
    option_parse_fn *parse;
    size_t offset;             /* of the field in the parsed struct */
    const char *default_value; /* parsed like any other; NULL: the field is left as it is */
    const char *argument;      /* shown in --help: "URL"; NULL for a boolean */
    const char *help;
    long minimum, maximum;      /* for options_parse_integer; the minimum, in microseconds, for _duration */
    const char *const *choices; /* for options_parse_choice: NULL-terminated; the field is the int index */
    bool is_flag_only;          /* no variable sets it */
};

struct options_program {
    const char *name;     /* "fanlight-gateway" */
    const char *synopsis; /* "gateway [OPTIONS]" */
    const char *summary;  /* what it is, one or more lines */
    const struct option *options;
    size_t option_count;
    const char *libraries;    /* for --version: "libmicrohttpd 0.9.75, libcurl 7.88.1" */
    const char *operand_name; /* "TASK"; NULL: operands are refused */
    const char *epilogue;     /* last lines of --help; NULL: none */
    /* A uint64_t in the parsed struct: bit i says that row i was given by a variable or a flag. */
    bool has_given;
    size_t given_offset;
};

enum options_result {
    OPTIONS_RUN,
    OPTIONS_DONE,  /* --help or --version was printed to stdout: exit 0 */
    OPTIONS_WRONG, /* *error says what and why: exit 2 */
};

struct options_operands {
    char **values; /* into argv, which is reordered: operands may stand among the options; "--" ends the options */
    int count;
};

enum options_result options_parse(const struct options_program *program, int argc, char **argv, char **environment,
                                  void *target, struct options_operands *ret_operands, struct error *error) must_check;

/* The field is … */
option_parse_fn options_parse_string;   /* const char * */
option_parse_fn options_parse_integer;  /* long, within minimum..maximum */
option_parse_fn options_parse_boolean;  /* bool: 1|true|0|false; no value means true */
option_parse_fn options_parse_choice;   /* int, the index in choices */
option_parse_fn options_parse_duration; /* uint64_t, microseconds */
option_parse_fn options_parse_address;  /* struct address (common/url.h) */
option_parse_fn options_parse_url;      /* struct url (common/url.h) */

/* The name in `names` (NULL-terminated; names over 63 bytes do not take part) that `word` is most likely a misspelling
 * of; NULL: none is near. */
const char *options_nearest(const char *word, const char *const *names);

/* The text of --help and of --version, with a line break at the end. */
void options_add_help(const struct options_program *program, struct buf *text);
void options_add_version(const struct options_program *program, struct buf *text);

/* FANLIGHT_DRAIN_TIMEOUT for "drain-timeout". `size` of OPTIONS_VARIABLE_BYTES fits every name up to 63 bytes. */
void options_variable_name(const char *name, char *variable, size_t size);
enum { OPTIONS_VARIABLE_BYTES = 80 };

/* Rows every long-running program has; see struct log_options. `base` is the struct's offset in the parsed one. */
#define OPTIONS_LOG_ROWS(base)                                                                                         \
    { .name = "log-format",                                                                                            \
      .parse = options_parse_choice,                                                                                   \
      .offset = (base) + offsetof(struct log_options, format),                                                         \
      .default_value = "text",                                                                                         \
      .argument = "text|json",                                                                                         \
      .help = "form of the log lines",                                                                                 \
      .choices = log_format_names },                                                                                   \
    {                                                                                                                  \
        .name = "log-level", .parse = options_parse_choice, .offset = (base) + offsetof(struct log_options, level),    \
        .default_value = "info", .argument = "error|warn|info|debug",                                                  \
        .help = "least important lines to print; request "                                                             \
                "lines are info",                                                                                      \
        .choices = log_level_names                                                                                     \
    }

#endif
