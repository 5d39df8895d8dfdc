/* SPDX-License-Identifier: MIT */
/*
 * route_table - all routes, and which of them a request's method and path ask for. Pure.
 *
 * Segments are compared percent-decoded. Of several path templates that fit, the one with the longest run of equal
 * segments from the left wins, whatever the order in the configuration: /a/{x} before /{y}/b. Methods do not choose
 * between templates.
 *
 * The routes are kept in the order of their segments, so that each segment of a path is found by halving.
 *
 * Memory: the arena it was built in.   Threads: immutable, read by all workers.
 */
#ifndef GATEWAY_ROUTE_TABLE_H
#define GATEWAY_ROUTE_TABLE_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/compiler.h"
#include "common/str.h"
#include "gateway/route.h"

struct route_table;

/* NULL: the arena is full. `routes` must outlive the table. */
struct route_table *route_table_build(struct arena *arena, const struct route *routes, size_t count) must_check;

/* The order of the table: segment by segment, equal ones before captures, the shorter path before the longer. Names of
 * captures and methods do not count. */
int route_compare_paths(const struct route *a, const struct route *b);

struct route_match {
    const struct route *route; /* NULL: 404 */
    const char *name;          /* the route's path template, also where the method does not fit; "" for none */
    struct str path;           /* raw, with its first slash */
    struct str query;          /* raw, without the question mark; empty if there is none */
    struct str *captures;      /* decoded, in the order of the template; of the arena */
    /* The path exists, the method does not fit: the value of Allow ("GET, HEAD, OPTIONS"), and no route; else NULL.
     * OPTIONS itself gives is_options and `allow`. */
    const char *allow;
    bool is_options;
};

/* HEAD matches where GET does. 0; -EINVAL: a "%" without two hexadecimal digits behind it; -ENOMEM. */
int route_match(const struct route_table *table, struct arena *arena, struct str method, struct str target,
                struct route_match *ret_match) must_check;

#endif
