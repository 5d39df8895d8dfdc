/* SPDX-License-Identifier: MIT */
#include "lab/hello_results.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

enum { PUBLISHED_REQUESTS = 1000 };

/* See the header. */
static const double machine_is_full = 0.9;
static const double server_is_full = 0.85;
static const double half_of_the_time = 0.5;
/* The kernel counts in ticks of 10 ms. */
static const double machine_probe_takes_s = 0.2;

const double hello_published_s[HELLO_PUBLISHED_COUNT] = { 0.464, 0.413, 0.526, 0.719, 0.821, 0.952, 1.071, 1.227 };

const char *const hello_limit_names[HELLO_LIMIT_COUNT] = {
    [HELLO_LIMIT_CLIENT] = "client",
    [HELLO_LIMIT_SERVER] = "server",
    [HELLO_LIMIT_MACHINE] = "machine",
    [HELLO_LIMIT_BACKEND] = "backend",
};

void hello_result_clear(struct hello_result *result)
{
    free(result->rows);
    *result = (struct hello_result){ .rows = NULL };
}

double hello_published_for(const struct hello_result *result, size_t column)
{
    size_t clients = result->clients[column];

    return clients >= 1 && clients <= HELLO_PUBLISHED_COUNT ? hello_published_s[clients - 1] : 0;
}

/* One loop makes all calls one after the other (sync), or none waits for another (async). */
double hello_theory_s(const struct hello_result *result, const struct hello_row *row, size_t column)
{
    double one_by_one_s = (double)PUBLISHED_REQUESTS * (double)result->delay_us / CLOCK_US_PER_SECOND;

    if (!row->is_gateway) {
        return 0;
    }
    return row->mode == MODE_SYNC ? (double)result->clients[column] * one_by_one_s : one_by_one_s;
}

/* ---- a cell in one figure each ---- */

/* The median of one of the runs' numbers, which stands at that offset in the struct. */
static struct spread spread_at(const struct hello_cell *cell, size_t offset)
{
    double values[HELLO_REPEATS_MOST];

    for (size_t i = 0; i < cell->run_count; i++) {
        values[i] = *(const double *)(const void *)((const char *)&cell->runs[i] + offset);
    }
    return spread_of(values, cell->run_count);
}

static double median_at(const struct hello_cell *cell, size_t offset)
{
    return spread_at(cell, offset).median;
}

static double median_watched(const struct hello_cell *cell, size_t index)
{
    return median_at(cell, offsetof(struct hello_run, watched_cpu_s) + index * sizeof(double));
}

/* What clients, server and backend used of all processors, 0 to 1. */
static double own_share(const struct hello_result *result, const struct hello_figures *figures)
{
    double own_cpu_s = figures->client_cpu_s + figures->server_cpu_s + figures->backend_cpu_s;

    return figures->elapsed_s > 0 ? own_cpu_s / (figures->elapsed_s * result->cores) : 0;
}

static enum hello_limit limit_of(const struct hello_result *result, const struct hello_row *row, size_t column,
                                 const struct hello_figures *figures)
{
    double elapsed_s = figures->elapsed_s;
    double own = own_share(result, figures);
    double clients = (double)result->clients[column];

    if (elapsed_s <= 0) {
        return HELLO_LIMIT_UNKNOWN;
    }
    if (own + figures->others_busy >= machine_is_full) {
        return HELLO_LIMIT_MACHINE;
    }
    if (figures->server_cpu_s >= server_is_full * elapsed_s) {
        return HELLO_LIMIT_SERVER;
    }
    if (figures->client_cpu_s > half_of_the_time * elapsed_s * clients) {
        return HELLO_LIMIT_CLIENT;
    }
    if (result->clients[column] == 1 && figures->server_cpu_s > half_of_the_time * elapsed_s) {
        return HELLO_LIMIT_SERVER;
    }
    bool mostly_waits = row->is_gateway && own * result->cores < half_of_the_time;
    return mostly_waits ? HELLO_LIMIT_BACKEND : HELLO_LIMIT_UNKNOWN;
}

/* What somebody else used of all processors, 0 to 1: of the whole machine what is not ours. */
static double others_share(const struct hello_result *result, const struct hello_figures *figures, double machine_busy)
{
    double others = machine_busy - own_share(result, figures);

    return figures->elapsed_s >= machine_probe_takes_s && others > 0 ? others : 0;
}

static struct hello_figures published_figures(const struct hello_result *result, size_t column)
{
    double seconds = hello_published_for(result, column);

    return (struct hello_figures){ .is_known = seconds > 0, .seconds = { seconds, seconds, seconds } };
}

struct hello_figures hello_figures_of(const struct hello_result *result, const struct hello_row *row, size_t column)
{
    const struct hello_cell *cell = &row->cells[column];
    double to_thousand = (double)PUBLISHED_REQUESTS / (double)result->requests;
    double all_requests = (double)result->requests * (double)result->clients[column];

    if (row->client == HELLO_CLIENT_PUBLISHED) {
        return published_figures(result, column);
    }
    if (cell->run_count == 0) {
        return (struct hello_figures){ .is_known = false };
    }
    struct spread seconds = spread_at(cell, offsetof(struct hello_run, seconds));
    struct hello_figures figures = {
        .is_known = true,
        .seconds = { seconds.median * to_thousand, seconds.least * to_thousand, seconds.most * to_thousand },
        .client_cpu_s = median_at(cell, offsetof(struct hello_run, client_cpu_s)),
        .server_cpu_s = median_watched(cell, HELLO_WATCHED_SERVER),
        .backend_cpu_s = median_watched(cell, HELLO_WATCHED_BACKEND),
        .elapsed_s = median_at(cell, offsetof(struct hello_run, elapsed_s)),
    };
    figures.client_cpu_us = figures.client_cpu_s * CLOCK_US_PER_SECOND / all_requests;
    figures.server_cpu_us = figures.server_cpu_s * CLOCK_US_PER_SECOND / all_requests;
    figures.others_busy = others_share(result, &figures, median_at(cell, offsetof(struct hello_run, machine_busy)));
    figures.limit = limit_of(result, row, column, &figures);
    return figures;
}

uint64_t hello_row_failed(const struct hello_row *row)
{
    uint64_t failed = 0;

    for (size_t column = 0; column < HELLO_COLUMNS_MOST; column++) {
        for (size_t i = 0; i < row->cells[column].run_count; i++) {
            failed += row->cells[column].runs[i].failed;
        }
    }
    return failed;
}

const struct hello_row *hello_row_with(const struct hello_result *result, const char *name, enum hello_client client)
{
    for (size_t i = 0; i < result->row_count; i++) {
        if (result->rows[i].client == client && strcmp(result->rows[i].name, name) == 0) {
            return &result->rows[i];
        }
    }
    return NULL;
}

const char *hello_client_label(const struct hello_result *result, enum hello_client client)
{
    switch (client) {
    case HELLO_CLIENT_LIGHT:
        return "light";
    case HELLO_CLIENT_PUBLISHED:
        return "aiohttp";
    case HELLO_CLIENT_COMMAND:
        break;
    }
    return result->client_label;
}
