/* SPDX-License-Identifier: MIT */
/*
 * `lab experiment`: the same tasks in one mode after another, with gateway and backend as real processes.
 */
#include <signal.h>
#include <stdlib.h>

#include "common/json_scan.h"
#include "tests/e2e/experiment_bench.h"

enum { RUNS_AT_MOST = 8 };

/* Whether each task took what theory says is the machine's affair: 0 or 1. */
static void wait_for_end(struct experiment_bench *bench)
{
    assert_in_range(process_wait(&bench->lab), 0, 1);
}

static cJSON *task_of(const cJSON *document, int mode, int task)
{
    return cJSON_GetArrayItem(
        cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(document, "modes"), mode), "tasks"), task);
}

static double number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(object, name);

    if (!cJSON_IsNumber(item)) {
        fail_msg("%s is no number", name);
    }
    return item->valuedouble;
}

/* How many milliseconds of the task were of that kind. */
static double time_of(const cJSON *task, const char *kind)
{
    const cJSON *part = NULL;
    double sum_ms = 0;

    cJSON_ArrayForEach(part, cJSON_GetObjectItem(task, "parts"))
    {
        if (strcmp(json_text(part, "kind"), kind) == 0) {
            sum_ms += number_of(part, "end_ms") - number_of(part, "start_ms");
        }
    }
    return sum_ms;
}

static void assert_whole(const cJSON *task)
{
    const cJSON *part = NULL;
    double at_ms = number_of(task, "sent_ms");

    cJSON_ArrayForEach(part, cJSON_GetObjectItem(task, "parts"))
    {
        assert_true(number_of(part, "start_ms") == at_ms);
        at_ms = number_of(part, "end_ms");
    }
    assert_true(at_ms == number_of(task, "answered_ms"));
}

/* ---- what it shows ---- */

static void experiment_shows_both_logs_the_timeline_and_the_table(void **state)
{
    struct experiment_bench *bench = *state;
    int exit_code = 1;

    /* A busy machine makes it late now and then, but not each time. */
    for (int i = 0; i < RUNS_AT_MOST && exit_code != 0; i++) {
        process_clear(&bench->lab);
        experiment_bench_start(bench, OPTIONS("--delay=1s", "--modes=sync,async"));
        exit_code = process_wait(&bench->lab);
    }

    assert_int_equal(exit_code, 0);
    assert_order(&bench->lab, (const char *const[]){
                                  "sync: every call blocks the event loop; gateway at 127.0.0.1:", "--- task1 Send!!",
                                  "--- task1 status = 200", "--- task2 status = 200",
                                  "async: no call blocks the event loop", "Where the time went", "sync   task1  ",
                                  "waiting for the gateway", "mode   task    seconds    theory   ratio",
                                  "sync   task1     1.", "ok: answered within 0.95 to 1.15 x theory + 50 ms", NULL });
    assert_order(&bench->lab, (const char *const[]){ "Received task1 Request!!", "Send task1 response",
                                                     "Received task2 Request!!", "Send task2 response", NULL });
}

/* ---- what it measures ---- */

static void experiment_cuts_each_task_into_parts_without_gaps(void **state)
{
    struct experiment_bench *bench = *state;

    experiment_bench_start(bench, OPTIONS("--delay=1s", "--threads=1", bench->json_option));
    wait_for_end(bench);

    cJSON *document = experiment_bench_read_document(bench);
    for (int mode = 0; mode < 4; mode++) {
        for (int task = 0; task < 2; task++) {
            const cJSON *measured = task_of(document, mode, task);
            assert_whole(measured);
            assert_took((uint64_t)time_of(measured, "backend"), 1000);
            assert_true(time_of(measured, "gateway") > 0);
            assert_true(time_of(measured, "unknown") == 0);
        }
        assert_true(time_of(task_of(document, mode, 0), "waiting") < 500);
    }
    /* sync, async, mixed, threads with one of them: a delay, but for how much later the second one was sent, or none */
    assert_true(time_of(task_of(document, 0, 1), "waiting") > 500);
    assert_true(time_of(task_of(document, 1, 1), "waiting") < 500);
    assert_true(time_of(task_of(document, 2, 1), "waiting") > 500);
    assert_true(time_of(task_of(document, 3, 1), "waiting") > 500);
    assert_true(time_of(task_of(document, 1, 1), "connecting") > 0);
    cJSON_Delete(document);
}

/* Either end of a race is allowed: the loop stands still before the first task's call is under way, or after. */
static void experiment_counts_it_as_waiting_when_a_loop_that_stands_still_cannot_look(void **state)
{
    struct experiment_bench *bench = *state;

    experiment_bench_start(
        bench, OPTIONS("--delay=1s", "--modes=mixed", "--tasks=free,b1,b2", "--blocking=b1,b2", bench->json_option));
    wait_for_end(bench);

    cJSON *document = experiment_bench_read_document(bench);
    const cJSON *unblocking = task_of(document, 0, 0);
    double total_ms = 1000 * number_of(unblocking, "seconds");
    assert_whole(unblocking);
    assert_took((uint64_t)time_of(unblocking, "backend"), 1000);
    assert_true(time_of(unblocking, "backend") + time_of(unblocking, "waiting") > 0.6 * total_ms);
    cJSON_Delete(document);
}

