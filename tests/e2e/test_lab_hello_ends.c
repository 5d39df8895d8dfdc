/* SPDX-License-Identifier: MIT */
/*
 * `lab hello`: how it ends when a server, a client, a user or the environment is not as it should be.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "common/clock.h"
#include "tests/e2e/hello_bench.h"
#include "tests/support/gate.h"

enum { INTERRUPTED = 130 };

/* That it ends like that, and says `part` on standard error. */
static void assert_complaint(struct hello_bench *bench, int exit_code, const char *part)
{
    assert_int_equal(process_wait(&bench->lab), exit_code);

    char *errors = process_errors(&bench->lab);
    if (strstr(errors, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, errors);
    }
    free(errors);
    process_clear(&bench->lab);
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
    struct hello_bench *bench = *state;

    for (size_t i = 0; i < array_length(rows); i++) {
        if (rows[i].target != NULL) {
            hello_bench_start_server(bench, rows[i].target);
        } else {
            (void)snprintf(bench->url, sizeof bench->url, "server=http://127.0.0.1:%d/", scene_closed_port());
        }
        hello_bench_start(bench, OPTIONS("--only-urls", "--clients=1", "--requests=5", bench->url, rows[i].command));

        assert_complaint(bench, 1, rows[i].expected);
        process_clear(&bench->scene.backend);
    }
}

static void hello_says_that_requests_failed(void **state)
{
    struct hello_bench *bench = *state;
    hello_bench_start_server(bench, "/hello");
    hello_bench_write_client(bench, "echo ready; read -r line; echo 0.05 3");

    hello_bench_start(bench, OPTIONS("--only-urls", "--clients=2", "--requests=10", "--repeats=1", bench->json_option,
                                     bench->command_option, bench->url));

    assert_int_equal(process_wait(&bench->lab), 1);
    char *output = process_output(&bench->lab);
    assert_non_null(strstr(output, "- server: 6 requests failed.\n"));
    free(output);
}

/* The first number in a file, once there is one. */
static pid_t wait_for_marker(const struct hello_bench *bench)
{
    for (unsigned i = 0; i < TEST_PATIENCE_MS / 10; i++) {
        FILE *file = fopen(bench->marker_path, "r");
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
    struct hello_bench *bench = *state;
    hello_bench_start_server(bench, "/hello");
    hello_bench_write_client(bench, "echo ready; read -r line; echo $$ > \"${0%/*}/marker\"; exec sleep 60");

    hello_bench_start(bench, OPTIONS("--only-urls", "--clients=1", "--requests=10", bench->json_option,
                                     bench->command_option, bench->url));
    pid_t client = wait_for_marker(bench);
    process_signal(&bench->lab, SIGINT);

    assert_int_equal(process_wait(&bench->lab), INTERRUPTED);
    cJSON *document = hello_bench_read_document(bench);
    assert_true(hello_seconds_of(hello_row_of(document, "server", "light"), 0) > 0);
    assert_true(hello_seconds_of(hello_row_of(document, "server", "command"), 0) == -1);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetObjectItem(document, "origin"), "interrupted")));
    cJSON_Delete(document);
    char *output = process_output(&bench->lab);
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
    struct hello_bench *bench = *state;

    for (size_t i = 0; i < array_length(rows); i++) {
        hello_bench_start(bench, OPTIONS(rows[i].option));

        assert_complaint(bench, 2, rows[i].expected);
    }
}

/* `lab send` takes one URL from FANLIGHT_GATEWAY: it is no fault of the environment that other commands mean something
 * else by it. */
static void variables_of_one_command_do_not_stop_another(void **state)
{
    static const char *const variables[] = { "FANLIGHT_GATEWAY=http://127.0.0.1:8080", "FANLIGHT_CLIENTS=1,256",
                                             "FANLIGHT_DELAY=exp(100ms)", NULL };
    struct hello_bench *bench = *state;
    hello_bench_start_server(bench, "/hello");

    process_start_with(&bench->lab, "lab",
                       OPTIONS("hello", "--only-urls", "--clients=1", "--requests=5", "--repeats=1", bench->url),
                       variables);
    assert_int_equal(process_wait(&bench->lab), 0);
    process_clear(&bench->lab);
    process_start_with(&bench->lab, "lab", OPTIONS("experiment", "--delay=20ms", "--modes=async", "--log-level=error"),
                       (const char *const[]){ variables[0], NULL });
    assert_in_range(process_wait(&bench->lab), 0, 1); /* 1: the machine was too busy for what theory says */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        hello_bench_test(hello_tells_why_a_client_cannot_measure),
        hello_bench_test(hello_says_that_requests_failed),
        hello_bench_test(hello_keeps_what_was_measured_when_interrupted),
        hello_bench_test(hello_refuses_wrong_use_before_it_measures),
        hello_bench_test(variables_of_one_command_do_not_stop_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
