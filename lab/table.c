/* SPDX-License-Identifier: MIT */
#include "lab/table.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"

#define GREEN "\033[32m"
#define RED "\033[1;31m"
#define PLAIN "\033[0m"

enum { THEORY_BYTES = 48, NUMBER_COLUMNS = 8 };

struct row {
    const char *mode;
    const char *task;
    uint64_t measured_us; /* RESULTS_UNKNOWN_US: no answer */
    struct theory_range theory;
    bool ok;
    char remark[64]; /* why not, where the numbers do not tell */
};

struct layout {
    struct buf *text;
    int mode_columns, task_columns, theory_columns;
    bool is_coloured;
};

static void format_theory(struct theory_range theory, char *text, size_t size)
{
    double earliest = (double)theory.earliest_us / CLOCK_US_PER_SECOND;
    double latest = (double)theory.latest_us / CLOCK_US_PER_SECOND;

    if (theory.earliest_us == theory.latest_us) {
        (void)snprintf(text, size, "%.3f", latest);
    } else {
        (void)snprintf(text, size, "%.3f to %.3f", earliest, latest);
    }
}

static void widen(int *columns, const char *text)
{
    int length = (int)strlen(text);

    *columns = length > *columns ? length : *columns;
}

static struct layout lay_out(struct buf *text, const struct experiment_result *experiment, bool is_coloured)
{
    struct layout layout = { .text = text, .theory_columns = NUMBER_COLUMNS, .is_coloured = is_coloured };

    widen(&layout.mode_columns, "mode");
    widen(&layout.task_columns, "total");
    for (size_t i = 0; i < experiment->mode_count; i++) {
        const struct mode_result *mode = &experiment->modes[i];
        widen(&layout.mode_columns, mode_names[mode->mode]);
        for (size_t k = 0; k < mode->task_count; k++) {
            char theory[THEORY_BYTES];
            format_theory(mode->tasks[k].theory, theory, sizeof theory);
            widen(&layout.theory_columns, theory);
            widen(&layout.task_columns, mode->tasks[k].name);
        }
    }
    return layout;
}

static void add_row(const struct layout *layout, const struct row *row)
{
    char measured[THEORY_BYTES] = "-";
    char ratio[THEORY_BYTES] = "-";
    char theory[THEORY_BYTES];

    format_theory(row->theory, theory, sizeof theory);
    if (row->measured_us != RESULTS_UNKNOWN_US) {
        (void)snprintf(measured, sizeof measured, "%.3f", (double)row->measured_us / CLOCK_US_PER_SECOND);
        (void)snprintf(ratio, sizeof ratio, "%.2f", results_ratio(row->measured_us, row->theory));
    }
    (void)buf_add_format(layout->text, "%-*s  %-*s  %8s  %*s  %6s  ", layout->mode_columns, row->mode,
                         layout->task_columns, row->task, measured, layout->theory_columns, theory, ratio);
    (void)buf_add_format(layout->text, "%s%s%s%s%s\n",
                         !layout->is_coloured ? ""
                         : row->ok            ? GREEN
                                              : RED,
                         row->ok ? "ok" : "not ok", layout->is_coloured ? PLAIN : "",
                         row->remark[0] != '\0' ? ": " : "", row->remark);
}

static struct row task_row(const struct task_result *task)
{
    struct row row = {
        .mode = "",
        .task = task->name,
        .measured_us = results_elapsed_us(task),
        .theory = task->theory,
        .ok = task->ok,
    };

    if (row.measured_us == RESULTS_UNKNOWN_US) {
        (void)snprintf(row.remark, sizeof row.remark, "%s", task->error != NULL ? task->error : "no answer");
    } else if (task->status < 200 || task->status > 299) {
        (void)snprintf(row.remark, sizeof row.remark, "status %d", task->status);
    }
    return row;
}

void table_add(struct buf *text, const struct experiment_result *experiment, bool is_coloured)
{
    struct layout layout = lay_out(text, experiment, is_coloured);

    (void)buf_add_format(text, "%-*s  %-*s  %8s  %*s  %6s\n", layout.mode_columns, "mode", layout.task_columns, "task",
                         "seconds", layout.theory_columns, "theory", "ratio");
    for (size_t i = 0; i < experiment->mode_count; i++) {
        const struct mode_result *mode = &experiment->modes[i];
        for (size_t k = 0; k < mode->task_count; k++) {
            struct row row = task_row(&mode->tasks[k]);
            row.mode = k == 0 ? mode_names[mode->mode] : "";
            add_row(&layout, &row);
        }
        add_row(
            &layout,
            &(struct row){
                .mode = "", .task = "total", .measured_us = mode->total_us, .theory = mode->theory, .ok = mode->ok });
    }
}
