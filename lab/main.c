/* SPDX-License-Identifier: MIT */
/*
 * lab - sender and experiments, as a program: finds the command that its first word names.
 *
 * Exit: the command's; 2 for a command that does not exist.
 */
#include <string.h>

#include "common/options.h"
#include "lab/experiment_command.h"
#include "lab/printable.h"
#include "lab/send_command.h"

enum { WORD_BYTES = 100, LIBRARIES_BYTES = 128 };

/* The commands' names, for guesses and --help; the table below says what each does. */
static const char *const command_names[] = { "send", "experiment", NULL };

static command_run_fn *const commands[] = { send_command_run, experiment_command_run };

#define COMMANDS_ALLOWED "allowed: send, experiment; see --help"

static int refuse_command(const char *word)
{
    const char *nearest = options_nearest(word, command_names);
    struct error error;
    cleanup_buf struct buf shown = { .base = NULL };

    buf_init(&shown, WORD_BYTES);
    (void)printable_add(&shown, str_of(word));
    if (nearest != NULL) {
        (void)error_set(&error, "unknown command \"%.*s\"; did you mean %s? " COMMANDS_ALLOWED,
                        STR_ARGUMENTS(buf_view(&shown)), nearest);
    } else {
        (void)error_set(&error, "unknown command \"%.*s\"; " COMMANDS_ALLOWED, STR_ARGUMENTS(buf_view(&shown)));
    }
    return command_complain(COMMAND_WRONG_USE, error.text);
}

/* No command: --help, --version, or a mistake. */
static int run_bare(int argc, char **argv)
{
    struct error error = { { '\0' } };
    char libraries[LIBRARIES_BYTES];
    const struct options_program program = {
        .name = COMMAND_PROGRAM_NAME,
        .synopsis = "lab COMMAND [OPTIONS]",
        .summary = "Sends requests to a gateway and measures what blocking calls do to it.\n\n"
                   "Commands (lab COMMAND --help says more):\n"
                   "  send        send tasks at the same instant and log what comes back\n"
                   "  experiment  the same tasks in one mode after another: logs, timeline, table",
        .libraries = libraries,
    };

    command_libraries(libraries, sizeof libraries);
    switch (options_parse(&program, argc, argv, NULL, NULL, NULL, &error)) {
    case OPTIONS_DONE:
        return COMMAND_OK;
    case OPTIONS_WRONG:
        return command_complain(COMMAND_WRONG_USE, error.text);
    case OPTIONS_RUN:
        break;
    }
    return command_complain(COMMAND_WRONG_USE, "a command is missing; " COMMANDS_ALLOWED);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-') {
        return run_bare(argc, argv);
    }
    for (size_t i = 0; command_names[i] != NULL; i++) {
        if (strcmp(argv[1], command_names[i]) == 0) {
            return commands[i](argc - 1, argv + 1, environ);
        }
    }
    return refuse_command(argv[1]);
}
