/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "lab/report_text.h"
#include "lab/results_parts.h"
#include "lab/timeline.h"
#include "lab/timeline_svg_internal.h"

/* In the picture's own units, which are pixels where it is shown as wide as it is. */
enum {
    WIDTH = 680,
    EDGE = 20,           /* nothing stands nearer to the edges */
    END_WIDTH = 86,      /* the room behind the longest bar, for its figure */
    NAME_CHARACTER = 13, /* as wide as one of a name may be */
    TITLE_Y = 40,
    AXIS_Y = 76,
    LANES_Y = 84,
    HEADING_HEIGHT = 38,
    MODE_GAP = 12,
    KEY_HEIGHT = 32,
    KEY_COLUMN = 320,
    AXIS_STEPS_MOST = 6,
    LABEL_WIDTH = 92, /* what a part must be as wide as to be labelled */
};

/* Many tasks get thin lanes without names and figures; the last one's figure tells. */
enum { TALL_LANE = 31, TALL_BAR = 24, THIN_LANE = 5, THIN_BAR = 4 };

struct look {
    const char *class_name;
    const char *label; /* in the bar; NULL: it has none */
    const char *meaning;
};

static const struct look looks[PART_KIND_COUNT] = {
    [PART_WAITING] = { "waiting", "waiting", "waiting for the gateway" },
    [PART_CONNECTING] = { "connecting", NULL, "connecting" },
    [PART_BACKEND] = { "backend", "backend", "the backend at work" },
    [PART_GATEWAY] = { "gateway", NULL, "the gateway at work" },
    [PART_UNKNOWN] = { "unknown", NULL, "sent to answered" },
};

/* The colours are those of lab/web/lab.css. A picture that is shown small is asked for its size in its own pixels, so
 * this width is the reader's. */
static const char style[] =
    "  <defs>\n"
    "    <pattern id=\"hatch\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\">\n"
    "      <rect class=\"pale\" width=\"8\" height=\"8\"/>\n"
    "      <path class=\"line\" d=\"M1 0V8\"/>\n"
    "    </pattern>\n"
    "  </defs>\n"
    "  <style>\n"
    "    text { font: 15px system-ui, -apple-system, \"Segoe UI\", \"DejaVu Sans\", sans-serif; fill: #1b1f23 }\n"
    "    .paper { fill: #fff }\n"
    "    .grid { stroke: #d5d9dd }\n"
    "    .title { font-size: 18px; font-weight: 600 }\n"
    "    .mode { font-weight: 700 }\n"
    "    .faint, .axis { fill: #59616a }\n"
    "    .name { text-anchor: end }\n"
    "    .axis, .label { text-anchor: middle }\n"
    "    .label { font-size: 13px }\n"
    "    .label.waiting { paint-order: stroke; stroke: #fdf3dc; stroke-width: 6; stroke-linejoin: round }\n"
    "    .label.backend { fill: #fff }\n"
    "    .end { font-variant-numeric: tabular-nums; font-weight: 600 }\n"
    "    .pale { fill: #fdf3dc }\n"
    "    .line { stroke: #e69f00; stroke-width: 2.5; stroke-opacity: .55 }\n"
    "    rect.waiting { fill: url(#hatch); stroke: #e69f00 }\n"
    "    .thin rect { stroke: none }\n"
    "    rect.connecting { fill: #f0e442; stroke: #8a8100 }\n"
    "    rect.backend { fill: #0072b2 }\n"
    "    rect.gateway { fill: #009e73 }\n"
    "    rect.unknown { fill: none; stroke: #767d85; stroke-dasharray: 4 3 }\n"
    "    @media (max-width: 500px) {\n"
    "      text { font-size: 22px }\n"
    "      .title { font-size: 25px }\n"
    "      .label { font-size: 19px }\n"
    "    }\n"
    "    @media (prefers-color-scheme: dark) {\n"
    "      text { fill: #e9ecef }\n"
    "      .paper { fill: #15181b }\n"
    "      .grid { stroke: #3a4148 }\n"
    "      .faint, .axis { fill: #a3abb3 }\n"
    "      .pale { fill: #3a2f14 }\n"
    "      .label.waiting { stroke: #3a2f14 }\n"
    "      .label.backend { fill: #15181b }\n"
    "      rect.connecting { stroke: #f0e442 }\n"
    "      rect.backend { fill: #56b4e9 }\n"
    "      rect.gateway { fill: #1fb98c }\n"
    "      rect.unknown { stroke: #8d959d }\n"
    "    }\n"
    "  </style>\n";

