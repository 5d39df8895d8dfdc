/* SPDX-License-Identifier: MIT */
/*
 * sweep_findings - what a case showed, in one sentence that is made of its figures. Pure.
 *
 * Each sentence claims what the case was chosen for only where the figures bear it out; where they do not, it says what
 * was found instead. Of a case that was interrupted it says that.
 */
#ifndef LAB_SWEEP_FINDINGS_H
#define LAB_SWEEP_FINDINGS_H

#include "common/buf.h"
#include "lab/sweep_cases.h"
#include "lab/sweep_results.h"

void sweep_findings_add(struct buf *sentence, const struct sweep_results *results, const struct sweep_case *preset);

#endif
