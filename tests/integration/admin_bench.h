/* SPDX-License-Identifier: MIT */
/*
 * admin_bench - a real admin thread behind a real port; the test plays main and the workers.
 */
#ifndef TESTS_INTEGRATION_ADMIN_BENCH_H
#define TESTS_INTEGRATION_ADMIN_BENCH_H

#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stdint.h>

#include "gateway/account_feed.h"
#include "gateway/admin.h"
#include "gateway/metrics.h"
#include "tests/support/client.h"

enum { ADMIN_BENCH_WORKERS = 2 };

struct admin_bench {
    struct admin *admin;
    atomic_bool is_draining;
    struct metrics *workers[ADMIN_BENCH_WORKERS];
    struct metrics_process process;
    struct account_feed feed; /* of the first worker */
    uint16_t port;
};

/* For cmocka: *state is the bench. The teardown stops the admin thread, unless bench->admin is NULL. */
int admin_bench_setup(void **state);
int admin_bench_teardown(void **state);
#define admin_test(test) cmocka_unit_test_setup_teardown(test, admin_bench_setup, admin_bench_teardown)

/* Hands over the records of that number, and of those that follow. */
void admin_bench_publish(struct admin_bench *bench, int first, int count);
/* The array that /requests… answers with, to be freed with cJSON_Delete(). */
cJSON *admin_bench_fetch_requests(const struct admin_bench *bench, const char *target);
/* The number of its record at that index. */
int admin_bench_number_at(const cJSON *array, int index);
/* Until the last record that the admin thread shows is this one. */
void admin_bench_wait_for_record(const struct admin_bench *bench, int number);

/* Whether its body has that text in it. */
bool answer_has(const struct answer *answer, const char *text);
/* Until a stream that goes on for ever has brought that text. */
void client_wait_for_text(struct client *client, const char *text);

#endif
