/* SPDX-License-Identifier: MIT */
/*
 * json_shape - has the JSON that came of a template the template's shape? Pure; only for fuzz_template.c.
 *
 * The same members and elements in the same places, and the same leaves byte for byte, but for strings with a reference
 * in them. Aborts where it has not.
 */
#ifndef TESTS_FUZZ_JSON_SHAPE_H
#define TESTS_FUZZ_JSON_SHAPE_H

#include "common/str.h"

/* Both are good JSON. */
void json_shape_check(struct str source, struct str text);

#endif
