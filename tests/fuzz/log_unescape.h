/* SPDX-License-Identifier: MIT */
/*
 * log_unescape - what was escaped, had back in the plainest way, and what may stand in an escaped text at all. Only for
 * fuzz_log.c.
 */
#ifndef TESTS_FUZZ_LOG_UNESCAPE_H
#define TESTS_FUZZ_LOG_UNESCAPE_H

#include "common/buf.h"
#include "tests/fuzz/fuzz.h"

/* Each \xHH as the byte it stands for. `has_bare_backslashes`: one that begins none of these stands for itself; else it
 * must not be there. */
void log_unescape(struct str escaped, bool has_bare_backslashes, struct buf *ret_bytes);
/* UTF-8 without a character that ends a line, talks to a terminal, or turns the direction of text. */
void log_check_harmless(struct str text);
/* With each byte that is not UTF-8 as U+FFFD. */
void log_make_utf8(struct str bytes, struct buf *ret_text);

#endif
