/* SPDX-License-Identifier: MIT */
/*
 * json_leaf - is this exactly one JSON number or string, and what does the string say? Read off the grammar, as a judge
 * of json_scan and json_view. Pure; only for fuzz_json.c.
 *
 * Source: RFC 8259 §6 and §7; RFC 3629 §3.
 */
#ifndef TESTS_FUZZ_JSON_LEAF_H
#define TESTS_FUZZ_JSON_LEAF_H

#include <stdbool.h>

#include "common/buf.h"

bool json_leaf_is_number(struct str text);
/* With its quotes. */
bool json_leaf_is_string(struct str text);
/* What a good string says; a surrogate without its other half is U+FFFD. */
void json_leaf_read_string(struct str text, struct buf *ret_text);

#endif
