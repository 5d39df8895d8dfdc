/* SPDX-License-Identifier: MIT */
/*
 * printable - bytes from outside as part of one line for a person's terminal. Pure.
 *
 * Unlike buf_add_escaped(), which makes a field of a log line, this keeps all that a terminal may safely be shown:
 * quotes and UTF-8 stay, so that a JSON body reads as it was sent. What could break the line or talk to the terminal
 * becomes \xHH: what str_printable_length() knows as harmful (control characters, separators of lines, what turns the
 * direction of text), and bytes that are not UTF-8 (RFC 3629). A backslash stays too, except before an 'x', where it
 * becomes \x5C: so every \xHH in the output is an escape, and the bytes can be had back.
 */
#ifndef LAB_PRINTABLE_H
#define LAB_PRINTABLE_H

#include "common/buf.h"

/* 0 or -errno, as buf_add(). */
int printable_add(struct buf *text, struct str bytes);

#endif
