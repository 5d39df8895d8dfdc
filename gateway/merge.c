/* SPDX-License-Identifier: MIT */
#include "gateway/merge.h"

#include <errno.h>

#include "common/json_scan.h"

/* What the members will take, so that the buffer grows once. Names of calls need no escaping. */
static size_t count_bytes(const struct merge_member *members, size_t count)
{
    size_t bytes = sizeof "{}" - 1;

    for (size_t i = 0; i < count; i++) {
        bytes += sizeof "\"\":," - 1 + members[i].name.length + json_scan_trim(members[i].json).length;
    }
    return count > 0 ? bytes - 1 : bytes;
}

int merge_render(const struct merge_member *members, size_t count, struct buf *body)
{
    if (buf_reserve(body, count_bytes(members, count)) == NULL) {
        return -ENOBUFS;
    }
    (void)buf_add_byte(body, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            (void)buf_add_byte(body, ',');
        }
        (void)buf_add_json_string(body, members[i].name);
        (void)buf_add_byte(body, ':');
        (void)buf_add_str(body, json_scan_trim(members[i].json));
    }
    (void)buf_add_byte(body, '}');
    return body->failed ? -ENOBUFS : 0;
}
