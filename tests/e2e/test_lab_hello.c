/* SPDX-License-Identifier: MIT */
/*
 * `lab hello`: client processes, our own servers and others, as real processes.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "tests/support/fair_time.h"
#include "tests/support/gate.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { PATH_BYTES = 96, COMMAND_BYTES = 256, INTERRUPTED = 130, TEXT_BYTES = 256 * 1024 };

/* A run of the program, a backend that stands for a server of somebody else's, and files. */
struct run {
    struct scene scene;
    struct process lab;
    char folder[PATH_BYTES / 2];
    char json_path[PATH_BYTES], report_path[PATH_BYTES], script_path[PATH_BYTES], marker_path[PATH_BYTES];
    char json_option[PATH_BYTES + 16], report_option[PATH_BYTES + 16], command_option[COMMAND_BYTES];
    char url[PATH_BYTES];
};

static int open_run(void **state)
{
    static struct run run;

    run = (struct run){ .lab = PROCESS_NONE, .folder = "/tmp/fanlight-hello-XXXXXX" };
    run.scene.backend = (struct process)PROCESS_NONE;
    run.scene.gateway = (struct process)PROCESS_NONE;
    assert_non_null(mkdtemp(run.folder));
    (void)snprintf(run.json_path, sizeof run.json_path, "%s/result.json", run.folder);
    (void)snprintf(run.report_path, sizeof run.report_path, "%s/report.html", run.folder);
    (void)snprintf(run.script_path, sizeof run.script_path, "%s/own_client.sh", run.folder);
    (void)snprintf(run.marker_path, sizeof run.marker_path, "%s/marker", run.folder);
    (void)snprintf(run.json_option, sizeof run.json_option, "--json=%s", run.json_path);
    (void)snprintf(run.report_option, sizeof run.report_option, "--report=%s", run.report_path);
    (void)snprintf(run.command_option, sizeof run.command_option, "--client-command=sh %s", run.script_path);
    *state = &run;
    return 0;
}

static int close_run(void **state)
{
    struct run *run = *state;

    process_clear(&run->lab);
    process_clear(&run->scene.backend);
    (void)unlink(run->json_path);
    (void)unlink(run->report_path);
    (void)unlink(run->script_path);
    (void)unlink(run->marker_path);
    return rmdir(run->folder);
}

#define lab_test(test) cmocka_unit_test_setup_teardown(test, open_run, close_run)

/* What --client-command names; $1 is the URL, $2 the number of requests. */
static void write_client(const struct run *run, const char *script)
{
    FILE *file = fopen(run->script_path, "w");

    assert_non_null(file);
    (void)fprintf(file, "%s\n", script);
    (void)fclose(file);
}

static void start(struct run *run, const char *const *options)
{
    const char *arguments[16] = { "hello" };

    for (size_t i = 0; options[i] != NULL; i++) {
        assert_true(i + 2 < array_length(arguments));
        arguments[i + 1] = options[i];
    }
    process_start(&run->lab, "lab", arguments);
}

static void start_server(struct run *run, const char *target)
{
    scene_start_backend(&run->scene, OPTIONS("--delay=1ms"));
    (void)snprintf(run->url, sizeof run->url, "server=http://127.0.0.1:%d%s", run->scene.backend_port, target);
}

/* To be freed. */
static char *read_file(const char *path)
{
    char *text = calloc(1, TEXT_BYTES);
    FILE *file = fopen(path, "r");

    assert_non_null(text);
    assert_non_null(file);
    assert_true(fread(text, 1, TEXT_BYTES - 1, file) < TEXT_BYTES - 1);
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

static const cJSON *row_of(const cJSON *document, const char *name, const char *client)
{
    const cJSON *row = NULL;

    cJSON_ArrayForEach(row, cJSON_GetObjectItem(document, "rows"))
    {
        if (strcmp(json_text(row, "name"), name) == 0 && strcmp(json_text(row, "client"), client) == 0) {
            return row;
        }
    }
    fail_msg("there is no row %s, %s", name, client);
    return NULL;
}

/* The median of a cell; -1: null. */
static double seconds_of(const cJSON *row, int column)
{
    const cJSON *median =
        cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(row, "seconds"), column), "median");

    return cJSON_IsNumber(median) ? median->valuedouble : -1;
}

