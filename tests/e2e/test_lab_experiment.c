/* SPDX-License-Identifier: MIT */
/*
 * `lab experiment`: the same tasks in one mode after another, with gateway and backend as real processes.
 */
#include <signal.h>
#include <sys/stat.h>

#include "common/json_scan.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { PATH_BYTES = 96, INTERRUPTED = 130, RUNS_AT_MOST = 8 };

/* A run of the program and the files it wrote. The scene's own gateway and backend are there for running ones. */
struct run {
    struct scene scene;
    struct process lab;
    char folder[PATH_BYTES / 2];
    char json_path[PATH_BYTES], svg_path[PATH_BYTES];
    char json_option[PATH_BYTES + 16], svg_option[PATH_BYTES + 16];
};

static int open_run(void **state)
{
    static struct run run;

    run = (struct run){ .lab = PROCESS_NONE, .folder = "/tmp/fanlight-experiment-XXXXXX" };
    run.scene.backend = (struct process)PROCESS_NONE;
    run.scene.gateway = (struct process)PROCESS_NONE;
    assert_non_null(mkdtemp(run.folder));
    (void)snprintf(run.json_path, sizeof run.json_path, "%s/result.json", run.folder);
    (void)snprintf(run.svg_path, sizeof run.svg_path, "%s/picture.svg", run.folder);
    (void)snprintf(run.json_option, sizeof run.json_option, "--json=%s", run.json_path);
    (void)snprintf(run.svg_option, sizeof run.svg_option, "--svg=%s", run.svg_path);
    *state = &run;
    return 0;
}

static int close_run(void **state)
{
    struct run *run = *state;

    process_clear(&run->lab);
    process_clear(&run->scene.gateway);
    process_clear(&run->scene.backend);
    (void)unlink(run->json_path);
    (void)unlink(run->svg_path);
    return rmdir(run->folder);
}

#define lab_test(test) cmocka_unit_test_setup_teardown(test, open_run, close_run)

static void start(struct run *run, const char *const *options)
{
    const char *arguments[16] = { "experiment" };

    for (size_t i = 0; options[i] != NULL; i++) {
        assert_true(i + 2 < array_length(arguments));
        arguments[i + 1] = options[i];
    }
    process_start(&run->lab, "lab", arguments);
}

/* Whether each task took what theory says is the machine's affair: 0 or 1. */
static void wait_for_end(struct run *run)
{
    assert_in_range(process_wait(&run->lab), 0, 1);
}

/* To be freed. */
static char *read_file(const char *path)
{
    struct stat status = { .st_size = 0 };
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("%s is not there", path);
        return NULL;
    }
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *text = calloc(1, (size_t)status.st_size + 1);

    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)status.st_size, file), status.st_size);
    (void)fclose(file);
    return text;
}

static cJSON *read_document(const struct run *run)
{
    char *text = read_file(run->json_path);
    cJSON *document = cJSON_Parse(text);

    assert_non_null(document);
    free(text);
    return document;
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
    struct run *run = *state;
    int exit_code = 1;

    /* A busy machine makes it late now and then, but not each time. */
    for (int i = 0; i < RUNS_AT_MOST && exit_code != 0; i++) {
        process_clear(&run->lab);
        start(run, OPTIONS("--delay=1s", "--modes=sync,async"));
        exit_code = process_wait(&run->lab);
    }

    assert_int_equal(exit_code, 0);
    assert_order(&run->lab, (const char *const[]){
                                "sync: every call blocks the event loop; gateway at 127.0.0.1:", "--- task1 Send!!",
                                "--- task1 status = 200", "--- task2 status = 200",
                                "async: no call blocks the event loop", "Where the time went", "sync   task1  ",
                                "waiting for the gateway", "mode   task    seconds    theory   ratio",
                                "sync   task1     1.", "ok: answered within 0.95 to 1.15 x theory + 50 ms", NULL });
    assert_order(&run->lab, (const char *const[]){ "Received task1 Request!!", "Send task1 response",
                                                   "Received task2 Request!!", "Send task2 response", NULL });
}

/* ---- what it measures ---- */

