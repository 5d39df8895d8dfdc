/* SPDX-License-Identifier: MIT */
#include "lab/experiment_command.h"

#include "common/clock.h"
#include "common/descriptors.h"
#include "lab/experiment.h"
#include "lab/experiment_events.h"
#include "lab/experiment_options.h"
#include "lab/experiment_screen.h"
#include "lab/origin.h"
#include "lab/report.h"
#include "lab/result_file.h"
#include "lab/results_json.h"
#include "lab/table.h"
#include "lab/timeline.h"
#include "lab/timeline_svg.h"

enum { OUTPUT_BYTES = 16 * 1024 * 1024, COMMAND_LINE_BYTES = 64 * 1024 };

/* What a run needs besides its options. */
struct session {
    const struct experiment_options *options;
    char **environment;
    struct buf command_line;
    struct service_place place;
    struct origin origin;
    struct experiment_events events;
    struct experiment_screen shown;
    struct screen screen;
    struct result_file report, json, svg;
};

/* ---- files ---- */

static int write_file(const struct result_file *file, const struct buf *content)
{
    struct error error;

    if (content->failed) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }
    if (result_file_write(file, buf_view(content), &error) < 0) {
        return command_complain(COMMAND_FAILED, error.text);
    }
    return 0;
}

static int write_json(const struct session *session, const cJSON *document)
{
    cleanup_buf struct buf text = { .base = NULL };

    if (!result_file_is_wanted(&session->json)) {
        return 0;
    }
    buf_init(&text, OUTPUT_BYTES);
    if (results_json_print(cJSON_Duplicate(document, true), &text) < 0) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }
    return write_file(&session->json, &text);
}

static int write_report(const struct session *session, cJSON *document)
{
    const struct report_document reported = { .json = document };
    cleanup_buf struct buf html = { .base = NULL };

    if (!result_file_is_wanted(&session->report)) {
        return 0;
    }
    buf_init(&html, REPORT_HTML_BYTES_MOST);
    if (report_add_html(&html, &reported, 1) < 0) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }
    return write_file(&session->report, &html);
}

static int write_svg(const struct session *session, const struct experiment_result *result)
{
    const struct timeline_caption caption = { .command = buf_view(&session->command_line),
                                              .measured_us = session->origin.measured_us };
    cleanup_buf struct buf svg = { .base = NULL };

    if (!result_file_is_wanted(&session->svg)) {
        return 0;
    }
    buf_init(&svg, OUTPUT_BYTES);
    timeline_svg_add(&svg, result, &caption);
    return write_file(&session->svg, &svg);
}

static int write_files(const struct session *session, const struct experiment_result *result, cJSON *document)
{
    int json_status = write_json(session, document);
    int report_status = write_report(session, document);
    int svg_status = write_svg(session, result);

    return json_status == 0 && report_status == 0 && svg_status == 0 ? 0 : COMMAND_FAILED;
}

/* ---- a run and its end ---- */

static void show(const struct session *session, const struct experiment_result *result)
{
    const struct timeline_style style = { .columns = session->screen.columns,
                                          .is_coloured = session->screen.is_coloured };
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, OUTPUT_BYTES);
    (void)buf_add_text(&text, "\nWhere the time went\n\n");
    timeline_add(&text, result, &style);
    (void)buf_add_text(&text, "\n");
    table_add(&text, result, style.is_coloured);
    (void)buf_add_text(&text, "\nok: answered within 0.95 to 1.15 x theory + 50 ms\n");
    (void)fwrite(text.base, 1, text.length, stdout);
    (void)fflush(stdout);
}

/* What was measured, to whoever wants it. */
static int report(struct session *session, const struct experiment_result *result)
{
    cJSON *document = results_json(result, &session->origin);
    int status = 0;

    if (result->mode_count > 0) {
        if (!session->options->has_events) {
            show(session, result);
        }
        status = write_files(session, result, document);
    }
    if (session->options->has_events) {
        experiment_events_end(&session->events, document);
    } else {
        cJSON_Delete(document);
    }
    return status;
}

static int finish(struct session *session, enum experiment_outcome outcome, const struct experiment_result *result,
                  const struct error *error)
{
    if (outcome == EXPERIMENT_FAILED) {
        if (session->options->has_events) {
            experiment_events_fail(&session->events, error->text);
        }
        return command_complain(COMMAND_FAILED, error->text);
    }
    session->origin.was_interrupted = outcome == EXPERIMENT_INTERRUPTED;
    int status = report(session, result);
    if (outcome == EXPERIMENT_INTERRUPTED) {
        return COMMAND_INTERRUPTED;
    }
    return status == 0 && results_all_ok(result) ? COMMAND_OK : COMMAND_FAILED;
}

