/* SPDX-License-Identifier: MIT */
/*
 * metrics_bench - some workers' metrics, and the text that is made of them, read as Prometheus would.
 */
#ifndef TESTS_UNIT_GATEWAY_METRICS_BENCH_H
#define TESTS_UNIT_GATEWAY_METRICS_BENCH_H

#include "gateway/metrics.h"

enum { METRICS_BENCH_WORKERS = 3 };

struct metrics_bench {
    struct metrics *workers[METRICS_BENCH_WORKERS];
    struct metrics_process process;
    struct buf text;
};

/* For cmocka: *state is the bench. */
int metrics_bench_setup(void **state);
int metrics_bench_teardown(void **state);
#define metrics_test(test) cmocka_unit_test_setup_teardown(test, metrics_bench_setup, metrics_bench_teardown)

extern const struct metrics_request request_200; /* of "/a", in mode async */

/* Counts one such request for each of "/route/FIRST" and what follows. */
void metrics_bench_count_routes(struct metrics *metrics, size_t first, size_t count);
/* Makes the text of the first so many workers, which must be well-formed: every sample stands behind a HELP and a TYPE
 * of its family, and no two have the same name and labels. */
void metrics_bench_render(struct metrics_bench *bench, size_t worker_count);
/* The value of the sample with that name and labels; -1: there is none. */
double metrics_bench_value(const struct metrics_bench *bench, const char *name);
/* The sum of all whose lines begin so. */
double metrics_bench_sum(const struct metrics_bench *bench, const char *beginning);

#define assert_value(bench, name, expected)                                                                            \
    do {                                                                                                               \
        double value_ = metrics_bench_value((bench), (name));                                                          \
        if (value_ != (double)(expected)) {                                                                            \
            fail_msg("%s is %f\n%.*s", (name), value_, STR_ARGUMENTS(buf_view(&(bench)->text)));                       \
        }                                                                                                              \
    } while (0)

#endif
