/* SPDX-License-Identifier: MIT */
/*
 * bad_answers - what a backend may not answer, and what is wrong with it: for whoever reads answers.
 *
 * The limits are 4096 bytes for a body and 4096 for a head.
 */
#ifndef TESTS_SUPPORT_BAD_ANSWERS_H
#define TESTS_SUPPORT_BAD_ANSWERS_H

#include <stddef.h>

#include "common/str.h"
#include "gateway/call_error.h"

enum response_ending {
    ENDING_NONE,  /* the connection stays open: what is wrong is seen without waiting for more */
    ENDING_CLOSE, /* the connection ends in good order */
    ENDING_BREAK, /* it is reset */
};

struct bad_answer {
    const char *name;
    struct str bytes;
    enum response_ending ending;
    enum call_error error;
    unsigned status;
};

extern const struct bad_answer bad_answers[];
extern const size_t bad_answers_count;

#endif