static double number_at(const cJSON *row, const char *name, int column)
{
    const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItem(row, name), column);

    return cJSON_IsNumber(item) ? item->valuedouble : -1;
}

/* ---- what it measures ---- */

static void hello_shows_that_sync_grows_with_the_clients_and_async_does_not(void **state)
{
    struct run *run = *state;

    start(run, OPTIONS("--clients=1,4", "--requests=20", "--repeats=1", "--delay=25ms", run->json_option));
    assert_int_equal(process_wait(&run->lab), 0);

    cJSON *document = read_document(run);
    const cJSON *sync = row_of(document, "sync", "light");
    const cJSON *async = row_of(document, "async", "light");
    /* Seconds for 1000 requests, each of which takes 25 ms. */
    assert_true(seconds_of(sync, 0) >= 25);
    assert_true(seconds_of(sync, 1) >= 3 * 25);
    assert_true(seconds_of(async, 0) >= 25);
    assert_true(fair_ms((uint64_t)(1000 * seconds_of(async, 1))) < 3 * 25000);
    assert_true(number_at(sync, "theory_s", 1) == 100);
    assert_true(number_at(async, "theory_s", 1) == 25);
    assert_true(number_at(sync, "server_cpu_s", 0) > 0);
    assert_true(number_at(sync, "client_cpu_s", 0) > 0);
    cJSON_Delete(document);
}

static void hello_shows_the_table_beside_the_published_figures(void **state)
{
    struct run *run = *state;

    start(run, OPTIONS("--clients=1,2", "--requests=10", "--repeats=1", run->json_option));
    assert_int_equal(process_wait(&run->lab), 0);

    char *output = process_output(&run->lab);
    assert_non_null(strstr(output, "clients                                  1       2\n"));
    assert_non_null(strstr(output, "published             aiohttp        0.464   0.413\n"));
    assert_non_null(strstr(output, "\nFanlight /hello       light "));
    assert_non_null(strstr(output, "\ngateway async, 1ms    light "));
    free(output);
    char *errors = process_errors(&run->lab); /* no terminal: no progress */
    assert_string_equal(errors, "");
    free(errors);
    cJSON *document = read_document(run);
    const cJSON *origin = cJSON_GetObjectItem(document, "origin");
    assert_string_equal(json_text(document, "kind"), "hello");
    assert_int_equal(strncmp(json_text(origin, "command"), "lab hello --clients=1,2 ", 24), 0);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(origin, "versions")), 3);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(origin, "interrupted")));
    cJSON_Delete(document);
}

static void hello_measures_other_servers_turn_and_turn_about(void **state)
{
    struct run *run = *state;
    start_server(run, "/hello");

    start(run, OPTIONS("--clients=2", "--requests=10", "--repeats=2", run->json_option, run->url));
    assert_int_equal(process_wait(&run->lab), 0);

    cJSON *document = read_document(run);
    assert_true(seconds_of(row_of(document, "server", "light"), 0) > 0);
    assert_true(seconds_of(row_of(document, "hello", "light"), 0) > 0);
    assert_true(number_at(row_of(document, "server", "light"), "server_cpu_s", 0) > 0); /* it is on this machine */
    cJSON_Delete(document);
}

