/* SPDX-License-Identifier: MIT */
/*
 * report_points - a sweep's points, put together as they are shown: those of a case, or else those that differ in mode
 * and clients (in an open loop: rate) alone; in each, mode after mode, along the axis. Pure.
 *
 * Memory: report_points_clear(); views into the document.
 */
#ifndef LAB_REPORT_POINTS_H
#define LAB_REPORT_POINTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/compiler.h"
#include "common/str.h"
#include "lab/report_value.h"

struct report_point {
    const cJSON *json;
    size_t index; /* in the document */
    size_t group; /* from 0 */
    size_t mode;  /* the order in which modes appear */
    double axis;  /* its value there; 0 where that is no number */
};

struct report_points {
    struct report_point *points; /* group after group */
    size_t count, group_count;
};

/* 0 or -ENOMEM. */
int report_points_gather(struct report_points *points, const cJSON *document) must_check;
void report_points_clear(struct report_points *points);

/* The points that one table and one row of curves show. */
struct report_group {
    const cJSON *entry; /* the case; NULL: none */
    struct str axis;    /* the member that tells them apart, besides the mode: "clients", "rate"; a NUL behind it */
    const struct report_point *points;
    size_t count;
    bool is_open; /* the load */
    bool has_theory;
    int decimals; /* of milliseconds: fewer where they are many */
};

/* The group that begins with point `first`. */
struct report_group report_group_at(const cJSON *document, const struct report_points *points, size_t first);
/* Is it the mode's last point, farthest along the axis? */
bool report_group_ends_mode(const struct report_group *group, size_t index);

/* Of a point: "latency_ms" or "uncorrected_ms", "p99". */
struct report_spread report_latency(const cJSON *point, const char *which, const char *percentile);

/* How fast, and what it cost; both in one <table> each. */
void report_add_speed_table(struct buf *html, const struct report_group *group);
void report_add_cost_table(struct buf *html, const struct report_group *group);

#endif
