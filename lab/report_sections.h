/* SPDX-License-Identifier: MIT */
/*
 * report_sections - the parts that a report's page is made of: one for each kind of document, and what they share.
 * Pure.
 *
 * Figures that are not known are shown as a dash. A failed addition shows in html->failed.
 */
#ifndef LAB_REPORT_SECTIONS_H
#define LAB_REPORT_SECTIONS_H

#include <cjson/cJSON.h>

#include "common/buf.h"
#include "lab/report_value.h"

void report_add_experiment(struct buf *html, const cJSON *document);
void report_add_hello(struct buf *html, const cJSON *document, size_t index);
void report_add_sweep(struct buf *html, const cJSON *document, size_t index);
/* When, on what machine, with which versions, by which command. */
void report_add_origin(struct buf *html, const cJSON *origin);

/* The lanes of an experiment, with their axis and key; the patterns they are filled with, once a page. */
void report_add_timeline(struct buf *html, const cJSON *document);
void report_add_patterns(struct buf *html);

/* A place for curves.js to draw the points of document `index` in; `points`: their indices ("0 1 7"); empty: all. */
void report_add_curves(struct buf *html, size_t index, struct str points);

/* "1.50": as many decimals; a dash for what is not known. */
void report_add_number(struct buf *html, double number, int decimals);
/* <td class="number">; beside the median how far the repeats went up or down from it at most, in percent; what the
 * least and the most were, for a pointer. "≥" for a lower bound. */
void report_add_number_cell(struct buf *html, double number, int decimals);
void report_add_spread_cell(struct buf *html, struct report_spread spread, int decimals);
/* <td> and foreign text. */
void report_add_text_cell(struct buf *html, struct str text);
/* "50 ms", "2 s": a duration in the unit that suits it. */
void report_add_milliseconds(struct buf *html, double time_ms);

#endif
