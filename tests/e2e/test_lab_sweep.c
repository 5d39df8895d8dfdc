/* SPDX-License-Identifier: MIT */
/*
 * lab sweep, with real gateways and backends: what it measures, what it tells meanwhile, and how it ends.
 */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/process.h"
#include "tests/support/unit.h"

enum { PATH_BYTES = 320, FILE_BYTES = 4 * 1024 * 1024, POLL_MS = 5, PATIENCE_MS = 20000 };

#define WORDS(...)                                                                                                     \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        "sweep", __VA_ARGS__, NULL                                                                                     \
    }

/* A run of `lab sweep` with a folder for what it writes. */
struct desk {
    char folder[64];
    char json[PATH_BYTES], csv[PATH_BYTES], report[PATH_BYTES]; /* paths */
    char json_flag[PATH_BYTES], csv_flag[PATH_BYTES], report_flag[PATH_BYTES];
    struct process lab;
};

static int set_up(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);

    assert_non_null(desk);
    *desk = (struct desk){ .folder = "/tmp/fanlight-sweep-XXXXXX", .lab = PROCESS_NONE };
    assert_non_null(mkdtemp(desk->folder));
    (void)snprintf(desk->json, sizeof desk->json, "%s/sweep.json", desk->folder);
    (void)snprintf(desk->csv, sizeof desk->csv, "%s/sweep.csv", desk->folder);
    (void)snprintf(desk->report, sizeof desk->report, "%s/sweep.html", desk->folder);
    (void)snprintf(desk->json_flag, sizeof desk->json_flag, "--json=%.80s/sweep.json", desk->folder);
    (void)snprintf(desk->csv_flag, sizeof desk->csv_flag, "--csv=%.80s/sweep.csv", desk->folder);
    (void)snprintf(desk->report_flag, sizeof desk->report_flag, "--report=%.80s/sweep.html", desk->folder);
    *state = desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;

    process_clear(&desk->lab);
    (void)unlink(desk->json);
    (void)unlink(desk->csv);
    (void)unlink(desk->report);
    (void)rmdir(desk->folder);
    free(desk);
    return 0;
}

/* A file's content as a string to be freed. */
static char *content_of(const char *path)
{
    char *text = calloc(1, FILE_BYTES);
    FILE *file = fopen(path, "r");

    assert_non_null(text);
    assert_case(path, file != NULL);
    assert_case(path, fread(text, 1, FILE_BYTES - 1, file) > 0);
    (void)fclose(file);
    return text;
}

static cJSON *document_of(const struct desk *desk)
{
    char *text = content_of(desk->json);
    cJSON *document = cJSON_Parse(text);

    free(text);
    assert_non_null(document);
    return document;
}

static const cJSON *member(const cJSON *tree, const char *path)
{
    struct str rest = str_of(path);

    while (rest.length > 0) {
        char name[64];
        struct str one = str_split(&rest, '.');
        (void)snprintf(name, sizeof name, "%.*s", STR_ARGUMENTS(one));
        tree = cJSON_GetObjectItemCaseSensitive(tree, name);
        assert_case(path, tree != NULL);
    }
    return tree;
}

static const cJSON *point_at(const cJSON *document, int index)
{
    const cJSON *point = cJSON_GetArrayItem(member(document, "points"), index);

    assert_non_null(point);
    return point;
}

static void assert_between(const char *name, double value, double least, double most)
{
    if (!(value >= least && value <= most)) {
        fail_msg("%s is %g, and should be from %g to %g", name, value, least, most);
    }
}

/* ---- what is measured ---- */

/* Bounds that a busy machine keeps: it makes things slower, never faster. */
static void throughput_and_latency_are_what_theory_says(void **state)
{
    struct desk *desk = *state;

    process_start(&desk->lab, "lab",
                  WORDS("--modes=sync,async", "--clients=1,8", "--fan-out=1", "--repeats=1", "--duration=1s",
                        desk->json_flag, desk->csv_flag, desk->report_flag));
    assert_int_equal(process_wait(&desk->lab), 0);

    cJSON *document = document_of(desk);
    assert_int_equal(cJSON_GetArraySize(member(document, "points")), 4);
    const cJSON *sync = point_at(document, 2);
    const cJSON *async = point_at(document, 3);
    assert_string_equal(member(sync, "mode")->valuestring, "sync");
    assert_int_equal(member(sync, "clients")->valueint, 8);
    assert_between("sync", member(sync, "throughput.median")->valuedouble, 5, 21.5);
    assert_between("sync, p50", member(sync, "latency_ms.p50.median")->valuedouble, 390, 3000);
    assert_between("async", member(async, "throughput.median")->valuedouble, 30, 169);
    assert_between("async, p50", member(async, "latency_ms.p50.median")->valuedouble, 49.9, 250);
    assert_between("processor time", member(async, "gateway.cpu_us_per_request.median")->valuedouble, 5, 50000);
    assert_between("memory", member(async, "gateway.resident_bytes.median")->valuedouble, 1e6, 1e9);
    assert_between("threads", member(async, "gateway.threads")->valuedouble, 2, 10);
    assert_between("switches", member(async, "gateway.switches_per_request.median")->valuedouble, 0.01, 100);
    assert_between("theory", member(async, "theory.throughput")->valuedouble, 160, 160);
    assert_int_equal(member(async, "failed")->valueint, 0);
    cJSON_Delete(document);
}

