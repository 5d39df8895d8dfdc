/* SPDX-License-Identifier: MIT */
/*
 * table - the measured seconds beside what theory says, as text. Pure.
 *
 *     mode     task   seconds   theory   ratio
 *     sync     task1    2.003    2.000    1.00   ok
 *              task2    4.006    4.000    1.00   ok
 *              total    4.006    4.000    1.00   ok
 */
#ifndef LAB_TABLE_H
#define LAB_TABLE_H

#include <stdbool.h>

#include "common/buf.h"
#include "lab/results.h"

/* `is_coloured`: with the terminal's SGR sequences. */
void table_add(struct buf *text, const struct experiment_result *experiment, bool is_coloured);

#endif