static void experiment_cuts_each_task_into_parts_without_gaps(void **state)
{
    struct run *run = *state;

    start(run, OPTIONS("--delay=1s", "--threads=1", run->json_option));
    wait_for_end(run);

    cJSON *document = read_document(run);
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
    struct run *run = *state;

    start(run, OPTIONS("--delay=1s", "--modes=mixed", "--tasks=free,b1,b2", "--blocking=b1,b2", run->json_option));
    wait_for_end(run);

    cJSON *document = read_document(run);
    const cJSON *unblocking = task_of(document, 0, 0);
    double total_ms = 1000 * number_of(unblocking, "seconds");
    assert_whole(unblocking);
    assert_took((uint64_t)time_of(unblocking, "backend"), 1000);
    assert_true(time_of(unblocking, "backend") + time_of(unblocking, "waiting") > 0.6 * total_ms);
    cJSON_Delete(document);
}

static void experiment_tells_two_tasks_of_one_name_apart(void **state)
{
    struct run *run = *state;

    start(run, OPTIONS("--delay=1s", "--modes=sync", "--tasks=same,same", "--log-format=json", run->json_option));
    wait_for_end(run);

    cJSON *document = read_document(run);
    assert_string_equal(json_text(task_of(document, 0, 1), "name"), "same");
    assert_true(time_of(task_of(document, 0, 0), "waiting") < 500);
    assert_true(time_of(task_of(document, 0, 1), "waiting") > 500);
    cJSON_Delete(document);
}

static void experiment_finds_the_record_of_each_of_256_tasks(void **state)
{
    struct run *run = *state;
    static char tasks[256 * 8];
    size_t length = (size_t)snprintf(tasks, sizeof tasks, "--tasks=");

    for (unsigned i = 0; i < 256; i++) {
        length += (size_t)snprintf(tasks + length, sizeof tasks - length, "%st%u", i > 0 ? "," : "", i);
    }
    start(run, OPTIONS("--delay=1s", "--modes=async", "--log-level=error", tasks, run->json_option, run->svg_option));
    wait_for_end(run);

    cJSON *document = read_document(run);
    for (int i = 0; i < 256; i++) {
        const cJSON *task = task_of(document, 0, i);
        assert_whole(task);
        assert_true(time_of(task, "backend") > 500);
        assert_true(time_of(task, "unknown") == 0); /* as all is without a record */
    }
    cJSON_Delete(document);
    char *svg = read_file(run->svg_path);
    assert_true(strncmp(svg, "<svg xmlns", 10) == 0);
    free(svg);
}

static void experiment_with_running_gateways_sees_them_from_outside(void **state)
{
    struct run *run = *state;
    char gateway[64];

    scene_start(&run->scene, OPTIONS("--delay=500ms"), OPTIONS("--mode=sync"));
    (void)snprintf(gateway, sizeof gateway, "--gateway=sync=http://127.0.0.1:%u", run->scene.gateway_port);
    start(run, OPTIONS("--delay=500ms", gateway, run->json_option));

    wait_for_end(run);

    cJSON *document = read_document(run);
    assert_whole(task_of(document, 0, 1));
    assert_true(time_of(task_of(document, 0, 1), "unknown") > 750); /* two delays, and not one */
    cJSON_Delete(document);
}

/* ---- what it tells a program ---- */

static void experiment_tells_events_as_they_happen_and_nothing_else(void **state)
{
    struct run *run = *state;

    start(run, OPTIONS("--delay=200ms", "--modes=sync,async", "--events"));
    wait_for_end(run);

    assert_order(
        &run->lab,
        (const char *const[]){
            "{\"event\":\"begin\",\"kind\":\"experiment\",\"delay_ms\":200,\"modes\":[\"sync\",\"async\"]",
            "{\"event\":\"mode\",\"mode\":\"sync\"}",
            "{\"event\":\"line\",\"mode\":\"sync\",\"side\":\"sender\",\"at_ms\":0.000,",
            "{\"event\":\"mode_done\",\"mode\":\"sync\",\"result\":{", "{\"event\":\"mode\",\"mode\":\"async\"}",
            "{\"event\":\"mode_done\",\"mode\":\"async\",\"result\":{", "{\"event\":\"end\",\"document\":{", NULL });
    char *output = process_output(&run->lab);
    size_t count = 0;
    for (struct str rest = str_of(output); rest.length > 0; count++) {
        struct str line = str_split(&rest, '\n');
        assert_int_equal(json_scan_check(line, JSON_SCAN_DEPTH, NULL), 0);
        assert_true(str_starts_with(line, STR("{\"event\":\"")));
    }
    assert_int_equal(count, process_count_lines(&run->lab, "{\"event\":\"line\"") + 6);
    assert_int_equal(process_count_lines(&run->lab, "\"what\":\"call_done\""), 4);
    free(output);
}