static struct audience *open_audience(struct session *session)
{
    const struct log_options *log = &session->options->log;

    if (session->options->has_events) {
        session->events.output = stdout;
        experiment_events_init(&session->events);
        return &session->events.audience;
    }
    session->screen = screen_of(STDOUT_FILENO, getenv("NO_COLOR"), (enum log_format)log->format);
    session->shown = (struct experiment_screen){
        .screen = &session->screen,
        .output = stdout,
        .has_lines = log->level >= LOG_INFO,
    };
    experiment_screen_init(&session->shown);
    return &session->shown.audience;
}

static int run(struct session *session)
{
    const struct experiment_options *parsed = session->options;
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
        .audience = open_audience(session),
    };
    if (service_place_init(&session->place, NULL, session->environment, &error) < 0) {
        return command_complain(COMMAND_FAILED, error.text);
    }
    session->origin = (struct origin){ .command = buf_view(&session->command_line),
                                       .measured_us = clock_wall_us(),
                                       .place = &session->place };
    enum experiment_outcome outcome = experiment_run(&config, &result, &error);
    int exit_code = finish(session, outcome, &result, &error);
    experiment_clear(&result);
    return exit_code;
}

static int run_with_files(struct session *session)
{
    struct result_file *const files[] = { &session->report, &session->json, &session->svg };
    struct error error;
    int exit_code = COMMAND_OK;

    for (size_t i = 0; exit_code == COMMAND_OK && i < array_length(files); i++) {
        if (result_file_open(files[i], &error) < 0) {
            exit_code = command_complain(COMMAND_WRONG_USE, error.text);
        }
    }
    if (exit_code == COMMAND_OK) {
        exit_code = run(session);
    }
    for (size_t i = 0; i < array_length(files); i++) {
        result_file_close(files[i]);
    }
    return exit_code;
}

/* COMMAND_GOES_ON, or the exit code. */
static int parse(int argc, char **argv, char **environment, struct experiment_options *parsed)
{
    struct error error = { { '\0' } };
    struct options_operands operands = { .count = 0 };
    const struct options_program program = {
        .synopsis = "lab experiment [OPTIONS]",
        .summary =
            "Sends the same tasks at the same instant to a gateway in one mode after another, shows the logs of\n"
            "sender and gateway as they come, and says where the time went and what theory says to it.",
        .options = experiment_options,
        .option_count = experiment_option_count,
        .operand_name = "MODE=URL",
        .epilogue =
            "Exit: 0 when every task is answered within 0.95 to 1.15 x theory + 50 ms, else 1; 2 for wrong use;\n"
            "130 when interrupted: modes that were over by then are shown and written all the same.",
    };

    int exit_code = command_parse(&program, argc, argv, environment, parsed, &operands);
    if (exit_code == COMMAND_GOES_ON && experiment_options_complete(parsed, &operands, &error) < 0) {
        return command_complain(COMMAND_WRONG_USE, error.text);
    }
    return exit_code;
}

static int run_parsed(struct session *session, const struct experiment_options *parsed)
{
    session->options = parsed;
    session->report = (struct result_file){ .option = "report", .path = parsed->report, .descriptor = -1 };
    session->json = (struct result_file){ .option = "json", .path = parsed->json, .descriptor = -1 };
    session->svg = (struct result_file){ .option = "svg", .path = parsed->svg, .descriptor = -1 };
    (void)descriptors_raise_limit();
    return run_with_files(session);
}

int experiment_command_run(int argc, char **argv, char **environment)
{
    struct session session = { .environment = environment };
    cleanup_free struct experiment_options *parsed = calloc(1, sizeof *parsed);
    if (parsed == NULL) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }

    buf_init(&session.command_line, COMMAND_LINE_BYTES);
    origin_add_command(&session.command_line, argc, argv); /* before its words are put in another order */
    int exit_code = parse(argc, argv, environment, parsed);
    if (exit_code == COMMAND_GOES_ON) {
        exit_code = run_parsed(&session, parsed);
    }
    buf_clear(&session.command_line);
    return exit_code;
}
