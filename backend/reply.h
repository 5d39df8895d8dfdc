/* SPDX-License-Identifier: MIT */
/*
 * reply - the bodies of the backend's answers that are made to measure. Pure.
 */
#ifndef BACKEND_REPLY_H
#define BACKEND_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "common/str.h"

/*
 * A body of exactly `total_bytes`, of which any part can be had at any time: writes what stands at `offset` and after
 * it into `buffer` and returns how much that is (0: the end). It is JSON for every size but 0: a digit, a string, or
 * from 34 bytes on {"message":"success","padding":"xxx…"}.
 */
size_t reply_padded(uint64_t total_bytes, uint64_t offset, char *buffer, size_t capacity);

struct reply_header {
    struct str name;
    struct str value;
};

struct reply_request {
    struct str method;
    struct str target; /* raw */
    const struct reply_header *headers;
    size_t header_count;
    struct str body;
};

/*
 * {"method":"GET","path":"/a?echo=1","headers":{"Host":"…"},"body":"…"}: `path` is the raw target. A header's name is
 * as the client wrote it first; values of a name that stands several times are joined with ", " in their order (RFC
 * 9110 §5.3). Bytes that are not UTF-8 become U+FFFD. 0 or -errno, as buf_add().
 */
int reply_echo(const struct reply_request *request, struct buf *body) must_check;

#endif
