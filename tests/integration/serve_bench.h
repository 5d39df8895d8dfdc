/* SPDX-License-Identifier: MIT */
/*
 * serve_bench - the page's server in a thread, with a shell script in place of the program whose commands it starts.
 *
 *     serve_bench_start(bench, "echo '{\"event\":\"begin\"}'; …");
 *     page_post(bench->port, "/api/runs", "{\"kind\":\"experiment\"}", &answer);
 *
 * The script's arguments are those of the command; its standard output is what the server reads. Its
 * `wait_for_test` waits until the test calls serve_bench_go_on(), the second one until it has done so twice. Files of
 * its own are in "$FOLDER".
 */
#ifndef TESTS_INTEGRATION_SERVE_BENCH_H
#define TESTS_INTEGRATION_SERVE_BENCH_H

#include <pthread.h>

#include "lab/serve.h"
#include "tests/support/gate.h"
#include "tests/support/page_client.h"
#include "tests/unit/lab/program_folder.h"

struct serve_bench {
    struct program_folder folder;
    unsigned go_count;
    struct loop *loop;
    struct serve serve;
    int log_descriptor;
    struct log_sink sink;
    struct log log;
    pthread_t thread;
    struct gate ready;
    bool is_running; /* the thread */
    bool has_failed;
    struct error error;
    uint16_t port;
};

int serve_bench_setup(void **state);
int serve_bench_teardown(void **state);
#define serve_test(test) cmocka_unit_test_setup_teardown(test, serve_bench_setup, serve_bench_teardown)

void serve_bench_start(struct serve_bench *bench, const char *script);
/* Before the test's end, if it wants to see it. */
void serve_bench_stop(struct serve_bench *bench);
/* Lets one `wait_for_test` of the script go on. */
void serve_bench_go_on(struct serve_bench *bench);
/* The status of a POST of that. */
int serve_bench_post(const struct serve_bench *bench, const char *target, const char *body);
/* What its file `name` holds, waited for. */
void serve_bench_wait_for_file(const struct serve_bench *bench, const char *name, char *text, size_t size);
/* All that was logged, as a string to be freed; after serve_bench_stop(). */
char *serve_bench_log(const struct serve_bench *bench);

#endif
