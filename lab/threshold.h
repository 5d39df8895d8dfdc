/* SPDX-License-Identifier: MIT */
/*
 * threshold - a bound that results must keep, for use in somebody's continuous integration. Pure.
 *
 *     async.p99<250ms
 *     async[clients=64,fan_out=10].p99<250ms
 *     SELECTOR[CONDITION=VALUE,…].METRIC OPERATOR VALUE      blanks around the operator are allowed
 *
 * The selector is a mode, the name of a hello table's row, or `*`. The metrics:
 *
 *   sweep        p50 p90 p99 max (latency; a duration), throughput (2xx a second), cpu_us (the gateway's processor time
 *                for a request, in microseconds), memory (the gateway's; "64MiB"), threads, failed (requests without a
 *                2xx answer, unanswered ones too)
 *   experiment   total (a duration), ratio (measured over theory), seconds (each task's; a duration), failed (tasks)
 *   hello        seconds (a duration), failed
 *
 * Conditions pick figures: clients, fan_out, delay, load, rate, case, bytes and backend_concurrency of a sweep's point;
 * clients of a hello row; task of an experiment.
 *
 * The median of the repeats counts. A percentile that is only a lower bound ("at least 1 s") can break an upper bound
 * and keep a lower one, and never the other way round: a request that was not answered in time is no good news. A
 * figure that could not be measured (nothing was answered) keeps no bound.
 *
 * Memory: views into the expression and the documents.
 */
#ifndef LAB_THRESHOLD_H
#define LAB_THRESHOLD_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "common/error.h"
#include "lab/report.h"

enum { THRESHOLD_CONDITIONS_MOST = 8 };

enum threshold_operator { THRESHOLD_LESS, THRESHOLD_AT_MOST, THRESHOLD_MORE, THRESHOLD_AT_LEAST, THRESHOLD_EQUAL };

struct threshold_condition {
    struct str name;
    struct str value;
};

struct threshold {
    struct str expression; /* as it was written */
    struct str selector;
    struct threshold_condition conditions[THRESHOLD_CONDITIONS_MOST];
    size_t condition_count;
    const struct threshold_metric *metric;
    enum threshold_operator operation;
    double value; /* in the metric's unit */
};

/* 0, or -1 and what is wrong and what is allowed. */
int threshold_parse(struct str expression, struct threshold *ret_threshold, struct error *error) must_check;

enum threshold_verdict {
    THRESHOLD_KEPT,
    THRESHOLD_BROKEN,
    THRESHOLD_NO_FIGURE, /* nothing that it speaks of: *error says what there is */
};

/* Adds a line (without its break) about the figure that is worst: "broken: async.p99<250ms: 312 ms at 64 clients, …" or
 * "kept: …". */
enum threshold_verdict threshold_check(const struct threshold *threshold, const struct report_document *documents,
                                       size_t count, struct buf *line, struct error *error) must_check;

#endif
