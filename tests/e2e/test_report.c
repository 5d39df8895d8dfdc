/* SPDX-License-Identifier: MIT */
/*
 * `lab report` on files: what it writes, what it refuses, and thresholds as somebody's continuous integration sees
 * them.
 */
#include <sys/stat.h>

#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { PATH_BYTES = 96, OPTION_BYTES = 128, TEXT_BYTES = 4 * 1024 * 1024 };

struct run {
    struct process lab;
    char folder[PATH_BYTES / 2];
    char input[PATH_BYTES], html[PATH_BYTES], json[PATH_BYTES], csv[PATH_BYTES];
    char output_option[OPTION_BYTES], json_option[OPTION_BYTES], csv_option[OPTION_BYTES];
};

/* async: 50 ms at 1 client, 80 ms at 64. */
static const char sweep[] =
    "{\"version\":1,\"kind\":\"sweep\",\"points\":["
    "{\"mode\":\"async\",\"delay\":\"50ms\",\"fan_out\":1,\"load\":\"closed\",\"clients\":1,\"requests\":9,\"failed\":"
    "0,"
    "\"throughput\":{\"median\":20,\"least\":20,\"most\":20},\"latency_ms\":{\"p50\":null,\"p90\":null,"
    "\"p99\":{\"median\":50,\"least\":50,\"most\":50},\"max\":null}},"
    "{\"mode\":\"async\",\"delay\":\"50ms\",\"fan_out\":1,\"load\":\"closed\",\"clients\":64,\"requests\":9,\"failed\":"
    "0,"
    "\"throughput\":{\"median\":1200,\"least\":1,\"most\":1300},\"latency_ms\":{\"p50\":null,\"p90\":null,"
    "\"p99\":{\"median\":80,\"least\":80,\"most\":80},\"max\":null}}]}";

static int open_run(void **state)
{
    static struct run run;

    run = (struct run){ .lab = PROCESS_NONE, .folder = "/tmp/fanlight-report-XXXXXX" };
    assert_non_null(mkdtemp(run.folder));
    (void)snprintf(run.input, sizeof run.input, "%s/sweep.json", run.folder);
    (void)snprintf(run.html, sizeof run.html, "%s/report.html", run.folder);
    (void)snprintf(run.json, sizeof run.json, "%s/all.json", run.folder);
    (void)snprintf(run.csv, sizeof run.csv, "%s/all.csv", run.folder);
    (void)snprintf(run.output_option, sizeof run.output_option, "--output=%s", run.html);
    (void)snprintf(run.json_option, sizeof run.json_option, "--json=%s", run.json);
    (void)snprintf(run.csv_option, sizeof run.csv_option, "--csv=%s", run.csv);
    *state = &run;
    return 0;
}

static int close_run(void **state)
{
    struct run *run = *state;

    process_clear(&run->lab);
    (void)unlink(run->input);
    (void)unlink(run->html);
    (void)unlink(run->json);
    (void)unlink(run->csv);
    return rmdir(run->folder);
}

#define report_test(test) cmocka_unit_test_setup_teardown(test, open_run, close_run)

static void write_input(const struct run *run, const char *text)
{
    FILE *file = fopen(run->input, "w");

    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

/* A file's text, to be freed; NULL: there is none. */
static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, TEXT_BYTES);

    if (file == NULL) {
        free(text);
        return NULL;
    }
    assert_non_null(text);
    assert_true(fread(text, 1, TEXT_BYTES - 1, file) > 0);
    (void)fclose(file);
    return text;
}

/* Runs `lab report` with these words; its exit code. */
static int report_with(struct run *run, const char *const *words, const char *const *variables)
{
    const char *arguments[24] = { "report" };

    process_clear(&run->lab);
    run->lab = (struct process)PROCESS_NONE;
    for (size_t i = 0; words[i] != NULL; i++) {
        assert_true(i + 2 < array_length(arguments));
        arguments[i + 1] = words[i];
    }
    process_start_with(&run->lab, "lab", arguments, variables);
    return process_wait(&run->lab);
}

static int report(struct run *run, const char *const *words)
{
    return report_with(run, words, NULL);
}

static void assert_output(struct run *run, const char *part)
{
    cleanup_free char *output = process_output(&run->lab);

    if (strstr(output, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, output);
    }
}

static void assert_error(const struct run *run, const char *part)
{
    cleanup_free char *errors = process_errors(&run->lab);

    if (strstr(errors, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, errors);
    }
    assert_true(strlen(errors) > 0 && strchr(errors, '\n') == errors + strlen(errors) - 1);
}

static void a_result_becomes_a_page_a_table_and_json(void **state)
{
    struct run *run = *state;

    write_input(run, sweep);

    assert_int_equal(report(run, OPTIONS(run->input, run->output_option, run->json_option, run->csv_option)), 0);

    cleanup_free char *html = read_text(run->html);
    cleanup_free char *json = read_text(run->json);
    cleanup_free char *csv = read_text(run->csv);
    assert_non_null(strstr(html, "<h2>The sweep</h2>"));
    assert_non_null(strstr(html, "Chart.js v3."));
    assert_int_equal(strncmp(json, sweep, sizeof sweep - 1), 0);
    assert_non_null(strstr(csv, "document,kind,case,mode"));
    assert_non_null(strstr(csv, ",async,,,50ms,1,closed,64,"));
    assert_output(run, "");
}

