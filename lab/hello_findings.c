/* SPDX-License-Identifier: MIT */
#include "lab/hello_findings.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Repeats that lie farther apart than this, as a part of their median, deserve a word; and differences that do not. */
static const double wide_spread = 0.25;
static const double worth_telling = 1.25;
/* Growth that theory explains, as a multiple of what it says. */
static const double as_theory_least = 0.75;
static const double as_theory_most = 1.5;
/* Of all processors. */
static const double others_tolerated = 0.25;

static const char *cores_word(const struct hello_result *result, char *text, size_t size)
{
    if (result->cores == 1) {
        return "the only processor was";
    }
    if (result->cores == 2) {
        return "both processors were";
    }
    (void)snprintf(text, size, "all %u processors were", result->cores);
    return text;
}

static const char *clients_word(size_t count, char *text, size_t size)
{
    (void)snprintf(text, size, "%zu client%s", count, count == 1 ? "" : "s");
    return text;
}

static const char *client_word(const struct hello_result *result, const struct hello_row *row)
{
    return row->client == HELLO_CLIENT_LIGHT ? "the light client" : hello_client_label(result, row->client);
}

/* Seconds of one cell; 0: not known. */
static double seconds_of(const struct hello_result *result, const struct hello_row *row, size_t column)
{
    return row != NULL ? hello_figures_of(result, row, column).seconds.median : 0;
}

/* The last column in which both rows are known. False: there is none. */
static bool last_common_column(const struct hello_result *result, const struct hello_row *a, const struct hello_row *b,
                               size_t *ret_column)
{
    for (size_t column = result->column_count; a != NULL && b != NULL && column > 0; column--) {
        if (seconds_of(result, a, column - 1) > 0 && seconds_of(result, b, column - 1) > 0) {
            *ret_column = column - 1;
            return true;
        }
    }
    return false;
}

/* ---- how a row grows with the clients ---- */

/* Why, where the figures are as it would have them. */
static const char *reason_for(const struct hello_row *row, double growth, double theory)
{
    if (growth < as_theory_least * theory || growth > as_theory_most * theory) {
        return "";
    }
    return row->mode == MODE_SYNC ? ": its loop makes one call after the other, whoever asked"
                                  : ": its calls do not wait for each other";
}

static void add_growth(struct buf *text, const struct hello_result *result, const struct hello_row *row)
{
    size_t last = result->column_count - 1;
    double first_s = seconds_of(result, row, 0);
    double last_s = seconds_of(result, row, last);

    if (last == 0 || first_s <= 0 || last_s <= 0) {
        return;
    }
    double growth = last_s / first_s;
    double theory = hello_theory_s(result, row, last) / hello_theory_s(result, row, 0);
    (void)buf_add_format(text, "%s: from %zu to %zu clients the seconds grow %.1f-fold (theory: %.1f)%s.\n", row->title,
                         result->clients[0], result->clients[last], growth, theory, reason_for(row, growth, theory));
}

/* ---- what the client costs ---- */

static void add_client_weight(struct buf *text, const struct hello_result *result, const struct hello_row *heavy)
{
    const struct hello_row *light = hello_row_with(result, heavy->name, HELLO_CLIENT_LIGHT);
    char clients[32];
    size_t column = 0;

    if (!last_common_column(result, heavy, light, &column)) {
        return;
    }
    struct hello_figures heavy_figures = hello_figures_of(result, heavy, column);
    struct hello_figures light_figures = hello_figures_of(result, light, column);
    double times = heavy_figures.seconds.median / light_figures.seconds.median;
    (void)buf_add_format(text, "%s, %s: %.3f s with %s, %.3f s with the light client, on the same server", light->title,
                         clients_word(result->clients[column], clients, sizeof clients), heavy_figures.seconds.median,
                         hello_client_label(result, HELLO_CLIENT_COMMAND), light_figures.seconds.median);
    if (times >= 2) {
        (void)buf_add_format(text, ": %.0f %% of the time was the client's doing", 100 - 100 / times);
    }
    (void)buf_add_format(text, ". A request costs %s %.0f us of processor time, the light client %.0f us",
                         hello_client_label(result, HELLO_CLIENT_COMMAND), heavy_figures.client_cpu_us,
                         light_figures.client_cpu_us);
    if (heavy->is_server_known) {
        (void)buf_add_format(text, ", the server %.0f us", light_figures.server_cpu_us);
    }
    (void)buf_add_text(text, ".\n");
}

/* ---- one server beside another ---- */

static void add_comparison(struct buf *text, const struct hello_result *result, const struct hello_row *other)
{
    const struct hello_row *own = hello_row_with(result, "hello", other->client);
    char clients[32];
    size_t column = 0;

    if (!last_common_column(result, other, own, &column)) {
        return;
    }
    double other_s = seconds_of(result, other, column);
    double own_s = seconds_of(result, own, column);
    (void)buf_add_format(text, "With %s, %s: %s takes %.3f s, %s %.3f s, a ratio of %.1f.\n",
                         client_word(result, other), clients_word(result->clients[column], clients, sizeof clients),
                         other->title, other_s, own->title, own_s, other_s / own_s);
}

