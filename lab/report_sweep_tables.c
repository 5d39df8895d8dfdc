/* SPDX-License-Identifier: MIT */
#include "lab/report_points.h"
#include "lab/report_sections.h"
#include "lab/report_text.h"

enum { BYTES_PER_MIB = 1024 * 1024 };

struct axis_title {
    const char *name;
    const char *title;
};

static const struct axis_title axis_titles[] = {
    { "clients", "clients" },       { "rate", "due a second" },  { "fan_out", "calls" },
    { "delay", "backend's delay" }, { "bytes", "answer bytes" }, { "backend_concurrency", "backend's places" },
};

/* ---- heads ---- */

static void add_axis_title(struct buf *html, struct str axis)
{
    for (size_t i = 0; i < array_length(axis_titles); i++) {
        if (str_equal(axis, str_of(axis_titles[i].name))) {
            (void)buf_add_text(html, axis_titles[i].title);
            return;
        }
    }
    (void)report_text_add_html(html, axis);
}

/* What a column shows, and where it is left out. */
struct column {
    const char *title;
    bool is_of_theory, is_of_open_load;
};

static void add_heads(struct buf *html, const struct report_group *group, const struct column *columns, size_t count)
{
    (void)buf_add_text(html,
                       "<div class=\"scroll\"><table class=\"figures wide\">\n<thead><tr><th scope=\"col\">mode</th>"
                       "<th scope=\"col\" class=\"number\">");
    add_axis_title(html, group->axis);
    (void)buf_add_text(html, "</th>");
    for (size_t i = 0; i < count; i++) {
        bool is_there =
            (group->has_theory || !columns[i].is_of_theory) && (group->is_open || !columns[i].is_of_open_load);
        if (is_there) {
            (void)buf_add_format(html, "<th scope=\"col\" class=\"number\">%s</th>", columns[i].title);
        }
    }
    (void)buf_add_text(html, "</tr></thead>\n<tbody>\n");
}

/* "<tr>", the mode where it begins, and the place on the axis. */
static void begin_row(struct buf *html, const struct report_group *group, size_t index)
{
    const struct report_point *point = &group->points[index];
    bool is_first = index == 0 || group->points[index - 1].mode != point->mode;
    struct str text = report_string(point->json, group->axis.base);

    (void)buf_add_text(html, is_first ? "<tr class=\"first\">" : "<tr>");
    (void)buf_add_text(html, is_first ? "<th scope=\"row\">" : "<th scope=\"row\"><span class=\"spoken\">");
    (void)report_text_add_html(html, report_string(point->json, "mode"));
    (void)buf_add_text(html, is_first ? "</th>" : "</span></th>");
    (void)buf_add_text(html, "<td class=\"number\">");
    if (text.length > 0) {
        (void)report_text_add_html(html, text);
    } else {
        report_add_number(html, report_number(point->json, group->axis.base), 0);
    }
    (void)buf_add_text(html, "</td>");
}

/* ---- how fast ---- */

/* Measured, theory, ratio. */
static void add_against_theory(struct buf *html, const struct report_group *group, struct report_spread measured,
                               double theory)
{
    struct report_spread ratio = report_spread_of(NULL);

    report_add_spread_cell(html, measured, group->decimals);
    if (group->has_theory) {
        ratio.median = theory > 0 ? measured.median / theory : REPORT_UNKNOWN;
        ratio.is_lower_bound = measured.is_lower_bound;
        report_add_number_cell(html, theory, group->decimals);
        report_add_spread_cell(html, ratio, 2);
    }
}

/* Without what the repeats differ by. */
static void add_median_cell(struct buf *html, const struct report_group *group, struct report_spread measured)
{
    measured.least = measured.median;
    measured.most = measured.median;
    report_add_spread_cell(html, measured, group->decimals);
}

static void add_failures_cell(struct buf *html, const cJSON *point)
{
    double unanswered = report_number(point, "unanswered");
    double failed = report_number(point, "failed") + (isnan(unanswered) ? 0 : unanswered);
    const cJSON *cause = NULL;

    (void)buf_add_text(html, failed > 0 ? "<td class=\"number bad\">" : "<td class=\"number\">");
    report_add_number(html, failed, 0);
    cJSON_ArrayForEach(cause, report_member(point, "errors"))
    {
        (void)buf_add_text(html, "<br><small>");
        (void)report_text_add_html(html, str_of(cause->string));
        (void)buf_add_format(html, " %.0f</small>", cJSON_GetNumberValue(cause));
    }
    if (unanswered > 0) {
        (void)buf_add_format(html, "<br><small>unanswered %.0f</small>", unanswered);
    }
    (void)buf_add_text(html, "</td>");
}

