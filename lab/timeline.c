/* SPDX-License-Identifier: MIT */
#include "lab/timeline.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "lab/results_parts.h"

enum {
    NAME_COLUMNS_MOST = 16,  /* longer names are cut */
    LANE_COLUMNS_LEAST = 20, /* however narrow the terminal */
    END_COLUMNS = 12,        /* what stands behind a lane */
    MARK_COLUMNS = 8,        /* the room one mark of the axis needs */
    MARK_BYTES = 32,
};

/* Microseconds; far beyond any experiment, and far from overflowing. */
#define LARGEST_POWER UINT64_C(10000000000000)

/* How a kind of part looks. */
static const struct {
    const char *glyph;
    const char *colour;
} looks[PART_KIND_COUNT] = {
    [PART_WAITING] = { "░", "\033[33m" }, [PART_CONNECTING] = { "▚", "\033[93m" }, [PART_BACKEND] = { "█", "\033[34m" },
    [PART_GATEWAY] = { "▓", "\033[32m" }, [PART_UNKNOWN] = { "━", "\033[36m" },
};

struct canvas {
    struct buf *text;
    const struct timeline_style *style;
    uint64_t longest_us;
    unsigned mode_columns, name_columns, lane_columns;
};

uint64_t timeline_step_us(uint64_t longest_us, unsigned most_steps)
{
    static const uint64_t factors[] = { 1, 2, 5 };

    for (uint64_t power = 1; power <= LARGEST_POWER; power *= 10) {
        for (size_t i = 0; i < array_length(factors); i++) {
            if (factors[i] * power * most_steps >= longest_us) {
                return factors[i] * power;
            }
        }
    }
    return longest_us;
}

void timeline_format_mark(uint64_t time_us, uint64_t step_us, char *text, size_t size)
{
    bool is_seconds = step_us >= CLOCK_US_PER_SECOND / 10;
    double unit_us = is_seconds ? CLOCK_US_PER_SECOND : CLOCK_US_PER_MS;
    int decimals = step_us % (uint64_t)unit_us == 0 ? 0 : step_us % (uint64_t)(unit_us / 10) == 0 ? 1 : 3;

    if (time_us == 0) {
        (void)snprintf(text, size, "0");
        return;
    }
    (void)snprintf(text, size, "%.*f %s", decimals, (double)time_us / unit_us, is_seconds ? "s" : "ms");
}

static unsigned name_columns(const struct experiment_result *experiment)
{
    size_t longest = 0;

    for (size_t i = 0; i < experiment->mode_count; i++) {
        for (size_t k = 0; k < experiment->modes[i].task_count; k++) {
            size_t length = strlen(experiment->modes[i].tasks[k].name);
            longest = length > longest ? length : longest;
        }
    }
    return longest < NAME_COLUMNS_MOST ? (unsigned)longest : NAME_COLUMNS_MOST;
}

static unsigned mode_columns(const struct experiment_result *experiment)
{
    size_t longest = 0;

    for (size_t i = 0; i < experiment->mode_count; i++) {
        size_t length = strlen(mode_names[experiment->modes[i].mode]);
        longest = length > longest ? length : longest;
    }
    return (unsigned)longest;
}

static unsigned column_of(const struct canvas *canvas, uint64_t time_us)
{
    return (unsigned)(time_us * canvas->lane_columns / canvas->longest_us);
}

static void add_blanks(struct buf *text, unsigned count)
{
    (void)buf_add_format(text, "%*s", (int)count, "");
}

/* What stands left of a lane: mode and task, either may be empty. */
static void add_margin(const struct canvas *canvas, const char *mode, const char *name)
{
    (void)buf_add_format(canvas->text, "%-*s  %-*.*s  ", (int)canvas->mode_columns, mode, (int)canvas->name_columns,
                         (int)canvas->name_columns, name);
}

static void add_marks(const struct canvas *canvas, uint64_t step_us)
{
    unsigned column = 0;

    add_margin(canvas, "", "");
    for (uint64_t time_us = 0; time_us <= canvas->longest_us; time_us += step_us) {
        char mark[MARK_BYTES];
        unsigned wanted = column_of(canvas, time_us);
        timeline_format_mark(time_us, step_us, mark, sizeof mark);
        add_blanks(canvas->text, wanted > column ? wanted - column : 0);
        (void)buf_add_text(canvas->text, mark);
        column = (wanted > column ? wanted : column) + (unsigned)strlen(mark);
    }
    (void)buf_add_byte(canvas->text, '\n');
}

static void add_rule(const struct canvas *canvas, uint64_t step_us)
{
    uint64_t next_us = 0;

    add_margin(canvas, "", "");
    for (unsigned column = 0; column <= canvas->lane_columns; column++) {
        bool is_mark = next_us <= canvas->longest_us && column_of(canvas, next_us) == column;
        next_us += is_mark ? step_us : 0;
        (void)buf_add_text(canvas->text, column == 0 ? "├" : is_mark ? "┼" : "─");
    }
    (void)buf_add_byte(canvas->text, '\n');
}

