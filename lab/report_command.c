/* SPDX-License-Identifier: MIT */
#include "lab/report_command.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/options.h"
#include "lab/report.h"
#include "lab/result_file.h"
#include "lab/threshold.h"

enum { THRESHOLDS_MOST = 64, LINE_BYTES = 4096, READ_BYTES = 64 * 1024 };

struct threshold_list {
    const char *texts[THRESHOLDS_MOST];
    size_t count;
};

struct report_options {
    const char *output, *json, *csv;
    struct threshold_list thresholds;
};

static int parse_threshold(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct threshold_list *list = target;
    struct threshold threshold;
    struct error fault;

    (void)option;
    if (threshold_parse(str_of(text), &threshold, &fault) < 0) {
        return error_set(allowed, "a bound: %s", fault.text);
    }
    if (list->count == THRESHOLDS_MOST) {
        return error_set(allowed, "at most %d of them", THRESHOLDS_MOST);
    }
    list->texts[list->count++] = text;
    return 0;
}

static const struct option options[] = {
    { .name = "output",
      .parse = options_parse_string,
      .offset = offsetof(struct report_options, output),
      .argument = "FILE.html",
      .help = "write a page that needs nothing else; -: standard output" },
    { .name = "json",
      .parse = options_parse_string,
      .offset = offsetof(struct report_options, json),
      .argument = "FILE",
      .help = "write the results in one JSON document" },
    { .name = "csv",
      .parse = options_parse_string,
      .offset = offsetof(struct report_options, csv),
      .argument = "FILE",
      .help = "write the results in one table" },
    { .name = "threshold",
      .parse = parse_threshold,
      .offset = offsetof(struct report_options, thresholds),
      .argument = "EXPRESSION",
      .help = "a bound to keep, such as async.p99<250ms; may be given several times" },
};

static const char epilogue[] =
    "A threshold is SELECTOR[CONDITION=VALUE,...].METRIC OPERATOR VALUE, for example\n"
    "  'async.p99<250ms'   'async[clients=64,fan_out=10].throughput>=1000'   'sync.ratio<=1.05'\n"
    "  SELECTOR    a mode, the name of a hello table's row, or *\n"
    "  CONDITION   clients fan_out delay load rate case bytes backend_concurrency, of an experiment: task\n"
    "  METRIC      of a sweep p50 p90 p99 max throughput cpu_us memory threads failed,\n"
    "              of an experiment total ratio seconds failed, of a hello table seconds failed\n"
    "  OPERATOR    < <= > >= =\n"
    "\n"
    "Exit: 0; 1 when a threshold is broken or a file cannot be written; 2 for wrong use, a file that is no result,\n"
    "or a threshold that no figure belongs to.";

/* ---- reading ---- */

static int read_file(const char *path, struct buf *text, struct error *error)
{
    bool is_input = strcmp(path, "-") == 0;
    cleanup_close int descriptor = is_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

    while (descriptor >= 0) {
        char *room = buf_reserve(text, READ_BYTES);
        if (room == NULL) {
            return error_set(error, "%.200s: longer than %d MiB", path, REPORT_DOCUMENT_BYTES_MOST >> 20);
        }
        ssize_t count = read(descriptor, room, READ_BYTES);
        if (count == 0) {
            return 0;
        }
        if (count < 0 && errno != EINTR) {
            break;
        }
        text->length += count > 0 ? (size_t)count : 0;
    }
    return error_set(error, "%.200s: cannot read: %s", path, strerror(errno));
}

