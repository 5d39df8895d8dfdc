/* SPDX-License-Identifier: MIT */
#include "lab/sweep_table.h"

#include <math.h>
#include <stdio.h>

#include "common/clock.h"
#include "lab/sweep_findings.h"

/* Four modes make 120 columns. */
enum { LABEL_COLUMNS = 8, NUMBER_COLUMNS = 7, RATIO_COLUMNS = 5, MARK_COLUMNS = 2 };
enum { HEAD_COLUMNS = 2, MODE_COLUMNS = 3 * NUMBER_COLUMNS + RATIO_COLUMNS + MARK_COLUMNS };
enum { NUMBER_BYTES = 24, DESCRIPTION_BYTES = 384, MEBIBYTE = 1024 * 1024 };

/* Rows that belong together: groups of points, from `begin` up to `end`, that differ in their load alone. */
struct block {
    const struct sweep_results *results;
    size_t begin, end;
    size_t first_mode, mode_count; /* those that are shown beside each other */
};

static const struct sweep_point *point_at(const struct block *block, size_t index)
{
    return &block->results->plan->points[index];
}

/* ---- numbers ---- */

/* Three digits that count, or all those in front of the point. */
static void format_number(double value, char text[NUMBER_BYTES])
{
    if (isnan(value)) {
        (void)snprintf(text, NUMBER_BYTES, "-");
        return;
    }
    double size = fabs(value);
    (void)snprintf(text, NUMBER_BYTES, "%.*f", size < 9.995 ? 2 : size < 99.95 ? 1 : 0, value);
}

/* In milliseconds, from 10 s on in seconds. */
static void format_duration(const struct sweep_duration *duration, char text[NUMBER_BYTES])
{
    static const double seconds_from_ms = 9999.5;
    char number[NUMBER_BYTES];
    double value_ms = duration->us.median / CLOCK_US_PER_MS;
    bool is_long = value_ms >= seconds_from_ms;

    format_number(is_long ? value_ms / 1000 : value_ms, number);
    (void)snprintf(text, NUMBER_BYTES, "%s%.20s%s", duration->is_lower_bound ? ">" : "", number, is_long ? "s" : "");
}

static void add_number(struct buf *text, double value, int columns)
{
    char number[NUMBER_BYTES];

    format_number(value, number);
    (void)buf_add_format(text, "%*s", columns, number);
}

static void add_duration(struct buf *text, const struct sweep_duration *duration)
{
    char number[NUMBER_BYTES];

    format_duration(duration, number);
    (void)buf_add_format(text, "%*s", NUMBER_COLUMNS, number);
}

/* ---- cells ---- */

/* The most important one: what failed, what says little, what ran out. */
static char mark_of(const struct sweep_figures *figures)
{
    static const char limits[SWEEP_LIMIT_COUNT] = {
        [SWEEP_LIMIT_NONE] = ' ',    [SWEEP_LIMIT_CLIENT] = 'c',  [SWEEP_LIMIT_GATEWAY] = 'g',
        [SWEEP_LIMIT_MACHINE] = 'm', [SWEEP_LIMIT_BACKEND] = 'b',
    };

    if (figures->failed > 0) {
        return '!';
    }
    return figures->has_few_answers ? '~' : limits[figures->limit];
}

static void add_measured(struct buf *text, const struct sweep_figures *figures, const struct sweep_point *point)
{
    char ratio[NUMBER_BYTES] = "-";
    double deviation = sweep_deviation_of_throughput(figures, &point->theory);

    if (!isnan(deviation)) {
        (void)snprintf(ratio, sizeof ratio, "%.*f", deviation < 9.995 ? 2 : 0, deviation);
    }
    add_number(text, figures->throughput.median, NUMBER_COLUMNS);
    add_duration(text, &figures->latency[SWEEP_P50]);
    add_duration(text, &figures->latency[SWEEP_P99]);
    (void)buf_add_format(text, "%*s %c", RATIO_COLUMNS, ratio, mark_of(figures));
}

