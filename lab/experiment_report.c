/* SPDX-License-Identifier: MIT */
#include "lab/experiment_report.h"

#include <errno.h>
#include <time.h>

#include "common/clock.h"
#include "common/duration.h"
#include "lab/printable.h"
#include "lab/timeline.h"

enum { AXIS_STEPS_MOST = 5, MARK_BYTES = 32, TEXT_BYTES = 64 * 1024 };

/* What a page begins with. The textures are defined once and used by every lane. */
static const char page_head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<title>Fanlight: the experiment</title>\n<style>\n"
    ":root{color-scheme:light dark;--paper:#fff;--ink:#1a1a1a;--faint:#5c5c5c;--line:#d0d0d0;--lane:#f4f4f4;"
    "--waiting:#e69f00;--call:#0072b2;--held:#cc79a7;--unknown:#767676;--good:#00664b;--bad:#b04400}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#141414;--ink:#ececec;--faint:#a8a8a8;--line:#3c3c3c;--lane:#"
    "1f1f1f;"
    "--waiting:#e69f00;--call:#56b4e9;--held:#cc79a7;--unknown:#8c8c8c;--good:#2fc79c;--bad:#f08a4b}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:62rem;padding:1.5rem 1rem 3rem;background:var(--paper);color:var(--ink);"
    "font:1rem/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}\n"
    "p{margin:.25rem 0;max-width:44rem}.faint{color:var(--faint)}\n"
    ".chart{display:grid;grid-template-columns:minmax(3rem,max-content) 1fr max-content;gap:.25rem .6rem;"
    "align-items:center}\n"
    ".chart h3{grid-column:1/-1;font-size:1rem;margin:.7rem 0 0}\n"
    ".name{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:9rem}\n"
    "@media(max-width:30rem){.name{max-width:4.5rem}}\n"
    ".end,td.number,th.number{font-variant-numeric:tabular-nums;text-align:right}\n"
    "svg{display:block;width:100%;overflow:visible}svg.lane{height:1.4rem;background:var(--lane)}"
    "svg.axis{height:1.4rem}svg.key{width:2.2rem;height:1rem;flex:none}\n"
    "svg text{fill:var(--faint);font-size:.75rem}svg .tick{stroke:var(--line)}\n"
    ".waiting{fill:url(#hatch);stroke:var(--waiting)}.call{fill:var(--call)}"
    ".held{fill:url(#cross);stroke:var(--held)}.unknown{fill:none;stroke:var(--unknown);stroke-dasharray:4 3}\n"
    ".hatch{stroke:var(--waiting)}.cross{stroke:var(--held)}\n"
    ".keys{list-style:none;padding:0;margin:1rem 0 0;display:flex;flex-wrap:wrap;gap:.25rem 1.2rem}"
    ".keys li{display:flex;align-items:center;gap:.5rem}\n"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line)}\n"
    "tr.total td{font-weight:600}.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0}dt{color:var(--faint)}"
    "dd{margin:0;overflow-wrap:anywhere}code{font-size:.9em}\n"
    "</style>\n</head>\n<body>\n"
    "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs>"
    "<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
    "<path class=\"hatch\" d=\"M0 0V6\" stroke-width=\"2\" stroke-opacity=\".55\"/></pattern>"
    "<pattern id=\"cross\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
    "<path class=\"cross\" d=\"M0 0L6 6M6 0L0 6\" stroke-width=\"1\"/></pattern></defs></svg>\n";

static const char *const stretch_classes[STRETCH_KIND_COUNT] = {
    [STRETCH_WAITING] = "waiting",
    [STRETCH_CALL] = "call",
    [STRETCH_HELD] = "held",
    [STRETCH_UNKNOWN] = "unknown",
};

