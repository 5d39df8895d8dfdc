/* SPDX-License-Identifier: MIT */
#include "lab/hello_command.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/descriptors.h"
#include "lab/hello.h"
#include "lab/hello_findings.h"
#include "lab/hello_options.h"
#include "lab/hello_table.h"
#include "lab/origin.h"
#include "lab/report.h"
#include "lab/result_file.h"
#include "lab/screen.h"

enum { OUTPUT_BYTES = 1024 * 1024, COMMAND_LINE_BYTES = 64 * 1024 };

/* What a run needs besides its options. */
struct session {
    const struct hello_options *options;
    struct service_place place;
    struct buf command_line;
    struct result_file json, report;
    uint64_t start_us; /* wall clock */
};

/* ---- a line that says how far it is ---- */

#define ERASE_LINE "\r\033[K"

static void on_progress(void *context, const struct hello_progress *progress)
{
    char left[64] = "";
    unsigned long long left_s = (unsigned long long)(progress->left_us / CLOCK_US_PER_SECOND);

    (void)context;
    if (progress->left_us != CLOCK_NEVER_US) {
        (void)snprintf(left, sizeof left, "; about %llu:%02llu left", left_s / 60, left_s % 60);
    }
    (void)fprintf(stderr, ERASE_LINE "%zu of %zu: %.40s, %s client, %zu process%s%s", progress->done + 1, progress->all,
                  progress->row->label, progress->client_label, progress->clients, progress->clients == 1 ? "" : "es",
                  left);
    (void)fflush(stderr);
}

/* ---- what it is told in the end ---- */

static bool has_any_run(const struct hello_result *result)
{
    for (size_t i = 0; i < result->row_count; i++) {
        for (size_t column = 0; column < result->column_count; column++) {
            if (result->rows[i].cells[column].run_count > 0) {
                return true;
            }
        }
    }
    return false;
}

static bool has_failures(const struct hello_result *result)
{
    for (size_t i = 0; i < result->row_count; i++) {
        if (hello_row_failed(&result->rows[i]) > 0) {
            return true;
        }
    }
    return false;
}

static bool add_findings(cJSON *document, struct str findings)
{
    cJSON *array = cJSON_AddArrayToObject(document, "findings");

    while (array != NULL && findings.length > 0) {
        struct str line = str_split(&findings, '\n');
        char sentence[1024];
        (void)snprintf(sentence, sizeof sentence, "%.*s", STR_ARGUMENTS(line));
        cJSON *item = cJSON_CreateString(sentence);
        if (item == NULL || !cJSON_AddItemToArray(array, item)) {
            cJSON_Delete(item);
            return false;
        }
    }
    return array != NULL;
}

/* To be freed; NULL: no memory. */
static cJSON *make_document(const struct session *session, const struct hello_result *result, struct str findings)
{
    const struct origin origin = {
        .command = buf_view(&session->command_line),
        .measured_us = session->start_us,
        .was_interrupted = result->was_interrupted,
        .place = session->options->only_urls ? NULL : &session->place,
    };
    cJSON *document = cJSON_CreateObject();

    if (document != NULL && hello_result_add_json(result, document) && add_findings(document, findings) &&
        origin_add_json(document, &origin)) {
        return document;
    }
    cJSON_Delete(document);
    return NULL;
}

static int write_json(const struct session *session, const cJSON *document, struct error *error)
{
    cleanup_buf struct buf text = { .base = NULL };
    char *printed = cJSON_PrintUnformatted(document);

    buf_init(&text, OUTPUT_BYTES);
    (void)buf_add_text(&text, printed != NULL ? printed : "");
    (void)buf_add_byte(&text, '\n');
    bool is_whole = printed != NULL && !text.failed;
    cJSON_free(printed);
    return is_whole ? result_file_write(&session->json, buf_view(&text), error) : error_set(error, "out of memory");
}

static int write_report(const struct session *session, cJSON *document, struct error *error)
{
    const struct report_document reported = { .name = "hello", .json = document };
    cleanup_buf struct buf html = { .base = NULL };

    buf_init(&html, REPORT_HTML_BYTES_MOST);
    if (report_add_html(&html, &reported, 1) < 0) {
        return error_set(error, "out of memory");
    }
    return result_file_write(&session->report, buf_view(&html), error);
}

/* Each of them, whatever became of the other. */
static int write_files(const struct session *session, const struct hello_result *result, struct str findings)
{
    int exit_code = COMMAND_OK;
    struct error error;
    cJSON *document = make_document(session, result, findings);

    if (document == NULL) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }
    if (result_file_is_wanted(&session->json) && write_json(session, document, &error) < 0) {
        exit_code = command_complain(COMMAND_FAILED, error.text);
    }
    if (result_file_is_wanted(&session->report) && write_report(session, document, &error) < 0) {
        exit_code = command_complain(COMMAND_FAILED, error.text);
    }
    cJSON_Delete(document);
    return exit_code;
}

