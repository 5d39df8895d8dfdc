/* SPDX-License-Identifier: MIT */
/*
 * report_value - what a document's members say, without surprises: what is absent, null or of another kind is "not
 * known". Pure.
 *
 * Memory: views into the document.
 */
#ifndef LAB_REPORT_VALUE_H
#define LAB_REPORT_VALUE_H

#include <cjson/cJSON.h>
#include <math.h>
#include <stdbool.h>

#include "common/buf.h"
#include "lab/report.h"
#include "lab/report_forms.h"

/* Not known; isnan() tells. */
#define REPORT_UNKNOWN ((double)NAN)

/* `object` may be NULL, here and below; NULL: no such member, or null. */
const cJSON *report_member(const cJSON *object, const char *name);
double report_number(const cJSON *object, const char *name);
/* Of nothing where there is none. */
struct str report_string(const cJSON *object, const char *name);
bool report_flag(const cJSON *object, const char *name);

/* A figure measured several times, or once. */
struct report_spread {
    double median, least, most; /* REPORT_UNKNOWN */
    bool is_lower_bound;
};
/* `value`: {"median":…,"least":…,"most":…}, or a number; NULL or anything else: not known. */
struct report_spread report_spread_of(const cJSON *value);

/* What the document is about. One that cannot be told is taken for an experiment without modes. */
enum report_kind report_kind_of(const cJSON *document);

#endif
