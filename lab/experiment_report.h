/* SPDX-License-Identifier: MIT */
/*
 * experiment_report - an experiment's results as one HTML page that needs nothing else: no network, no script. Pure.
 *
 * A lane for each task on one time axis shared by all modes, the table, how it was measured. Light and dark, legible
 * from 360 px on; the colours are Okabe and Ito's, which people of any colour vision can tell apart, and each kind of
 * stretch has a texture of its own besides.
 */
#ifndef LAB_EXPERIMENT_REPORT_H
#define LAB_EXPERIMENT_REPORT_H

#include "common/buf.h"
#include "common/compiler.h"
#include "lab/results.h"

struct experiment_report {
    const struct experiment_result *experiment;
    struct str command_line;
    struct str versions;  /* "fanlight-lab 0.1.0, libcurl 7.88.1" */
    uint64_t measured_us; /* wall clock, since 1970 */
};

/* 0, or -errno as buf_add(). */
int experiment_report_add(struct buf *html, const struct experiment_report *report) must_check;

/* `text` as HTML text or attribute value: & < > " ' become references; control bytes and what is not UTF-8, \xHH. */
int experiment_report_add_text(struct buf *html, struct str text);

#endif
