/* SPDX-License-Identifier: MIT */
/*
 * experiment_command - `lab experiment`: runs it, shows the timeline and the table, writes the files that were asked
 * for.
 *
 * Exit: 0 when every task took what theory says; 1 when one did not, or the experiment could not be run; 2 for wrong
 * use; 130 when it was interrupted.
 */
#ifndef LAB_EXPERIMENT_COMMAND_H
#define LAB_EXPERIMENT_COMMAND_H

#include "lab/command.h"

command_run_fn experiment_command_run;

#endif
