/* SPDX-License-Identifier: MIT */
/*
 * experiment_bench - one run of `lab experiment`, and a folder for the files it writes.
 *
 *     experiment_bench_start(bench, OPTIONS("--delay=1s", bench->json_option));
 *     … process_wait(&bench->lab) …
 *     experiment_bench_test(name_of_the_test)        in the table of tests
 */
#ifndef TESTS_E2E_EXPERIMENT_BENCH_H
#define TESTS_E2E_EXPERIMENT_BENCH_H

#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { EXPERIMENT_PATH_BYTES = 96, EXPERIMENT_INTERRUPTED = 130 };

/* The scene's own gateway and backend are there for running ones. */
struct experiment_bench {
    struct scene scene;
    struct process lab;
    char folder[EXPERIMENT_PATH_BYTES / 2];
    char json_path[EXPERIMENT_PATH_BYTES], svg_path[EXPERIMENT_PATH_BYTES];
    char json_option[EXPERIMENT_PATH_BYTES + 16], svg_option[EXPERIMENT_PATH_BYTES + 16];
};

/* For cmocka: *state is the bench. Afterwards what was started has ended, and the folder is gone. */
int experiment_bench_open(void **state);
int experiment_bench_close(void **state);
#define experiment_bench_test(test) cmocka_unit_test_setup_teardown(test, experiment_bench_open, experiment_bench_close)

void experiment_bench_start(struct experiment_bench *bench, const char *const *options);

/* To be freed. */
char *experiment_bench_read_file(const char *path);
/* What --json wrote; to be freed with cJSON_Delete(). */
cJSON *experiment_bench_read_document(const struct experiment_bench *bench);

#endif