static void hello_takes_the_word_of_a_client_of_somebody_elses(void **state)
{
    struct run *run = *state;
    start_server(run, "/hello");
    write_client(run, "[ $# -eq 2 ] && [ \"$2\" = 10 ] || exit 1; echo \"$1\" > \"${0%/*}/marker\"\n"
                      "echo ready; read -r line; echo 0.05");

    start(run, OPTIONS("--only-urls", "--clients=1", "--requests=10", "--repeats=1", run->json_option,
                       run->command_option, run->url));
    assert_int_equal(process_wait(&run->lab), 0);

    cJSON *document = read_document(run);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(document, "rows")), 3);
    assert_true(seconds_of(row_of(document, "server", "command"), 0) == 5);
    assert_true(seconds_of(row_of(document, "server", "light"), 0) > 0);
    cJSON_Delete(document);
    char *url = read_file(run->marker_path);
    assert_non_null(strstr(run->url, strtok_r(url, "\n", &(char *){ NULL })));
    free(url);
    char *output = process_output(&run->lab);
    assert_non_null(strstr(output, "server                own_client     5.000\n"));
    free(output);
}

static void hello_writes_a_report(void **state)
{
    struct run *run = *state;
    start_server(run, "/hello");

    start(run, OPTIONS("--only-urls", "--clients=1,2", "--requests=5", "--repeats=1", run->report_option, run->url));
    assert_int_equal(process_wait(&run->lab), 0);

    FILE *file = fopen(run->report_path, "r");
    char line[64] = "";
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_int_equal(strncasecmp(line, "<!doctype html>", 15), 0);
    (void)fclose(file);
}

/* ---- what goes wrong ---- */

/* That it ends like that, and says `part` on standard error. */
static void assert_complaint(struct run *run, int exit_code, const char *part)
{
    assert_int_equal(process_wait(&run->lab), exit_code);

    char *errors = process_errors(&run->lab);
    if (strstr(errors, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, errors);
    }
    free(errors);
    process_clear(&run->lab);
}

static void hello_tells_why_a_client_cannot_measure(void **state)
{
    static const struct {
        const char *target; /* NULL: nobody is there */
        const char *command, *expected;
    } rows[] = {
        { NULL, NULL, ": connection_refused\n" },
        { "/x?status=503", NULL, "server: a client ended before it was ready: lab: 127.0.0.1:" },
        { "/x?status=503", NULL, ": status 503\n" },
        { "/hello", "--client-command=no-such-program", "no-such-program: not found" },
    };
    struct run *run = *state;

    for (size_t i = 0; i < array_length(rows); i++) {
        if (rows[i].target != NULL) {
            start_server(run, rows[i].target);
        } else {
            (void)snprintf(run->url, sizeof run->url, "server=http://127.0.0.1:%d/", scene_closed_port());
        }
        start(run, OPTIONS("--only-urls", "--clients=1", "--requests=5", run->url, rows[i].command));

        assert_complaint(run, 1, rows[i].expected);
        process_clear(&run->scene.backend);
    }
}

static void hello_says_that_requests_failed(void **state)
{
    struct run *run = *state;
    start_server(run, "/hello");
    write_client(run, "echo ready; read -r line; echo 0.05 3");

    start(run, OPTIONS("--only-urls", "--clients=2", "--requests=10", "--repeats=1", run->json_option,
                       run->command_option, run->url));

    assert_int_equal(process_wait(&run->lab), 1);
    char *output = process_output(&run->lab);
    assert_non_null(strstr(output, "- server: 6 requests failed.\n"));
    free(output);
}

/* The first number in a file, once there is one. */
static pid_t wait_for_marker(const struct run *run)
{
    for (unsigned i = 0; i < TEST_PATIENCE_MS / 10; i++) {
        FILE *file = fopen(run->marker_path, "r");
        long pid = 0;
        char line[32] = "";
        if (file != NULL && fgets(line, sizeof line, file) != NULL && strchr(line, '\n') != NULL) {
            pid = strtol(line, NULL, 10);
        }
        if (file != NULL) {
            (void)fclose(file);
        }
        if (pid > 0) {
            return (pid_t)pid;
        }
        (void)poll(NULL, 0, 10);
    }
    fail_msg("no client has started");
    return -1;
}

