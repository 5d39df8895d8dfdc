/* SPDX-License-Identifier: MIT */
/*
 * `lab experiment` when it does not come to its end.
 */
#include <signal.h>
#include <stdlib.h>

#include "tests/e2e/experiment_bench.h"

static void experiment_keeps_the_modes_that_were_over_when_it_is_interrupted(void **state)
{
    struct experiment_bench *bench = *state;

    experiment_bench_start(bench, OPTIONS("--delay=1s", "--modes=async,sync", bench->json_option));
    (void)process_wait_for(&bench->lab, "sync: every call");
    (void)process_wait_for(&bench->lab, "Received task1 Request!!");

    process_signal(&bench->lab, SIGINT);

    assert_int_equal(process_wait(&bench->lab), EXPERIMENT_INTERRUPTED);
    assert_order(&bench->lab, (const char *const[]){ "Where the time went", "async  task1  ", NULL });
    assert_int_equal(process_count_lines(&bench->lab, "sync   task1"), 0);
    cJSON *document = experiment_bench_read_document(bench);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(document, "modes")), 1);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetObjectItem(document, "origin"), "interrupted")));
    cJSON_Delete(document);
}

static void experiment_interrupted_in_its_first_mode_leaves_files_as_they_were(void **state)
{
    struct experiment_bench *bench = *state;
    FILE *file = fopen(bench->json_path, "w");

    assert_non_null(file);
    (void)fputs("an old result", file);
    (void)fclose(file);
    experiment_bench_start(bench, OPTIONS("--delay=30s", "--modes=sync", bench->json_option));
    (void)process_wait_for(&bench->lab, "Received task1 Request!!");

    process_signal(&bench->lab, SIGINT);

    assert_int_equal(process_wait(&bench->lab), EXPERIMENT_INTERRUPTED);
    assert_int_equal(process_count_lines(&bench->lab, "Where the time went"), 0);
    char *text = experiment_bench_read_file(bench->json_path);
    assert_string_equal(text, "an old result");
    free(text);
}

/* The last of a process's children (proc(5)). */
static pid_t last_child(pid_t parent)
{
    char path[64];
    char line[256] = "";
    long child = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    (void)fclose(file);
    char *end = line;
    for (long next = strtol(line, &end, 10); next != 0; next = strtol(end, &end, 10)) {
        child = next;
    }
    return (pid_t)child;
}

static void experiment_says_so_when_a_gateway_dies_in_the_middle(void **state)
{
    struct experiment_bench *bench = *state;

    experiment_bench_start(bench, OPTIONS("--delay=30s", "--modes=async", "--events"));
    (void)process_wait_for(&bench->lab, "\"what\":\"call_started\"");
    pid_t gateway = last_child(bench->lab.pid);
    assert_true(gateway > 0);

    assert_int_equal(kill(gateway, SIGKILL), 0);

    assert_int_equal(process_wait(&bench->lab), 1);
    (void)process_wait_for(&bench->lab, "--- task2 error = connection_terminated");
    (void)process_wait_for(&bench->lab, "{\"event\":\"failed\",\"error\":\"the gateway ended while it was in use\"}");
    assert_null(process_line(&bench->lab, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        experiment_bench_test(experiment_keeps_the_modes_that_were_over_when_it_is_interrupted),
        experiment_bench_test(experiment_interrupted_in_its_first_mode_leaves_files_as_they_were),
        experiment_bench_test(experiment_says_so_when_a_gateway_dies_in_the_middle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
