/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "lab/report.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/report_samples.h"

enum { TEXT_BYTES = 1024 * 1024, COLUMNS_MOST = 128 };

/* A table that was written, and its lines; cells of the tests' samples have no commas in them. */
struct table {
    struct buf csv;
    struct str lines[16];
    size_t count;
};

static void write_table(struct table *table, const char *text)
{
    struct report_document document = { .json = NULL };
    struct error error = { { '\0' } };

    if (report_document_read(str_of(text), "x.json", &document, &error) < 0) {
        fail_msg("%s", error.text);
    }
    *table = (struct table){ .count = 0 };
    buf_init(&table->csv, TEXT_BYTES);
    assert_int_equal(report_add_csv(&table->csv, &document, 1), 0);
    report_document_clear(&document);
    for (struct str rest = buf_view(&table->csv); rest.length > 0;) {
        struct str line = str_split(&rest, '\n');
        assert_true(line.length > 0 && line.base[line.length - 1] == '\r');
        assert_true(table->count < array_length(table->lines));
        table->lines[table->count++] = (struct str){ line.base, line.length - 1 };
    }
}

/* The cell below `column`. */
static struct str cell(const struct table *table, size_t line, const char *column)
{
    struct str heads = table->lines[0];
    struct str cells = table->lines[line];

    while (heads.length > 0) {
        struct str head = str_split(&heads, ',');
        struct str value = str_split(&cells, ',');
        if (str_equal(head, str_of(column))) {
            return value;
        }
    }
    fail_msg("there is no column %s", column);
    return STR("");
}

static size_t count_commas(struct str line)
{
    size_t count = 0;

    for (size_t i = 0; i < line.length; i++) {
        count += line.base[i] == ',';
    }
    return count;
}

static void every_line_has_as_many_cells_as_the_head(void **state)
{
    static const char *const samples[] = { SAMPLE_EXPERIMENT, SAMPLE_HELLO, SAMPLE_SWEEP };

    (void)state;
    for (size_t i = 0; i < array_length(samples); i++) {
        struct table table;
        write_table(&table, samples[i]);

        for (size_t line = 0; line < table.count; line++) {
            assert_int_equal(count_commas(table.lines[line]), count_commas(table.lines[0]));
        }
        buf_clear(&table.csv);
    }
}

static void a_task_is_a_row(void **state)
{
    struct table table;

    (void)state;
    write_table(&table, SAMPLE_EXPERIMENT);

    assert_int_equal(table.count, 5);
    assert_text(cell(&table, 2, "document"), "x.json");
    assert_text(cell(&table, 2, "kind"), "experiment");
    assert_text(cell(&table, 2, "mode"), "sync");
    assert_text(cell(&table, 2, "name"), "task2");
    assert_text(cell(&table, 2, "seconds"), "4.002");
    assert_text(cell(&table, 2, "ok"), "true");
    assert_text(cell(&table, 4, "seconds"), "");
    assert_text(cell(&table, 4, "error"), "connection_refused");
    buf_clear(&table.csv);
}

static void a_number_of_clients_is_a_row_of_hello(void **state)
{
    struct table table;

    (void)state;
    write_table(&table, SAMPLE_HELLO);

    assert_int_equal(table.count, 5);
    assert_text(cell(&table, 2, "name"), "published");
    assert_text(cell(&table, 2, "clients"), "2");
    assert_text(cell(&table, 2, "seconds"), "0.413");
    assert_text(cell(&table, 3, "seconds"), "1.2");
    assert_text(cell(&table, 3, "seconds_most"), "1.3");
    assert_text(cell(&table, 3, "limit"), "backend");
    assert_text(cell(&table, 4, "seconds"), "");
    assert_text(cell(&table, 4, "theory_s"), "2");
    buf_clear(&table.csv);
}

static void a_point_is_a_row(void **state)
{
    struct table table;

    (void)state;
    write_table(&table, SAMPLE_SWEEP);

    assert_int_equal(table.count, 6);
    assert_text(cell(&table, 3, "mode"), "sync");
    assert_text(cell(&table, 3, "clients"), "64");
    assert_text(cell(&table, 3, "throughput"), "19.4");
    assert_text(cell(&table, 3, "p99_ms"), "900");
    assert_text(cell(&table, 3, "p99_is_lower_bound"), "true");
    assert_text(cell(&table, 3, "gateway_resident_bytes"), "10485760");
    assert_text(cell(&table, 5, "case"), "one-client");
    assert_text(cell(&table, 5, "throughput"), "");
    buf_clear(&table.csv);
}

static void a_table_is_refused_where_there_is_no_room(void **state)
{
    struct report_document document = { .name = "x.json", .json = cJSON_Parse(SAMPLE_SWEEP) };
    cleanup_buf struct buf csv = { .base = NULL };

    (void)state;
    buf_init(&csv, 100);

    assert_int_equal(report_add_csv(&csv, &document, 1), -ENOBUFS);

    report_document_clear(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_has_as_many_cells_as_the_head),  cmocka_unit_test(a_task_is_a_row),
        cmocka_unit_test(a_number_of_clients_is_a_row_of_hello),     cmocka_unit_test(a_point_is_a_row),
        cmocka_unit_test(a_table_is_refused_where_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
