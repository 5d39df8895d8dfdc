/* SPDX-License-Identifier: MIT */
/*
 * json_fields - many fields of one JSON value, found together: each container on their way is walked once, and no
 * further than the last of them that is there, where json_find() begins anew for each.
 *
 *     json_paths_sort(paths, count);                       once
 *     fields[i] = (struct json_field){ .path = paths[i] }  for each, in that order
 *     json_fields_find(value, fields, count);
 *     … fields[i].value is what json_find(value, paths[i]) is
 *
 * Paths have no empty names.
 *
 * Cost: the value's bytes times the number of names in the longest path, and for each member on the way as many
 * comparisons as the number of fields has binary digits. Pure; iterative; views as in json_view.h, checked text as
 * there.
 */
#ifndef COMMON_JSON_FIELDS_H
#define COMMON_JSON_FIELDS_H

#include <stddef.h>

#include "common/str.h"

struct json_field {
    struct str path;  /* what of it is still to be gone; in the end none */
    struct str value; /* where that begins; in the end the field's, base NULL: there is none */
    struct str next;  /* json_fields_find()'s own */
};

/* By dots, name by name. */
void json_paths_sort(struct str *paths, size_t count);
/* Where `path` stands among sorted ones, which have it. */
size_t json_paths_search(const struct str *paths, size_t count, struct str path);
/* `fields` have the paths, sorted; the rest is written. */
void json_fields_find(struct str value, struct json_field *fields, size_t count);

#endif
