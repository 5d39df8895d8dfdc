/* SPDX-License-Identifier: MIT */
/*
 * good_answers - what a backend may answer, in the many ways in which it may say so: for whoever reads answers.
 */
#ifndef TESTS_SUPPORT_GOOD_ANSWERS_H
#define TESTS_SUPPORT_GOOD_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/str.h"

struct good_answer {
    const char *name;
    struct str bytes;
    bool ends_with_connection; /* which is closed then; otherwise it stays open */
    bool keeps_connection;     /* another request may follow */
    unsigned status;
    const char *body;
    size_t stray_bytes; /* behind its end */
};

extern const struct good_answer good_answers[];
extern const size_t good_answers_count;

#endif
