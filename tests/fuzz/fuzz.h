/* SPDX-License-Identifier: MIT */
/*
 * fuzz - what the fuzz targets share: the input, cut into pieces, and checks that end the process.
 *
 * A target is one file, fuzz_PARSER.c, with a fuzz_one(). In the preset `fuzz` libFuzzer calls it with inputs that it
 * makes up, and keeps those that reach new code; in every other preset replay.c calls it with the files of
 * corpus/PARSER/, once each, so that what was found stays found.
 *
 * An input is text. Where a target needs more than one, lines of "--" stand between them, so that a case can be read
 * and written by hand.
 *
 *     struct fuzz_pieces pieces = { .rest = input };
 *     struct str target = fuzz_pieces_take(&pieces);
 *     struct str body = fuzz_pieces_take(&pieces);
 *     …
 *     fuzz_pieces_clear(&pieces);
 *
 * Memory: a piece is a copy of its own, exactly as long as it is, so that the address sanitizer sees a byte read behind
 * it.   Threads: one.   Errors: none; a check that does not hold aborts, which is a finding.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/compiler.h"
#include "common/str.h"

/* The target's. `input` is exactly as long as its memory, too. */
void fuzz_one(struct str input);

/* What libFuzzer and replay.c call. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count); /* NOLINT(readability-identifier-naming) */

#define fuzz_check(condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fuzz_fail(__FILE__, __LINE__, #condition);                                                                 \
        }                                                                                                              \
    } while (0)

void fuzz_fail(const char *file, int line, const char *condition) __attribute__((noreturn));

enum { FUZZ_PIECES_MAXIMUM = 64 };

struct fuzz_pieces {
    struct str rest;
    char *copies[FUZZ_PIECES_MAXIMUM];
    size_t count;
};

/* The next piece: what is in front of the next line of "--", or all the rest; empty when nothing is left. The most are
 * FUZZ_PIECES_MAXIMUM; behind them comes nothing. */
struct str fuzz_pieces_take(struct fuzz_pieces *pieces);
void fuzz_pieces_clear(struct fuzz_pieces *pieces);

/* ---- what is checked often ---- */

/* `part` is bytes of `whole`. */
bool fuzz_is_inside(struct str part, struct str whole);
bool fuzz_is_utf8(struct str text);
/* Blank to "~" and nothing else. */
bool fuzz_is_printable(struct str text);
/* One line for a person: not empty, and no byte from outside in it as it came. */
void fuzz_check_sentence(const char *sentence);

#endif
