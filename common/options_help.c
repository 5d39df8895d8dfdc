/* SPDX-License-Identifier: MIT */
/* The texts of --help and --version. */
#include <string.h>

#include "common/options.h"

enum { HELP_COLUMN = 28, LINE_WIDTH = 80 };

void options_variable_name(const char *name, char *variable, size_t size)
{
    (void)snprintf(variable, size, "FANLIGHT_%s", name);
    for (char *byte = variable; *byte != '\0'; byte++) {
        if (*byte == '-') {
            *byte = '_';
        } else if (*byte >= 'a' && *byte <= 'z') {
            *byte = (char)(*byte - 'a' + 'A');
        }
    }
}

/* The words of `help` in the right-hand column, broken before LINE_WIDTH; the cursor stands in that column. */
static void add_wrapped(struct buf *text, const char *help)
{
    struct str rest = str_of(help);
    size_t column = HELP_COLUMN;

    while (rest.length > 0) {
        struct str word = str_split(&rest, ' ');
        if (column > HELP_COLUMN && column + 1 + word.length > LINE_WIDTH) {
            (void)buf_add_format(text, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        if (column > HELP_COLUMN) {
            (void)buf_add_byte(text, ' ');
            column++;
        }
        (void)buf_add_str(text, word);
        column += word.length;
    }
    (void)buf_add_byte(text, '\n');
}

/* "  --name=ARGUMENT" and blanks up to the column, on a line of its own if it is longer. */
static void add_name(struct buf *text, const char *name, const char *argument)
{
    int width = (int)strlen(name) + 4 + (argument != NULL ? (int)strlen(argument) + 1 : 0);

    (void)buf_add_format(text, "  --%s%s%s", name, argument != NULL ? "=" : "", argument != NULL ? argument : "");
    if (width + 2 > HELP_COLUMN) {
        (void)buf_add_format(text, "\n%*s", HELP_COLUMN, "");
    } else {
        (void)buf_add_format(text, "%*s", HELP_COLUMN - width, "");
    }
}

static void add_option(struct buf *text, const struct option *option)
{
    char variable[OPTIONS_VARIABLE_BYTES];

    options_variable_name(option->name, variable, sizeof variable);
    add_name(text, option->name, option->argument);
    add_wrapped(text, option->help);
    (void)buf_add_format(text, "%*s[", HELP_COLUMN, "");
    if (option->default_value != NULL && option->default_value[0] != '\0') {
        (void)buf_add_format(text, "default: %s; ", option->default_value);
    }
    if (option->is_flag_only) {
        (void)buf_add_text(text, "no variable]\n");
    } else {
        (void)buf_add_format(text, "environment: %s]\n", variable);
    }
}

void options_add_help(const struct options_program *program, struct buf *text)
{
    (void)buf_add_format(text, "Usage: %s\n\n%s\n\nOptions:\n", program->synopsis, program->summary);
    for (size_t i = 0; i < program->option_count; i++) {
        add_option(text, &program->options[i]);
    }
    add_name(text, "help", NULL);
    add_wrapped(text, "print this and end");
    add_name(text, "version", NULL);
    add_wrapped(text, "print the versions of the program and its libraries and end");
    if (program->epilogue != NULL) {
        (void)buf_add_format(text, "\n%s\n", program->epilogue);
    }
}

void options_add_version(const struct options_program *program, struct buf *text)
{
    (void)buf_add_format(text, "%s %s", program->name, FANLIGHT_VERSION);
    if (program->libraries != NULL) {
        (void)buf_add_format(text, " (%s)", program->libraries);
    }
    (void)buf_add_byte(text, '\n');
}