static void add_used(struct buf *text, const struct sweep_figures *figures, const struct sweep_point *point)
{
    (void)point;
    add_number(text, figures->cpu_us_per_request.median, NUMBER_COLUMNS);
    add_number(text, figures->resident_bytes.median / MEBIBYTE, NUMBER_COLUMNS);
    add_number(text, figures->switches_per_request.median, NUMBER_COLUMNS);
    (void)buf_add_format(text, "%*llu  ", RATIO_COLUMNS, (unsigned long long)figures->thread_count);
}

/* One of the two tables of a block. */
struct view {
    const char *numbers[3];
    const char *last;
    void (*add)(struct buf *text, const struct sweep_figures *figures, const struct sweep_point *point);
};

static const struct view measured_view = { { "req/s", "p50", "p99" }, "x", add_measured };
static const struct view used_view = { { "cpu us", "MiB", "switch" }, "thr", add_used };

/* ---- rows ---- */

static void drop_trailing_blanks(struct buf *text)
{
    while (text->length > 0 && text->base[text->length - 1] == ' ') {
        text->length--;
    }
    (void)buf_add_byte(text, '\n');
}

static const char *label_of(const struct sweep_point *point)
{
    bool is_over_bytes = point->preset != NULL && point->preset->axis == SWEEP_AXIS_BYTES;

    return point->rate > 0 ? "a second" : is_over_bytes ? "bytes" : "clients";
}

static unsigned row_of(const struct sweep_point *point)
{
    bool is_over_bytes = point->preset != NULL && point->preset->axis == SWEEP_AXIS_BYTES;

    return point->rate > 0 ? point->rate : is_over_bytes ? point->bytes : point->clients;
}

static void add_heads(struct buf *text, const struct block *block, const struct view *view)
{
    (void)buf_add_format(text, "%*s", LABEL_COLUMNS, "");
    for (size_t i = 0; i < block->mode_count; i++) {
        const struct sweep_point *point = point_at(block, block->begin + block->first_mode + i);
        (void)buf_add_format(text, "%*s%-*s", HEAD_COLUMNS, "", MODE_COLUMNS - HEAD_COLUMNS, mode_names[point->mode]);
    }
    drop_trailing_blanks(text);
    (void)buf_add_format(text, "%*s", LABEL_COLUMNS, label_of(point_at(block, block->begin)));
    for (size_t i = 0; i < block->mode_count; i++) {
        for (size_t k = 0; k < 3; k++) {
            (void)buf_add_format(text, "%*s", NUMBER_COLUMNS, view->numbers[k]);
        }
        (void)buf_add_format(text, "%*s%*s", RATIO_COLUMNS, view->last, MARK_COLUMNS, "");
    }
    drop_trailing_blanks(text);
}

static void add_row(struct buf *text, const struct block *block, const struct view *view, size_t group)
{
    (void)buf_add_format(text, "%*u", LABEL_COLUMNS, row_of(point_at(block, group)));
    for (size_t i = 0; i < block->mode_count; i++) {
        size_t index = group + block->first_mode + i;
        if (sweep_results_have(block->results, index)) {
            struct sweep_figures figures = sweep_results_figures(block->results, index);
            view->add(text, &figures, point_at(block, index));
        } else {
            (void)buf_add_format(text, "%*s", MODE_COLUMNS, "");
        }
    }
    drop_trailing_blanks(text);
}

static void add_view(struct buf *text, const struct block *block, const struct view *view)
{
    add_heads(text, block, view);
    for (size_t group = block->begin; group < block->end; group += point_at(block, group)->group_size) {
        add_row(text, block, view, group);
    }
}

/* ---- blocks ---- */

static bool belongs(const struct sweep_point *first, const struct sweep_point *other)
{
    return first->preset == other->preset && str_equal(str_of(first->delay.text), str_of(other->delay.text)) &&
           first->fan_out == other->fan_out && (first->rate > 0) == (other->rate > 0) &&
           (first->rate == 0 || first->clients == other->clients);
}

