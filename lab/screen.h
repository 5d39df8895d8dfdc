/* SPDX-License-Identifier: MIT */
/*
 * screen - what standard output can show, and the logs of two sides on it.
 *
 * Wide enough, the sender's lines stand left and the gateway's right, one line a row, in the order of time:
 *
 *     2024-04-20 07:59:04,569 - --- task1 Send!!
 *                                                            2024-04-20 07:59:04,572 - Received task1 Request!!
 *
 * Narrower, and with JSON lines, each line carries its side's name instead. What is no terminal counts as
 * SCREEN_COLUMNS wide. Colours are for terminals only, and not where NO_COLOR is set (no-color.org).
 */
#ifndef LAB_SCREEN_H
#define LAB_SCREEN_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/log.h"
#include "lab/journal.h"

enum { SCREEN_COLUMNS = 120, SCREEN_TWO_SIDES_COLUMNS = 116, SCREEN_RIGHT_COLUMN = 59 };

struct screen {
    unsigned columns;
    bool is_coloured;
    bool has_two_sides;
};

/* `no_colour`: the value of NO_COLOR; NULL or empty: not set. `format`: of the lines. */
struct screen screen_of(int descriptor, const char *no_colour, enum log_format format);

/* The names of the sides above their columns; nothing on a narrow screen. */
void screen_add_heading(struct buf *text, const struct screen *screen);
void screen_add_line(struct buf *text, const struct screen *screen, enum journal_side side, struct str line);

#endif
