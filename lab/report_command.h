/* SPDX-License-Identifier: MIT */
/*
 * report_command - `lab report`: reads results, writes them as one page, as JSON, as CSV, and holds them to thresholds.
 *
 * Exit: 0; 1 where a threshold is broken or a file cannot be written; 2 for wrong use, which a file that is no result
 * and a threshold without a figure are, too.
 */
#ifndef LAB_REPORT_COMMAND_H
#define LAB_REPORT_COMMAND_H

#include "lab/command.h"

command_run_fn report_command_run;

#endif
