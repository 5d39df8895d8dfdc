/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "common/clock.h"
#include "lab/report_sections.h"
#include "lab/report_text.h"
#include "lab/timeline.h"

enum { AXIS_STEPS_MOST = 5, MARK_BYTES = 32, MS_PER_SECOND = 1000 };

/* A stretch that is this much of the axis, in percent, has room for a word; the second, on a narrow screen, too. */
#define LABEL_PERCENT 12.0
#define LABEL_NARROW_PERCENT 35.0

/* The textures that lanes are filled with, once a page. */
static const char patterns[] =
    "<svg class=\"defs\" aria-hidden=\"true\"><defs>"
    "<pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
    "<rect class=\"hatch-ground\" width=\"7\" height=\"7\"/><path class=\"hatch-line\" d=\"M0 0V7\"/></pattern>"
    "</defs></svg>\n";

struct drawn_part {
    const char *name; /* and class */
    const char *label;
    const char *meaning;
};

static const struct drawn_part part_kinds[] = {
    { "waiting", "waiting", "waiting for the gateway" },
    { "connecting", NULL, "connecting to the backend" },
    { "backend", "backend", "the backend at work" },
    { "gateway", NULL, "the gateway at work" },
    { "unknown", "not known", "sent, and nobody says what happened then" },
};

struct mode_meaning {
    const char *name;
    const char *does;
};

static const struct mode_meaning mode_meanings[] = {
    { "sync", "blocking calls: while one runs, the gateway stands still" },
    { "threads", "blocking calls on a pool of threads: fine until all are taken" },
    { "async", "non-blocking calls: all run at once" },
    { "mixed", "some calls block, the others do not, and all stand still for those that do" },
    { "wire", "non-blocking calls, HTTP spoken by the gateway itself" },
};

static const struct drawn_part *kind_of(const cJSON *part)
{
    struct str name = report_string(part, "kind");

    for (size_t i = 0; i < array_length(part_kinds); i++) {
        if (str_equal(name, str_of(part_kinds[i].name))) {
            return &part_kinds[i];
        }
    }
    return &part_kinds[array_length(part_kinds) - 1];
}

static double larger(double a, double b)
{
    return b > a ? b : a; /* a, where b is not known */
}

/* The end of the last task of all modes, and no less than the delay: how long the shared axis has to be. */
static double longest_ms(const cJSON *document)
{
    double longest = larger(1.0, report_number(document, "delay_ms"));
    const cJSON *mode = NULL;

    cJSON_ArrayForEach(mode, report_member(document, "modes"))
    {
        const cJSON *task = NULL;
        cJSON_ArrayForEach(task, report_member(mode, "tasks"))
        {
            const cJSON *part = NULL;
            longest = larger(longest, report_number(task, "answered_ms"));
            cJSON_ArrayForEach(part, report_member(task, "parts"))
            {
                longest = larger(longest, report_number(part, "end_ms"));
            }
        }
    }
    return longest;
}

static void add_axis(struct buf *html, double longest)
{
    uint64_t longest_us = (uint64_t)(longest * CLOCK_US_PER_MS);
    uint64_t step_us = timeline_step_us(longest_us, AXIS_STEPS_MOST);

    (void)buf_add_text(html, "<span></span><svg class=\"axis\" aria-hidden=\"true\">");
    for (uint64_t time_us = 0; time_us <= longest_us; time_us += step_us) {
        char mark[MARK_BYTES];
        double x = (double)time_us * 100.0 / (double)longest_us;
        timeline_format_mark(time_us, step_us, mark, sizeof mark);
        (void)buf_add_format(html,
                             "<line class=\"tick\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"70%%\" y2=\"100%%\"/>"
                             "<text x=\"%.3f%%\" y=\"55%%\" text-anchor=\"%s\">%s</text>",
                             x, x, x,
                             time_us == 0 ? "start"
                             : x > 95.0   ? "end"
                                          : "middle",
                             mark);
    }
    (void)buf_add_text(html, "</svg><span></span>\n");
}

