/* SPDX-License-Identifier: MIT */
/*
 * report_forms - the forms of the documents that a report is made of, as rules (see lab/report_shape.h). Pure.
 *
 * docs/lab.md says what the members mean.
 *
 * Memory: constant.
 */
#ifndef LAB_REPORT_FORMS_H
#define LAB_REPORT_FORMS_H

#include "lab/report_shape.h"

enum report_kind { REPORT_EXPERIMENT, REPORT_HELLO, REPORT_SWEEP, REPORT_KIND_COUNT };

struct report_form {
    const char *name; /* of the kind: "experiment" */
    const struct report_rule *members;
};

extern const struct report_form report_forms[REPORT_KIND_COUNT];

#endif
