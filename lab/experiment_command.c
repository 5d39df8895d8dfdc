/* SPDX-License-Identifier: MIT */
#include "lab/experiment_command.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/clock.h"
#include "common/descriptors.h"
#include "lab/experiment.h"
#include "lab/experiment_options.h"
#include "lab/experiment_report.h"
#include "lab/table.h"
#include "lab/timeline.h"

enum { OUTPUT_BYTES = 16 * 1024 * 1024, COMMAND_LINE_BYTES = 64 * 1024, LIBRARIES_BYTES = 128, FILE_MODE = 0644 };

/* What a run needs besides its options. */
struct session {
    const struct experiment_options *options;
    char **environment;
    struct buf command_line;
    int report; /* descriptors of the files that were asked for; -1: was not */
    int json;
};

/* Before the experiment: nobody waits a minute to hear that a folder is missing. The old content stays until then. */
static int open_output(const char *name, const char *path, int *ret_descriptor)
{
    struct error error;

    if (path == NULL) {
        return 0;
    }
    *ret_descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (*ret_descriptor < 0) {
        (void)error_set(&error, "--%s=%.300s: cannot write: %s", name, path, strerror(errno));
        return command_complain(COMMAND_WRONG_USE, error.text);
    }
    return 0;
}

static int write_output(int descriptor, const char *path, const struct buf *content)
{
    struct error error;
    struct str rest = buf_view(content);

    (void)!ftruncate(descriptor, 0);
    while (rest.length > 0) {
        ssize_t count = write(descriptor, rest.base, rest.length);
        if (count < 0 && errno != EINTR) {
            (void)error_set(&error, "%.300s: cannot write: %s", path, strerror(errno));
            return command_complain(COMMAND_FAILED, error.text);
        }
        rest = str_from(rest, count > 0 ? (size_t)count : 0);
    }
    return 0;
}

static int write_json(const struct session *session, const struct experiment_result *result)
{
    cleanup_buf struct buf text = { .base = NULL };

    if (session->json < 0) {
        return 0;
    }
    buf_init(&text, OUTPUT_BYTES);
    if (results_add_json(result, &text) < 0) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }
    return write_output(session->json, session->options->json, &text);
}

static int write_report(const struct session *session, const struct experiment_result *result)
{
    cleanup_buf struct buf html = { .base = NULL };
    char libraries[LIBRARIES_BYTES];
    char versions[2 * LIBRARIES_BYTES];

    if (session->report < 0) {
        return 0;
    }
    command_libraries(libraries, sizeof libraries);
    (void)snprintf(versions, sizeof versions, COMMAND_PROGRAM_NAME " " FANLIGHT_VERSION ", %s", libraries);
    const struct experiment_report report = {
        .experiment = result,
        .command_line = buf_view(&session->command_line),
        .versions = str_of(versions),
        .measured_us = clock_wall_us(),
    };
    buf_init(&html, OUTPUT_BYTES);
    if (experiment_report_add(&html, &report) < 0) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }
    return write_output(session->report, session->options->report, &html);
}

static void show(const struct experiment_result *result, const struct screen *screen)
{
    const struct timeline_style style = { .columns = screen->columns, .is_coloured = screen->is_coloured };
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, OUTPUT_BYTES);
    (void)buf_add_text(&text, "\nWhere the time went\n\n");
    timeline_add(&text, result, &style);
    (void)buf_add_text(&text, "\n");
    table_add(&text, result, screen->is_coloured);
    (void)buf_add_text(&text, "\nok: answered within 0.95 to 1.15 x theory + 50 ms\n");
    (void)fwrite(text.base, 1, text.length, stdout);
    (void)fflush(stdout);
}

static int report(const struct session *session, const struct experiment_result *result, const struct screen *screen)
{
    show(result, screen);
    int json_status = write_json(session, result);
    int report_status = write_report(session, result);
    if (json_status != 0 || report_status != 0) {
        return COMMAND_FAILED;
    }
    return results_all_ok(result) ? COMMAND_OK : COMMAND_FAILED;
}