/* ---- a lane ---- */

struct lane {
    const cJSON *task;
    double longest_ms;
};

static void add_part_words(struct buf *html, const struct drawn_part *kind, double start_ms, double end_ms)
{
    (void)buf_add_format(html, ", %s from ", kind->meaning);
    report_add_milliseconds(html, start_ms);
    (void)buf_add_text(html, " to ");
    report_add_milliseconds(html, end_ms);
}

/* What the lane shows, in words: for those who hear the page, and those who point at it. */
static void add_description(struct buf *html, const cJSON *task)
{
    const cJSON *part = NULL;
    double seconds = report_number(task, "seconds");

    (void)report_text_add_html(html, report_string(task, "name"));
    (void)buf_add_text(html, isnan(seconds) ? ": no answer" : ": answered after ");
    if (!isnan(seconds)) {
        report_add_milliseconds(html, seconds * MS_PER_SECOND);
    }
    cJSON_ArrayForEach(part, report_member(task, "parts"))
    {
        add_part_words(html, kind_of(part), report_number(part, "start_ms"), report_number(part, "end_ms"));
    }
}

static void add_part(struct buf *html, const struct drawn_part *kind, double x, double width)
{
    (void)buf_add_format(html, "<rect class=\"%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"8%%\" height=\"84%%\"/>",
                         kind->name, x, width);
    if (kind->label != NULL && width >= LABEL_PERCENT) {
        (void)buf_add_format(html, "<text class=\"label %s%s\" x=\"%.3f%%\" y=\"50%%\" dy=\".35em\">%s</text>",
                             kind->name, width < LABEL_NARROW_PERCENT ? " spacious" : "", x + width / 2, kind->label);
    }
}

static void add_parts(struct buf *html, const struct lane *lane)
{
    const cJSON *parts = report_member(lane->task, "parts");
    const cJSON *part = NULL;
    double sent_ms = report_number(lane->task, "sent_ms");
    double answered_ms = report_number(lane->task, "answered_ms");

    if (cJSON_GetArraySize(parts) == 0 && !isnan(sent_ms) && !isnan(answered_ms)) {
        add_part(html, kind_of(NULL), sent_ms * 100 / lane->longest_ms,
                 (answered_ms - sent_ms) * 100 / lane->longest_ms);
    }
    cJSON_ArrayForEach(part, parts)
    {
        double start_ms = report_number(part, "start_ms");
        double end_ms = report_number(part, "end_ms");
        if (end_ms >= start_ms) {
            add_part(html, kind_of(part), start_ms * 100 / lane->longest_ms,
                     (end_ms - start_ms) * 100 / lane->longest_ms);
        }
    }
}

/* Where theory has the bar end: at one time, or, where there is a race, at one of two. */
static void add_theory(struct buf *html, const struct lane *lane)
{
    const double times_ms[] = { report_number(lane->task, "theory_earliest_s") * MS_PER_SECOND,
                                report_number(lane->task, "theory_s") * MS_PER_SECOND };

    for (size_t i = 0; i < array_length(times_ms); i++) {
        bool is_there = times_ms[i] <= lane->longest_ms && (i == 0 || times_ms[i] != times_ms[0]);
        if (is_there) {
            double x = times_ms[i] * 100 / lane->longest_ms;
            (void)buf_add_format(html, "<line class=\"theory\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"-4%%\" y2=\"104%%\"/>",
                                 x, x);
        }
    }
}

/* Where the bar ends, the eye looks for the figure. */
static void add_figure(struct buf *html, const struct lane *lane)
{
    double seconds = report_number(lane->task, "seconds");
    double end_ms = larger(0.0, report_number(lane->task, "answered_ms"));
    const cJSON *part = NULL;
    struct str error = report_string(lane->task, "error");

    cJSON_ArrayForEach(part, report_member(lane->task, "parts"))
    {
        end_ms = larger(end_ms, report_number(part, "end_ms"));
    }
    (void)buf_add_format(html, "<text class=\"figure%s\" x=\"%.3f%%\" y=\"50%%\" dy=\".35em\" dx=\"6\">",
                         isnan(seconds) ? " bad" : "", end_ms * 100 / lane->longest_ms);
    if (!isnan(seconds)) {
        (void)buf_add_format(html, "%.3f s", seconds);
    } else {
        (void)report_text_add_html(html, error.length > 0 ? error : STR("no answer"));
    }
    (void)buf_add_text(html, "</text>");
}

