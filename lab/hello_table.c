/* SPDX-License-Identifier: MIT */
#include "lab/hello_table.h"

#include <stdio.h>

#define BOLD "\033[1m"
#define FAINT "\033[2m"
#define PLAIN "\033[0m"

enum { LABEL_COLUMNS = 20, CLIENT_COLUMNS = 14, NUMBER_COLUMNS = 8, BLOCK_COLUMNS = 8, LINE_COLUMNS = 100 };
enum { CELL_BYTES = 32 };

/* One of the tables: what a cell of it says. */
struct view {
    const char *heading;
    /* False: this row has nothing to say here. */
    bool (*has_row)(const struct hello_result *result, const struct hello_row *row);
    void (*format)(const struct hello_result *result, const struct hello_row *row, size_t column,
                   char text[CELL_BYTES]);
};

struct page {
    struct buf *text;
    const struct hello_result *result;
    bool is_coloured;
    size_t first_column, end_column; /* of the block */
};

/* ---- what the cells say ---- */

static bool is_measured(const struct hello_result *result, const struct hello_row *row)
{
    (void)result;
    return row->client != HELLO_CLIENT_PUBLISHED;
}

static bool has_any(const struct hello_result *result, const struct hello_row *row)
{
    (void)result;
    (void)row;
    return true;
}

static bool has_known_server(const struct hello_result *result, const struct hello_row *row)
{
    return is_measured(result, row) && row->is_server_known;
}

static bool has_repeats(const struct hello_result *result, const struct hello_row *row)
{
    return is_measured(result, row) && result->repeats > 1;
}

static void format_seconds(const struct hello_result *result, const struct hello_row *row, size_t column,
                           char text[CELL_BYTES])
{
    struct hello_figures figures = hello_figures_of(result, row, column);

    if (figures.is_known) {
        (void)snprintf(text, CELL_BYTES, figures.seconds.median < 100 ? "%.3f" : "%.1f", figures.seconds.median);
    }
}

static void format_theory(const struct hello_result *result, const struct hello_row *row, size_t column,
                          char text[CELL_BYTES])
{
    (void)snprintf(text, CELL_BYTES, "%.3f", hello_theory_s(result, row, column));
}

/* To theory, where there is one, else to what was published. */
static void format_ratio(const struct hello_result *result, const struct hello_row *row, size_t column,
                         char text[CELL_BYTES])
{
    struct hello_figures figures = hello_figures_of(result, row, column);
    double base_s = row->is_gateway ? hello_theory_s(result, row, column) : hello_published_for(result, column);

    if (figures.is_known && base_s > 0) {
        (void)snprintf(text, CELL_BYTES, "%.2f", figures.seconds.median / base_s);
    }
}

static void format_spread(const struct hello_result *result, const struct hello_row *row, size_t column,
                          char text[CELL_BYTES])
{
    struct hello_figures figures = hello_figures_of(result, row, column);

    if (figures.is_known && figures.seconds.median > 0) {
        (void)snprintf(text, CELL_BYTES, "%.0f%%",
                       100 * (figures.seconds.most - figures.seconds.least) / figures.seconds.median);
    }
}

static void format_client_cpu(const struct hello_result *result, const struct hello_row *row, size_t column,
                              char text[CELL_BYTES])
{
    struct hello_figures figures = hello_figures_of(result, row, column);

    if (figures.is_known) {
        (void)snprintf(text, CELL_BYTES, "%.0f", figures.client_cpu_us);
    }
}

static void format_server_cpu(const struct hello_result *result, const struct hello_row *row, size_t column,
                              char text[CELL_BYTES])
{
    struct hello_figures figures = hello_figures_of(result, row, column);

    if (figures.is_known) {
        (void)snprintf(text, CELL_BYTES, "%.0f", figures.server_cpu_us);
    }
}

static void format_limit(const struct hello_result *result, const struct hello_row *row, size_t column,
                         char text[CELL_BYTES])
{
    struct hello_figures figures = hello_figures_of(result, row, column);

    if (figures.is_known) {
        const char *name = hello_limit_names[figures.limit];
        (void)snprintf(text, CELL_BYTES, "%s", name != NULL ? name : "?");
    }
}

static const struct view seconds_view = { "", has_any, format_seconds };
static const struct view theory_view = { "", NULL, format_theory };

static const struct view views[] = {
    { "Ratio: to what was published; of a gateway to theory", is_measured, format_ratio },
    { "From the least to the most of the repeats, in parts of the median", has_repeats, format_spread },
    { "Processor time of the clients for a request, us", is_measured, format_client_cpu },
    { "Processor time of the server for a request, us", has_known_server, format_server_cpu },
    { "What the limit was: whose processor time ran out, or the backend's delay (?: none of them)", is_measured,
      format_limit },
};