static void experiment_shows_the_standstill_while_it_lasts(void **state)
{
    struct run *run = *state;

    start(run, OPTIONS("--delay=30s", "--modes=sync", "--events"));

    (void)process_wait_for(&run->lab, "\"side\":\"backend\"");

    process_signal(&run->lab, SIGINT);
    assert_int_equal(process_wait(&run->lab), INTERRUPTED);
    assert_int_equal(process_count_lines(&run->lab, "\"side\":\"gateway\""), 1); /* task2 was never received */
    (void)process_wait_for(&run->lab,
                           "{\"event\":\"end\",\"document\":{\"version\":1,\"delay_ms\":30000,\"modes\":[],");
}

/* ---- when it does not come to its end ---- */

static void experiment_keeps_the_modes_that_were_over_when_it_is_interrupted(void **state)
{
    struct run *run = *state;

    start(run, OPTIONS("--delay=1s", "--modes=async,sync", run->json_option));
    (void)process_wait_for(&run->lab, "sync: every call");
    (void)process_wait_for(&run->lab, "Received task1 Request!!");

    process_signal(&run->lab, SIGINT);

    assert_int_equal(process_wait(&run->lab), INTERRUPTED);
    assert_order(&run->lab, (const char *const[]){ "Where the time went", "async  task1  ", NULL });
    assert_int_equal(process_count_lines(&run->lab, "sync   task1"), 0);
    cJSON *document = read_document(run);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(document, "modes")), 1);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetObjectItem(document, "origin"), "interrupted")));
    cJSON_Delete(document);
}

static void experiment_interrupted_in_its_first_mode_leaves_files_as_they_were(void **state)
{
    struct run *run = *state;
    FILE *file = fopen(run->json_path, "w");

    assert_non_null(file);
    (void)fputs("an old result", file);
    (void)fclose(file);
    start(run, OPTIONS("--delay=30s", "--modes=sync", run->json_option));
    (void)process_wait_for(&run->lab, "Received task1 Request!!");

    process_signal(&run->lab, SIGINT);

    assert_int_equal(process_wait(&run->lab), INTERRUPTED);
    assert_int_equal(process_count_lines(&run->lab, "Where the time went"), 0);
    char *text = read_file(run->json_path);
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
    struct run *run = *state;

    start(run, OPTIONS("--delay=30s", "--modes=async", "--events"));
    (void)process_wait_for(&run->lab, "\"what\":\"call_started\"");
    pid_t gateway = last_child(run->lab.pid);
    assert_true(gateway > 0);

    assert_int_equal(kill(gateway, SIGKILL), 0);

    assert_int_equal(process_wait(&run->lab), 1);
    (void)process_wait_for(&run->lab, "--- task2 error = connection_terminated");
    (void)process_wait_for(&run->lab, "{\"event\":\"failed\",\"error\":\"the gateway ended while it was in use\"}");
    assert_null(process_line(&run->lab, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(experiment_shows_both_logs_the_timeline_and_the_table),
        lab_test(experiment_cuts_each_task_into_parts_without_gaps),
        lab_test(experiment_counts_it_as_waiting_when_a_loop_that_stands_still_cannot_look),
        lab_test(experiment_tells_two_tasks_of_one_name_apart),
        lab_test(experiment_finds_the_record_of_each_of_256_tasks),
        lab_test(experiment_with_running_gateways_sees_them_from_outside),
        lab_test(experiment_tells_events_as_they_happen_and_nothing_else),
        lab_test(experiment_shows_the_standstill_while_it_lasts),
        lab_test(experiment_keeps_the_modes_that_were_over_when_it_is_interrupted),
        lab_test(experiment_interrupted_in_its_first_mode_leaves_files_as_they_were),
        lab_test(experiment_says_so_when_a_gateway_dies_in_the_middle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
