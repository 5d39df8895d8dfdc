/* SPDX-License-Identifier: MIT */
#include "lab/report_points.h"
#include "lab/report_sections.h"
#include "lab/report_text.h"

enum { INDICES_BYTES = 16 * 1024 };

/* ---- what theory is ---- */

/* Of each mode, as it is where the axis ends. */
static void add_reasons(struct buf *html, const struct report_group *group)
{
    (void)buf_add_text(html, "<ul class=\"faint reasons\">\n");
    for (size_t i = 0; i < group->count; i++) {
        const cJSON *point = group->points[i].json;
        struct str why = report_string(report_member(point, "theory"), "why");
        if (!report_group_ends_mode(group, i) || why.length == 0) {
            continue;
        }
        (void)buf_add_text(html, "<li>");
        (void)report_text_add_html(html, report_string(point, "mode"));
        (void)buf_add_text(html, ": ");
        (void)report_text_add_html(html, why);
        (void)buf_add_text(html, "</li>\n");
    }
    (void)buf_add_text(html, "</ul>\n");
}

/* ---- groups ---- */

static void add_group_title(struct buf *html, const struct report_group *group)
{
    const cJSON *point = group->points[0].json;
    double fan_out = report_number(point, "fan_out");

    (void)buf_add_text(html, "<h3>");
    if (group->entry != NULL) {
        (void)report_text_add_html(html, report_string(group->entry, "title"));
        (void)buf_add_text(html, "</h3>\n<p>");
        (void)report_text_add_html(html, report_string(group->entry, "sentence"));
        (void)buf_add_text(html, "</p>\n");
        return;
    }
    (void)buf_add_format(html, "%.0f call%s of ", fan_out, fan_out == 1 ? "" : "s");
    (void)report_text_add_html(html, report_string(point, "delay"));
    if (group->is_open) {
        (void)buf_add_format(html, ", requests due at a constant rate, %.0f connections at most",
                             report_number(point, "clients"));
    } else {
        (void)buf_add_text(html, ", each client waits for its answer");
    }
    (void)buf_add_text(html, "</h3>\n");
}

static void add_group(struct buf *html, const struct report_group *group, size_t document_index)
{
    cleanup_buf struct buf indices = { .base = NULL };

    buf_init(&indices, INDICES_BYTES);
    for (size_t i = 0; i < group->count; i++) {
        (void)buf_add_format(&indices, "%s%zu", i > 0 ? " " : "", group->points[i].index);
    }
    (void)buf_add_text(html, "<section>\n");
    add_group_title(html, group);
    report_add_curves(html, document_index, buf_view(&indices));
    add_reasons(html, group);
    (void)buf_add_text(html, "<h4>How fast</h4>\n");
    report_add_speed_table(html, group);
    (void)buf_add_text(html, "<h4>What it cost</h4>\n");
    report_add_cost_table(html, group);
    (void)buf_add_text(html, "</section>\n");
}

/* ---- the whole ---- */

/* For each mode the point that is farthest along the axis of the first group: where they differ most. */
static void add_verdict(struct buf *html, const struct report_group *group)
{
    (void)buf_add_text(html, "<ul class=\"verdict\">\n");
    for (size_t i = 0; i < group->count; i++) {
        const cJSON *point = group->points[i].json;
        double answers = report_spread_of(report_member(point, "throughput")).median;
        struct report_spread p99 = report_latency(point, "latency_ms", "p99");
        if (!report_group_ends_mode(group, i)) {
            continue;
        }
        (void)buf_add_text(html, "<li>");
        (void)report_text_add_html(html, report_string(point, "mode"));
        (void)buf_add_text(html, " <strong>");
        report_add_number(html, answers, answers < 100 ? 1 : 0);
        (void)buf_add_format(html, " a second</strong> p99 %s", p99.is_lower_bound ? "at least " : "");
        report_add_milliseconds(html, p99.median);
        if (group->is_open) {
            (void)buf_add_format(html, ", %.6g due a second</li>\n", report_number(point, "rate"));
        } else {
            (void)buf_add_format(html, ", %.0f clients</li>\n", report_number(point, "clients"));
        }
    }
    (void)buf_add_text(html, "</ul>\n");
}

static void add_times(struct buf *html, double duration_ms, double warm_up_ms)
{
    if (isnan(duration_ms) || isnan(warm_up_ms)) {
        return;
    }
    (void)buf_add_text(html, " A measurement takes ");
    report_add_milliseconds(html, duration_ms);
    (void)buf_add_text(html, " (more where answers are rare), after a warm-up of ");
    report_add_milliseconds(html, warm_up_ms);
    (void)buf_add_byte(html, '.');
}

static void add_introduction(struct buf *html, const cJSON *document)
{
    const cJSON *settings = report_member(document, "settings");
    double workers = report_number(settings, "workers");
    double threads = report_number(settings, "threads");
    double repeats = report_number(settings, "repeats");

    (void)buf_add_text(html, "<h2>The sweep</h2>\n<p>The same requests to a gateway in one mode after another.");
    if (!isnan(workers) && !isnan(threads)) {
        (void)buf_add_format(html, " It has %.0f worker%s; <code>threads</code> has a pool of %.0f.", workers,
                             workers == 1 ? "" : "s", threads);
    }
    if (repeats > 1) {
        (void)buf_add_format(
            html,
            " Each point was measured %.0f times: medians, and beside them how far a measurement was off at most.",
            repeats);
    }
    add_times(html, report_number(settings, "duration_ms"), report_number(settings, "warm_up_ms"));
    (void)buf_add_text(html, "</p>\n");
}

void report_add_sweep(struct buf *html, const cJSON *document, size_t index)
{
    struct report_points points = { .count = 0 };
    struct report_group group;

    add_introduction(html, document);
    if (report_points_gather(&points, document) < 0) {
        html->failed = true;
        return;
    }
    for (size_t first = 0; first < points.count; first += group.count) {
        group = report_group_at(document, &points, first);
        if (first == 0 && group.entry == NULL) {
            add_verdict(html, &group);
        }
        add_group(html, &group, index);
    }
    report_points_clear(&points);
}