static void what_a_real_experiment_wrote_is_read_again(void **state)
{
    struct run *run = *state;
    char json_option[OPTION_BYTES];

    (void)snprintf(json_option, sizeof json_option, "--json=%s", run->input);
    process_start(&run->lab, "lab", OPTIONS("experiment", "--delay=1s", "--modes=sync,async", json_option));
    assert_in_range(process_wait(&run->lab), 0, 1); /* 1: the machine was too busy for what theory says */

    int exit_code = report(run, OPTIONS(run->input, run->output_option, "--threshold=sync.total>=2s",
                                        "--threshold=async.total<2s", "--threshold=*.failed=0"));

    assert_int_equal(exit_code, 0);
    assert_output(run, "kept: sync.total>=2s: ");
    assert_output(run, "kept: async.total<2s: ");
    cleanup_free char *html = read_text(run->html);
    assert_non_null(strstr(html, "<rect class=\"waiting\""));
    assert_non_null(strstr(html, "<code>lab experiment --delay=1s --modes=sync,async"));
}

static void a_threshold_that_is_broken_is_exit_code_1(void **state)
{
    struct run *run = *state;

    write_input(run, sweep);

    int exit_code = report(run, OPTIONS(run->input, "--threshold", "async.p99<60ms",
                                        "--threshold=async[clients=1].p99<60ms", run->output_option));

    assert_int_equal(exit_code, 1);
    assert_output(run, "broken: async.p99<60ms: 80 ms at clients=64,");
    assert_output(run, "kept: async[clients=1].p99<60ms: 50 ms at clients=1,");
    cleanup_free char *html = read_text(run->html);
    assert_non_null(strstr(html, "</html>")); /* to look at why */
}

static void thresholds_alone_are_a_check_that_writes_nothing(void **state)
{
    struct run *run = *state;

    write_input(run, sweep);

    assert_int_equal(report(run, OPTIONS(run->input, "--threshold=async.p99<=80ms")), 0);

    assert_int_equal(access(run->html, F_OK), -1);
}

static void a_threshold_comes_from_the_environment_unless_a_flag_says_another(void **state)
{
    struct run *run = *state;
    const char *const variables[] = { "FANLIGHT_THRESHOLD=async.p99<60ms", NULL };

    write_input(run, sweep);

    assert_int_equal(report_with(run, OPTIONS(run->input, run->csv_option), variables), 1);
    assert_int_equal(report_with(run, OPTIONS(run->input, "--threshold=async.p99<90ms"), variables), 0);
}

static void the_page_goes_to_standard_output_and_the_lines_beside_it(void **state)
{
    struct run *run = *state;

    write_input(run, sweep);

    assert_int_equal(report(run, OPTIONS(run->input, "--csv=-", "--threshold=async.p99<60ms")), 1);

    assert_output(run, "document,kind,");
    assert_error(run, "broken: async.p99<60ms");
}

static void wrong_use_is_one_line_and_exit_code_2(void **state)
{
    struct run *run = *state;
    const struct {
        const char *name;
        const char *words[4];
        const char *part;
    } rows[] = {
        { "no file", { run->output_option }, "a result is missing, as in: lab report sweep.json" },
        { "nothing to do", { run->input }, "--threshold" },
        { "a file that is not there", { "/nowhere/x.json", run->output_option }, "/nowhere/x.json: cannot read" },
        { "a folder", { "/tmp", run->output_option }, "/tmp: cannot read" },
        { "a file that is no result", { "/dev/null", run->output_option }, "/dev/null: line 1" },
        { "a threshold that is none", { run->input, "--threshold=async.p99" }, "an operator is missing" },
        { "a threshold of nothing", { run->input, "--threshold=sync.p99<1s" }, "there are async with p50" },
        { "a place that cannot be written",
          { run->input, "--output=/nowhere/x.html" },
          "--output=/nowhere/x.html: cannot" },
        { "an unknown option", { run->input, "--treshold=async.p99<1s" }, "did you mean --threshold" },
    };

    write_input(run, sweep);
    for (size_t i = 0; i < array_length(rows); i++) {
        assert_case(rows[i].name, report(run, rows[i].words) == 2);
        assert_error(run, rows[i].part);
    }
}

static void a_result_in_another_form_is_refused_with_the_place(void **state)
{
    struct run *run = *state;

    write_input(run, "{\"version\":1,\"kind\":\"sweep\",\"points\":[{\"mode\":\"<b>\"}]}");

    assert_int_equal(report(run, OPTIONS(run->input, run->output_option)), 2);

    assert_error(run, "sweep.json: points[0]: \"delay\" is missing");
    assert_int_equal(access(run->html, F_OK), -1);
}

static void seventeen_results_are_too_many(void **state)
{
    struct run *run = *state;
    const char *words[20] = { NULL };

    write_input(run, sweep);
    for (size_t i = 0; i < 17; i++) {
        words[i] = run->input;
    }
    words[17] = run->output_option;

    assert_int_equal(report(run, words), 2);

    assert_error(run, "at most 16");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        report_test(a_result_becomes_a_page_a_table_and_json),
        report_test(what_a_real_experiment_wrote_is_read_again),
        report_test(a_threshold_that_is_broken_is_exit_code_1),
        report_test(thresholds_alone_are_a_check_that_writes_nothing),
        report_test(a_threshold_comes_from_the_environment_unless_a_flag_says_another),
        report_test(the_page_goes_to_standard_output_and_the_lines_beside_it),
        report_test(wrong_use_is_one_line_and_exit_code_2),
        report_test(a_result_in_another_form_is_refused_with_the_place),
        report_test(seventeen_results_are_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
