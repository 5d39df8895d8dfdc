/* SPDX-License-Identifier: MIT */
/*
 * sweep_output - what is heard of a sweep while it runs, and its results at the end.
 *
 * With --events: one JSON object a line on standard output, and nothing else there. Otherwise a bar on standard error
 * where that is a terminal; where it is none, a log line for each measurement on standard output. The results are text
 * on standard output.
 *
 * Memory: the log's buffer; sweep_output_clear().   Threads: the main thread's.
 */
#ifndef LAB_SWEEP_OUTPUT_H
#define LAB_SWEEP_OUTPUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "common/log.h"
#include "lab/sweep.h"

struct sweep_output {
    bool has_events;
    bool has_bar;
    unsigned bar_columns;
    struct log_sink sink;
    struct log log;
};

void sweep_output_init(struct sweep_output *output, bool has_events, const struct log_options *options);
void sweep_output_clear(struct sweep_output *output);

/* Before the first measurement: what will be done, and about how long it takes. */
void sweep_output_begin(struct sweep_output *output, const struct sweep_plan *plan);
/* For sweep_run(); `output` must stay where it is. */
struct sweep_listener sweep_output_listener(struct sweep_output *output);
/* The end of it. `document` NULL: no memory for one. */
void sweep_output_results(struct sweep_output *output, const struct sweep_results *results, const cJSON *document);
void sweep_output_failed(struct sweep_output *output, const char *sentence);

#endif