static void each_file_that_was_asked_for_is_written(void **state)
{
    struct desk *desk = *state;

    process_start(&desk->lab, "lab",
                  WORDS("--modes=async", "--clients=1", "--fan-out=1", "--repeats=1", "--duration=500ms", "--delay=1ms",
                        desk->json_flag, desk->csv_flag, desk->report_flag));
    assert_int_equal(process_wait(&desk->lab), 0);

    char *output = process_output(&desk->lab);
    char *csv = content_of(desk->csv);
    char *report = content_of(desk->report);
    cJSON *document = document_of(desk);
    assert_non_null(strstr(output, "closed loop, delay 1ms, fan-out 1"));
    assert_non_null(strstr(csv, "async"));
    assert_non_null(strcasestr(report, "<!doctype html>"));
    assert_string_equal(member(document, "kind")->valuestring, "sweep");
    assert_non_null(strstr(member(document, "origin.command")->valuestring, "lab sweep --modes=async"));
    cJSON_Delete(document);
    free(report);
    free(csv);
    free(output);
}

/* Four connections and a request every 10 ms, 50 ms each, one by one: seen from their sending, all take 200 ms. */
static void an_open_loop_omits_nothing_while_the_gateway_stands_still(void **state)
{
    struct desk *desk = *state;

    process_start(&desk->lab, "lab",
                  WORDS("--modes=sync", "--rate=100", "--clients=4", "--fan-out=1", "--repeats=1", desk->json_flag));
    assert_int_equal(process_wait(&desk->lab), 0);

    cJSON *document = document_of(desk);
    const cJSON *point = point_at(document, 0);
    double corrected_ms = member(point, "latency_ms.p50.median")->valuedouble;
    double uncorrected_ms = member(point, "uncorrected_ms.p50.median")->valuedouble;
    assert_string_equal(member(point, "load")->valuestring, "open");
    assert_between("uncorrected", uncorrected_ms, 190, 1000);
    assert_between("corrected", corrected_ms, 2 * uncorrected_ms, 10000);
    assert_true(cJSON_IsFalse(member(point, "is_client_limited")));
    cJSON_Delete(document);
}

static void a_case_comes_with_its_sentence(void **state)
{
    struct desk *desk = *state;

    process_start(&desk->lab, "lab", WORDS("--case=one-client", "--repeats=1", "--duration=500ms", desk->json_flag));
    assert_int_equal(process_wait(&desk->lab), 0);

    char *output = process_output(&desk->lab);
    cJSON *document = document_of(desk);
    const cJSON *one = cJSON_GetArrayItem(member(document, "cases"), 0);
    assert_string_equal(member(one, "name")->valuestring, "one-client");
    assert_non_null(strstr(output, member(one, "sentence")->valuestring));
    assert_non_null(strstr(output, "One client: closed loop"));
    cJSON_Delete(document);
    free(output);
}

/* ---- what is told meanwhile ---- */

static void events_are_json_lines_and_nothing_else(void **state)
{
    struct desk *desk = *state;
    const char *line;
    int count = 0;
    cJSON *last = NULL;

    process_start(&desk->lab, "lab",
                  WORDS("--events", "--modes=async,threads", "--clients=1", "--fan-out=1", "--repeats=2",
                        "--duration=500ms", "--delay=1ms"));
    while ((line = process_line(&desk->lab, PATIENCE_MS)) != NULL) {
        static const char *const expected[] = { "begin", "point", "point", "point", "point", "end" };
        cJSON_Delete(last);
        last = cJSON_Parse(line);
        assert_non_null(last);
        assert_true(count < 6);
        assert_string_equal(member(last, "event")->valuestring, expected[count]);
        count++;
    }

    assert_int_equal(count, 6);
    assert_int_equal(cJSON_GetArraySize(member(last, "document.points")), 2);
    assert_int_equal(process_wait(&desk->lab), 0);
    cJSON_Delete(last);
}

/* ---- how it ends ---- */

/* "1234 (gateway) S 1200 …": whether that is a child of `parent` that runs `program`. */
static bool is_child(const char *folder, pid_t parent, const char *program)
{
    char path[PATH_BYTES];
    char text[PATH_BYTES] = "";
    char expected[64];
    char *name;

    (void)snprintf(path, sizeof path, "/proc/%.20s/stat", folder);
    (void)snprintf(expected, sizeof expected, "(%s) ", program);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    size_t length = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    name = length > 0 ? strstr(text, expected) : NULL;
    return name != NULL && strtol(name + strlen(expected) + 2, NULL, 10) == parent;
}

