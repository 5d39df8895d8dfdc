/* SPDX-License-Identifier: MIT */
/*
 * hello_command - `lab hello`: the table of servers and numbers of clients, beside what was published.
 *
 * Exit: 0 when all was measured and no request failed; 1 when not; 2 for wrong use; 130 when interrupted (what was
 * measured until then is shown and written).
 */
#ifndef LAB_HELLO_COMMAND_H
#define LAB_HELLO_COMMAND_H

#include "lab/command.h"

command_run_fn hello_command_run;

#endif
