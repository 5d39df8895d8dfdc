/* SPDX-License-Identifier: MIT */
/*
 * hello_fixture - a table of `lab hello` made by hand: two columns (1 and 4 clients), two repeats, two processors, 1000
 * requests, a backend of 1 ms.
 *
 * Memory: hello_result_clear().
 */
#ifndef TESTS_UNIT_LAB_HELLO_FIXTURE_H
#define TESTS_UNIT_LAB_HELLO_FIXTURE_H

#include "lab/hello_results.h"

/* With the published row, Fanlight's /hello with both kinds of clients, another server likewise, and both gateways. */
void hello_fixture_make(struct hello_result *result);
/* One run: what the clients say and use, what the server uses, all lasting as long as the clients say. */
void hello_fixture_add(struct hello_row *row, size_t column, double seconds, double client_cpu_s, double server_cpu_s);
/* The row of that server with that client. */
struct hello_row *hello_fixture_row(struct hello_result *result, const char *name, enum hello_client client);

#endif