static const char *reference_of(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

int experiment_report_add_text(struct buf *html, struct str text)
{
    cleanup_buf struct buf printable = { .base = NULL };

    buf_init(&printable, TEXT_BYTES);
    if (printable_add(&printable, text) < 0) {
        html->failed = true;
        return -ENOBUFS;
    }
    for (size_t i = 0; i < printable.length; i++) {
        const char *reference = reference_of(printable.base[i]);
        if (reference != NULL) {
            (void)buf_add_text(html, reference);
        } else {
            (void)buf_add_byte(html, printable.base[i]);
        }
    }
    return html->failed ? -ENOBUFS : 0;
}

static void add_seconds(struct buf *html, uint64_t time_us)
{
    if (time_us == RESULTS_UNKNOWN_US) {
        (void)buf_add_text(html, "–");
    } else {
        (void)buf_add_format(html, "%.3f", (double)time_us / CLOCK_US_PER_SECOND);
    }
}

/* ---- the chart ---- */

static double percent(uint64_t time_us, uint64_t longest_us)
{
    return (double)time_us * 100.0 / (double)longest_us;
}

static void add_axis(struct buf *html, uint64_t longest_us)
{
    uint64_t step_us = timeline_step_us(longest_us, AXIS_STEPS_MOST);

    (void)buf_add_text(html, "<span></span><svg class=\"axis\" aria-hidden=\"true\">");
    for (uint64_t time_us = 0; time_us <= longest_us; time_us += step_us) {
        char mark[MARK_BYTES];
        double x = percent(time_us, longest_us);
        timeline_format_mark(time_us, step_us, mark, sizeof mark);
        (void)buf_add_format(html,
                             "<line class=\"tick\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"70%%\" y2=\"100%%\"/>"
                             "<text x=\"%.3f%%\" y=\"55%%\" text-anchor=\"%s\">%s</text>",
                             x, x, x,
                             time_us == 0 ? "start"
                             : x > 90.0   ? "end"
                                          : "middle",
                             mark);
    }
    (void)buf_add_text(html, "</svg><span></span>\n");
}

/* What the lane shows, in words: for those who hear the page. */
static void add_description(struct buf *html, const struct stretch *stretches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_format(html, "%s%s %.3f to %.3f s", i > 0 ? ", " : "", stretch_meanings[stretches[i].kind],
                             (double)stretches[i].start_us / CLOCK_US_PER_SECOND,
                             (double)stretches[i].end_us / CLOCK_US_PER_SECOND);
    }
}

static void add_lane(struct buf *html, const struct task_result *task, uint64_t longest_us)
{
    struct stretch stretches[STRETCHES_MOST];
    size_t count = results_stretches(task, stretches);
    uint64_t elapsed_us = results_elapsed_us(task);

    (void)buf_add_text(html, "<span class=\"name\">");
    (void)experiment_report_add_text(html, str_of(task->name));
    (void)buf_add_text(html, "</span><svg class=\"lane\" role=\"img\"><title>");
    add_description(html, stretches, count);
    (void)buf_add_text(html, "</title>");
    for (size_t i = 0; i < count; i++) {
        uint64_t length_us = stretches[i].end_us - stretches[i].start_us;
        (void)buf_add_format(html, "<rect class=\"%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"1\" height=\"92%%\"/>",
                             stretch_classes[stretches[i].kind], percent(stretches[i].start_us, longest_us),
                             percent(length_us, longest_us));
    }
    (void)buf_add_text(html, "</svg><span class=\"end\">");
    add_seconds(html, elapsed_us);
    (void)buf_add_text(html, elapsed_us != RESULTS_UNKNOWN_US ? " s</span>\n" : "</span>\n");
}

static void find_used(const struct mode_result *mode, bool is_used[STRETCH_KIND_COUNT])
{
    for (size_t i = 0; i < mode->task_count; i++) {
        struct stretch stretches[STRETCHES_MOST];
        size_t count = results_stretches(&mode->tasks[i], stretches);
        for (size_t k = 0; k < count; k++) {
            is_used[stretches[k].kind] = true;
        }
    }
}

static void add_keys(struct buf *html, const struct experiment_result *experiment)
{
    bool is_used[STRETCH_KIND_COUNT] = { false };

    for (size_t i = 0; i < experiment->mode_count; i++) {
        find_used(&experiment->modes[i], is_used);
    }
    (void)buf_add_text(html, "<ul class=\"keys\">");
    for (unsigned kind = 0; kind < STRETCH_KIND_COUNT; kind++) {
        if (is_used[kind]) {
            (void)buf_add_format(html,
                                 "<li><svg class=\"key\" aria-hidden=\"true\"><rect class=\"%s\" x=\"1\" y=\"1\" "
                                 "width=\"90%%\" height=\"85%%\"/></svg>%s</li>",
                                 stretch_classes[kind], stretch_meanings[kind]);
        }
    }
    (void)buf_add_text(html, "</ul>\n");
}

static void add_chart(struct buf *html, const struct experiment_result *experiment)
{
    uint64_t longest_us = results_longest_us(experiment);

    (void)buf_add_text(html, "<h2>Where the time went</h2>\n<div class=\"chart\">\n");
    add_axis(html, longest_us);
    for (size_t i = 0; i < experiment->mode_count; i++) {
        const struct mode_result *mode = &experiment->modes[i];
        (void)buf_add_format(html, "<h3>%s</h3>\n", mode_names[mode->mode]);
        for (size_t k = 0; k < mode->task_count; k++) {
            add_lane(html, &mode->tasks[k], longest_us);
        }
    }
    (void)buf_add_text(html, "</div>\n");
    add_keys(html, experiment);
}

/* ---- the table ---- */

struct row {
    const char *mode;
    const char *task;
    uint64_t measured_us;
    struct theory_range theory;
    bool ok, is_total;
    int status; /* 0: not of interest */
    const char *error;
};

