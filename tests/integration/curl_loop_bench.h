/* SPDX-License-Identifier: MIT */
/*
 * curl_loop_bench - a curl_loop whose groups take two transfers each, and a server whose answers may wait for a gate.
 *
 * Functions that wait end the running test when it takes longer than TEST_PATIENCE_MS.
 */
#ifndef TESTS_INTEGRATION_CURL_LOOP_BENCH_H
#define TESTS_INTEGRATION_CURL_LOOP_BENCH_H

#include "gateway/curl_loop.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/gate.h"

enum { GROUP_TRANSFERS = 2, CROWD = 7, CROWD_GROUPS = 4 };

/* Nothing is given back for being idle, nothing for being too much. */
extern const struct curl_loop_limits small_groups;

struct curl_loop_bench {
    struct upstream_bench bench; /* its loop and its completions; not its upstream */
    struct curl_loop *curl_loop;
    struct gate gate; /* answers wait for it */
    struct scripted_step step;
    struct scripted_server *server;
    struct trial trials[CROWD];
};

void curl_loop_bench_open(struct curl_loop_bench *fixture, const struct curl_loop_limits *limits);
void curl_loop_bench_close(struct curl_loop_bench *fixture);

void bench_start_at(struct curl_loop_bench *fixture, struct trial *trial, struct scripted_server *server,
                    unsigned timeout_ms);
void bench_start(struct curl_loop_bench *fixture, struct trial *trial);
/* The first `count` trials, all at once: the server has read `request_count` requests then, since it began. */
void bench_start_crowd(struct curl_loop_bench *fixture, size_t count, size_t request_count);

/* Waits until that trial is over, with this error. */
void bench_finish_with(struct curl_loop_bench *fixture, size_t index, enum call_error error);
/* … until the first `count` are over, and well. */
void bench_finish_crowd(struct curl_loop_bench *fixture, size_t count);
void bench_cancel(struct curl_loop_bench *fixture, size_t index);
/* The first trial, from start to end. */
void bench_call_alone(struct curl_loop_bench *fixture);
/* How many of the first `count` trials went on a kept connection. */
size_t bench_count_reused(const struct curl_loop_bench *fixture, size_t count);
/* … until the loop has so many groups. */
void bench_turn_until_groups(struct curl_loop_bench *fixture, size_t count);

#endif