/* ---- measures ---- */

static unsigned name_characters(const struct experiment_result *experiment)
{
    size_t longest = 0;

    for (size_t i = 0; i < timeline_svg_task_count(experiment); i++) {
        size_t length = strlen(experiment->modes[0].tasks[i].name);
        longest = length > longest ? length : longest;
    }
    return longest < TIMELINE_SVG_NAME_CHARACTERS_MOST ? (unsigned)longest : TIMELINE_SVG_NAME_CHARACTERS_MOST;
}

static double x_of(const struct timeline_drawing *drawing, uint64_t time_us)
{
    return drawing->left + (double)time_us * (drawing->right - drawing->left) / (double)drawing->longest_us;
}

static unsigned mode_height(const struct timeline_drawing *drawing)
{
    return HEADING_HEIGHT + (unsigned)timeline_svg_task_count(drawing->experiment) * drawing->lane_height + MODE_GAP;
}

/* Kinds that can be seen. */
static void find_kinds(const struct timeline_drawing *drawing, bool is_used[PART_KIND_COUNT])
{
    uint64_t least_us = drawing->longest_us / (drawing->right - drawing->left);

    for (size_t i = 0; i < drawing->experiment->mode_count; i++) {
        results_find_kinds(&drawing->experiment->modes[i], least_us, is_used);
    }
}

static unsigned key_rows(const struct timeline_drawing *drawing)
{
    bool is_used[PART_KIND_COUNT] = { false };
    unsigned count = 0;

    find_kinds(drawing, is_used);
    for (unsigned kind = 0; kind < PART_KIND_COUNT; kind++) {
        count += is_used[kind];
    }
    return (count + 1) / 2;
}

/* ---- the picture ---- */

static void add_top(const struct timeline_drawing *drawing)
{
    struct buf *svg = drawing->svg;
    size_t count = timeline_svg_task_count(drawing->experiment);

    (void)buf_add_format(svg, "  <text class=\"title\" x=\"%d\" y=\"%d\">%zu task%s at once, a backend that takes ",
                         EDGE, TITLE_Y, count, count == 1 ? "" : "s");
    timeline_svg_add_delay(svg, drawing->experiment->delay_us);
    (void)buf_add_text(svg, "</text>\n");
    for (uint64_t time_us = 0; time_us <= drawing->longest_us; time_us += drawing->step_us) {
        char mark[TIMELINE_SVG_TEXT_BYTES];
        timeline_format_mark(time_us, drawing->step_us, mark, sizeof mark);
        (void)buf_add_format(svg, "  <text class=\"axis\" x=\"%.1f\" y=\"%d\">%s</text>\n", x_of(drawing, time_us),
                             AXIS_Y, mark);
    }
}

static void add_grid(const struct timeline_drawing *drawing, unsigned y, unsigned height)
{
    (void)buf_add_text(drawing->svg, "  <path class=\"grid\" d=\"");
    for (uint64_t time_us = 0; time_us <= drawing->longest_us; time_us += drawing->step_us) {
        (void)buf_add_format(drawing->svg, "M%.1f %uv%u", x_of(drawing, time_us), y, height);
    }
    (void)buf_add_text(drawing->svg, "\"/>\n");
}