static void experiment_tells_two_tasks_of_one_name_apart(void **state)
{
    struct experiment_bench *bench = *state;

    experiment_bench_start(
        bench, OPTIONS("--delay=1s", "--modes=sync", "--tasks=same,same", "--log-format=json", bench->json_option));
    wait_for_end(bench);

    cJSON *document = experiment_bench_read_document(bench);
    assert_string_equal(json_text(task_of(document, 0, 1), "name"), "same");
    assert_true(time_of(task_of(document, 0, 0), "waiting") < 500);
    assert_true(time_of(task_of(document, 0, 1), "waiting") > 500);
    cJSON_Delete(document);
}

static void experiment_finds_the_record_of_each_of_256_tasks(void **state)
{
    struct experiment_bench *bench = *state;
    static char tasks[256 * 8];
    size_t length = (size_t)snprintf(tasks, sizeof tasks, "--tasks=");

    for (unsigned i = 0; i < 256; i++) {
        length += (size_t)snprintf(tasks + length, sizeof tasks - length, "%st%u", i > 0 ? "," : "", i);
    }
    experiment_bench_start(bench, OPTIONS("--delay=1s", "--modes=async", "--log-level=error", tasks, bench->json_option,
                                          bench->svg_option));
    wait_for_end(bench);

    cJSON *document = experiment_bench_read_document(bench);
    for (int i = 0; i < 256; i++) {
        const cJSON *task = task_of(document, 0, i);
        assert_whole(task);
        assert_true(time_of(task, "backend") > 500);
        assert_true(time_of(task, "unknown") == 0); /* as all is without a record */
    }
    cJSON_Delete(document);
    char *svg = experiment_bench_read_file(bench->svg_path);
    assert_true(strncmp(svg, "<svg xmlns", 10) == 0);
    free(svg);
}

static void experiment_with_running_gateways_sees_them_from_outside(void **state)
{
    struct experiment_bench *bench = *state;
    char gateway[64];

    scene_start(&bench->scene, OPTIONS("--delay=500ms"), OPTIONS("--mode=sync"));
    (void)snprintf(gateway, sizeof gateway, "--gateway=sync=http://127.0.0.1:%u", bench->scene.gateway_port);
    experiment_bench_start(bench, OPTIONS("--delay=500ms", gateway, bench->json_option));

    wait_for_end(bench);

    cJSON *document = experiment_bench_read_document(bench);
    assert_whole(task_of(document, 0, 1));
    assert_true(time_of(task_of(document, 0, 1), "unknown") > 750); /* two delays, and not one */
    cJSON_Delete(document);
}

/* ---- what it tells a program ---- */

static void experiment_tells_events_as_they_happen_and_nothing_else(void **state)
{
    struct experiment_bench *bench = *state;

    experiment_bench_start(bench, OPTIONS("--delay=200ms", "--modes=sync,async", "--events"));
    wait_for_end(bench);

    assert_order(
        &bench->lab,
        (const char *const[]){
            "{\"event\":\"begin\",\"kind\":\"experiment\",\"delay_ms\":200,\"modes\":[\"sync\",\"async\"]",
            "{\"event\":\"mode\",\"mode\":\"sync\"}",
            "{\"event\":\"line\",\"mode\":\"sync\",\"side\":\"sender\",\"at_ms\":0.000,",
            "{\"event\":\"mode_done\",\"mode\":\"sync\",\"result\":{", "{\"event\":\"mode\",\"mode\":\"async\"}",
            "{\"event\":\"mode_done\",\"mode\":\"async\",\"result\":{", "{\"event\":\"end\",\"document\":{", NULL });
    char *output = process_output(&bench->lab);
    size_t count = 0;
    for (struct str rest = str_of(output); rest.length > 0; count++) {
        struct str line = str_split(&rest, '\n');
        assert_int_equal(json_scan_check(line, JSON_SCAN_DEPTH, NULL), 0);
        assert_true(str_starts_with(line, STR("{\"event\":\"")));
    }
    assert_int_equal(count, process_count_lines(&bench->lab, "{\"event\":\"line\"") + 6);
    assert_int_equal(process_count_lines(&bench->lab, "\"what\":\"call_done\""), 4);
    free(output);
}

static void experiment_shows_the_standstill_while_it_lasts(void **state)
{
    struct experiment_bench *bench = *state;

    experiment_bench_start(bench, OPTIONS("--delay=30s", "--modes=sync", "--events"));

    (void)process_wait_for(&bench->lab, "\"side\":\"backend\"");

    process_signal(&bench->lab, SIGINT);
    assert_int_equal(process_wait(&bench->lab), EXPERIMENT_INTERRUPTED);
    assert_int_equal(process_count_lines(&bench->lab, "\"side\":\"gateway\""), 1); /* task2 was never received */
    (void)process_wait_for(&bench->lab,
                           "{\"event\":\"end\",\"document\":{\"version\":1,\"delay_ms\":30000,\"modes\":[],");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        experiment_bench_test(experiment_shows_both_logs_the_timeline_and_the_table),
        experiment_bench_test(experiment_cuts_each_task_into_parts_without_gaps),
        experiment_bench_test(experiment_counts_it_as_waiting_when_a_loop_that_stands_still_cannot_look),
        experiment_bench_test(experiment_tells_two_tasks_of_one_name_apart),
        experiment_bench_test(experiment_finds_the_record_of_each_of_256_tasks),
        experiment_bench_test(experiment_with_running_gateways_sees_them_from_outside),
        experiment_bench_test(experiment_tells_events_as_they_happen_and_nothing_else),
        experiment_bench_test(experiment_shows_the_standstill_while_it_lasts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