static void add_cells(const struct canvas *canvas, enum part_kind kind, unsigned count)
{
    if (count == 0) {
        return;
    }
    (void)buf_add_text(canvas->text, canvas->style->is_coloured ? looks[kind].colour : "");
    for (unsigned i = 0; i < count; i++) {
        (void)buf_add_text(canvas->text, looks[kind].glyph);
    }
    (void)buf_add_text(canvas->text, canvas->style->is_coloured ? "\033[0m" : "");
}

/* A cell belongs to the stretch its middle lies in: the first cell whose middle is at or behind `time_us`. */
static unsigned first_cell(const struct canvas *canvas, uint64_t time_us)
{
    return (unsigned)((2 * time_us * canvas->lane_columns + canvas->longest_us) / (2 * canvas->longest_us));
}

static void add_end(const struct canvas *canvas, const struct task_result *task)
{
    uint64_t elapsed_us = results_elapsed_us(task);

    if (elapsed_us == RESULTS_UNKNOWN_US) {
        (void)buf_add_format(canvas->text, "  %s\n", task->error != NULL ? task->error : "no answer");
        return;
    }
    (void)buf_add_format(canvas->text, "  %8.3f s", (double)elapsed_us / CLOCK_US_PER_SECOND);
    if (task->status < 200 || task->status > 299) {
        (void)buf_add_format(canvas->text, "  status %d", task->status);
    }
    (void)buf_add_byte(canvas->text, '\n');
}

static void add_lane(const struct canvas *canvas, const struct task_result *task)
{
    unsigned column = 0;

    for (size_t i = 0; i < task->part_count; i++) {
        const struct part *part = &task->parts[i];
        unsigned start = first_cell(canvas, part->start_us);
        unsigned end = first_cell(canvas, part->end_us);
        add_blanks(canvas->text, start > column ? start - column : 0);
        add_cells(canvas, part->kind, end > start ? end - start : 0);
        column = end > column ? end : column;
    }
    add_blanks(canvas->text, canvas->lane_columns - column);
    add_end(canvas, task);
}

/* Kinds that have a cell in one of the mode's lanes. */
static void find_drawn(const struct canvas *canvas, const struct mode_result *mode, bool is_drawn[PART_KIND_COUNT])
{
    for (size_t i = 0; i < mode->task_count; i++) {
        const struct task_result *task = &mode->tasks[i];
        for (size_t k = 0; k < task->part_count; k++) {
            const struct part *part = &task->parts[k];
            bool has_cell = first_cell(canvas, part->end_us) > first_cell(canvas, part->start_us);
            is_drawn[part->kind] = is_drawn[part->kind] || has_cell;
        }
    }
}

static void add_legend(const struct canvas *canvas, const struct experiment_result *experiment)
{
    bool is_drawn[PART_KIND_COUNT] = { false };
    const char *gap = "\n";

    for (size_t i = 0; i < experiment->mode_count; i++) {
        find_drawn(canvas, &experiment->modes[i], is_drawn);
    }
    for (unsigned kind = 0; kind < PART_KIND_COUNT; kind++) {
        if (is_drawn[kind]) {
            (void)buf_add_text(canvas->text, gap);
            add_cells(canvas, (enum part_kind)kind, 2);
            (void)buf_add_format(canvas->text, " %s\n", part_meanings[kind]);
            gap = "";
        }
    }
}

void timeline_add(struct buf *text, const struct experiment_result *experiment, const struct timeline_style *style)
{
    struct canvas canvas = {
        .text = text,
        .style = style,
        .longest_us = results_longest_us(experiment),
        .mode_columns = mode_columns(experiment),
        .name_columns = name_columns(experiment),
    };
    unsigned margin = canvas.mode_columns + canvas.name_columns + 4 + END_COLUMNS;

    canvas.lane_columns = style->columns > margin + LANE_COLUMNS_LEAST ? style->columns - margin : LANE_COLUMNS_LEAST;
    uint64_t step_us = timeline_step_us(canvas.longest_us, canvas.lane_columns / MARK_COLUMNS);
    add_marks(&canvas, step_us);
    add_rule(&canvas, step_us);
    for (size_t i = 0; i < experiment->mode_count; i++) {
        const struct mode_result *mode = &experiment->modes[i];
        for (size_t k = 0; k < mode->task_count; k++) {
            add_margin(&canvas, k == 0 ? mode_names[mode->mode] : "", mode->tasks[k].name);
            add_lane(&canvas, &mode->tasks[k]);
        }
    }
    add_legend(&canvas, experiment);
}