static int read_documents(const struct options_operands *operands, struct report_documents *documents,
                          struct error *error)
{
    for (int i = 0; i < operands->count; i++) {
        cleanup_buf struct buf text = { .base = NULL };
        buf_init(&text, REPORT_DOCUMENT_BYTES_MOST + READ_BYTES);
        if (read_file(operands->values[i], &text, error) < 0 ||
            report_documents_read(documents, buf_view(&text), operands->values[i], error) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- writing ---- */

typedef int add_fn(struct buf *text, const struct report_document *documents, size_t count);

struct product {
    struct result_file file;
    add_fn *add;
};

/* The page and its JSON may hold a document several times over: in tables, as data, escaped. */
static int write_product(const struct product *product, const struct report_documents *documents, struct error *error)
{
    cleanup_buf struct buf text = { .base = NULL };

    if (!result_file_is_wanted(&product->file)) {
        return 0;
    }
    buf_init(&text, REPORT_HTML_BYTES_MOST);
    if (product->add(&text, documents->all, documents->count) < 0) {
        return error_set(error, "--%s: out of memory", product->file.option);
    }
    return result_file_write(&product->file, buf_view(&text), error);
}

static const char *path_of(const char *text)
{
    return text != NULL && strcmp(text, "-") == 0 ? "/dev/stdout" : text;
}

static int write_products(const struct report_options *parsed, const struct report_documents *documents)
{
    struct error error = { { '\0' } };
    struct product products[] = {
        { { "output", path_of(parsed->output), -1 }, report_add_html },
        { { "json", path_of(parsed->json), -1 }, report_add_json },
        { { "csv", path_of(parsed->csv), -1 }, report_add_csv },
    };
    int exit_code = COMMAND_OK;

    for (size_t i = 0; i < array_length(products) && exit_code == COMMAND_OK; i++) {
        if (result_file_open(&products[i].file, &error) < 0) {
            exit_code = command_complain(COMMAND_WRONG_USE, error.text);
        }
    }
    for (size_t i = 0; i < array_length(products) && exit_code == COMMAND_OK; i++) {
        if (write_product(&products[i], documents, &error) < 0) {
            exit_code = command_complain(COMMAND_FAILED, error.text);
        }
    }
    for (size_t i = 0; i < array_length(products); i++) {
        result_file_close(&products[i].file);
    }
    return exit_code;
}

/* ---- thresholds ---- */

/* The lines go where the page does not. */
static FILE *lines_of(const struct report_options *parsed)
{
    const char *const paths[] = { parsed->output, parsed->json, parsed->csv };

    for (size_t i = 0; i < array_length(paths); i++) {
        if (paths[i] != NULL && strcmp(paths[i], "-") == 0) {
            return stderr;
        }
    }
    return stdout;
}

static int check_threshold(const char *text, const struct report_documents *documents, FILE *lines)
{
    struct threshold threshold;
    struct error error = { { '\0' } };
    cleanup_buf struct buf line = { .base = NULL };

    buf_init(&line, LINE_BYTES);
    if (threshold_parse(str_of(text), &threshold, &error) < 0) {
        return command_complain(COMMAND_WRONG_USE, error.text);
    }
    switch (threshold_check(&threshold, documents->all, documents->count, &line, &error)) {
    case THRESHOLD_NO_FIGURE:
        return command_complain(COMMAND_WRONG_USE, error.text);
    case THRESHOLD_BROKEN:
        (void)fprintf(lines, "%.*s\n", STR_ARGUMENTS(buf_view(&line)));
        return COMMAND_FAILED;
    case THRESHOLD_KEPT:
        (void)fprintf(lines, "%.*s\n", STR_ARGUMENTS(buf_view(&line)));
        break;
    }
    return COMMAND_OK;
}

static int check_thresholds(const struct report_options *parsed, const struct report_documents *documents)
{
    int exit_code = COMMAND_OK;

    for (size_t i = 0; i < parsed->thresholds.count; i++) {
        int status = check_threshold(parsed->thresholds.texts[i], documents, lines_of(parsed));
        exit_code = status > exit_code ? status : exit_code;
    }
    return exit_code;
}

/* ---- the command ---- */

static int run(const struct report_options *parsed, const struct options_operands *operands)
{
    struct report_documents documents = { .count = 0 };
    struct error error = { { '\0' } };
    int exit_code = COMMAND_OK;

    if (read_documents(operands, &documents, &error) < 0) {
        exit_code = command_complain(COMMAND_WRONG_USE, error.text);
    } else {
        exit_code = write_products(parsed, &documents);
    }
    if (exit_code == COMMAND_OK) {
        exit_code = check_thresholds(parsed, &documents);
    }
    report_documents_clear(&documents);
    return exit_code;
}

/* A flag wins over the variable, which is read before it. */
static void let_flags_win(struct threshold_list *list, char **environment)
{
    static const char variable[] = "FANLIGHT_THRESHOLD=";

    for (char **entry = environment; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, variable, sizeof variable - 1) == 0 && list->count > 1) {
            list->count--;
            memmove(list->texts, list->texts + 1, list->count * sizeof list->texts[0]);
            return;
        }
    }
}

static int run_parsed(struct report_options *parsed, const struct options_operands *operands)
{
    bool is_for_nothing =
        parsed->output == NULL && parsed->json == NULL && parsed->csv == NULL && parsed->thresholds.count == 0;

    if (operands->count == 0) {
        return command_complain(COMMAND_WRONG_USE,
                                "report: a result is missing, as in: lab report sweep.json --output report.html");
    }
    if (is_for_nothing) {
        return command_complain(COMMAND_WRONG_USE,
                                "report: nothing to do; give --output, --json, --csv or --threshold");
    }
    return run(parsed, operands);
}

int report_command_run(int argc, char **argv, char **environment)
{
    struct report_options parsed = { .output = NULL };
    struct options_operands operands = { .count = 0 };
    const struct options_program program = {
        .synopsis =
            "lab report FILE.json... [--output FILE.html] [--json FILE] [--csv FILE] [--threshold EXPRESSION]...",
        .summary =
            "Makes one page of the results that experiment, hello and sweep wrote with --json: timelines, curves,\n"
            "tables and how they were measured, to be read without a network. Holds them to thresholds.",
        .options = options,
        .option_count = array_length(options),
        .operand_name = "FILE.json",
        .epilogue = epilogue,
    };

    int exit_code = command_parse(&program, argc, argv, environment, &parsed, &operands);
    if (exit_code != COMMAND_GOES_ON) {
        return exit_code;
    }
    let_flags_win(&parsed.thresholds, environment);
    return run_parsed(&parsed, &operands);
}
