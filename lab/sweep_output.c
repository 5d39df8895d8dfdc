/* SPDX-License-Identifier: MIT */
#include "lab/sweep_output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "lab/screen.h"
#include "lab/sweep_events.h"
#include "lab/sweep_progress.h"
#include "lab/sweep_table.h"

enum { TEXT_BYTES = 16 * 1024 * 1024, LINE_BYTES = 1024, DESCRIPTION_BYTES = 384 };

/* Back to the line's begin, and everything behind it away (ECMA-48). */
#define CLEAR_LINE "\r\033[K"

void sweep_output_init(struct sweep_output *output, bool has_events, const struct log_options *options)
{
    *output = (struct sweep_output){ .has_events = has_events };
    output->has_bar = !has_events && isatty(STDERR_FILENO) == 1;
    output->bar_columns = screen_of(STDERR_FILENO, NULL, LOG_TEXT).columns;
    log_sink_init(&output->sink, STDOUT_FILENO, options);
    log_init(&output->log, &output->sink);
}

void sweep_output_clear(struct sweep_output *output)
{
    log_clear(&output->log);
    log_sink_clear(&output->sink);
}

static void clear_bar(const struct sweep_output *output)
{
    if (output->has_bar) {
        (void)fputs(CLEAR_LINE, stderr);
        (void)fflush(stderr);
    }
}

/* ---- before ---- */

void sweep_output_begin(struct sweep_output *output, const struct sweep_plan *plan)
{
    cleanup_buf struct buf line = { .base = NULL };

    if (output->has_events) {
        sweep_events_begin(stdout, plan);
        return;
    }
    buf_init(&line, LINE_BYTES);
    (void)buf_add_format(&line, "%zu points, %u time%s each: about ", plan->count, plan->settings.repeats,
                         plan->settings.repeats == 1 ? "" : "s");
    sweep_progress_add_duration(&line, sweep_plan_expected_us(plan, 0));
    if (output->has_bar) {
        (void)fprintf(stderr, "%.*s\n", STR_ARGUMENTS(buf_view(&line)));
        return;
    }
    log_line(&output->log, LOG_INFO, "%.*s", STR_ARGUMENTS(buf_view(&line)));
    log_flush(&output->log);
}

/* ---- meanwhile ---- */

static void draw_bar(void *context, const struct sweep_position *position)
{
    const struct sweep_output *output = context;
    cleanup_buf struct buf line = { .base = NULL };

    if (!output->has_bar) {
        return;
    }
    buf_init(&line, LINE_BYTES);
    sweep_progress_add(&line, position, output->bar_columns - 1);
    (void)fprintf(stderr, CLEAR_LINE "%.*s", STR_ARGUMENTS(buf_view(&line)));
    (void)fflush(stderr);
}

static void log_point(struct sweep_output *output, const struct sweep_position *position,
                      const struct sweep_results *results)
{
    char description[DESCRIPTION_BYTES];
    struct sweep_figures figures = sweep_results_figures(results, position->turn.point);
    const struct sweep_duration *median = &figures.latency[SWEEP_P50];
    cleanup_buf struct buf line = { .base = NULL };

    buf_init(&line, LINE_BYTES);
    sweep_point_describe(&position->plan->points[position->turn.point], description, sizeof description);
    (void)buf_add_format(&line, "%zu/%zu %s: %.1f a second", position->done, position->of, description,
                         figures.throughput.median);
    if (!isnan(median->us.median)) {
        (void)buf_add_format(&line, ", p50 %s%.1f ms", median->is_lower_bound ? "> " : "",
                             median->us.median / CLOCK_US_PER_MS);
    }
    if (figures.failed > 0) {
        (void)buf_add_format(&line, ", %llu FAILED", (unsigned long long)figures.failed);
    }
    (void)buf_add_text(&line, "; ");
    sweep_progress_add_duration(&line, position->left_us);
    log_line(&output->log, LOG_INFO, "%.*s left", STR_ARGUMENTS(buf_view(&line)));
    log_flush(&output->log);
}

static void on_done(void *context, const struct sweep_position *position, const struct sweep_results *results)
{
    struct sweep_output *output = context;

    if (output->has_events) {
        sweep_events_point(stdout, position, results);
    } else if (!output->has_bar) {
        log_point(output, position, results);
    }
}

struct sweep_listener sweep_output_listener(struct sweep_output *output)
{
    return (struct sweep_listener){
        .on_turn = draw_bar,
        .on_tick = draw_bar,
        .on_done = on_done,
        .context = output,
    };
}

/* ---- after ---- */

void sweep_output_results(struct sweep_output *output, const struct sweep_results *results, const cJSON *document)
{
    cleanup_buf struct buf text = { .base = NULL };

    if (output->has_events) {
        if (document != NULL) {
            sweep_events_end(stdout, document);
        } else {
            sweep_events_failed(stdout, "out of memory");
        }
        return;
    }
    clear_bar(output);
    buf_init(&text, TEXT_BYTES);
    sweep_table_add(&text, results, screen_of(STDOUT_FILENO, NULL, LOG_TEXT).columns);
    sweep_table_add_failures(&text, results);
    (void)fwrite(text.base, 1, text.length, stdout);
    (void)fflush(stdout);
}

void sweep_output_failed(struct sweep_output *output, const char *sentence)
{
    if (output->has_events) {
        sweep_events_failed(stdout, sentence);
    } else {
        clear_bar(output);
    }
}
