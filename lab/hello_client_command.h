/* SPDX-License-Identifier: MIT */
/*
 * hello_client_command - `lab hello-client URL REQUESTS`: one light client, as lab/hello_clients.h describes them.
 *
 * Exit: 0 when it has made its requests; 1 when the first ones failed or nobody said start; 2 for wrong use.
 */
#ifndef LAB_HELLO_CLIENT_COMMAND_H
#define LAB_HELLO_CLIENT_COMMAND_H

#include "lab/command.h"

command_run_fn hello_client_command_run;

#endif
