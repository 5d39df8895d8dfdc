/* SPDX-License-Identifier: MIT */
/*
 * sweep_table - the results as text: a table for each delay and fan-out, a row for each load, the modes side by side.
 *
 *     Closed loop, delay 50ms, fan-out 1
 *              sync                        async
 *     clients   req/s    p50    p99    x     req/s    p50    p99    x
 *           1    19.7   50.7   51.2 0.98      19.7   50.7   51.3 0.98
 *         256    19.8 >1243ms …
 *
 * and the same rows again for what the gateway used. What the marks mean stands below. Pure.
 */
#ifndef LAB_SWEEP_TABLE_H
#define LAB_SWEEP_TABLE_H

#include "common/buf.h"
#include "lab/sweep_results.h"

/* Modes that do not fit into `columns` beside each other stand below each other. */
void sweep_table_add(struct buf *text, const struct sweep_results *results, unsigned columns);
/* A line for each cause; nothing where nothing failed. */
void sweep_table_add_failures(struct buf *text, const struct sweep_results *results);

#endif
