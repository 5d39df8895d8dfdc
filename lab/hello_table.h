/* SPDX-License-Identifier: MIT */
/*
 * hello_table - the table of lab/hello_results.h as text, at most 100 columns wide, and what it shows. Pure.
 *
 *     Seconds for 1000 requests, mean over the clients (median of 3 repeats)
 *     clients                                   1       2       3       4
 *     published           aiohttp           0.464   0.413   0.526   0.719
 *     Fanlight /hello     light             0.044   0.061   0.090   0.118
 *
 * and in the same form: the ratio to the published figures or to theory, the processor time for a request, what the
 * limit was. More than 8 columns are cut into blocks.
 */
#ifndef LAB_HELLO_TABLE_H
#define LAB_HELLO_TABLE_H

#include <stdbool.h>

#include "common/buf.h"
#include "lab/hello_results.h"

/* `findings`: a line for each, or empty. `is_coloured`: with the terminal's SGR sequences. */
void hello_table_add(struct buf *text, const struct hello_result *result, struct str findings, bool is_coloured);

#endif
