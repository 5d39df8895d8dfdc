/* SPDX-License-Identifier: MIT */
/*
 * named_bench - a server that has a name, the name server that knows it, and one upstream strategy behind the lookup.
 */
#ifndef TESTS_INTEGRATION_NAMED_BENCH_H
#define TESTS_INTEGRATION_NAMED_BENCH_H

#include "gateway/name_resolver.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/name_server.h"

#define NAME "users.test"

struct named_bench {
    struct upstream_bench bench;
    struct name_server *names;
    struct name_resolver *resolver;
    struct scripted_server *server;
    bool blocks;
};

/* Of all tests of a program: the libraries. */
int named_bench_begin(void **state);
int named_bench_end(void **state);

/* Says in the test's output which strategy it is. */
void named_bench_open(struct named_bench *named, enum bench_strategy strategy, const struct scripted_step *steps,
                      size_t step_count);
void named_bench_close(struct named_bench *named);

/* What the name server says of NAME. */
void named_bench_say(struct named_bench *named, const char *addresses, unsigned ttl_s);
/* An attempt on the server by its name. */
void named_bench_init_trial(struct trial *trial, struct named_bench *named);
/* One to its end: what came of it. */
enum call_error named_bench_run(struct named_bench *named);
/* What was said for a second counts no more. */
void named_bench_outlive_a_second(void);

/* Runs `test` in each strategy, with a bench of its own; without steps, the server answers everything with {}. */
typedef void named_fn(struct named_bench *named, enum bench_strategy strategy);
void named_bench_for_each_with(const struct scripted_step *steps, size_t count, named_fn *test);
void named_bench_for_each(named_fn *test);

#endif
