/* SPDX-License-Identifier: MIT */
/*
 * route - a method and a path template, and what a request for them gets. Pure.
 *
 * A path template has segments that must be equal, and {name} for any one segment that is not empty.
 *
 * Memory: the configuration's arena.   Threads: immutable, read by all workers.
 */
#ifndef GATEWAY_ROUTE_H
#define GATEWAY_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/http_field.h"
#include "common/str.h"
#include "gateway/plan.h"

enum route_kind {
    ROUTE_CALLS,       /* its plan */
    ROUTE_RESPOND,     /* constant bytes, no call */
    ROUTE_TASK,        /* /{task}: one call, its body under "res" */
    ROUTE_FANOUT,      /* GET /fanout?n= or ?tasks= */
    ROUTE_FANOUT_POST, /* POST /fanout with a list of tasks */
};

enum { ROUTE_SEGMENTS_MAXIMUM = 32, ROUTE_METHODS_MAXIMUM = 8 };

/* In the order of Allow. */
enum route_method {
    ROUTE_GET = 1U << 0,
    ROUTE_HEAD = 1U << 1,
    ROUTE_POST = 1U << 2,
    ROUTE_PUT = 1U << 3,
    ROUTE_PATCH = 1U << 4,
    ROUTE_DELETE = 1U << 5,
    ROUTE_OPTIONS = 1U << 6,
};

struct route_segment {
    struct str text; /* decoded; or the capture's name */
    bool is_capture;
};

struct route_respond {
    int status;
    const char *content_type;
    struct str body;
    const struct http_field *fields; /* beside Content-Type */
    size_t field_count;
};

struct route {
    const char *path; /* the template, as written; name of the route in log and metrics */
    enum route_kind kind;
    unsigned methods; /* set of enum route_method; HEAD comes with GET, OPTIONS is answered unless it is in here */
    const struct route_segment *segments;
    size_t segment_count;
    uint64_t deadline_us; /* CLOCK_NEVER_US: the gateway's */
    int mode;             /* enum mode; MODE_INHERITED: none of its own */
    bool is_pass;
    struct route_respond respond;
    struct plan plan;
};

/* `path` into segments: 0; or -1 and a sentence, and which byte is wrong. At most ROUTE_SEGMENTS_MAXIMUM; capture names
 * are 1 to 64 of [A-Za-z0-9_-], each once. */
int route_parse_path(struct arena *arena, struct str path, struct route *route, size_t *ret_offset,
                     struct error *error) must_check;
/* The bit of a method's name; 0: not one a route may have. */
unsigned route_method(struct str name);
/* The two can never both be reached: the same segments and a method in common. Names of captures do not count. */
bool route_is_shadowed(const struct route *route, const struct route *by);

/* The four routes that the gateway has without a configuration file. NULL: the arena is full. */
const struct route *route_built_in(struct arena *arena, size_t *ret_count) must_check;

#endif
