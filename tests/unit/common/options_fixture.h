/* SPDX-License-Identifier: MIT */
/*
 * options_fixture - a program with an option of each kind, and runs of it.
 */
#ifndef TESTS_UNIT_COMMON_OPTIONS_FIXTURE_H
#define TESTS_UNIT_COMMON_OPTIONS_FIXTURE_H

#include "common/log_options.h"
#include "common/options.h"
#include "common/url.h"

/* What its options come to. */
struct parsed {
    struct address listen;
    struct url backend;
    uint64_t delay_us;
    long workers;
    bool is_open;
    int mode;
    const char *blocking;
    struct log_options log;
};

extern const struct options_program program;

enum { MOST_WORDS = 8 };

/* One run: what was given, and what came of it. */
struct run {
    char *arguments[MOST_WORDS + 1];
    char *environment[MOST_WORDS + 1];
    struct parsed parsed;
    struct options_operands operands;
    struct error error;
};

/* A run with up to three words. */
struct run with(const char *first, const char *second, const char *third);
/* A run with a variable ("NAME=value") and a word; NULL: none. */
struct run with_variable(const char *variable, const char *word);
enum options_result run_as(const struct options_program *as, struct run *run);

#endif
