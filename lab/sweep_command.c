/* SPDX-License-Identifier: MIT */
#include "lab/sweep_command.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/descriptors.h"
#include "lab/origin.h"
#include "lab/report.h"
#include "lab/result_file.h"
#include "lab/sweep.h"
#include "lab/sweep_document.h"
#include "lab/sweep_options.h"
#include "lab/sweep_output.h"

enum { TEXT_BYTES = REPORT_HTML_BYTES_MOST, COMMAND_LINE_BYTES = 64 * 1024 };

enum { FILE_JSON, FILE_CSV, FILE_REPORT, FILE_COUNT };

/* What a run needs besides its options. */
struct session {
    const struct sweep_options *options;
    char **environment;
    struct buf command_line;
    struct sweep_plan plan;
    struct sweep_output output;
    struct result_file files[FILE_COUNT];
};

/* ---- files ---- */

/* Frees `text`, which cJSON printed. */
static int write_json(const struct result_file *file, char *text, struct error *error)
{
    cleanup_buf struct buf line = { .base = NULL };

    buf_init(&line, TEXT_BYTES);
    (void)buf_add_text(&line, text);
    (void)buf_add_byte(&line, '\n');
    return line.failed ? error_set(error, "out of memory") : result_file_write(file, buf_view(&line), error);
}

/* `add`: report_add_csv() or report_add_html(). */
static int write_made_of(const struct result_file *file, const char *json,
                         int (*add)(struct buf *, const struct report_document *, size_t), struct error *error)
{
    struct report_document document;
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, TEXT_BYTES);
    if (report_document_read(str_of(json), "the sweep", &document, error) < 0) {
        return -1;
    }
    int status = add(&text, &document, 1);
    report_document_clear(&document);
    return status < 0 ? error_set(error, "out of memory") : result_file_write(file, buf_view(&text), error);
}

static int write_file(struct session *session, size_t which, char *json, struct error *error)
{
    const struct result_file *file = &session->files[which];

    if (!result_file_is_wanted(file)) {
        return 0;
    }
    switch (which) {
    case FILE_JSON:
        return write_json(file, json, error);
    case FILE_CSV:
        return write_made_of(file, json, report_add_csv, error);
    default:
        return write_made_of(file, json, report_add_html, error);
    }
}

/* Each of them, whatever became of the others. */
static int write_files(struct session *session, const cJSON *document)
{
    int exit_code = COMMAND_OK;
    char *json = cJSON_PrintUnformatted(document);

    if (json == NULL) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }
    for (size_t i = 0; i < FILE_COUNT; i++) {
        struct error error;
        if (write_file(session, i, json, &error) < 0) {
            exit_code = command_complain(COMMAND_FAILED, error.text);
        }
    }
    cJSON_free(json);
    return exit_code;
}

/* ---- a run and its end ---- */

static bool has_any(const struct sweep_results *results)
{
    for (size_t i = 0; i < results->plan->count; i++) {
        if (sweep_results_have(results, i)) {
            return true;
        }
    }
    return false;
}

static int tell_results(struct session *session, const struct sweep_results *results, const struct origin *origin)
{
    cJSON *document = sweep_document(results, origin);
    int exit_code = COMMAND_OK;

    sweep_output_results(&session->output, results, document);
    if (document == NULL) {
        exit_code = command_complain(COMMAND_FAILED, "out of memory");
    } else if (has_any(results)) {
        exit_code = write_files(session, document);
    }
    cJSON_Delete(document);
    return exit_code;
}

static int finish(struct session *session, enum sweep_outcome outcome, const struct sweep_results *results,
                  struct origin *origin, const struct error *error)
{
    origin->was_interrupted = outcome != SWEEP_DONE;
    if (outcome == SWEEP_FAILED) {
        sweep_output_failed(&session->output, error->text);
        (void)command_complain(COMMAND_FAILED, error->text);
    }
    if (outcome != SWEEP_FAILED || (!session->output.has_events && has_any(results))) {
        int exit_code = tell_results(session, results, origin);
        if (outcome == SWEEP_DONE) {
            return sweep_results_all_failed(results) > 0 ? COMMAND_FAILED : exit_code;
        }
    }
    return outcome == SWEEP_INTERRUPTED ? COMMAND_INTERRUPTED : COMMAND_FAILED;
}

