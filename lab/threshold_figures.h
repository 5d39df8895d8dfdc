/* SPDX-License-Identifier: MIT */
/*
 * threshold_figures - the figures of results, one after the other, and where each stands. Pure.
 *
 * Memory: views into the documents.
 */
#ifndef LAB_THRESHOLD_FIGURES_H
#define LAB_THRESHOLD_FIGURES_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "lab/report_value.h"

/* A figure in a document, and where it stands. */
struct threshold_figure {
    const struct report_document *document;
    enum report_kind kind;
    struct str selector; /* the mode, or the row's name */
    const cJSON *item;   /* a sweep's point; an experiment's mode or, of a task, the task; a hello row */
    bool is_task;
    size_t index; /* of a hello row: which number of clients */
};

typedef void threshold_figure_fn(void *context, const struct threshold_figure *figure);

/* An experiment's modes and each one's tasks; a hello row's numbers of clients; a sweep's points. */
void threshold_figures_visit(const struct report_document *documents, size_t count, threshold_figure_fn *visit,
                             void *context);
/* What the figure has under a condition's name: a text, a number, or NULL. */
const cJSON *threshold_figure_place(const struct threshold_figure *figure, struct str name);

#endif