static void add_lane(struct buf *html, const struct lane *lane)
{
    (void)buf_add_text(html, "<span class=\"name\">");
    (void)report_text_add_html(html, report_string(lane->task, "name"));
    (void)buf_add_text(html, "</span><svg class=\"lane\" role=\"img\"><title>");
    add_description(html, lane->task);
    (void)buf_add_text(html, "</title>");
    add_parts(html, lane);
    add_theory(html, lane);
    add_figure(html, lane);
    (void)buf_add_text(html, "</svg><span class=\"room\"></span>\n");
}

static const char *meaning_of(struct str mode)
{
    for (size_t i = 0; i < array_length(mode_meanings); i++) {
        if (str_equal(mode, str_of(mode_meanings[i].name))) {
            return mode_meanings[i].does;
        }
    }
    return "";
}

static void add_mode(struct buf *html, const cJSON *mode, double longest)
{
    struct str name = report_string(mode, "mode");
    const cJSON *task = NULL;

    (void)buf_add_text(html, "<div class=\"mode\"><h4>");
    (void)report_text_add_html(html, name);
    (void)buf_add_format(html, "</h4><span class=\"faint\">%s</span></div>\n", meaning_of(name));
    cJSON_ArrayForEach(task, report_member(mode, "tasks"))
    {
        add_lane(html, &(struct lane){ .task = task, .longest_ms = longest });
    }
}

/* ---- the key ---- */

static void find_used(const cJSON *mode, bool is_used[array_length(part_kinds)])
{
    const cJSON *task = NULL;

    cJSON_ArrayForEach(task, report_member(mode, "tasks"))
    {
        const cJSON *part = report_member(task, "parts");
        is_used[array_length(part_kinds) - 1] |= cJSON_GetArraySize(part) == 0;
        for (part = part != NULL ? part->child : NULL; part != NULL; part = part->next) {
            is_used[kind_of(part) - part_kinds] = true;
        }
    }
}

static void add_keys(struct buf *html, const cJSON *document)
{
    bool is_used[array_length(part_kinds)] = { false };
    const cJSON *mode = NULL;

    cJSON_ArrayForEach(mode, report_member(document, "modes"))
    {
        find_used(mode, is_used);
    }
    (void)buf_add_text(html, "<ul class=\"keys\">");
    for (size_t i = 0; i < array_length(part_kinds); i++) {
        if (is_used[i]) {
            (void)buf_add_format(html,
                                 "<li><svg class=\"key\" aria-hidden=\"true\"><rect class=\"%s\" x=\"1\" y=\"1\" "
                                 "width=\"95%%\" height=\"85%%\"/></svg>%s</li>",
                                 part_kinds[i].name, part_kinds[i].meaning);
        }
    }
    (void)buf_add_text(html, "<li><svg class=\"key\" aria-hidden=\"true\"><line class=\"theory\" x1=\"50%\" x2=\"50%\" "
                             "y1=\"0\" y2=\"100%\"/></svg>where theory has the bar end</li></ul>\n");
}

void report_add_timeline(struct buf *html, const cJSON *document)
{
    double longest = longest_ms(document);
    const cJSON *mode = NULL;

    (void)buf_add_text(html, "<div class=\"chart\">\n");
    add_axis(html, longest);
    cJSON_ArrayForEach(mode, report_member(document, "modes"))
    {
        add_mode(html, mode, longest);
    }
    (void)buf_add_text(html, "</div>\n");
    add_keys(html, document);
}

void report_add_patterns(struct buf *html)
{
    (void)buf_add_text(html, patterns);
}
