/* SPDX-License-Identifier: MIT */
#include "lab/hello_results.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/hello_fixture.h"

static void hello_result_cell_is_the_median_of_its_repeats(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);
    struct hello_row *row = hello_fixture_row(&result, "hello", HELLO_CLIENT_LIGHT);
    hello_fixture_add(row, 1, 0.3, 0.04, 0.08);
    hello_fixture_add(row, 1, 0.1, 0.02, 0.08);
    hello_fixture_add(row, 1, 0.2, 0.06, 0.08);

    struct hello_figures figures = hello_figures_of(&result, row, 1);

    assert_true(figures.is_known);
    assert_true(figures.seconds.median == 0.2 && figures.seconds.least == 0.1 && figures.seconds.most == 0.3);
    assert_true(figures.client_cpu_s == 0.04);
    assert_true(figures.client_cpu_us > 9.999 && figures.client_cpu_us < 10.001); /* 4000 requests */
    assert_true(figures.server_cpu_us > 19.999 && figures.server_cpu_us < 20.001);
    assert_false(hello_figures_of(&result, row, 0).is_known);
    hello_result_clear(&result);
}

static void hello_result_seconds_are_for_1000_requests_whatever_was_asked(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);
    result.requests = 250;
    struct hello_row *row = hello_fixture_row(&result, "sync", HELLO_CLIENT_LIGHT);
    hello_fixture_add(row, 0, 0.25, 0.01, 0.02);

    assert_true(hello_figures_of(&result, row, 0).seconds.median == 1);
    assert_true(hello_figures_of(&result, row, 0).client_cpu_s == 0.01);
    assert_true(hello_theory_s(&result, row, 0) == 1);
    hello_result_clear(&result);
}

static void hello_theory_grows_with_the_clients_in_sync_alone(void **state)
{
    struct hello_result result;

    (void)state;
    hello_fixture_make(&result);

    assert_true(hello_theory_s(&result, hello_fixture_row(&result, "sync", HELLO_CLIENT_LIGHT), 1) == 4);
    assert_true(hello_theory_s(&result, hello_fixture_row(&result, "async", HELLO_CLIENT_LIGHT), 1) == 1);
    assert_true(hello_theory_s(&result, hello_fixture_row(&result, "hello", HELLO_CLIENT_LIGHT), 1) == 0);
    hello_result_clear(&result);
}

static void hello_result_knows_the_published_figures_for_1_to_8_clients(void **state)
{
    struct hello_result result = { .clients = { 1, 2, 8, 9 }, .column_count = 4 };
    const struct hello_row row = { .client = HELLO_CLIENT_PUBLISHED };

    (void)state;
    assert_true(hello_published_for(&result, 0) == 0.464);
    assert_true(hello_published_for(&result, 2) == 1.227);
    assert_true(hello_figures_of(&result, &row, 1).seconds.median == 0.413);
    assert_false(hello_figures_of(&result, &row, 3).is_known);
}