/* ---- how they stand ---- */

static void add_styled(const struct page *page, const char *style, const char *text)
{
    (void)buf_add_format(page->text, "%s%s%s\n", page->is_coloured ? style : "", text, page->is_coloured ? PLAIN : "");
}

static void add_labels(const struct page *page, const char *label, const char *client)
{
    (void)buf_add_format(page->text, "%-*.*s  %-*.*s", LABEL_COLUMNS, LABEL_COLUMNS, label, CLIENT_COLUMNS - 2,
                         CLIENT_COLUMNS - 2, client);
}

static void add_column_heads(const struct page *page)
{
    add_labels(page, "clients", "");
    for (size_t column = page->first_column; column < page->end_column; column++) {
        (void)buf_add_format(page->text, "%*zu", NUMBER_COLUMNS, page->result->clients[column]);
    }
    (void)buf_add_byte(page->text, '\n');
}

static void add_cells(const struct page *page, const struct view *view, const struct hello_row *row)
{
    for (size_t column = page->first_column; column < page->end_column; column++) {
        char text[CELL_BYTES] = "-";
        view->format(page->result, row, column, text);
        (void)buf_add_format(page->text, "%*s", NUMBER_COLUMNS, text);
    }
    (void)buf_add_byte(page->text, '\n');
}

static void add_row(const struct page *page, const struct view *view, const struct hello_row *row)
{
    add_labels(page, row->label, hello_client_label(page->result, row->client));
    add_cells(page, view, row);
}

static void add_theory(const struct page *page, const struct hello_row *row)
{
    (void)buf_add_text(page->text, page->is_coloured ? FAINT : "");
    add_labels(page, "  theory", "");
    add_cells(page, &theory_view, row);
    (void)buf_add_text(page->text, page->is_coloured ? PLAIN : "");
}

static void add_seconds(const struct page *page)
{
    const struct hello_result *result = page->result;
    char heading[160];

    (void)snprintf(heading, sizeof heading, "Seconds for 1000 requests, mean over the client processes");
    if (result->repeats > 1) {
        size_t used = (size_t)snprintf(heading, sizeof heading, "%s",
                                       "Seconds for 1000 requests, mean over the client processes");
        (void)snprintf(heading + used, sizeof heading - used, " (median of %zu repeats)", result->repeats);
    }
    add_styled(page, BOLD, heading);
    add_column_heads(page);
    for (size_t i = 0; i < result->row_count; i++) {
        const struct hello_row *row = &result->rows[i];
        bool is_last_of_its_kind =
            i + 1 == result->row_count || !result->rows[i + 1].is_gateway || result->rows[i + 1].mode != row->mode;
        add_row(page, &seconds_view, row);
        if (row->is_gateway && is_last_of_its_kind) {
            add_theory(page, row);
        }
    }
}

static void add_view(const struct page *page, const struct view *view)
{
    bool has_heading = false;

    for (size_t i = 0; i < page->result->row_count; i++) {
        const struct hello_row *row = &page->result->rows[i];
        if (!view->has_row(page->result, row)) {
            continue;
        }
        if (!has_heading) {
            (void)buf_add_byte(page->text, '\n');
            add_styled(page, BOLD, view->heading);
            has_heading = true;
        }
        add_row(page, view, row);
    }
}

/* The line's words, broken before LINE_COLUMNS, behind a dash. */
static void add_wrapped(struct buf *text, struct str line)
{
    size_t column = 1;

    (void)buf_add_byte(text, '-');
    while (line.length > 0) {
        struct str word = str_split(&line, ' ');
        if (column + 1 + word.length > LINE_COLUMNS) {
            (void)buf_add_text(text, "\n ");
            column = 1;
        }
        (void)buf_add_byte(text, ' ');
        (void)buf_add_str(text, word);
        column += 1 + word.length;
    }
    (void)buf_add_byte(text, '\n');
}

void hello_table_add(struct buf *text, const struct hello_result *result, struct str findings, bool is_coloured)
{
    struct page page = { .text = text, .result = result, .is_coloured = is_coloured };

    for (size_t first = 0; first < result->column_count; first += BLOCK_COLUMNS) {
        bool is_rest = result->column_count - first <= BLOCK_COLUMNS;
        page.first_column = first;
        page.end_column = is_rest ? result->column_count : first + BLOCK_COLUMNS;
        (void)buf_add_text(text, first > 0 ? "\n" : "");
        add_seconds(&page);
        for (size_t i = 0; i < array_length(views); i++) {
            add_view(&page, &views[i]);
        }
    }
    if (findings.length > 0) {
        (void)buf_add_byte(text, '\n');
        add_styled(&page, BOLD, "What the figures show");
        while (findings.length > 0) {
            add_wrapped(text, str_split(&findings, '\n'));
        }
    }
}
