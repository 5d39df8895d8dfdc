/* SPDX-License-Identifier: MIT */
/*
 * command - what the commands of `lab` have in common.
 */
#ifndef LAB_COMMAND_H
#define LAB_COMMAND_H

#include "common/buf.h"
#include "common/options.h"

enum { COMMAND_OK = 0, COMMAND_FAILED = 1, COMMAND_WRONG_USE = 2, COMMAND_INTERRUPTED = 130 };

/* No exit code: the command is to be carried out. */
enum { COMMAND_GOES_ON = -1 };

#define COMMAND_PROGRAM_NAME "fanlight-lab"

/* `argv` begins with the command's own name. Returns the exit code. */
typedef int command_run_fn(int argc, char **argv, char **environment);

/* One line on standard error: "lab: …". Returns `exit_code`. */
int command_complain(int exit_code, const char *text);
/* Reads a command's line into `parsed` as options_parse() does; name and libraries of `program` are filled in here.
 * `operands`: NULL where there are none. COMMAND_GOES_ON, or the exit code, when all that was asked for was --help, or
 * what is wrong has been said. */
int command_parse(const struct options_program *program, int argc, char **argv, char **environment, void *parsed,
                  struct options_operands *operands) must_check;
/* "libcurl 7.88.1, cJSON 1.7.15, libmicrohttpd 0.9.75": what is running. */
void command_libraries(char *text, size_t size);

#endif
