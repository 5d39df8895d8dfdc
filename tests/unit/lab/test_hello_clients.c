/* SPDX-License-Identifier: MIT */
#include "lab/hello_clients.h"

#include <errno.h>
#include <signal.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/program_folder.h"

/* A client that is a shell script, and a crew of such clients. */
struct scene {
    struct program_folder folder;
    struct interrupt interrupt;
    char path[256];
    char *arguments[2];
    struct hello_crew crew;
    struct hello_run run;
    struct error error;
};

static void open_scene(struct scene *scene, size_t count, const char *script)
{
    *scene = (struct scene){ .error = { { '\0' } } };
    program_folder_open(&scene->folder);
    program_folder_write(&scene->folder, "client", script);
    (void)snprintf(scene->path, sizeof scene->path, "%s/client", scene->folder.path);
    scene->arguments[0] = scene->path;
    assert_int_equal(interrupt_open(&scene->interrupt, &scene->error), 0);
    scene->crew = (struct hello_crew){
        .arguments = scene->arguments,
        .environment = program_folder_environment(),
        .count = count,
        .interrupt = &scene->interrupt,
    };
}

static void close_scene(struct scene *scene)
{
    interrupt_close(&scene->interrupt);
    program_folder_close(&scene->folder);
}

static int run(struct scene *scene)
{
    return hello_clients_run(&scene->crew, &scene->run, &scene->error);
}

static void clients_results_are_their_mean(void **state)
{
    struct scene scene;

    (void)state;
    /* The first one that makes the folder says 1, the other 2. */
    open_scene(&scene, 2,
               "echo ready; read -r line; if ln -s x \"$0.first\" 2>/dev/null; then echo 1; else echo 2; fi");

    assert_int_equal(run(&scene), 0);

    assert_true(scene.run.seconds == 1.5);
    assert_true(scene.run.elapsed_s > 0);
    assert_true(scene.run.client_cpu_s > 0);
    assert_int_equal(scene.run.failed, 0);
    close_scene(&scene);
}

static void clients_do_not_start_before_all_are_ready(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene, 4, ": > \"$0.$$\"; echo ready; read -r line; set -- \"$0\".*; [ $# -eq 4 ] && echo 1");

    assert_int_equal(run(&scene), 0);

    assert_true(scene.run.seconds == 1);
    close_scene(&scene);
}

static void clients_failed_requests_are_summed_up(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene, 3, "echo ready; read -r line; echo 0.25 7");

    assert_int_equal(run(&scene), 0);

    assert_int_equal(scene.run.failed, 21);
    assert_true(scene.run.seconds == 0.25);
    close_scene(&scene);
}

static void clients_processor_time_counts_from_the_start_on(void **state)
{
    static const char work[] = "i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done; ";
    struct scene before;
    struct scene behind;
    char script[256];

    (void)state;
    (void)snprintf(script, sizeof script, "%secho ready; read -r line; echo 1", work);
    open_scene(&before, 1, script);
    (void)snprintf(script, sizeof script, "echo ready; read -r line; %secho 1", work);
    open_scene(&behind, 1, script);

    assert_int_equal(run(&before), 0);
    assert_int_equal(run(&behind), 0);

    assert_true(before.run.client_cpu_s < behind.run.client_cpu_s / 2);
    close_scene(&before);
    close_scene(&behind);
}

static void clients_that_do_not_keep_to_the_protocol_are_named(void **state)
{
    static const struct {
        const char *script, *expected;
    } rows[] = {
        { "echo hello; sleep 60", "a client wrote \"hello\" where \"ready\" was expected" },
        { "echo ready; read -r line; echo soon; sleep 60",
          "a client wrote \"soon\" where its seconds were expected, such as 0.464" },
        { "printf 'ready\\n1\\n'; sleep 60", "a client wrote \"1\" where it should wait for the start" },
        { "echo 'no such module' >&2; exit 1", "a client ended before it was ready: no such module" },
        { "echo ready; read -r line; echo 'connection lost' >&2; exit 1",
          "a client ended before it was done: connection lost" },
        { "echo ready; read -r line", "a client ended before it was done" },
        { "echo ready; read -r line; echo 1; exit 3", "a client did not end with 0" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct scene scene;
        open_scene(&scene, 2, rows[i].script);

        assert_case(rows[i].script, run(&scene) == -1);

        if (strstr(scene.error.text, rows[i].expected) == NULL) {
            fail_msg("\"%s\" is not \"%s\"", scene.error.text, rows[i].expected);
        }
        close_scene(&scene);
    }
}

static void clients_are_ended_when_interrupted(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene, 2, "echo ready; read -r line; exec sleep 60");
    assert_int_equal(raise(SIGINT), 0);

    assert_int_equal(run(&scene), -1);

    assert_true(scene.interrupt.was_seen);
    assert_string_equal(scene.error.text, "interrupted");
    close_scene(&scene);
}

static void clients_watched_processes_are_measured_meanwhile(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene, 1, "echo ready; read -r line; echo 1");
    scene.crew.watched[1] = getpid(); /* this very process has work to do */

    assert_int_equal(run(&scene), 0);

    assert_true(scene.run.watched_cpu_s[0] == 0);
    assert_true(scene.run.watched_cpu_s[1] > 0);
    close_scene(&scene);
}

static void client_says_seconds_and_perhaps_failures(void **state)
{
    static const struct {
        const char *line;
        bool is_good;
        double seconds;
        uint64_t failed;
    } rows[] = {
        { "0.464", true, 0.464, 0 },
        { "12", true, 12, 0 },
        { " 0.5\r", false, 0, 0 },
        { "  0.5  ", true, 0.5, 0 },
        { "1e-1", true, 0.1, 0 },
        { "0.464 3", true, 0.464, 3 },
        { "0.464   3", true, 0.464, 3 },
        { "", false, 0, 0 },
        { "0.464s", false, 0, 0 },
        { "-1", false, 0, 0 },
        { "nan", false, 0, 0 },
        { "inf", false, 0, 0 },
        { "1e999", false, 0, 0 },
        { "0.464 many", false, 0, 0 },
        { "0.464 -3", false, 0, 0 },
        { "0.464 3 4", false, 0, 0 },
        { "000000000000000000000000000000000000000000000000000000000000000000000000", false, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        double seconds = 0;
        uint64_t failed = 0;

        int status = hello_clients_read(str_of(rows[i].line), &seconds, &failed);

        assert_case(rows[i].line, status == (rows[i].is_good ? 0 : -EINVAL));
        assert_case(rows[i].line, seconds == rows[i].seconds && failed == rows[i].failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_results_are_their_mean),
        cmocka_unit_test(clients_do_not_start_before_all_are_ready),
        cmocka_unit_test(clients_failed_requests_are_summed_up),
        cmocka_unit_test(clients_processor_time_counts_from_the_start_on),
        cmocka_unit_test(clients_that_do_not_keep_to_the_protocol_are_named),
        cmocka_unit_test(clients_are_ended_when_interrupted),
        cmocka_unit_test(clients_watched_processes_are_measured_meanwhile),
        cmocka_unit_test(client_says_seconds_and_perhaps_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