static void add_row(struct buf *html, const struct row *row)
{
    (void)buf_add_format(html, "<tr%s><td>%s</td><td>", row->is_total ? " class=\"total\"" : "", row->mode);
    (void)experiment_report_add_text(html, str_of(row->task));
    (void)buf_add_text(html, "</td><td class=\"number\">");
    add_seconds(html, row->measured_us);
    (void)buf_add_text(html, "</td><td class=\"number\">");
    if (row->theory.earliest_us != row->theory.latest_us) {
        add_seconds(html, row->theory.earliest_us);
        (void)buf_add_text(html, " to ");
    }
    add_seconds(html, row->theory.latest_us);
    (void)buf_add_text(html, "</td><td class=\"number\">");
    if (row->measured_us != RESULTS_UNKNOWN_US) {
        (void)buf_add_format(html, "%.2f", results_ratio(row->measured_us, row->theory));
    } else {
        (void)buf_add_text(html, "–");
    }
    (void)buf_add_format(html, "</td><td class=\"%s\">%s", row->ok ? "good" : "bad", row->ok ? "ok" : "not ok");
    if (row->error != NULL) {
        (void)buf_add_format(html, ": %s", row->error);
    } else if (row->status != 0 && (row->status < 200 || row->status > 299)) {
        (void)buf_add_format(html, ": status %d", row->status);
    }
    (void)buf_add_text(html, "</td></tr>\n");
}

static void add_table(struct buf *html, const struct experiment_result *experiment)
{
    (void)buf_add_text(html, "<h2>Measured, and what theory says</h2>\n<div class=\"scroll\"><table>\n"
                             "<tr><th>mode</th><th>task</th><th class=\"number\">seconds</th>"
                             "<th class=\"number\">theory</th><th class=\"number\">ratio</th><th></th></tr>\n");
    for (size_t i = 0; i < experiment->mode_count; i++) {
        const struct mode_result *mode = &experiment->modes[i];
        for (size_t k = 0; k < mode->task_count; k++) {
            const struct task_result *task = &mode->tasks[k];
            add_row(html, &(struct row){ .mode = k == 0 ? mode_names[mode->mode] : "",
                                         .task = task->name,
                                         .measured_us = results_elapsed_us(task),
                                         .theory = task->theory,
                                         .ok = task->ok,
                                         .status = task->status,
                                         .error = task->error });
        }
        add_row(html, &(struct row){ .mode = "",
                                     .task = "total",
                                     .measured_us = mode->total_us,
                                     .theory = mode->theory,
                                     .ok = mode->ok,
                                     .is_total = true });
    }
    (void)buf_add_text(html, "</table></div>\n"
                             "<p class=\"faint\">A task is ok within 0.95 to 1.15 × theory + 50 ms.</p>\n");
}

/* ---- the page ---- */

static void add_introduction(struct buf *html, const struct experiment_result *experiment)
{
    char delay[MARK_BYTES];

    duration_format(experiment->delay_us, delay, sizeof delay);
    (void)buf_add_format(html,
                         "<h1>The experiment</h1>\n<p>Requests sent at the same instant to a gateway that calls a "
                         "backend for each. The backend takes <strong>%s</strong>. What differs is how the gateway "
                         "makes its calls.</p>\n",
                         delay);
    for (size_t i = 0; i < experiment->mode_count; i++) {
        (void)buf_add_format(html, "%s%s <strong>", i == 0 ? "<p>" : ", ", mode_names[experiment->modes[i].mode]);
        add_seconds(html, experiment->modes[i].total_us);
        (void)buf_add_text(html, " s</strong>");
    }
    (void)buf_add_text(html, experiment->mode_count > 0 ? "</p>\n" : "");
}

static void add_origin(struct buf *html, const struct experiment_report *report)
{
    time_t second = (time_t)(report->measured_us / CLOCK_US_PER_SECOND);
    struct tm parts = { 0 };
    char when[MARK_BYTES];

    (void)gmtime_r(&second, &parts);
    (void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &parts);
    (void)buf_add_format(html, "<h2>How it was measured</h2>\n<dl><dt>when</dt><dd>%s</dd><dt>command</dt><dd><code>",
                         when);
    (void)experiment_report_add_text(html, report->command_line);
    (void)buf_add_text(html, "</code></dd><dt>versions</dt><dd>");
    (void)experiment_report_add_text(html, report->versions);
    (void)buf_add_text(html, "</dd></dl>\n");
}

int experiment_report_add(struct buf *html, const struct experiment_report *report)
{
    (void)buf_add_text(html, page_head);
    add_introduction(html, report->experiment);
    add_chart(html, report->experiment);
    add_table(html, report->experiment);
    add_origin(html, report);
    (void)buf_add_text(html, "</body>\n</html>\n");
    return html->failed ? -ENOBUFS : 0;
}
