/* SPDX-License-Identifier: MIT */
/*
 * merge - one JSON object out of the calls' bodies, each of them byte for byte as the backend sent it. Pure.
 *
 * Bodies were checked to be JSON before; white space around them is dropped, nothing is printed anew.
 */
#ifndef GATEWAY_MERGE_H
#define GATEWAY_MERGE_H

#include <stddef.h>

#include "common/buf.h"
#include "common/str.h"

enum merge_form {
    MERGE_JSON,      /* as it is; nothing but white space is null */
    MERGE_TEXT,      /* as a JSON string; bytes that are not UTF-8 become U+FFFD */
    MERGE_LIST,      /* the elements as an array, each as it is */
    MERGE_TEXT_LIST, /* the elements as an array of JSON strings; one that has no bytes (base NULL) is null */
};

struct merge_member {
    struct str name;
    enum merge_form form;
    struct str bytes;
    const struct str *elements;
    size_t element_count;
};

/* In the order given, whatever the order the calls finished in. `tail`: members that follow, rendered, without a comma
 * in front; may be empty. -ENOBUFS: over the buffer's limit. */
int merge_render(const struct merge_member *members, size_t count, struct str tail, struct buf *body) must_check;

#endif
