/* SPDX-License-Identifier: MIT */
#include "tests/unit/lab/hello_fixture.h"

#include "lab/hello_rows.h"
#include "tests/support/unit.h"

void hello_fixture_make(struct hello_result *result)
{
    static const struct hello_target target = { .name = "other", .url = "http://127.0.0.1:8081/" };
    const struct hello_config config = {
        .delay_us = 1000,
        .client_command = "python3 heavy.py",
        .targets = &target,
        .target_count = 1,
    };
    const struct hello_own own = { .sync = { .authority = "127.0.0.1:1" }, .async = { .authority = "127.0.0.1:2" } };

    *result = (struct hello_result){
        .requests = 1000, .delay_us = 1000, .repeats = 2, .clients = { 1, 4 }, .column_count = 2, .cores = 2
    };
    assert_int_equal(hello_rows_make(&config, &own, result), 0);
    for (size_t i = 0; i < result->row_count; i++) {
        result->rows[i].is_server_known = result->rows[i].is_ours;
    }
}

void hello_fixture_add(struct hello_row *row, size_t column, double seconds, double client_cpu_s, double server_cpu_s)
{
    struct hello_cell *cell = &row->cells[column];

    cell->runs[cell->run_count++] = (struct hello_run){
        .seconds = seconds,
        .elapsed_s = seconds,
        .client_cpu_s = client_cpu_s,
        .watched_cpu_s = { [HELLO_WATCHED_SERVER] = server_cpu_s },
    };
}

struct hello_row *hello_fixture_row(struct hello_result *result, const char *name, enum hello_client client)
{
    for (size_t i = 0; i < result->row_count; i++) {
        if (&result->rows[i] == hello_row_with(result, name, client)) {
            return &result->rows[i];
        }
    }
    fail_msg("no row %s", name);
    return NULL;
}