/* Whoever reaps it may do so a moment later. */
static void wait_for_end_of(pid_t pid)
{
    uint64_t start_us = clock_monotonic_us();

    while (kill(pid, 0) == 0) {
        assert_true(gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);
        (void)poll(NULL, 0, 10);
    }
    assert_int_equal(errno, ESRCH);
}

static void hello_keeps_what_was_measured_when_interrupted(void **state)
{
    struct run *run = *state;
    start_server(run, "/hello");
    write_client(run, "echo ready; read -r line; echo $$ > \"${0%/*}/marker\"; exec sleep 60");

    start(run, OPTIONS("--only-urls", "--clients=1", "--requests=10", run->json_option, run->command_option, run->url));
    pid_t client = wait_for_marker(run);
    process_signal(&run->lab, SIGINT);

    assert_int_equal(process_wait(&run->lab), INTERRUPTED);
    cJSON *document = read_document(run);
    assert_true(seconds_of(row_of(document, "server", "light"), 0) > 0);
    assert_true(seconds_of(row_of(document, "server", "command"), 0) == -1);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetObjectItem(document, "origin"), "interrupted")));
    cJSON_Delete(document);
    char *output = process_output(&run->lab);
    assert_non_null(strstr(output, "\nserver                light "));
    free(output);
    wait_for_end_of(client);
}

static void hello_refuses_wrong_use_before_it_measures(void **state)
{
    static const struct {
        const char *option, *expected;
    } rows[] = {
        { "--clients=0", "lab: --clients=0: expected 1..8, or at most 16 rising numbers from 1 to 64" },
        { "--client=1", "lab: unknown option --client; did you mean --clients?" },
        { "--json=/no-such-folder/x", "lab: --json=/no-such-folder/x: cannot write: No such file or directory" },
        { "https://127.0.0.1/", "expected an http URL" },
        { "--only-urls", "a URL is missing" },
    };
    struct run *run = *state;

    for (size_t i = 0; i < array_length(rows); i++) {
        start(run, OPTIONS(rows[i].option));

        assert_complaint(run, 2, rows[i].expected);
    }
}

/* `lab send` takes one URL from FANLIGHT_GATEWAY: it is no fault of the environment that other commands mean something
 * else by it. */
static void variables_of_one_command_do_not_stop_another(void **state)
{
    static const char *const variables[] = { "FANLIGHT_GATEWAY=http://127.0.0.1:8080", "FANLIGHT_CLIENTS=1,256",
                                             "FANLIGHT_DELAY=exp(100ms)", NULL };
    struct run *run = *state;
    start_server(run, "/hello");

    process_start_with(&run->lab, "lab",
                       OPTIONS("hello", "--only-urls", "--clients=1", "--requests=5", "--repeats=1", run->url),
                       variables);
    assert_int_equal(process_wait(&run->lab), 0);
    process_clear(&run->lab);
    process_start_with(&run->lab, "lab", OPTIONS("experiment", "--delay=20ms", "--modes=async", "--log-level=error"),
                       (const char *const[]){ variables[0], NULL });
    assert_in_range(process_wait(&run->lab), 0, 1); /* 1: the machine was too busy for what theory says */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        lab_test(hello_shows_that_sync_grows_with_the_clients_and_async_does_not),
        lab_test(hello_shows_the_table_beside_the_published_figures),
        lab_test(hello_measures_other_servers_turn_and_turn_about),
        lab_test(hello_takes_the_word_of_a_client_of_somebody_elses),
        lab_test(hello_writes_a_report),
        lab_test(hello_tells_why_a_client_cannot_measure),
        lab_test(hello_says_that_requests_failed),
        lab_test(hello_keeps_what_was_measured_when_interrupted),
        lab_test(hello_refuses_wrong_use_before_it_measures),
        lab_test(variables_of_one_command_do_not_stop_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
