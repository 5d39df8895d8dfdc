/* SPDX-License-Identifier: MIT */
#include "gateway/route.h"

#include <stddef.h>

static bool is_one_segment(struct str path)
{
    struct str segment = str_from(path, 1);

    return str_starts_with(path, STR("/")) && segment.length > 0 && str_find(segment, '/') == segment.length;
}

static void match_path(struct route_match *match)
{
    if (str_equal(match->path, STR("/hello"))) {
        match->kind = ROUTE_HELLO;
        match->name = "/hello";
    } else if (str_equal(match->path, STR("/fanout"))) {
        match->kind = ROUTE_FANOUT;
        match->name = "/fanout";
    } else if (is_one_segment(match->path)) {
        match->kind = ROUTE_TASK;
        match->name = "/{task}";
    }
}

static void match_method(struct route_match *match, struct str method)
{
    bool is_fanout = match->kind == ROUTE_FANOUT;

    if (str_equal(method, STR("GET")) || str_equal(method, STR("HEAD"))) {
        return;
    }
    if (is_fanout && str_equal(method, STR("POST"))) {
        match->kind = ROUTE_FANOUT_POST;
        return;
    }
    match->is_options = str_equal(method, STR("OPTIONS"));
    match->allow = is_fanout ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS";
}

struct route_match route_match(struct str method, struct str target)
{
    struct str rest = target;
    struct route_match match = { .kind = ROUTE_NONE, .name = "" };

    match.path = str_split(&rest, '?');
    match.query = rest;
    match_path(&match);
    if (match.kind != ROUTE_NONE) {
        match_method(&match, method);
    }
    return match;
}

struct str route_log_word(struct str target)
{
    struct str path = str_split(&target, '?');

    return str_starts_with(path, STR("/")) ? str_from(path, 1) : path;
}