static int run(struct session *session)
{
    struct error error;
    struct interrupt interrupt;
    struct service_place place;
    struct sweep_results results;
    struct sweep_listener listener = sweep_output_listener(&session->output);
    const struct sweep_config config = {
        .plan = &session->plan, .place = &place, .interrupt = &interrupt, .listener = &listener
    };
    struct origin origin = {
        .command = buf_view(&session->command_line),
        .measured_us = clock_wall_us(),
        .seed = session->plan.settings.seed,
        .place = &place,
    };

    if (service_place_init(&place, NULL, session->environment, &error) < 0 || interrupt_open(&interrupt, &error) < 0) {
        return command_complain(COMMAND_FAILED, error.text);
    }
    int exit_code;
    if (sweep_results_init(&results, &session->plan) < 0) {
        exit_code = command_complain(COMMAND_FAILED, "out of memory");
    } else {
        sweep_output_begin(&session->output, &session->plan);
        enum sweep_outcome outcome = sweep_run(&config, &results, &error);
        exit_code = finish(session, outcome, &results, &origin, &error);
        sweep_results_clear(&results);
    }
    interrupt_close(&interrupt);
    return exit_code;
}

static int run_with_files(struct session *session)
{
    struct error error;
    int exit_code = COMMAND_OK;

    for (size_t i = 0; exit_code == COMMAND_OK && i < FILE_COUNT; i++) {
        if (result_file_open(&session->files[i], &error) < 0) {
            exit_code = command_complain(COMMAND_WRONG_USE, error.text);
        }
    }
    if (exit_code == COMMAND_OK) {
        exit_code = run(session);
    }
    for (size_t i = 0; i < FILE_COUNT; i++) {
        result_file_close(&session->files[i]);
    }
    return exit_code;
}

static int run_with_plan(struct session *session)
{
    const struct sweep_options *parsed = session->options;
    struct error error;

    if (sweep_plan_make(&session->plan, parsed, &error) < 0) {
        return command_complain(COMMAND_WRONG_USE, error.text);
    }
    session->files[FILE_JSON] = (struct result_file){ .option = "json", .path = parsed->json, .descriptor = -1 };
    session->files[FILE_CSV] = (struct result_file){ .option = "csv", .path = parsed->csv, .descriptor = -1 };
    session->files[FILE_REPORT] = (struct result_file){ .option = "report", .path = parsed->report, .descriptor = -1 };
    sweep_output_init(&session->output, parsed->events, &parsed->log);
    int exit_code = run_with_files(session);
    sweep_output_clear(&session->output);
    sweep_plan_clear(&session->plan);
    return exit_code;
}

/* ---- the command ---- */

/* COMMAND_GOES_ON, or the exit code. */
static int parse(int argc, char **argv, char **environment, struct sweep_options *parsed)
{
    struct error error = { { '\0' } };
    struct options_operands operands = { .count = 0 };
    const struct options_program program = {
        .synopsis = "lab sweep [OPTIONS]",
        .summary =
            "Measures throughput and latency of the gateway's modes over clients (or a constant rate), delays and\n"
            "fan-outs, and says beside each figure what theory does. Each measurement has a backend and a gateway of\n"
            "its own. Takes some minutes.",
        .options = sweep_options,
        .option_count = sweep_option_count,
        .epilogue = "Exit: 0; 1 when requests failed; 2 for wrong use; 130 when interrupted: what was measured by\n"
                    "then is shown and written all the same.",
        .has_given = true,
        .given_offset = offsetof(struct sweep_options, given),
    };

    int exit_code = command_parse(&program, argc, argv, environment, parsed, &operands);
    if (exit_code == COMMAND_GOES_ON && sweep_options_complete(parsed, &error) < 0) {
        return command_complain(COMMAND_WRONG_USE, error.text);
    }
    return exit_code;
}

int sweep_command_run(int argc, char **argv, char **environment)
{
    struct session session = { .environment = environment };
    cleanup_free struct sweep_options *parsed = calloc(1, sizeof *parsed);

    if (parsed == NULL) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }
    parsed->case_choice = SWEEP_NO_CASE;
    buf_init(&session.command_line, COMMAND_LINE_BYTES);
    origin_add_command(&session.command_line, argc, argv); /* before its words are put in another order */
    session.options = parsed;
    int exit_code = parse(argc, argv, environment, parsed);
    if (exit_code == COMMAND_GOES_ON) {
        (void)descriptors_raise_limit();
        exit_code = run_with_plan(&session);
    }
    buf_clear(&session.command_line);
    return exit_code;
}
