/* SPDX-License-Identifier: MIT */
/*
 * sweep_document - a sweep as JSON: one point of it, and the whole document.
 *
 * The form is described in docs/results-format.md. Figures that were not measured, and theory that is not known, are
 * null. Points of which no repeat was measured (an interrupted sweep) are left out.
 *
 * Memory: the trees are the caller's (cJSON_Delete()).   Errors: NULL is no memory.
 */
#ifndef LAB_SWEEP_DOCUMENT_H
#define LAB_SWEEP_DOCUMENT_H

#include <cjson/cJSON.h>

#include "lab/origin.h"
#include "lab/sweep_results.h"

cJSON *sweep_document_point(const struct sweep_results *results, size_t index);
cJSON *sweep_document(const struct sweep_results *results, const struct origin *origin);

#endif
