/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/duration.h"
#include "lab/report_text.h"
#include "lab/timeline_svg_internal.h"

size_t timeline_svg_task_count(const struct experiment_result *experiment)
{
    return experiment->mode_count > 0 ? experiment->modes[0].task_count : 0;
}

void timeline_svg_add_date(struct buf *text, uint64_t wall_us)
{
    time_t second = (time_t)(wall_us / CLOCK_US_PER_SECOND);
    struct tm parts = { 0 };
    char date[TIMELINE_SVG_TEXT_BYTES];

    (void)gmtime_r(&second, &parts);
    (void)strftime(date, sizeof date, "%Y-%m-%d", &parts);
    (void)buf_add_text(text, date);
}

/* "2.01 s": all in the same unit, and no more decimals than there is room for. */
static void add_time(const struct timeline_drawing *drawing, uint64_t time_us)
{
    double longest_ms = (double)drawing->longest_us / CLOCK_US_PER_MS;
    double time_ms = (double)time_us / CLOCK_US_PER_MS;

    if (longest_ms < 1000) {
        (void)buf_add_format(drawing->svg, "%.*f ms", longest_ms < 100 ? 1 : 0, time_ms);
    } else {
        int decimals = longest_ms < 100e3 ? 2 : longest_ms < 1000e3 ? 1 : 0;
        (void)buf_add_format(drawing->svg, "%.*f s", decimals, time_ms / 1000);
    }
}

void timeline_svg_add_delay(struct buf *text, uint64_t delay_us)
{
    char delay[TIMELINE_SVG_TEXT_BYTES];

    duration_format(delay_us, delay, sizeof delay);
    size_t digits = strspn(delay, "0123456789.");
    (void)buf_add_format(text, "%.*s %s", (int)digits, delay, delay + digits);
}

void timeline_svg_add_outcome(const struct timeline_drawing *drawing, const struct task_result *task)
{
    uint64_t elapsed_us = results_elapsed_us(task);

    if (elapsed_us == RESULTS_UNKNOWN_US) {
        (void)buf_add_text(drawing->svg, "failed");
    } else if (task->status < 200 || task->status > 299) {
        (void)buf_add_format(drawing->svg, "status %d", task->status);
    } else {
        add_time(drawing, elapsed_us);
    }
}

void timeline_svg_add_meaning(const struct timeline_drawing *drawing, enum mode mode)
{
    struct str blocking = str_of(drawing->experiment->blocking);

    switch (mode) {
    case MODE_SYNC:
        (void)buf_add_text(drawing->svg, "blocking calls: the event loop stands still");
        return;
    case MODE_ASYNC:
        (void)buf_add_text(drawing->svg, "non-blocking calls: the event loop goes on");
        return;
    case MODE_WIRE:
        (void)buf_add_text(drawing->svg, "non-blocking calls, HTTP spoken by the gateway");
        return;
    case MODE_THREADS:
        (void)buf_add_format(drawing->svg, "blocking calls on a pool of %ld threads", drawing->experiment->threads);
        return;
    case MODE_MIXED:
        if (str_find(blocking, ',') < blocking.length || blocking.length > TIMELINE_SVG_NAME_CHARACTERS_MOST) {
            (void)buf_add_text(drawing->svg, "some calls block: the others wait, too");
        } else {
            (void)report_text_add_html(drawing->svg, blocking);
            (void)buf_add_text(drawing->svg, " blocks the event loop: the others wait, too");
        }
        return;
    case MODE_COUNT:
        break;
    }
}

static void describe_mode(const struct timeline_drawing *drawing, const struct mode_result *mode)
{
    struct buf *svg = drawing->svg;

    (void)buf_add_format(svg, "    %s:", mode_names[mode->mode]);
    if (mode->task_count > TIMELINE_SVG_TALL_LANES_MOST) {
        (void)buf_add_format(svg, " %zu tasks, the last answer after ", mode->task_count);
        if (mode->total_us != RESULTS_UNKNOWN_US) {
            add_time(drawing, mode->total_us);
        } else {
            (void)buf_add_text(svg, "no time: some never came");
        }
    }
    for (size_t i = 0; mode->task_count <= TIMELINE_SVG_TALL_LANES_MOST && i < mode->task_count; i++) {
        (void)buf_add_text(svg, i > 0 ? ", " : " ");
        (void)report_text_add_html(svg, str_of(mode->tasks[i].name));
        (void)buf_add_byte(svg, ' ');
        timeline_svg_add_outcome(drawing, &mode->tasks[i]);
    }
    (void)buf_add_text(svg, ".\n");
}

void timeline_svg_add_description(const struct timeline_drawing *drawing)
{
    const struct experiment_result *experiment = drawing->experiment;
    size_t count = timeline_svg_task_count(experiment);
    struct buf *svg = drawing->svg;

    (void)buf_add_format(svg, "  <title id=\"title\">Where the time of %zu task%s went, in %zu mode%s</title>\n", count,
                         count == 1 ? "" : "s", experiment->mode_count, experiment->mode_count == 1 ? "" : "s");
    (void)buf_add_text(svg,
                       "  <desc id=\"desc\">Sent at the same instant to a gateway that calls a backend for each; the "
                       "backend takes ");
    timeline_svg_add_delay(svg, experiment->delay_us);
    (void)buf_add_text(svg, ". Measured on ");
    timeline_svg_add_date(svg, drawing->caption->measured_us);
    (void)buf_add_text(svg, " by: ");
    (void)report_text_add_html(svg, drawing->caption->command);
    (void)buf_add_text(svg, "\n    From a request to its answer:\n");
    for (size_t i = 0; i < experiment->mode_count; i++) {
        describe_mode(drawing, &experiment->modes[i]);
    }
    (void)buf_add_text(svg, "  </desc>\n");
}