static void show(const struct hello_result *result, struct str findings)
{
    struct screen screen = screen_of(STDOUT_FILENO, getenv("NO_COLOR"), LOG_TEXT);
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, OUTPUT_BYTES);
    hello_table_add(&text, result, findings, screen.is_coloured);
    (void)fwrite(buf_view(&text).base, 1, text.length, stdout);
    (void)fflush(stdout);
}

/* Shows and writes what there is, of an interrupted measurement, too. */
static int report(const struct session *session, const struct hello_result *result)
{
    cleanup_buf struct buf findings = { .base = NULL };

    if (!has_any_run(result)) {
        return COMMAND_OK;
    }
    buf_init(&findings, OUTPUT_BYTES);
    hello_findings_add(&findings, result);
    show(result, buf_view(&findings));
    bool wants_file = result_file_is_wanted(&session->json) || result_file_is_wanted(&session->report);
    return wants_file ? write_files(session, result, buf_view(&findings)) : COMMAND_OK;
}

/* ---- the command ---- */

static int measure(const struct session *session)
{
    const struct hello_options *options = session->options;
    struct hello_result result;
    struct error error = { { '\0' } };
    struct hello_config config = {
        .place = &session->place,
        .column_count = options->clients.count,
        .requests = (uint64_t)options->requests,
        .repeats = (size_t)options->repeats,
        .delay_us = options->delay_us,
        .client_command = options->client_command,
        .targets = options->targets,
        .target_count = options->target_count,
        .only_targets = options->only_urls,
        .on_progress = isatty(STDERR_FILENO) != 0 ? on_progress : NULL,
    };

    memcpy(config.clients, options->clients.values, sizeof config.clients);
    enum hello_outcome outcome = hello_run(&config, &result, &error);
    if (config.on_progress != NULL) {
        (void)fputs(ERASE_LINE, stderr);
    }
    int exit_code = report(session, &result);
    if (outcome == HELLO_INTERRUPTED) {
        exit_code = COMMAND_INTERRUPTED;
    } else if (outcome == HELLO_FAILED) {
        exit_code = command_complain(COMMAND_FAILED, error.text);
    } else if (has_failures(&result)) {
        exit_code = COMMAND_FAILED;
    }
    hello_result_clear(&result);
    return exit_code;
}

static int run(struct session *session, char **environment)
{
    struct error error = { { '\0' } };

    session->json = (struct result_file){ .option = "json", .path = session->options->json, .descriptor = -1 };
    session->report = (struct result_file){ .option = "report", .path = session->options->report, .descriptor = -1 };
    session->start_us = clock_wall_us();
    int exit_code = COMMAND_OK;
    if (result_file_open(&session->json, &error) < 0 || result_file_open(&session->report, &error) < 0) {
        exit_code = command_complain(COMMAND_WRONG_USE, error.text);
    } else if (service_place_init(&session->place, NULL, environment, &error) < 0) {
        exit_code = command_complain(COMMAND_FAILED, error.text);
    } else {
        exit_code = measure(session);
    }
    result_file_close(&session->json);
    result_file_close(&session->report);
    return exit_code;
}

/* COMMAND_GOES_ON, or the exit code. */
static int parse(int argc, char **argv, char **environment, struct hello_options *parsed)
{
    struct error error = { { '\0' } };
    struct options_operands operands = { .count = 0 };
    const struct options_program program = {
        .synopsis = "lab hello [OPTIONS] [[NAME=]URL...]",
        .summary =
            "The table of the note this project began with: 1 to 8 client processes, each making 1000 requests one\n"
            "after another, and the mean of the seconds they take. Measured are Fanlight's /hello and a gateway\n"
            "with a slow backend in sync and in async, turn and turn about with the servers given as URLs, and\n"
            "shown beside the published figures.",
        .options = hello_options,
        .option_count = hello_option_count,
        .operand_name = "URL",
        .epilogue = "Exit: 0; 1 when something could not be measured or a request failed; 2 for wrong use; 130 when\n"
                    "interrupted: what was measured until then is shown and written.",
    };

    int exit_code = command_parse(&program, argc, argv, environment, parsed, &operands);
    if (exit_code == COMMAND_GOES_ON && hello_options_complete(parsed, &operands, &error) < 0) {
        return command_complain(COMMAND_WRONG_USE, error.text);
    }
    return exit_code;
}

int hello_command_run(int argc, char **argv, char **environment)
{
    struct session session = { .options = NULL };
    cleanup_free struct hello_options *parsed = calloc(1, sizeof *parsed);
    if (parsed == NULL) {
        return command_complain(COMMAND_FAILED, "out of memory");
    }

    buf_init(&session.command_line, COMMAND_LINE_BYTES);
    origin_add_command(&session.command_line, argc, argv); /* before its words are put in another order */
    session.options = parsed;
    int exit_code = parse(argc, argv, environment, parsed);
    if (exit_code == COMMAND_GOES_ON) {
        (void)descriptors_raise_limit();
        exit_code = run(&session, environment);
    }
    buf_clear(&session.command_line);
    return exit_code;
}
