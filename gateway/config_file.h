/* SPDX-License-Identifier: MIT */
/*
 * config_file - reads a configuration file (docs/configuration.md) into a struct config, or tells every fault of it.
 *
 *     struct config_faults faults;
 *     config_faults_init(&faults);
 *     struct config *config = config_load(&settings, &faults);
 *     if (config == NULL) ... faults.count, config_faults_render(&faults, path, &text)
 *     config_faults_clear(&faults);
 *
 * Strict: unknown and duplicate keys, wrong types, references to nothing, cycles, routes that can never match, trailing
 * bytes, NUL and deep nesting are faults. A fault in one place does not hide those in others. Flags and variables that
 * were given win over the file's keys, which are checked all the same.
 *
 * Memory: the config is the caller's, with one reference. Nothing is unbounded: a file has at most 4 MiB, and at most
 * 100 faults are told.
 */
#ifndef GATEWAY_CONFIG_FILE_H
#define GATEWAY_CONFIG_FILE_H

#include "common/buf.h"
#include "common/compiler.h"
#include "common/json_view.h"
#include "gateway/config.h"

struct config_fault {
    char *path;                    /* "routes[1].calls.orders.timeout"; "" for the file as a whole */
    size_t offset;                 /* of the byte in the file */
    struct json_position position; /* the same for a person; line 0: none (the file cannot be read) */
    char *sentence;                /* what is wrong and what is allowed; without a full stop */
};

enum { CONFIG_FAULTS_MAXIMUM = 100 };

struct config_faults {
    struct config_fault *items;
    size_t count;
    bool has_more; /* than the maximum */
};

void config_faults_init(struct config_faults *faults);
void config_faults_clear(struct config_faults *faults);
/* A line each, in the order of the file: "page.json:12:20: routes[1].calls.orders.timeout: expected a duration …". */
void config_faults_render(const struct config_faults *faults, const char *file, struct buf *text);
/* All of it in one line, for a log and for standard error: the first fault, and how many more there are. */
void config_faults_render_line(const struct config_faults *faults, const char *file, struct buf *text);

/* settings->config_file is read. NULL: at least one fault. */
struct config *config_load(const struct settings *settings, struct config_faults *faults) must_check;
/* The same with the text at hand. */
struct config *config_read(const struct settings *settings, struct str text, struct config_faults *faults) must_check;

#endif
