/* SPDX-License-Identifier: MIT */
/*
 * error - one sentence about what went wrong, for a person, with the place in it.
 *
 * For faults of our own surroundings (an option, a file, an address). What goes wrong upstream is data: see
 * gateway/call_error.h. A function that takes `struct error *` fills it only when it fails.
 */
#ifndef COMMON_ERROR_H
#define COMMON_ERROR_H

#include "common/compiler.h"

struct error {
    char text[512];
};

/* Writes the sentence (cut to fit; no line break at its end). Returns -1, so that a caller can return the call. */
int error_set(struct error *error, const char *format, ...) printf_like(2, 3);

#endif
