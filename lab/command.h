/* SPDX-License-Identifier: MIT */
/*
 * command - what the commands of `lab` have in common.
 */
#ifndef LAB_COMMAND_H
#define LAB_COMMAND_H

#include "common/buf.h"

enum { COMMAND_OK = 0, COMMAND_FAILED = 1, COMMAND_WRONG_USE = 2, COMMAND_INTERRUPTED = 130 };

#define COMMAND_PROGRAM_NAME "fanlight-lab"

/* `argv` begins with the command's own name. Returns the exit code. */
typedef int command_run_fn(int argc, char **argv, char **environment);

/* One line on standard error: "lab: …". Returns `exit_code`. */
int command_complain(int exit_code, const char *text);
/* "libcurl 7.88.1, cJSON 1.7.15": what is running. */
void command_libraries(char *text, size_t size);

#endif
