/* SPDX-License-Identifier: MIT */
/*
 * hello_findings - what the table of lab/hello_results.h shows, in sentences. Pure.
 *
 * Each sentence is made from figures that were measured, and is left out where they were not, or where they show
 * nothing of the kind.
 */
#ifndef LAB_HELLO_FINDINGS_H
#define LAB_HELLO_FINDINGS_H

#include "common/buf.h"
#include "lab/hello_results.h"

/* Adds a line for each. */
void hello_findings_add(struct buf *text, const struct hello_result *result);

#endif
