/* SPDX-License-Identifier: MIT */
/*
 * json_scan - a strict scanner of JSON text that yields spans of bytes and never prints anything anew.
 *
 * Checks RFC 8259 and UTF-8 (RFC 3629) in one iterative pass, with bounded depth and constant memory: a 64-bit id or
 * `1.10` stays the bytes it was. Pure: no allocation.
 *
 *     struct json_fault fault;
 *     if (json_scan_check(body, JSON_SCAN_DEPTH, &fault) < 0) ... fault.offset, fault.reason
 */
#ifndef COMMON_JSON_SCAN_H
#define COMMON_JSON_SCAN_H

#include "common/compiler.h"
#include "common/str.h"

enum { JSON_SCAN_DEPTH = 512 };

struct json_fault {
    size_t offset;      /* of the byte that is not JSON */
    const char *reason; /* a constant: "trailing bytes", "not UTF-8", "nested too deep", … */
};

/* 0 if `text` is exactly one JSON value with white space around it; else -EINVAL and *ret_fault (which may be NULL).
 * `maximum_depth` counts open arrays and objects and is at most JSON_SCAN_DEPTH. */
int json_scan_check(struct str text, unsigned maximum_depth, struct json_fault *ret_fault) must_check;
/* `text` without the white space around its value. */
struct str json_scan_trim(struct str text);

#endif
