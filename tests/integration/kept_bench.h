/* SPDX-License-Identifier: MIT */
/*
 * kept_bench - a server and one upstream strategy with one thread, so that attempts that follow each other use the same
 * connection.
 */
#ifndef TESTS_INTEGRATION_KEPT_BENCH_H
#define TESTS_INTEGRATION_KEPT_BENCH_H

#include "tests/integration/upstream_bench.h"

struct kept_bench {
    struct upstream_bench bench;
    struct scripted_server *server;
};

/* Says in the test's output which strategy it is. */
void kept_bench_open(struct kept_bench *kept, enum bench_strategy strategy, const struct scripted_step *steps,
                     size_t count);
void kept_bench_close(struct kept_bench *kept);
/* An attempt on the server; no body: "". */
void kept_bench_init_trial(struct trial *trial, struct kept_bench *kept, const char *method, struct str body);
/* A first GET that must succeed, and leaves a kept connection behind. */
void kept_bench_warm_up(struct kept_bench *kept);

#endif