/* 0: there is none. */
static pid_t find_child(pid_t parent, const char *program)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    pid_t found = 0;

    assert_non_null(processes);
    while (found == 0 && (entry = readdir(processes)) != NULL) {
        bool is_process = entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
        if (is_process && is_child(entry->d_name, parent, program)) {
            found = (pid_t)strtol(entry->d_name, NULL, 10);
        }
    }
    (void)closedir(processes);
    return found;
}

static pid_t wait_for_child(const struct desk *desk, const char *program)
{
    uint64_t give_up_us = clock_monotonic_us() + (uint64_t)PATIENCE_MS * 1000;
    pid_t pid = 0;

    while (pid == 0 && clock_monotonic_us() < give_up_us) {
        (void)usleep(POLL_MS * 1000);
        pid = find_child(desk->lab.pid, program);
    }
    assert_true(pid > 0);
    return pid;
}

static void start_one_that_blocks(struct desk *desk)
{
    process_start(&desk->lab, "lab",
                  WORDS("--modes=sync", "--clients=4", "--fan-out=1", "--repeats=1", "--delay=5ms,10s",
                        "--duration=20s", "--warm-up=0s", desk->json_flag, "--log-level=debug"));
}

static void ctrl_c_keeps_what_was_measured_even_while_a_gateway_blocks(void **state)
{
    struct desk *desk = *state;
    process_start(&desk->lab, "lab",
                  WORDS("--modes=sync", "--clients=4", "--fan-out=1", "--repeats=1", "--delay=5ms,10s",
                        "--duration=500ms", desk->json_flag, desk->csv_flag));
    (void)process_wait_for(&desk->lab, "1/2 ");
    (void)wait_for_child(desk, "gateway");
    uint64_t begin_us = clock_monotonic_us();

    process_signal(&desk->lab, SIGINT);

    assert_int_equal(process_wait(&desk->lab), 130);
    assert_between("seconds", (double)(clock_monotonic_us() - begin_us) / 1e6, 0, 5);
    char *output = process_output(&desk->lab);
    char *csv = content_of(desk->csv);
    cJSON *document = document_of(desk);
    assert_non_null(strstr(output, "closed loop, delay 5ms, fan-out 1"));
    assert_null(strstr(output, "closed loop, delay 10s"));
    assert_non_null(strstr(csv, "sync"));
    assert_int_equal(cJSON_GetArraySize(member(document, "points")), 1);
    assert_true(cJSON_IsTrue(member(document, "origin.interrupted")));
    cJSON_Delete(document);
    free(csv);
    free(output);
}

static void ctrl_c_before_anything_was_measured_leaves_old_files_alone(void **state)
{
    struct desk *desk = *state;
    FILE *file = fopen(desk->json, "w");
    assert_non_null(file);
    (void)fputs("as it was", file);
    (void)fclose(file);
    start_one_that_blocks(desk);
    (void)wait_for_child(desk, "backend");

    process_signal(&desk->lab, SIGTERM);

    assert_int_equal(process_wait(&desk->lab), 130);
    char *json = content_of(desk->json);
    assert_string_equal(json, "as it was");
    free(json);
}

static void a_gateway_that_dies_ends_the_sweep_with_a_sentence(void **state)
{
    struct desk *desk = *state;
    start_one_that_blocks(desk);
    pid_t gateway = wait_for_child(desk, "gateway");

    assert_int_equal(kill(gateway, SIGKILL), 0);

    assert_int_equal(process_wait(&desk->lab), 1);
    char *errors = process_errors(&desk->lab);
    assert_non_null(strstr(errors, "lab: the gateway ended"));
    free(errors);
}

static void wrong_use_is_refused_before_anything_starts(void **state)
{
    static const struct {
        const char *word;
        const char *part;
    } rows[] = {
        { "--clients=0", "--clients=0: expected numbers from 1 to 10000" },
        { "--json=/nowhere/sweep.json", "--json=/nowhere/sweep.json" },
        { "--mode=sync", "did you mean --modes?" },
        { "--case=nothing", "one-client, cpu-bound, backend-limit" },
    };

    for (size_t i = 0; i < array_length(rows); i++) {
        struct desk *desk = *state;

        process_start(&desk->lab, "lab", WORDS(rows[i].word));

        assert_case(rows[i].word, process_wait(&desk->lab) == 2);
        char *errors = process_errors(&desk->lab);
        assert_case(rows[i].word, strstr(errors, rows[i].part) != NULL);
        free(errors);
        process_clear(&desk->lab);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(throughput_and_latency_are_what_theory_says),
        TEST(each_file_that_was_asked_for_is_written),
        TEST(an_open_loop_omits_nothing_while_the_gateway_stands_still),
        TEST(a_case_comes_with_its_sentence),
        TEST(events_are_json_lines_and_nothing_else),
        TEST(ctrl_c_keeps_what_was_measured_even_while_a_gateway_blocks),
        TEST(ctrl_c_before_anything_was_measured_leaves_old_files_alone),
        TEST(a_gateway_that_dies_ends_the_sweep_with_a_sentence),
        TEST(wrong_use_is_refused_before_anything_starts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
