/* SPDX-License-Identifier: MIT */
#include "gateway/config_check_internal.h"

#include "tests/support/unit.h"

enum { TEXT_BYTES = 4096 };

static const size_t widest[CHECK_COLUMNS] = { 4, 10, 10, 0 };

struct row {
    const char *cells[CHECK_COLUMNS];
};

static void add_rows(struct check_table *table, const struct row *rows, size_t count, struct buf *text)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < CHECK_COLUMNS; k++) {
            (void)buf_add_str(&table->cells[k], str_of(rows[i].cells[k]));
        }
        check_table_end_row(table, text);
    }
}

static void check(const struct row *rows, size_t count, const char *expected)
{
    cleanup_check_table struct check_table table;
    cleanup_buf struct buf text;
    check_table_init(&table, widest, TEXT_BYTES);
    buf_init(&text, TEXT_BYTES);

    add_rows(&table, rows, count, NULL);
    add_rows(&table, rows, count, &text);

    assert_text(buf_view(&text), expected);
    assert_false(table.has_failed);
}

static void columns_are_as_wide_as_their_cells(void **state)
{
    static const struct row rows[] = { { { "a", "bb", "c", "d" } }, { { "aaa", "b", "ccc", "dddddddd" } } };
    (void)state;

    check(rows, 2,
          "a    bb  c    d\n"
          "aaa  b   ccc  dddddddd\n");
}

static void characters_are_counted_and_not_bytes(void **state)
{
    static const struct row rows[] = { { { "└─ a", "b" } }, { { "aaaa", "b" } } };
    (void)state;

    check(rows, 2,
          "└─ a  b\n"
          "aaaa  b\n");
}

static void a_cell_that_is_too_wide_pushes_its_own_row_alone(void **state)
{
    static const struct row rows[] = { { { "aaaaa", "b", "c" } }, { { "aa", "b", "c" } }, { { "aaaa", "bb", "c" } } };
    (void)state;

    check(rows, 3,
          "aaaaa  b   c\n"
          "aa    b   c\n"
          "aaaa  bb  c\n");
}

static void a_rows_last_cell_neither_widens_its_column_nor_ends_in_blanks(void **state)
{
    static const struct row rows[] = {
        { { "a", "bbbbbbbb" } }, { { "a", "b", "c" } }, { { "", "b", "c" } }, { { "" } }
    };
    (void)state;

    check(rows, 4,
          "a  bbbbbbbb\n"
          "a  b  c\n"
          "   b  c\n"
          "\n");
}

static void a_cell_that_does_not_fit_is_told(void **state)
{
    struct check_table table;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    check_table_init(&table, widest, 3);
    (void)buf_add_text(&table.cells[0], "abc");
    check_table_end_row(&table, &text);
    assert_false(table.has_failed);

    (void)buf_add_text(&table.cells[0], "abcd");
    check_table_end_row(&table, &text);

    assert_true(table.has_failed);
    check_table_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_cells),
        cmocka_unit_test(characters_are_counted_and_not_bytes),
        cmocka_unit_test(a_cell_that_is_too_wide_pushes_its_own_row_alone),
        cmocka_unit_test(a_rows_last_cell_neither_widens_its_column_nor_ends_in_blanks),
        cmocka_unit_test(a_cell_that_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
