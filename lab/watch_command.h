/* SPDX-License-Identifier: MIT */
/*
 * watch_command - `lab watch`: prints each finished request of a running gateway, until that ends.
 */
#ifndef LAB_WATCH_COMMAND_H
#define LAB_WATCH_COMMAND_H

#include "lab/command.h"

/* The largest record that is printed; larger ones are left out. */
enum { WATCH_RECORD_BYTES = 512 * 1024 };

command_run_fn watch_command_run;

#endif
