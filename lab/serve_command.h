/* SPDX-License-Identifier: MIT */
/*
 * serve_command - `lab serve`: the page, until SIGTERM or SIGINT.
 */
#ifndef LAB_SERVE_COMMAND_H
#define LAB_SERVE_COMMAND_H

#include "lab/command.h"

command_run_fn serve_command_run;

#endif
