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

struct merge_member {
    struct str name;
    struct str json;
};

/* In the order given, whatever the order the calls finished in. -ENOBUFS: over the buffer's limit. */
int merge_render(const struct merge_member *members, size_t count, struct buf *body) must_check;

#endif