/* A part as it is drawn. */
struct bar {
    enum part_kind kind;
    double x, end;
};

static void add_bar(const struct timeline_drawing *drawing, const struct bar *bar, unsigned y)
{
    double width = bar->end - bar->x;

    if (bar->kind == PART_KIND_COUNT) {
        return;
    }
    const struct look *look = &looks[bar->kind];
    (void)buf_add_format(drawing->svg, "  <rect class=\"%s\" x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%u\"/>\n",
                         look->class_name, bar->x, y, width, drawing->bar_height);
    if (look->label != NULL && width >= LABEL_WIDTH && !drawing->is_thin) {
        (void)buf_add_format(drawing->svg, "  <text class=\"label %s\" x=\"%.1f\" y=\"%u\" dy=\".35em\">%s</text>\n",
                             look->class_name, bar->x + width / 2, y + drawing->bar_height / 2, look->label);
    }
}

/* What is too short to be seen is left out, since its outline alone would be wider, and what follows begins there. */
static void add_bars(const struct timeline_drawing *drawing, const struct task_result *task, unsigned y)
{
    struct bar bar = { .kind = PART_KIND_COUNT, .end = x_of(drawing, task->sent_us) };

    for (size_t i = 0; i < task->part_count; i++) {
        const struct part *part = &task->parts[i];
        double end = x_of(drawing, part->end_us);
        if (end - bar.end < 1.0) {
            continue;
        }
        if (part->kind != bar.kind) {
            add_bar(drawing, &bar, y);
            bar = (struct bar){ .kind = part->kind, .x = bar.end };
        }
        bar.end = end;
    }
    add_bar(drawing, &bar, y);
}

static void add_name(const struct timeline_drawing *drawing, const char *name, unsigned middle)
{
    bool is_cut = strlen(name) > TIMELINE_SVG_NAME_CHARACTERS_MOST;
    struct str shown = { name, is_cut ? TIMELINE_SVG_NAME_CHARACTERS_MOST - 1 : strlen(name) };

    (void)buf_add_format(drawing->svg, "  <text class=\"name\" x=\"%u\" y=\"%u\" dy=\".35em\">", drawing->left - 8,
                         middle);
    (void)report_text_add_html(drawing->svg, shown);
    (void)buf_add_text(drawing->svg, is_cut ? "…</text>\n" : "</text>\n");
}

static void add_end(const struct timeline_drawing *drawing, const struct task_result *task, unsigned middle)
{
    double end = x_of(drawing, task->ended_us);
    bool is_behind = end <= drawing->right;

    (void)buf_add_format(drawing->svg, "  <text class=\"end\" x=\"%.1f\" y=\"%u\" dy=\".35em\">",
                         (is_behind ? end : drawing->right) + 7, middle);
    timeline_svg_add_outcome(drawing, task);
    (void)buf_add_text(drawing->svg, "</text>\n");
}

static void add_lane(const struct timeline_drawing *drawing, const struct mode_result *mode, size_t index, unsigned y)
{
    const struct task_result *task = &mode->tasks[index];
    unsigned middle = y + drawing->bar_height / 2;
    bool is_last = index + 1 == mode->task_count;

    if (!drawing->is_thin || index == 0 || is_last) {
        add_name(drawing, task->name, middle);
    }
    add_bars(drawing, task, y);
    if (!drawing->is_thin || is_last) {
        add_end(drawing, task, middle);
    }
}

