/* SPDX-License-Identifier: MIT */
/*
 * Places that do not answer or do not exist, for every strategy: which error, and when.
 */
#include <sys/resource.h>

#include "common/clock.h"
#include "gateway/transfer.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/blackhole.h"
#include "tests/support/fair_time.h"
#include "tests/support/scene.h"
#include "tests/support/unit.h"

static const struct scripted_step good_step[] = { { .json = "{\"a\":1}" } };
static const struct scripted_step holding_step[] = { { .bytes = "", .after = SCRIPTED_HOLD } };

/* ---- time ---- */

enum { SHORT_MS = 300 };

static void shorten(struct trial *trial)
{
    trial->attempt.deadline_us = clock_monotonic_us() + (uint64_t)SHORT_MS * CLOCK_US_PER_MS;
}

static void assert_ended_at_deadline(const struct trial *trial)
{
    assert_true(trial->attempt.done_us + 5 * CLOCK_US_PER_MS >= trial->attempt.deadline_us);
    uint64_t late_us =
        trial->attempt.done_us > trial->attempt.deadline_us ? trial->attempt.done_us - trial->attempt.deadline_us : 0;
    assert_true(fair_ms(late_us / CLOCK_US_PER_MS) < SHORT_MS);
}

static void check_silence(struct upstream_bench *bench, struct scripted_server *server, enum bench_strategy strategy)
{
    struct trial trial;
    (void)strategy;
    trial_init(&trial, bench, scripted_server_port(server));
    shorten(&trial);

    trial_run(&trial, bench);

    assert_int_equal(trial.attempt.error, CALL_HTTP_RESPONSE_TIMEOUT);
    assert_ended_at_deadline(&trial);
    trial_clear(&trial);
}

static void silence_ends_at_the_deadline_as_http_response_timeout(void **state)
{
    (void)state;
    upstream_bench_for_each(holding_step, array_length(holding_step), check_silence);
}

static void check_blackhole(struct upstream_bench *bench, struct scripted_server *server, enum bench_strategy strategy)
{
    struct blackhole blackhole;
    struct trial at_deadline;
    struct trial at_connect_timeout;
    (void)server;
    (void)strategy;
    blackhole_open(&blackhole);
    trial_init(&at_deadline, bench, blackhole.port);
    shorten(&at_deadline);
    trial_init(&at_connect_timeout, bench, blackhole.port);
    at_connect_timeout.attempt.connect_timeout_us = (uint64_t)SHORT_MS * CLOCK_US_PER_MS;

    trial_run(&at_deadline, bench);
    trial_run(&at_connect_timeout, bench);

    assert_int_equal(at_deadline.attempt.error, CALL_CONNECTION_TIMEOUT);
    assert_ended_at_deadline(&at_deadline);
    assert_int_equal(at_connect_timeout.attempt.error, CALL_CONNECTION_TIMEOUT);
    assert_true(at_connect_timeout.attempt.done_us < at_connect_timeout.attempt.deadline_us);
    blackhole_close(&blackhole);
    trial_clear(&at_deadline);
    trial_clear(&at_connect_timeout);
}

static void a_connection_that_does_not_come_about_is_connection_timeout(void **state)
{
    (void)state;
    upstream_bench_for_each(good_step, array_length(good_step), check_blackhole);
}

/* ---- places that do not exist ---- */

static void check_refused(struct upstream_bench *bench, struct scripted_server *server, enum bench_strategy strategy)
{
    struct trial trial;
    (void)server;
    (void)strategy;
    trial_init(&trial, bench, scene_closed_port());

    trial_run(&trial, bench);

    assert_int_equal(trial.attempt.error, CALL_CONNECTION_REFUSED);
    assert_int_equal(trial.attempt.status, 0);
    trial_clear(&trial);
}

static void a_port_where_nobody_listens_is_connection_refused(void **state)
{
    (void)state;
    upstream_bench_for_each(good_step, array_length(good_step), check_refused);
}

/* A label of 64 bytes cannot exist (RFC 1035 §2.3.4): no server is asked. */
static void check_name(struct upstream_bench *bench, struct scripted_server *server, enum bench_strategy strategy)
{
    struct trial trial;
    (void)server;
    (void)strategy;
    trial_init(&trial, bench, 0);
    trial.server = (struct url){ .port = 80 };
    (void)snprintf(trial.server.host, sizeof trial.server.host, "x%063d", 0);
    (void)snprintf(trial.server.authority, sizeof trial.server.authority, "%s", trial.server.host);

    trial_run(&trial, bench);

    assert_int_equal(trial.attempt.error, CALL_DNS_ERROR);
    trial_clear(&trial);
}

static void a_name_that_does_not_exist_is_dns_error(void **state)
{
    (void)state;
    upstream_bench_for_each(good_step, array_length(good_step), check_name);
}

/* ---- descriptors ---- */

/* No further one than those that are open. */
static struct rlimit take_descriptors_away(void)
{
    struct rlimit before;
    int next = dup(0);

    assert_true(next >= 0);
    (void)close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){ .rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max }), 0);
    return before;
}

static void check_no_descriptor(struct upstream_bench *bench, struct scripted_server *server,
                                enum bench_strategy strategy)
{
    struct trial without;
    struct trial with;
    (void)strategy;
    trial_init(&without, bench, scripted_server_port(server));
    trial_init(&with, bench, scripted_server_port(server));

    struct rlimit before = take_descriptors_away();
    trial_run(&without, bench);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    trial_run(&with, bench);

    assert_int_equal(without.attempt.error, CALL_CONNECTION_LIMIT_REACHED);
    assert_int_equal(with.attempt.error, CALL_OK);
    trial_clear(&without);
    trial_clear(&with);
}

static void no_descriptor_is_connection_limit_reached_and_passes(void **state)
{
    (void)state;
    upstream_bench_for_each(good_step, array_length(good_step), check_no_descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_ends_at_the_deadline_as_http_response_timeout),
        cmocka_unit_test(a_connection_that_does_not_come_about_is_connection_timeout),
        cmocka_unit_test(a_port_where_nobody_listens_is_connection_refused),
        cmocka_unit_test(a_name_that_does_not_exist_is_dns_error),
        cmocka_unit_test(no_descriptor_is_connection_limit_reached_and_passes),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
