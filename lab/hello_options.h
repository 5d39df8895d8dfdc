/* SPDX-License-Identifier: MIT */
/*
 * hello_options - what `lab hello` is told: its flags, and how their lists are read.
 *
 * Memory: fixed fields, and views of argv or the environment.
 */
#ifndef LAB_HELLO_OPTIONS_H
#define LAB_HELLO_OPTIONS_H

#include "common/options.h"
#include "lab/hello.h"

struct hello_numbers {
    size_t values[HELLO_COLUMNS_MOST]; /* rising */
    size_t count;
};

struct hello_options {
    struct hello_numbers clients;
    long requests;
    long repeats;
    uint64_t delay_us;
    const char *client_command; /* NULL: none */
    bool only_urls;
    const char *json; /* paths; NULL: not wanted */
    const char *report;
    struct hello_target targets[HELLO_TARGETS_MOST];
    size_t target_count;
};

extern const struct option hello_options[];
extern const size_t hello_option_count;

/* Operands are servers that run already: URL, or NAME=URL. 0, or -1 and a sentence. */
int hello_options_complete(struct hello_options *parsed, const struct options_operands *operands,
                           struct error *error) must_check;

#endif
