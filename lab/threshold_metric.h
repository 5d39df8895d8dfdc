/* SPDX-License-Identifier: MIT */
/*
 * threshold_metric - the figures that a threshold may speak of: what they are called, where they stand, in what unit.
 * Pure.
 *
 * Memory: constant; figures are views into the documents.
 */
#ifndef LAB_THRESHOLD_METRIC_H
#define LAB_THRESHOLD_METRIC_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "common/error.h"
#include "lab/report_value.h"
#include "lab/threshold_figures.h"

enum threshold_unit {
    THRESHOLD_MILLISECONDS, /* a duration is expected */
    THRESHOLD_BYTES,        /* "64MiB" */
    THRESHOLD_MICROSECONDS, /* a plain number */
    THRESHOLD_PLAIN,
};

/* The value in the metric's unit; REPORT_UNKNOWN: it was not measured. */
struct threshold_value {
    double value;
    bool is_lower_bound;
};

struct threshold_metric {
    const char *name;
    enum threshold_unit unit;
    /* NULL: such documents have none. */
    struct threshold_value (*read[REPORT_KIND_COUNT])(const struct threshold_figure *);
    bool is_of_task; /* in an experiment: of each task, not of the mode */
};

/* NULL, and what is allowed. */
const struct threshold_metric *threshold_metric_find(struct str name, struct error *error);
/* The i-th; NULL: no more. */
const struct threshold_metric *threshold_metric_at(size_t index);

/* "250ms", "64MiB", "12.5" in the unit. 0, or -1 and what is expected. */
int threshold_unit_parse(enum threshold_unit unit, struct str text, double *ret_value, struct error *error) must_check;
void threshold_unit_add(enum threshold_unit unit, struct threshold_value value, struct buf *text);

#endif
