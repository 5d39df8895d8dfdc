/* SPDX-License-Identifier: MIT */
/*
 * hello_bench - one run of `lab hello`, a backend that stands for a server of somebody else's, and a folder for files.
 *
 *     hello_bench_start_server(bench, "/hello");
 *     hello_bench_start(bench, OPTIONS("--clients=1", bench->json_option, bench->url));
 *     assert_int_equal(process_wait(&bench->lab), 0);
 *     hello_bench_test(name_of_the_test)        in the table of tests
 */
#ifndef TESTS_E2E_HELLO_BENCH_H
#define TESTS_E2E_HELLO_BENCH_H

#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { HELLO_PATH_BYTES = 96, HELLO_COMMAND_BYTES = 256 };

struct hello_bench {
    struct scene scene; /* its backend alone */
    struct process lab;
    char folder[HELLO_PATH_BYTES / 2];
    char json_path[HELLO_PATH_BYTES], report_path[HELLO_PATH_BYTES], script_path[HELLO_PATH_BYTES];
    char marker_path[HELLO_PATH_BYTES]; /* for a client's script to write */
    char json_option[HELLO_PATH_BYTES + 16], report_option[HELLO_PATH_BYTES + 16];
    char command_option[HELLO_COMMAND_BYTES]; /* the client that was written */
    char url[HELLO_PATH_BYTES];               /* NAME=URL of the server that was started */
};

/* For cmocka: *state is the bench. Afterwards what was started has ended, and the folder is gone. */
int hello_bench_open(void **state);
int hello_bench_close(void **state);
#define hello_bench_test(test) cmocka_unit_test_setup_teardown(test, hello_bench_open, hello_bench_close)

void hello_bench_start(struct hello_bench *bench, const char *const *options);
void hello_bench_start_server(struct hello_bench *bench, const char *target);
/* What --client-command names; $1 is the URL, $2 the number of requests. */
void hello_bench_write_client(const struct hello_bench *bench, const char *script);

/* To be freed. */
char *hello_bench_read_file(const char *path);
/* What --json wrote; to be freed with cJSON_Delete(). */
cJSON *hello_bench_read_document(const struct hello_bench *bench);
const cJSON *hello_row_of(const cJSON *document, const char *name, const char *client);
/* The median of a cell; -1: null. */
double hello_seconds_of(const cJSON *row, int column);

#endif
