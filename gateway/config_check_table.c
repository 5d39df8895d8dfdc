/* SPDX-License-Identifier: MIT */
/*
 * config_check_table - rows of cells in columns that are as wide as they must be.
 */
#include "gateway/config_check_internal.h"

enum { GAP_COLUMNS = 2 };

void check_table_init(struct check_table *table, const size_t *widest, size_t limit_bytes)
{
    *table = (struct check_table){ .widest = widest };
    for (size_t i = 0; i < CHECK_COLUMNS; i++) {
        buf_init(&table->cells[i], limit_bytes);
    }
}

void check_table_clear(struct check_table *table)
{
    for (size_t i = 0; i < CHECK_COLUMNS; i++) {
        buf_clear(&table->cells[i]);
    }
}

/* Characters of UTF-8; nothing but lines of a tree is not ASCII here. */
static size_t columns_of(struct str text)
{
    size_t columns = 0;

    for (size_t i = 0; i < text.length; i++) {
        columns += ((unsigned char)text.base[i] & 0xc0) != 0x80;
    }
    return columns;
}

static size_t filled_cells(const struct check_table *table)
{
    size_t count = CHECK_COLUMNS;

    while (count > 0 && table->cells[count - 1].length == 0) {
        count--;
    }
    return count;
}

/* A row's last cell may be as long as it likes. */
static void note_widths(struct check_table *table)
{
    for (size_t i = 0; i + 1 < filled_cells(table); i++) {
        size_t columns = columns_of(buf_view(&table->cells[i]));
        if (columns > table->widths[i] && columns <= table->widest[i]) {
            table->widths[i] = columns;
        }
    }
}

static void add_blanks(struct buf *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_byte(text, ' ');
    }
}

static void add_row(const struct check_table *table, struct buf *text)
{
    size_t count = filled_cells(table);

    for (size_t i = 0; i < count; i++) {
        struct str cell = buf_view(&table->cells[i]);
        size_t columns = columns_of(cell);
        (void)buf_add_str(text, cell);
        if (i + 1 < count) {
            add_blanks(text, (columns < table->widths[i] ? table->widths[i] - columns : 0) + GAP_COLUMNS);
        }
    }
    (void)buf_add_byte(text, '\n');
}

void check_table_end_row(struct check_table *table, struct buf *text)
{
    if (text == NULL) {
        note_widths(table);
    } else {
        add_row(table, text);
    }
    for (size_t i = 0; i < CHECK_COLUMNS; i++) {
        table->has_failed = table->has_failed || table->cells[i].failed;
        buf_reset(&table->cells[i]);
    }
}
