/* SPDX-License-Identifier: MIT */
/*
 * What becomes of groups without a call, and how many connections all of them keep.
 */
#include "common/clock.h"
#include "gateway/transfer.h"
#include "tests/integration/curl_loop_bench.h"
#include "tests/support/unit.h"

static void groups_without_a_call_give_their_connections_back(void **state)
{
    struct curl_loop_limits limits = small_groups;
    struct curl_loop_bench fixture;
    (void)state;
    limits.group_idle_us = 20 * (uint64_t)CLOCK_US_PER_MS;
    curl_loop_bench_open(&fixture, &limits);
    bench_start_crowd(&fixture, CROWD, CROWD);
    gate_open(&fixture.gate);
    bench_finish_crowd(&fixture, CROWD);

    bench_turn_until_groups(&fixture, 0);

    scripted_server_wait_for_ends(fixture.server, CROWD);
    assert_int_equal(curl_loop_kept_count(fixture.curl_loop), 0);
    bench_call_alone(&fixture); /* and begins anew */
    assert_false(fixture.trials[0].attempt.is_reused);
    assert_int_equal(curl_loop_group_count(fixture.curl_loop), 1);
    curl_loop_bench_close(&fixture);
}

static void a_group_with_a_call_stays_however_long_that_takes(void **state)
{
    struct curl_loop_limits limits = small_groups;
    struct curl_loop_bench fixture;
    (void)state;
    limits.group_idle_us = 1;
    curl_loop_bench_open(&fixture, &limits);
    bench_start_crowd(&fixture, 3, 3);

    bench_cancel(&fixture, 2); /* alone in its group */
    bench_turn_until_groups(&fixture, 1);
    upstream_bench_turn_idly(&fixture.bench);

    assert_int_equal(curl_loop_group_count(fixture.curl_loop), 1);
    gate_open(&fixture.gate);
    bench_finish_crowd(&fixture, 2);
    curl_loop_bench_close(&fixture);
}

/* It was idle before: that is over. */
static void a_group_that_is_used_again_is_idle_no_more(void **state)
{
    enum { IDLE_MS = 30 };
    struct curl_loop_limits limits = small_groups;
    struct curl_loop_bench fixture;
    (void)state;
    limits.group_idle_us = IDLE_MS * (uint64_t)CLOCK_US_PER_MS;
    curl_loop_bench_open(&fixture, &limits);
    const struct scripted_step steps[] = { { .json = "1" }, fixture.step };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    bench_start_at(&fixture, &fixture.trials[0], server, TRIAL_DEADLINE_MS);
    bench_finish_with(&fixture, 0, CALL_OK);

    bench_start_at(&fixture, &fixture.trials[0], server, TRIAL_DEADLINE_MS);
    for (uint64_t start_us = clock_monotonic_us(); gate_milliseconds_left(start_us, 2 * IDLE_MS) > 0;) {
        assert_int_equal(loop_turn(fixture.bench.loop, CLOCK_US_PER_MS), 0);
    }

    assert_int_equal(curl_loop_group_count(fixture.curl_loop), 1);
    gate_open(&fixture.gate);
    bench_finish_with(&fixture, 0, CALL_OK);
    curl_loop_bench_close(&fixture);
    scripted_server_stop(server);
}

static void connections_are_kept_up_to_the_limit_of_all_groups(void **state)
{
    enum { KEPT = 3 };
    struct curl_loop_limits limits = small_groups;
    struct curl_loop_bench fixture;
    (void)state;
    limits.kept_connections = KEPT;
    curl_loop_bench_open(&fixture, &limits);
    bench_start_crowd(&fixture, CROWD, CROWD);
    gate_open(&fixture.gate);

    bench_finish_crowd(&fixture, CROWD);

    size_t kept_count = curl_loop_kept_count(fixture.curl_loop);
    assert_in_range(kept_count, 1, KEPT);
    scripted_server_wait_for_ends(fixture.server, CROWD - kept_count);
    bench_call_alone(&fixture);
    assert_true(fixture.trials[0].attempt.is_reused);
    curl_loop_bench_close(&fixture);
}

static void finish_one_of_two(struct curl_loop_bench *fixture)
{
    uint64_t start_us = clock_monotonic_us();

    while (fixture->trials[0].done_count + fixture->trials[1].done_count == 0 &&
           gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(fixture->bench.loop, CLOCK_US_PER_MS), 0);
    }
}

/* Of two in one group one is still under way: the group is not idle, and cannot be given up as a whole. */
static void a_group_at_the_limit_keeps_nothing_beside_a_call_under_way(void **state)
{
    struct curl_loop_limits limits = small_groups;
    struct curl_loop_bench fixture;
    (void)state;
    limits.kept_connections = 0;
    curl_loop_bench_open(&fixture, &limits);
    const struct scripted_step steps[] = { { .json = "1" }, fixture.step };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));

    bench_start_at(&fixture, &fixture.trials[0], server, TRIAL_DEADLINE_MS);
    bench_start_at(&fixture, &fixture.trials[1], server, TRIAL_DEADLINE_MS);
    upstream_bench_turn_until_requests(&fixture.bench, server, 2);
    finish_one_of_two(&fixture);

    assert_int_equal(fixture.trials[0].done_count + fixture.trials[1].done_count, 1);
    assert_int_equal(curl_loop_kept_count(fixture.curl_loop), 0);
    gate_open(&fixture.gate);
    bench_finish_crowd(&fixture, 2);
    assert_int_equal(curl_loop_group_count(fixture.curl_loop), 0);
    curl_loop_bench_close(&fixture);
    scripted_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_without_a_call_give_their_connections_back),
        cmocka_unit_test(a_group_with_a_call_stays_however_long_that_takes),
        cmocka_unit_test(a_group_that_is_used_again_is_idle_no_more),
        cmocka_unit_test(connections_are_kept_up_to_the_limit_of_all_groups),
        cmocka_unit_test(a_group_at_the_limit_keeps_nothing_beside_a_call_under_way),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