static void add_mode(const struct timeline_drawing *drawing, const struct mode_result *mode, unsigned y)
{
    unsigned lanes_y = y + HEADING_HEIGHT;
    unsigned lanes_height = (unsigned)mode->task_count * drawing->lane_height;

    (void)buf_add_format(drawing->svg,
                         "  <text x=\"%d\" y=\"%u\"><tspan class=\"mode\">%s</tspan><tspan class=\"faint\" dx=\"10\">",
                         EDGE, y + HEADING_HEIGHT - 12, mode_names[mode->mode]);
    timeline_svg_add_meaning(drawing, mode->mode);
    (void)buf_add_text(drawing->svg, "</tspan></text>\n");
    add_grid(drawing, lanes_y - 4, lanes_height + 1);
    (void)buf_add_text(drawing->svg, drawing->is_thin ? "  <g class=\"thin\">\n" : "");
    for (size_t i = 0; i < mode->task_count; i++) {
        add_lane(drawing, mode, i, lanes_y + (unsigned)i * drawing->lane_height);
    }
    (void)buf_add_text(drawing->svg, drawing->is_thin ? "  </g>\n" : "");
}

static void add_keys(const struct timeline_drawing *drawing, unsigned y)
{
    bool is_used[PART_KIND_COUNT] = { false };
    unsigned count = 0;

    find_kinds(drawing, is_used);
    for (unsigned kind = 0; kind < PART_KIND_COUNT; kind++) {
        if (is_used[kind]) {
            unsigned x = EDGE + count % 2 * KEY_COLUMN;
            unsigned top = y + count / 2 * KEY_HEIGHT;
            (void)buf_add_format(drawing->svg,
                                 "  <rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"34\" height=\"18\"/>\n"
                                 "  <text x=\"%u\" y=\"%u\" dy=\".35em\">%s</text>\n",
                                 looks[kind].class_name, x, top, x + 44, top + 9, looks[kind].meaning);
            count++;
        }
    }
}

static void add_bottom(const struct timeline_drawing *drawing, unsigned y)
{
    (void)buf_add_format(drawing->svg, "  <text class=\"faint\" x=\"%d\" y=\"%u\">measured on ", EDGE, y);
    timeline_svg_add_date(drawing->svg, drawing->caption->measured_us);
    (void)buf_add_text(drawing->svg, "</text>\n");
}

void timeline_svg_add(struct buf *svg, const struct experiment_result *experiment,
                      const struct timeline_caption *caption)
{
    struct timeline_drawing drawing = {
        .svg = svg,
        .experiment = experiment,
        .caption = caption,
        .longest_us = results_longest_us(experiment),
        .left = EDGE + name_characters(experiment) * NAME_CHARACTER + 10,
        .right = WIDTH - EDGE - END_WIDTH,
        .is_thin = timeline_svg_task_count(experiment) > TIMELINE_SVG_TALL_LANES_MOST,
    };

    drawing.lane_height = drawing.is_thin ? THIN_LANE : TALL_LANE;
    drawing.bar_height = drawing.is_thin ? THIN_BAR : TALL_BAR;
    drawing.step_us = timeline_step_us(drawing.longest_us, AXIS_STEPS_MOST);
    unsigned keys_y = LANES_Y + (unsigned)experiment->mode_count * mode_height(&drawing) + MODE_GAP;
    unsigned bottom_y = keys_y + key_rows(&drawing) * KEY_HEIGHT + 14;
    unsigned height = bottom_y + EDGE;

    (void)buf_add_format(svg,
                         "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" width=\"%d\" height=\"%u\" "
                         "role=\"img\" aria-labelledby=\"title desc\">\n",
                         WIDTH, height, WIDTH, height);
    timeline_svg_add_description(&drawing);
    (void)buf_add_text(svg, style);
    (void)buf_add_format(svg, "  <rect class=\"paper\" width=\"%d\" height=\"%u\" rx=\"8\"/>\n", WIDTH, height);
    add_top(&drawing);
    for (size_t i = 0; i < experiment->mode_count; i++) {
        add_mode(&drawing, &experiment->modes[i], LANES_Y + (unsigned)i * mode_height(&drawing));
    }
    add_keys(&drawing, keys_y);
    add_bottom(&drawing, bottom_y);
    (void)buf_add_text(svg, "</svg>\n");
}
