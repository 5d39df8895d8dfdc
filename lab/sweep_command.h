/* SPDX-License-Identifier: MIT */
/*
 * sweep_command - `lab sweep`: how throughput and latency depend on mode, clients, rate, delay and fan-out, measured,
 * and beside it what theory says.
 *
 * Exit: 0; 1 where requests failed or something could not be started or written; 2 for wrong use; 130 when interrupted:
 * what was measured by then is shown and written all the same.
 */
#ifndef LAB_SWEEP_COMMAND_H
#define LAB_SWEEP_COMMAND_H

#include "lab/command.h"

command_run_fn sweep_command_run;

#endif