static void add_title(struct buf *text, const struct sweep_point *point)
{
    if (point->preset != NULL) {
        (void)buf_add_format(text, "%s: ", point->preset->title);
    }
    (void)buf_add_format(text, "%s loop, delay %s, fan-out %u", point->rate > 0 ? "open" : "closed", point->delay.text,
                         point->fan_out);
    if (point->rate > 0) {
        (void)buf_add_format(text, ", up to %u connections", point->clients);
    }
    if (point->bytes > 0) {
        (void)buf_add_format(text, ", %u client%s", point->clients, point->clients == 1 ? "" : "s");
    }
    if (point->backend_concurrency > 0) {
        (void)buf_add_format(text, ", the backend serves %u at once", point->backend_concurrency);
    }
    (void)buf_add_byte(text, '\n');
}

/* Why theory says what it does, for the last row. */
static void add_reasons(struct buf *text, const struct block *block)
{
    const struct sweep_point *last = point_at(block, block->end - 1);

    for (size_t i = last->group_begin; i < block->end; i++) {
        const struct sweep_point *point = point_at(block, i);
        (void)buf_add_format(text, "theory, %s: %s\n", mode_names[point->mode], point->theory.why);
    }
}

static void add_block(struct buf *text, struct block *block, unsigned columns)
{
    const struct sweep_point *first = point_at(block, block->begin);
    size_t fitting = columns >= LABEL_COLUMNS + MODE_COLUMNS ? (columns - LABEL_COLUMNS) / MODE_COLUMNS : 1;

    (void)buf_add_byte(text, '\n');
    add_title(text, first);
    for (block->first_mode = 0; block->first_mode < first->group_size; block->first_mode += fitting) {
        size_t left = first->group_size - block->first_mode;
        block->mode_count = left < fitting ? left : fitting;
        add_view(text, block, &measured_view);
        (void)buf_add_byte(text, '\n');
        add_view(text, block, &used_view);
        (void)buf_add_byte(text, '\n');
    }
    add_reasons(text, block);
    if (first->preset != NULL) {
        sweep_findings_add(text, block->results, first->preset);
        (void)buf_add_byte(text, '\n');
    }
}

void sweep_table_add(struct buf *text, const struct sweep_results *results, unsigned columns)
{
    const struct sweep_plan *plan = results->plan;

    for (size_t begin = 0; begin < plan->count;) {
        struct block block = { .results = results, .begin = begin, .end = begin };
        bool has_any = false;
        while (block.end < plan->count && belongs(&plan->points[begin], &plan->points[block.end])) {
            has_any = has_any || sweep_results_have(results, block.end);
            block.end++;
        }
        if (has_any) {
            add_block(text, &block, columns);
        }
        begin = block.end;
    }
    (void)buf_add_text(
        text,
        "\nreq/s: answers a second; p50, p99: latency in ms; medians of the repeats. x: req/s, measured / theory.\n"
        "cpu us, switch: the gateway's processor time and context switches a request; MiB: its memory; thr: its "
        "threads.\n"
        ">: at least (not all had been answered). ~: fewer than 5 answers in a window. !: failures, see below.\n"
        "What ran out: c the client's processor time (the figures are the client's), g the gateway's, b the backend's\n"
        "or its places, m all of the machine's; no mark: time was spent waiting.\n");
}

/* ---- failures ---- */

static void add_failures_of(struct buf *text, const struct sweep_results *results, size_t index)
{
    char description[DESCRIPTION_BYTES];
    struct sweep_failures failures = sweep_results_failures(results, index);

    sweep_point_describe(&results->plan->points[index], description, sizeof description);
    for (size_t i = 0; i < CALL_ERROR_COUNT; i++) {
        if (failures.by_cause[i] > 0) {
            (void)buf_add_format(text, "FAILED %s: %llu x %s\n", description, (unsigned long long)failures.by_cause[i],
                                 call_error_name((enum call_error)i));
        }
    }
    if (failures.refused > 0) {
        (void)buf_add_format(text, "FAILED %s: %llu x status %d\n", description, (unsigned long long)failures.refused,
                             failures.status);
    }
}

void sweep_table_add_failures(struct buf *text, const struct sweep_results *results)
{
    if (sweep_results_all_failed(results) == 0) {
        return;
    }
    (void)buf_add_text(text, "\n");
    for (size_t i = 0; i < results->plan->count; i++) {
        add_failures_of(text, results, i);
    }
    (void)buf_add_format(text, "%llu requests FAILED: these figures are not to be relied on.\n",
                         (unsigned long long)sweep_results_all_failed(results));
}
