/* SPDX-License-Identifier: MIT */
/*
 * sweep_events - what --events writes: one JSON object a line, each whole and at once.
 *
 * The forms are described in docs/results-format.md. When whoever reads is gone, events are dropped.
 *
 * Memory: a line of up to 16 MiB while it is written.
 */
#ifndef LAB_SWEEP_EVENTS_H
#define LAB_SWEEP_EVENTS_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "lab/sweep.h"

void sweep_events_begin(FILE *output, const struct sweep_plan *plan);
void sweep_events_point(FILE *output, const struct sweep_position *position, const struct sweep_results *results);
void sweep_events_end(FILE *output, const cJSON *document);
void sweep_events_failed(FILE *output, const char *sentence);

#endif
