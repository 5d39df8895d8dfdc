/* SPDX-License-Identifier: MIT */
/*
 * `lab hello`: what it measures and shows, with client processes, our own servers and others, as real processes.
 */
#include <stdlib.h>

#include "tests/e2e/hello_bench.h"
#include "tests/support/fair_time.h"

static double number_at(const cJSON *row, const char *name, int column)
{
    const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItem(row, name), column);

    return cJSON_IsNumber(item) ? item->valuedouble : -1;
}

static void hello_shows_that_sync_grows_with_the_clients_and_async_does_not(void **state)
{
    struct hello_bench *bench = *state;

    hello_bench_start(bench,
                      OPTIONS("--clients=1,4", "--requests=20", "--repeats=1", "--delay=25ms", bench->json_option));
    assert_int_equal(process_wait(&bench->lab), 0);

    cJSON *document = hello_bench_read_document(bench);
    const cJSON *sync = hello_row_of(document, "sync", "light");
    const cJSON *async = hello_row_of(document, "async", "light");
    /* Seconds for 1000 requests, each of which takes 25 ms. */
    assert_true(hello_seconds_of(sync, 0) >= 25);
    assert_true(hello_seconds_of(sync, 1) >= 3 * 25);
    assert_true(hello_seconds_of(async, 0) >= 25);
    assert_true(fair_ms((uint64_t)(1000 * hello_seconds_of(async, 1))) < 3 * 25000);
    assert_true(number_at(sync, "theory_s", 1) == 100);
    assert_true(number_at(async, "theory_s", 1) == 25);
    assert_true(number_at(sync, "server_cpu_s", 0) > 0);
    assert_true(number_at(sync, "client_cpu_s", 0) > 0);
    cJSON_Delete(document);
}

static void hello_shows_the_table_beside_the_published_figures(void **state)
{
    struct hello_bench *bench = *state;

    hello_bench_start(bench, OPTIONS("--clients=1,2", "--requests=10", "--repeats=1", bench->json_option));
    assert_int_equal(process_wait(&bench->lab), 0);

    char *output = process_output(&bench->lab);
    assert_non_null(strstr(output, "clients                                  1       2\n"));
    assert_non_null(strstr(output, "published             aiohttp        0.464   0.413\n"));
    assert_non_null(strstr(output, "\nFanlight /hello       light "));
    assert_non_null(strstr(output, "\ngateway async, 1ms    light "));
    free(output);
    char *errors = process_errors(&bench->lab); /* no terminal: no progress */
    assert_string_equal(errors, "");
    free(errors);
    cJSON *document = hello_bench_read_document(bench);
    const cJSON *origin = cJSON_GetObjectItem(document, "origin");
    assert_string_equal(json_text(document, "kind"), "hello");
    assert_int_equal(strncmp(json_text(origin, "command"), "lab hello --clients=1,2 ", 24), 0);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(origin, "versions")), 3);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(origin, "interrupted")));
    cJSON_Delete(document);
}

static void hello_measures_other_servers_turn_and_turn_about(void **state)
{
    struct hello_bench *bench = *state;
    hello_bench_start_server(bench, "/hello");

    hello_bench_start(bench, OPTIONS("--clients=2", "--requests=10", "--repeats=2", bench->json_option, bench->url));
    assert_int_equal(process_wait(&bench->lab), 0);

    cJSON *document = hello_bench_read_document(bench);
    assert_true(hello_seconds_of(hello_row_of(document, "server", "light"), 0) > 0);
    assert_true(hello_seconds_of(hello_row_of(document, "hello", "light"), 0) > 0);
    assert_true(number_at(hello_row_of(document, "server", "light"), "server_cpu_s", 0) >
                0); /* it is on this machine */
    cJSON_Delete(document);
}

static void hello_takes_the_word_of_a_client_of_somebody_elses(void **state)
{
    struct hello_bench *bench = *state;
    hello_bench_start_server(bench, "/hello");
    hello_bench_write_client(bench, "[ $# -eq 2 ] && [ \"$2\" = 10 ] || exit 1; echo \"$1\" > \"${0%/*}/marker\"\n"
                                    "echo ready; read -r line; echo 0.05");

    hello_bench_start(bench, OPTIONS("--only-urls", "--clients=1", "--requests=10", "--repeats=1", bench->json_option,
                                     bench->command_option, bench->url));
    assert_int_equal(process_wait(&bench->lab), 0);

    cJSON *document = hello_bench_read_document(bench);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(document, "rows")), 3);
    assert_true(hello_seconds_of(hello_row_of(document, "server", "command"), 0) == 5);
    assert_true(hello_seconds_of(hello_row_of(document, "server", "light"), 0) > 0);
    cJSON_Delete(document);
    char *url = hello_bench_read_file(bench->marker_path);
    assert_non_null(strstr(bench->url, strtok_r(url, "\n", &(char *){ NULL })));
    free(url);
    char *output = process_output(&bench->lab);
    assert_non_null(strstr(output, "server                own_client     5.000\n"));
    free(output);
}

static void hello_writes_a_report(void **state)
{
    struct hello_bench *bench = *state;
    hello_bench_start_server(bench, "/hello");

    hello_bench_start(bench, OPTIONS("--only-urls", "--clients=1,2", "--requests=5", "--repeats=1",
                                     bench->report_option, bench->url));
    assert_int_equal(process_wait(&bench->lab), 0);

    FILE *file = fopen(bench->report_path, "r");
    char line[64] = "";
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_int_equal(strncasecmp(line, "<!doctype html>", 15), 0);
    (void)fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        hello_bench_test(hello_shows_that_sync_grows_with_the_clients_and_async_does_not),
        hello_bench_test(hello_shows_the_table_beside_the_published_figures),
        hello_bench_test(hello_measures_other_servers_turn_and_turn_about),
        hello_bench_test(hello_takes_the_word_of_a_client_of_somebody_elses),
        hello_bench_test(hello_writes_a_report),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
