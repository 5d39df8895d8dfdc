/* SPDX-License-Identifier: MIT */
#include "lab/experiment.h"

#include <signal.h>

#include "common/clock.h"
#include "lab/experiment_screen.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/scripted_server.h"

enum { DELAY_US = 300 * CLOCK_US_PER_MS, OUTPUT_BYTES = 64 * 1024 };

#define ANSWER "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"res\":1}"

static char *const no_environment[] = { NULL };
static const char *const tasks[] = { "task1", "task2" };
static const struct log_options log_options = { .format = LOG_TEXT, .level = LOG_INFO };
static const struct screen screen = { .columns = 80 };

/* Everything but the modes; what is shown goes to `output`. */
static struct experiment_config make_config(struct experiment_screen *shown, FILE *output)
{
    *shown = (struct experiment_screen){ .screen = &screen, .output = output, .has_lines = true };
    experiment_screen_init(shown);
    return (struct experiment_config){
        .delay_us = DELAY_US,
        .tasks = tasks,
        .task_count = array_length(tasks),
        .mode_count = 1,
        .threads = 16,
        .blocking = "task1",
        .own_path = "/nonexistent/lab",
        .environment = no_environment,
        .log = &log_options,
        .audience = &shown->audience,
    };
}

static struct experiment_mode running(enum mode mode, uint16_t port)
{
    struct experiment_mode running = { .mode = mode, .is_running = true };
    char text[64];
    struct error error;

    (void)snprintf(text, sizeof text, "http://127.0.0.1:%u", port);
    assert_int_equal(url_parse(str_of(text), &running.gateway, &error), 0);
    return running;
}

/* Runs one mode on a gateway that answers the k-th task after k delays, as one that blocks would. */
static enum experiment_outcome run_on_blocking_gateway(enum mode mode, struct experiment_result *result, char *text)
{
    static const char *const answers[] = { ANSWER, ANSWER };
    FILE *output = fmemopen(text, OUTPUT_BYTES, "w");
    struct experiment_screen shown;
    struct experiment_config config = make_config(&shown, output);
    struct scripted_server server;
    struct error error = { { '\0' } };

    scripted_server_start(&server, answers, array_length(answers), DELAY_US);
    const struct experiment_mode plan = running(mode, server.port);
    config.modes = &plan;
    enum experiment_outcome outcome = experiment_run(&config, result, &error);
    scripted_server_stop(&server);
    (void)fclose(output);
    return outcome;
}

static void experiment_measures_a_gateway_that_runs_already(void **state)
{
    struct experiment_result result;
    char shown[OUTPUT_BYTES] = "";

    (void)state;

    enum experiment_outcome outcome = run_on_blocking_gateway(MODE_SYNC, &result, shown);

    assert_int_equal(outcome, EXPERIMENT_DONE);
    assert_int_equal(result.mode_count, 1);
    assert_int_equal(result.modes[0].task_count, 2);
    assert_int_equal(result.modes[0].theory.latest_us, 2 * DELAY_US);
    assert_int_equal(result.modes[0].tasks[0].sent_us, 0);
    assert_int_equal(result.modes[0].tasks[0].status, 200);
    assert_true(result.modes[0].tasks[1].ended_us >= 2 * DELAY_US);
    assert_non_null(strstr(shown, "sender  | 2"));
    assert_non_null(strstr(shown, " - --- task1 Send!!\n"));
    assert_non_null(strstr(shown, " - --- task2{\"res\":1}\n"));
    experiment_clear(&result);
}

static void experiment_is_not_ok_when_a_gateway_is_not_what_it_is_said_to_be(void **state)
{
    struct experiment_result result;
    char shown[OUTPUT_BYTES] = "";

    (void)state;

    enum experiment_outcome outcome = run_on_blocking_gateway(MODE_ASYNC, &result, shown);

    assert_int_equal(outcome, EXPERIMENT_DONE);
    assert_false(results_all_ok(&result));
    assert_false(result.modes[0].tasks[1].ok);
    experiment_clear(&result);
}

static void experiment_reports_tasks_that_fail(void **state)
{
    FILE *output = fopen("/dev/null", "w");
    struct experiment_screen shown;
    struct experiment_config config = make_config(&shown, output);
    struct experiment_result result;
    struct error error = { { '\0' } };
    uint16_t port = 0;
    int reserved = scripted_server_reserve(&port);
    const struct experiment_mode plan = running(MODE_SYNC, port);

    (void)state;
    config.modes = &plan;

    assert_int_equal(experiment_run(&config, &result, &error), EXPERIMENT_DONE);

    assert_string_equal(result.modes[0].tasks[0].error, "connection_refused");
    assert_false(results_all_ok(&result));
    experiment_clear(&result);
    (void)close(reserved);
    (void)fclose(output);
}

static void experiment_fails_with_a_sentence_when_programs_are_missing(void **state)
{
    FILE *output = fopen("/dev/null", "w");
    struct experiment_screen shown;
    struct experiment_config config = make_config(&shown, output);
    const struct experiment_mode plan = { .mode = MODE_SYNC };
    struct experiment_result result;
    struct error error = { { '\0' } };

    (void)state;
    config.modes = &plan;

    assert_int_equal(experiment_run(&config, &result, &error), EXPERIMENT_FAILED);

    assert_non_null(strstr(error.text, "/nonexistent/backend"));
    assert_int_equal(result.mode_count, 0);
    experiment_clear(&result);
    (void)fclose(output);
}

static void experiment_is_interrupted_by_a_signal(void **state)
{
    FILE *output = fopen("/dev/null", "w");
    struct experiment_screen shown;
    struct experiment_config config = make_config(&shown, output);
    struct experiment_result result;
    struct error error = { { '\0' } };
    uint16_t port = 0;
    int silent = scripted_server_listen(&port);
    const struct experiment_mode plan = running(MODE_SYNC, port);
    sigset_t interrupts;

    (void)state;
    config.modes = &plan;
    (void)sigemptyset(&interrupts);
    (void)sigaddset(&interrupts, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &interrupts, NULL);
    assert_int_equal(raise(SIGTERM), 0);

    assert_int_equal(experiment_run(&config, &result, &error), EXPERIMENT_INTERRUPTED);

    assert_int_equal(result.mode_count, 0);
    experiment_clear(&result);
    (void)close(silent);
    (void)fclose(output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(experiment_measures_a_gateway_that_runs_already),
        cmocka_unit_test(experiment_is_not_ok_when_a_gateway_is_not_what_it_is_said_to_be),
        cmocka_unit_test(experiment_reports_tasks_that_fail),
        cmocka_unit_test(experiment_fails_with_a_sentence_when_programs_are_missing),
        cmocka_unit_test(experiment_is_interrupted_by_a_signal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
