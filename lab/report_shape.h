/* SPDX-License-Identifier: MIT */
/*
 * report_shape - does a JSON value have the form that a table of rules gives it? Pure.
 *
 * Names that no rule has are let be: a later version may have more members. A name that stands twice in one object is
 * refused, known or not, since two readers could take two different values.
 *
 * Iterative: as deep as the rules are, whatever the value.
 */
#ifndef LAB_REPORT_SHAPE_H
#define LAB_REPORT_SHAPE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/compiler.h"
#include "common/error.h"

enum report_value_kind {
    REPORT_NUMBER,
    REPORT_TEXT,
    REPORT_BOOLEAN,
    REPORT_OBJECT,
    REPORT_ARRAY,
    REPORT_MAP,    /* an object whose members have names of their own */
    REPORT_FIGURE, /* a number, or an object */
};

struct report_rule {
    const char *name; /* of the member; of an array's or a map's elements: any text */
    enum report_value_kind kind;
    bool is_optional;
    bool may_be_null;
    double least, most; /* a number's bounds; both 0: 0 to REPORT_NUMBER_MOST */
    /* Bytes of a text, elements of an array, members of a map; 0: REPORT_TEXT_MOST, REPORT_ELEMENTS_MOST. */
    size_t longest;
    const char *const *choices; /* of a text, NULL-terminated; NULL: any text */
    /* Of an object (or a figure) the members, the last one's name being NULL. Of an array or a map one rule, for each
     * element. */
    const struct report_rule *rules;
};

#define REPORT_NUMBER_MOST 1e15
enum { REPORT_TEXT_MOST = 4096, REPORT_ELEMENTS_MOST = 256, REPORT_MEMBERS_MOST = 64, REPORT_SHAPE_DEPTH = 12 };

/* 0, or -1 and a sentence that begins with the place: "points[3].latency_ms: expected an object, not a text". */
int report_shape_check(const cJSON *value, const struct report_rule *members, struct error *error) must_check;

#endif
