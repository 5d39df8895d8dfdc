/* SPDX-License-Identifier: MIT */
#include "lab/report_points.h"

#include <errno.h>

#include "lab/report_value.h"

static bool is_same_number(const cJSON *a, const cJSON *b, const char *name)
{
    double of_a = report_number(a, name);
    double of_b = report_number(b, name);

    return of_a == of_b || (isnan(of_a) && isnan(of_b));
}

static bool is_same_text(const cJSON *a, const cJSON *b, const char *name)
{
    return str_equal(report_string(a, name), report_string(b, name));
}

static bool is_open(const cJSON *point)
{
    return str_equal(report_string(point, "load"), STR("open"));
}

static bool is_same_group(const cJSON *a, const cJSON *b)
{
    if (!is_same_text(a, b, "case")) {
        return false;
    }
    return report_string(a, "case").length > 0 ||
           (is_same_text(a, b, "delay") && is_same_text(a, b, "load") && is_same_number(a, b, "fan_out") &&
            is_same_number(a, b, is_open(a) ? "clients" : "rate") && is_same_number(a, b, "bytes") &&
            is_same_number(a, b, "backend_concurrency"));
}

static const cJSON *case_of(const cJSON *document, const cJSON *point)
{
    struct str name = report_string(point, "case");
    const cJSON *entry = NULL;

    cJSON_ArrayForEach(entry, report_member(document, "cases"))
    {
        if (name.length > 0 && str_equal(name, report_string(entry, "name"))) {
            return entry;
        }
    }
    return NULL;
}

static struct str axis_of(const cJSON *entry, const cJSON *point)
{
    struct str axis = report_string(entry, "axis");

    if (axis.length > 0) {
        return axis;
    }
    return is_open(point) ? STR("rate") : STR("clients");
}

/* Group and mode of the newest point, by those in front of it. Modes are few, and groups are long. */
static void place(struct report_points *points, struct report_point *newest)
{
    size_t mode_count = 0;
    bool has_group = false;
    bool has_mode = false;

    for (size_t i = 0; i < points->count && !(has_group && has_mode); i++) {
        const struct report_point *other = &points->points[i];
        mode_count = other->mode >= mode_count ? other->mode + 1 : mode_count;
        if (!has_group && is_same_group(other->json, newest->json)) {
            newest->group = other->group;
            has_group = true;
        }
        if (!has_mode && is_same_text(other->json, newest->json, "mode")) {
            newest->mode = other->mode;
            has_mode = true;
        }
    }
    newest->group = has_group ? newest->group : points->group_count++;
    newest->mode = has_mode ? newest->mode : mode_count;
}

static int compare(const void *left, const void *right)
{
    const struct report_point *a = left;
    const struct report_point *b = right;

    if (a->group != b->group) {
        return a->group < b->group ? -1 : 1;
    }
    if (a->mode != b->mode) {
        return a->mode < b->mode ? -1 : 1;
    }
    if (a->axis != b->axis) {
        return a->axis < b->axis ? -1 : 1;
    }
    return a->index < b->index ? -1 : 1;
}

static double axis_value(const cJSON *document, const cJSON *point)
{
    struct str axis = axis_of(case_of(document, point), point);
    double value = report_number(point, axis.base); /* a cJSON text: it ends with a NUL */

    return isnan(value) ? 0 : value;
}

int report_points_gather(struct report_points *points, const cJSON *document)
{
    const cJSON *array = report_member(document, "points");
    size_t count = (size_t)cJSON_GetArraySize(array);
    const cJSON *point = NULL;

    *points = (struct report_points){ .points = calloc(count + 1, sizeof *points->points) };
    if (points->points == NULL) {
        return -ENOMEM;
    }
    cJSON_ArrayForEach(point, array)
    {
        struct report_point *newest = &points->points[points->count];
        *newest = (struct report_point){ .json = point, .index = points->count, .axis = axis_value(document, point) };
        place(points, newest);
        points->count++;
    }
    qsort(points->points, points->count, sizeof *points->points, compare);
    return 0;
}

void report_points_clear(struct report_points *points)
{
    free(points->points);
    *points = (struct report_points){ .points = NULL };
}

/* ---- a group ---- */

struct report_spread report_latency(const cJSON *point, const char *which, const char *percentile)
{
    return report_spread_of(report_member(report_member(point, which), percentile));
}

static bool has_theory(const cJSON *point)
{
    const cJSON *theory = report_member(point, "theory");

    return !isnan(report_number(theory, "throughput")) || !isnan(report_number(theory, "p50_ms")) ||
           !isnan(report_number(theory, "p99_ms"));
}

struct report_group report_group_at(const cJSON *document, const struct report_points *points, size_t first)
{
    const cJSON *point = points->points[first].json;
    struct report_group group = {
        .entry = case_of(document, point),
        .points = &points->points[first],
        .is_open = is_open(point),
        .decimals = 2,
    };

    group.axis = axis_of(group.entry, point);
    while (first + group.count < points->count && points->points[first + group.count].group == group.points[0].group) {
        const cJSON *next = group.points[group.count].json;
        group.decimals = report_latency(next, "latency_ms", "max").most >= 100 ? 1 : group.decimals;
        group.has_theory = group.has_theory || has_theory(next);
        group.count++;
    }
    return group;
}

bool report_group_ends_mode(const struct report_group *group, size_t index)
{
    return index + 1 == group->count || group->points[index + 1].mode != group->points[index].mode;
}