/* Of 1 second and 2 processors. */
static void hello_limit_is_told_from_processor_time(void **state)
{
    static const struct {
        const char *name, *row;
        size_t column; /* 0: 1 client, 1: 4 clients */
        double client_cpu_s, server_cpu_s, backend_cpu_s;
        enum hello_limit expected;
    } rows[] = {
        { "both full", "hello", 1, 1.2, 0.7, 0, HELLO_LIMIT_MACHINE },
        { "full with the backend", "async", 1, 0.5, 0.9, 0.45, HELLO_LIMIT_MACHINE },
        { "the loop is full", "hello", 1, 0.5, 0.9, 0, HELLO_LIMIT_SERVER },
        { "the loop is nearly full", "hello", 1, 0.5, 0.8, 0, HELLO_LIMIT_UNKNOWN },
        { "a client waits for itself", "hello", 0, 0.7, 0.2, 0, HELLO_LIMIT_CLIENT },
        { "4 clients share that", "hello", 1, 0.7, 0.2, 0, HELLO_LIMIT_UNKNOWN },
        { "one client waits for the server", "hello", 0, 0.3, 0.6, 0, HELLO_LIMIT_SERVER },
        { "neither", "hello", 0, 0.4, 0.4, 0, HELLO_LIMIT_UNKNOWN },
        { "all wait for the backend", "sync", 1, 0.1, 0.2, 0.1, HELLO_LIMIT_BACKEND },
        { "not all wait", "sync", 1, 0.1, 0.3, 0.2, HELLO_LIMIT_UNKNOWN },
        { "no backend to wait for", "hello", 1, 0.1, 0.2, 0, HELLO_LIMIT_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct hello_result result;
        hello_fixture_make(&result);
        struct hello_row *row = hello_fixture_row(&result, rows[i].row, HELLO_CLIENT_LIGHT);
        hello_fixture_add(row, rows[i].column, 1, rows[i].client_cpu_s, rows[i].server_cpu_s);
        row->cells[rows[i].column].runs[0].watched_cpu_s[HELLO_WATCHED_BACKEND] = rows[i].backend_cpu_s;

        assert_case(rows[i].name, hello_figures_of(&result, row, rows[i].column).limit == rows[i].expected);
        hello_result_clear(&result);
    }
}

static void hello_limit_is_the_machine_when_others_fill_it(void **state)
{
    static const struct {
        const char *name, *row;
        double elapsed_s, machine_busy;
        enum hello_limit expected;
    } rows[] = {
        { "full", "other", 1, 0.95, HELLO_LIMIT_MACHINE },
        { "not full", "other", 1, 0.5, HELLO_LIMIT_UNKNOWN },
        { "too short to tell", "other", 0.1, 0.95, HELLO_LIMIT_UNKNOWN },
        { "full of somebody else's work", "hello", 1, 0.95, HELLO_LIMIT_MACHINE },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct hello_result result;
        hello_fixture_make(&result);
        struct hello_row *row = hello_fixture_row(&result, rows[i].row, HELLO_CLIENT_LIGHT);
        hello_fixture_add(row, 1, rows[i].elapsed_s, 0.01, 0);
        row->cells[1].runs[0].machine_busy = rows[i].machine_busy;

        assert_case(rows[i].name, hello_figures_of(&result, row, 1).limit == rows[i].expected);
        hello_result_clear(&result);
    }
}

/* ---- JSON ---- */

static const cJSON *at(const cJSON *document, const char *row, const char *client, const char *member)
{
    const cJSON *item = NULL;

    cJSON_ArrayForEach(item, cJSON_GetObjectItem(document, "rows"))
    {
        if (strcmp(cJSON_GetObjectItem(item, "name")->valuestring, row) == 0 &&
            strcmp(cJSON_GetObjectItem(item, "client")->valuestring, client) == 0) {
            return cJSON_GetObjectItem(item, member);
        }
    }
    return NULL;
}

static void assert_json(const cJSON *item, const char *expected)
{
    char *printed = cJSON_PrintUnformatted(item);

    assert_non_null(printed);
    assert_string_equal(printed, expected);
    cJSON_free(printed);
}

static void hello_json_has_a_figure_or_null_for_each_column(void **state)
{
    struct hello_result result;
    cJSON *document = cJSON_CreateObject();

    (void)state;
    hello_fixture_make(&result);
    struct hello_row *row = hello_fixture_row(&result, "sync", HELLO_CLIENT_LIGHT);
    hello_fixture_add(row, 1, 4.0000004, 0.1, 0.2);
    hello_fixture_add(row, 1, 4.2, 0.1, 0.2);
    row->cells[1].runs[0].failed = 2;

    assert_true(hello_result_add_json(&result, document));

    assert_json(cJSON_GetObjectItem(document, "clients"), "[1,4]");
    assert_json(cJSON_GetObjectItem(document, "kind"), "\"hello\"");
    assert_json(cJSON_GetObjectItem(document, "client_command"), "\"heavy\"");
    assert_json(at(document, "published", "aiohttp", "seconds"), "[0.464,0.719]");
    assert_json(at(document, "sync", "light", "seconds"), "[null,{\"median\":4.1,\"least\":4,\"most\":4.2}]");
    assert_json(at(document, "sync", "light", "client_cpu_s"), "[null,0.1]");
    assert_json(at(document, "sync", "light", "server_cpu_s"), "[null,0.2]");
    assert_json(at(document, "sync", "light", "limit"), "[null,\"backend\"]");
    assert_json(at(document, "sync", "light", "theory_s"), "[1,4]");
    assert_json(at(document, "sync", "light", "failed"), "2");
    assert_json(at(document, "sync", "light", "mode"), "\"sync\"");
    assert_json(at(document, "sync", "light", "url"), "\"http://127.0.0.1:1/task1\"");
    assert_json(at(document, "sync", "command", "seconds"), "[null,null]");
    cJSON_Delete(document);
    hello_result_clear(&result);
}

static void hello_json_does_not_claim_what_is_not_known_of_a_foreign_server(void **state)
{
    struct hello_result result;
    cJSON *document = cJSON_CreateObject();

    (void)state;
    hello_fixture_make(&result);
    hello_fixture_add(hello_fixture_row(&result, "other", HELLO_CLIENT_COMMAND), 0, 1, 0.7, 0);

    assert_true(hello_result_add_json(&result, document));

    assert_json(at(document, "other", "command", "client_cpu_s"), "[0.7,null]");
    assert_json(at(document, "other", "command", "server_cpu_s"), "[null,null]");
    assert_json(at(document, "other", "command", "limit"), "[\"client\",null]");
    assert_json(at(document, "other", "command", "mode"), "null");
    assert_json(at(document, "other", "command", "theory_s"), "null");
    cJSON_Delete(document);
    hello_result_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_result_cell_is_the_median_of_its_repeats),
        cmocka_unit_test(hello_result_seconds_are_for_1000_requests_whatever_was_asked),
        cmocka_unit_test(hello_theory_grows_with_the_clients_in_sync_alone),
        cmocka_unit_test(hello_result_knows_the_published_figures_for_1_to_8_clients),
        cmocka_unit_test(hello_limit_is_told_from_processor_time),
        cmocka_unit_test(hello_limit_is_the_machine_when_others_fill_it),
        cmocka_unit_test(hello_json_has_a_figure_or_null_for_each_column),
        cmocka_unit_test(hello_json_does_not_claim_what_is_not_known_of_a_foreign_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