/* ---- what the limit was ---- */

/* From which column on the whole machine was busy to the last; column_count: not even there. */
static size_t full_from(const struct hello_result *result, const struct hello_row *row)
{
    size_t from = result->column_count;

    while (from > 0 && hello_figures_of(result, row, from - 1).limit == HELLO_LIMIT_MACHINE) {
        from--;
    }
    return from;
}

static void add_full_machine(struct buf *text, const struct hello_result *result, const struct hello_row *row)
{
    size_t from = full_from(result, row);
    char clients[32];
    char cores[64];

    if (from == result->column_count) {
        return;
    }
    struct hello_figures figures = hello_figures_of(result, row, result->column_count - 1);
    if (row->is_server_known && figures.others_busy > others_tolerated) {
        return;
    }
    (void)buf_add_format(text, "%s with %s: from %s on %s busy", row->title, client_word(result, row),
                         clients_word(result->clients[from], clients, sizeof clients),
                         cores_word(result, cores, sizeof cores));
    if (row->is_server_known) {
        double all_cpu_s = figures.client_cpu_s + figures.server_cpu_s + figures.backend_cpu_s;
        (void)buf_add_format(text, ", with %s %.0f %% of it for the clients",
                             clients_word(result->clients[result->column_count - 1], clients, sizeof clients),
                             100 * figures.client_cpu_s / all_cpu_s);
    }
    (void)buf_add_text(text, ": more clients then only share what there is.\n");
}

/* ---- what spoils the figures ---- */

static void add_failures(struct buf *text, const struct hello_row *row)
{
    uint64_t failed = hello_row_failed(row);

    if (failed > 0) {
        (void)buf_add_format(text, "%s: %" PRIu64 " request%s failed.\n", row->title, failed, failed == 1 ? "" : "s");
    }
}

static void add_noise(struct buf *text, const struct hello_result *result)
{
    double widest = 0;
    double most_others = 0;

    for (size_t i = 0; i < result->row_count * result->column_count; i++) {
        const struct hello_row *row = &result->rows[i / result->column_count];
        struct hello_figures figures = hello_figures_of(result, row, i % result->column_count);
        if (figures.is_known && figures.seconds.median > 0) {
            widest = fmax(widest, (figures.seconds.most - figures.seconds.least) / figures.seconds.median);
        }
        if (row->is_server_known) {
            most_others = fmax(most_others, figures.others_busy);
        }
    }
    if (most_others > others_tolerated) {
        (void)buf_add_format(text,
                             "Other processes used up to %.0f %% of the processors meanwhile: measure again on a quiet "
                             "machine.\n",
                             100 * most_others);
    }
    if (widest > wide_spread) {
        (void)buf_add_format(
            text, "Repeats of one cell lie up to %.0f %% of its median apart: smaller differences mean little.\n",
            100 * widest);
    }
}

/* ---- all of them ---- */

static bool is_other_server(const struct hello_row *row)
{
    return !row->is_gateway && row->client != HELLO_CLIENT_PUBLISHED && strcmp(row->name, "hello") != 0;
}

/* The published figures are of another machine: only how they grow can be compared, and with what kind of client. */
static void add_published(struct buf *text, const struct hello_result *result)
{
    const struct hello_row *published = hello_row_with(result, "published", HELLO_CLIENT_PUBLISHED);
    const struct hello_row *light = hello_row_with(result, "hello", HELLO_CLIENT_LIGHT);
    size_t column = 0;

    if (!last_common_column(result, published, light, &column)) {
        return;
    }
    double times = seconds_of(result, published, column) / seconds_of(result, light, column);
    if (times >= worth_telling) {
        char clients[32];
        (void)buf_add_format(text,
                             "%s with the light client and %s: %.1f times as fast as published (on another "
                             "machine, with aiohttp as the client).\n",
                             light->title, clients_word(result->clients[column], clients, sizeof clients), times);
    }
}

void hello_findings_add(struct buf *text, const struct hello_result *result)
{
    for (size_t i = 0; i < result->row_count; i++) {
        const struct hello_row *row = &result->rows[i];
        if (row->client == HELLO_CLIENT_LIGHT && row->is_gateway) {
            add_growth(text, result, row);
        }
    }
    add_published(text, result);
    for (size_t i = 0; i < result->row_count; i++) {
        const struct hello_row *row = &result->rows[i];
        if (row->client == HELLO_CLIENT_COMMAND && !row->is_gateway) {
            add_client_weight(text, result, row);
        }
    }
    for (size_t i = 0; i < result->row_count; i++) {
        if (is_other_server(&result->rows[i])) {
            add_comparison(text, result, &result->rows[i]);
        }
    }
    for (size_t i = 0; i < result->row_count; i++) {
        if (!result->rows[i].is_gateway) {
            add_full_machine(text, result, &result->rows[i]);
        }
        add_failures(text, &result->rows[i]);
    }
    add_noise(text, result);
}
