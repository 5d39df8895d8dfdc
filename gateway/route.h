/* SPDX-License-Identifier: MIT */
/*
 * route - what a request's method and path ask for. Pure.
 *
 * Without a configuration file there are four routes: /hello, /{task}, GET /fanout and POST /fanout.
 */
#ifndef GATEWAY_ROUTE_H
#define GATEWAY_ROUTE_H

#include <stdbool.h>

#include "common/str.h"

enum route_kind {
    ROUTE_NONE,       /* 404 */
    ROUTE_HELLO,      /* a constant text, no call */
    ROUTE_TASK,       /* /{task}: one call, its body under "res" */
    ROUTE_FANOUT,     /* GET /fanout?n= or ?tasks= */
    ROUTE_FANOUT_POST /* POST /fanout with a list of tasks */
};

struct route_match {
    enum route_kind kind;
    const char *name; /* for log and metrics: "/hello", "/{task}", "/fanout"; "" for none */
    struct str path;  /* raw, with its first slash */
    struct str query; /* raw, without the question mark; empty if there is none */
    /* The path exists, the method does not fit: the value of Allow ("GET, HEAD, OPTIONS"); else NULL. OPTIONS itself
     * gives is_options and `allow`. */
    const char *allow;
    bool is_options;
};

/* HEAD matches where GET does. */
struct route_match route_match(struct str method, struct str target);
/* The word in the log lines: the path without its first slash. */
struct str route_log_word(struct str target);

#endif
