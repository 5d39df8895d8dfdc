/* SPDX-License-Identifier: MIT */
/*
 * lab - sender and experiments, as a program: finds the command that its first word names.
 *
 * Exit: the command's; 2 for a command that does not exist.
 */
#include <string.h>

#include "common/options.h"
#include "lab/experiment_command.h"
#include "lab/hello_client_command.h"
#include "lab/hello_command.h"
#include "lab/printable.h"
#include "lab/report_command.h"
#include "lab/send_command.h"
#include "lab/serve_command.h"
#include "lab/sweep_command.h"
#include "lab/watch_command.h"

enum { WORD_BYTES = 100, SUMMARY_BYTES = 2048 };

struct command {
    const char *name;
    command_run_fn *run;
    const char *help;
};

static const struct command commands[] = {
    { "send", send_command_run, "send tasks at the same instant and log what comes back" },
    { "experiment", experiment_command_run, "the same tasks in one mode after another: logs, timeline, table" },
    { "hello", hello_command_run, "1 to 8 client processes and 1000 requests each, beside published figures" },
    { "sweep", sweep_command_run, "throughput and latency over clients, rate, delay and fan-out, beside theory" },
    { "report", report_command_run, "one page of the results of the three; holds them to thresholds" },
    { "serve", serve_command_run, "the lab as a page in a browser" },
    { "watch", watch_command_run, "each request that a running gateway has finished, as a line" },
    { "hello-client", hello_client_command_run, "one of the client processes of hello" },
};

/* "send, experiment" */
static void add_names(struct buf *text)
{
    for (size_t i = 0; i < array_length(commands); i++) {
        (void)buf_add_format(text, "%s%s", i > 0 ? ", " : "", commands[i].name);
    }
}

static const char *nearest_command(const char *word)
{
    const char *names[array_length(commands) + 1] = { NULL };

    for (size_t i = 0; i < array_length(commands); i++) {
        names[i] = commands[i].name;
    }
    return options_nearest(word, names);
}

/* What is wrong, then which commands there are. Takes the sentence's first part from `text`. */
static int refuse(struct buf *text)
{
    struct error error;

    (void)buf_add_text(text, " allowed: ");
    add_names(text);
    (void)buf_add_text(text, "; see --help");
    (void)error_set(&error, "%.*s", STR_ARGUMENTS(buf_view(text)));
    return command_complain(COMMAND_WRONG_USE, error.text);
}

static int refuse_command(const char *word)
{
    const char *nearest = nearest_command(word);
    cleanup_buf struct buf shown = { .base = NULL };
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&shown, WORD_BYTES);
    buf_init(&text, SUMMARY_BYTES);
    (void)printable_add(&shown, str_of(word));
    (void)buf_add_format(&text, "unknown command \"%.*s\"", STR_ARGUMENTS(buf_view(&shown)));
    (void)buf_add_byte(&text, ';');
    if (nearest != NULL) {
        (void)buf_add_format(&text, " did you mean %s?", nearest);
    }
    return refuse(&text);
}

static void add_summary(struct buf *text)
{
    (void)buf_add_text(text, "Sends requests to a gateway and measures what blocking calls do to it.\n\n"
                             "Commands (lab COMMAND --help says more):");
    for (size_t i = 0; i < array_length(commands); i++) {
        (void)buf_add_format(text, "\n  %-13s %s", commands[i].name, commands[i].help);
    }
    (void)buf_add_byte(text, '\0');
}

/* No command: --help, --version, or a mistake. */
static int run_bare(int argc, char **argv)
{
    cleanup_buf struct buf summary = { .base = NULL };
    cleanup_buf struct buf missing = { .base = NULL };

    buf_init(&summary, SUMMARY_BYTES);
    add_summary(&summary);
    const struct options_program program = {
        .synopsis = "lab COMMAND [OPTIONS]",
        .summary = summary.base,
    };

    int exit_code = command_parse(&program, argc, argv, NULL, NULL, NULL);
    if (exit_code != COMMAND_GOES_ON) {
        return exit_code;
    }
    buf_init(&missing, SUMMARY_BYTES);
    (void)buf_add_text(&missing, "a command is missing;");
    return refuse(&missing);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        return run_bare(argc, argv);
    }
    for (size_t i = 0; i < array_length(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1, environ);
        }
    }
    return refuse_command(argv[1]);
}
