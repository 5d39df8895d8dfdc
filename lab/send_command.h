/* SPDX-License-Identifier: MIT */
/*
 * send_command - `lab send`: the sender as a command.
 *
 * Exit: 0 when every answer was 2xx; 1 when one was not; 2 for wrong use.
 */
#ifndef LAB_SEND_COMMAND_H
#define LAB_SEND_COMMAND_H

#include "lab/command.h"

command_run_fn send_command_run;

#endif