static int run(const struct session *session)
{
    const struct experiment_options *parsed = session->options;
    struct screen screen = screen_of(STDOUT_FILENO, getenv("NO_COLOR"), (enum log_format)parsed->log.format);
    const char *tasks[EXPERIMENT_TASKS_MOST];
    struct experiment_result result;
    struct error error = { { '\0' } };

    for (size_t i = 0; i < parsed->tasks.count; i++) {
        tasks[i] = parsed->tasks.names[i];
    }
    const struct experiment_config config = {
        .delay_us = parsed->delay_us,
        .tasks = tasks,
        .task_count = parsed->tasks.count,
        .modes = parsed->modes.modes,
        .mode_count = parsed->modes.count,
        .threads = parsed->threads,
        .blocking = parsed->blocking,
        .environment = session->environment,
        .log = &parsed->log,
        .screen = &screen,
        .output = stdout,
    };
    switch (experiment_run(&config, &result, &error)) {
    case EXPERIMENT_INTERRUPTED:
        return COMMAND_INTERRUPTED;
    case EXPERIMENT_FAILED:
        return command_complain(COMMAND_FAILED, error.text);
    case EXPERIMENT_DONE:
        break;
    }
    int exit_code = report(session, &result, &screen);
    experiment_clear(&result);
    return exit_code;
}

static int run_with_files(struct session *session)
{
    int exit_code = open_output("report", session->options->report, &session->report);

    if (exit_code == 0) {
        exit_code = open_output("json", session->options->json, &session->json);
    }
    if (exit_code == 0) {
        exit_code = run(session);
    }
    compiler_close_descriptor(&session->report);
    compiler_close_descriptor(&session->json);
    return exit_code;
}

static void add_command_line(struct buf *text, int argc, char **argv)
{
    (void)buf_add_text(text, "lab");
    for (int i = 0; i < argc; i++) {
        (void)buf_add_format(text, " %s", argv[i]);
    }
}

static enum options_result parse(int argc, char **argv, char **environment, struct experiment_options *parsed,
                                 struct error *error)
{
    struct options_operands operands = { .count = 0 };
    char libraries[LIBRARIES_BYTES];
    const struct options_program program = {
        .name = COMMAND_PROGRAM_NAME,
        .synopsis = "lab experiment [OPTIONS]",
        .summary =
            "Sends the same tasks at the same instant to a gateway in one mode after another, shows the logs of\n"
            "sender and gateway as they come, and says where the time went and what theory says to it.",
        .options = experiment_options,
        .option_count = experiment_option_count,
        .libraries = libraries,
        .operand_name = "MODE=URL",
        .epilogue =
            "Exit: 0 when every task is answered within 0.95 to 1.15 x theory + 50 ms, else 1; 2 for wrong use;\n"
            "130 when interrupted.",
    };

    command_libraries(libraries, sizeof libraries);
    enum options_result result = options_parse(&program, argc, argv, environment, parsed, &operands, error);
    if (result == OPTIONS_RUN && experiment_options_complete(parsed, &operands, error) < 0) {
        return OPTIONS_WRONG;
    }
    return result;
}

int experiment_command_run(int argc, char **argv, char **environment)
{
    struct error error = { { '\0' } };
    struct session session = { .environment = environment, .report = -1, .json = -1 };
    cleanup_free struct experiment_options *parsed = calloc(1, sizeof *parsed);
    int exit_code = COMMAND_OK;
    if (parsed == NULL) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }

    buf_init(&session.command_line, COMMAND_LINE_BYTES);
    add_command_line(&session.command_line, argc, argv); /* before its words are put in another order */
    session.options = parsed;
    switch (parse(argc, argv, environment, parsed, &error)) {
    case OPTIONS_DONE:
        break;
    case OPTIONS_WRONG:
        exit_code = command_complain(COMMAND_WRONG_USE, error.text);
        break;
    case OPTIONS_RUN:
        (void)descriptors_raise_limit();
        exit_code = run_with_files(&session);
        break;
    }
    buf_clear(&session.command_line);
    return exit_code;
}