static void add_speed_row(struct buf *html, const struct report_group *group, size_t index)
{
    const cJSON *point = group->points[index].json;
    const cJSON *theory = report_member(point, "theory");

    begin_row(html, group, index);
    add_against_theory(html, group, report_spread_of(report_member(point, "throughput")),
                       report_number(theory, "throughput"));
    add_against_theory(html, group, report_latency(point, "latency_ms", "p50"), report_number(theory, "p50_ms"));
    add_median_cell(html, group, report_latency(point, "latency_ms", "p90"));
    add_against_theory(html, group, report_latency(point, "latency_ms", "p99"), report_number(theory, "p99_ms"));
    if (group->is_open) {
        report_add_spread_cell(html, report_latency(point, "uncorrected_ms", "p99"), group->decimals);
    }
    add_median_cell(html, group, report_latency(point, "latency_ms", "max"));
    add_failures_cell(html, point);
    (void)buf_add_text(html, "</tr>\n");
}

void report_add_speed_table(struct buf *html, const struct report_group *group)
{
    static const struct column columns[] = {
        { "answers/s", false, false }, { "theory", true, false },           { "ratio", true, false },
        { "p50 ms", false, false },    { "theory", true, false },           { "ratio", true, false },
        { "p90 ms", false, false },    { "p99 ms", false, false },          { "theory", true, false },
        { "ratio", true, false },      { "p99 from sending", false, true }, { "max ms", false, false },
        { "failed", false, false },
    };

    add_heads(html, group, columns, array_length(columns));
    for (size_t i = 0; i < group->count; i++) {
        add_speed_row(html, group, i);
    }
    (void)buf_add_text(html, "</tbody></table></div>\n");
}

/* ---- what it cost ---- */

static struct report_spread scaled(struct report_spread spread, double unit)
{
    return (struct report_spread){ spread.median / unit, spread.least / unit, spread.most / unit,
                                   spread.is_lower_bound };
}

static void add_cost_row(struct buf *html, const struct report_group *group, size_t index)
{
    const cJSON *point = group->points[index].json;
    const cJSON *gateway = report_member(point, "gateway");
    const cJSON *client = report_member(point, "client");

    begin_row(html, group, index);
    report_add_spread_cell(html, report_spread_of(report_member(gateway, "cpu_us_per_request")), 0);
    report_add_spread_cell(html, report_spread_of(report_member(gateway, "cpu_cores")), 2);
    report_add_spread_cell(html, scaled(report_spread_of(report_member(gateway, "resident_bytes")), BYTES_PER_MIB), 1);
    report_add_number_cell(html, report_number(gateway, "threads"), 0);
    report_add_spread_cell(html, report_spread_of(report_member(gateway, "switches_per_request")), 2);
    report_add_spread_cell(html, report_spread_of(report_member(client, "cpu_cores")), 2);
    if (group->is_open) {
        report_add_spread_cell(html, report_spread_of(report_member(client, "late_p99_ms")), group->decimals);
    }
    (void)buf_add_text(html, "<td class=\"number\">");
    (void)report_text_add_html(html, report_string(point, "limit"));
    (void)buf_add_text(html, "</td></tr>\n");
}

void report_add_cost_table(struct buf *html, const struct report_group *group)
{
    static const struct column columns[] = {
        { "gateway CPU, µs a request", false, false },
        { "gateway CPUs", false, false },
        { "memory, MiB", false, false },
        { "threads", false, false },
        { "switches a request", false, false },
        { "client CPUs", false, false },
        { "sent late, p99 ms", false, true },
        { "what ran out", false, false },
    };

    add_heads(html, group, columns, array_length(columns));
    for (size_t i = 0; i < group->count; i++) {
        add_cost_row(html, group, i);
    }
    (void)buf_add_text(html, "</tbody></table></div>\n");
}
