/* SPDX-License-Identifier: MIT */
/*
 * Many calls at once: how they are spread over groups, and what one of a group is to the others. What becomes of groups
 * and their connections: test_curl_loop_kept.
 */
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/clock.h"
#include "gateway/transfer.h"
#include "tests/integration/curl_loop_bench.h"
#include "tests/support/unit.h"

enum { TIMEOUT_MS = 400 };

/* Every call of it, in this process, is counted. */
static unsigned epoll_ctl_count;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the system's names are reserved ones */
int epoll_ctl(int epoll_descriptor, int operation, int descriptor, struct epoll_event *event)
{
    epoll_ctl_count++;
    return (int)syscall(SYS_epoll_ctl, epoll_descriptor, operation, descriptor, event);
}

/* ---- spreading ---- */

static void calls_beyond_one_group_run_in_others_and_all_are_answered(void **state)
{
    struct curl_loop_bench fixture;
    (void)state;
    curl_loop_bench_open(&fixture, &small_groups);

    bench_start_crowd(&fixture, CROWD, CROWD);
    assert_int_equal(curl_loop_group_count(fixture.curl_loop), CROWD_GROUPS);
    assert_int_equal(curl_loop_kept_count(fixture.curl_loop), 0);
    gate_open(&fixture.gate);
    bench_finish_crowd(&fixture, CROWD);

    assert_int_equal(bench_count_reused(&fixture, CROWD), 0);
    assert_int_equal(curl_loop_kept_count(fixture.curl_loop), CROWD);
    curl_loop_bench_close(&fixture);
}

static void kept_connections_are_found_again_after_a_burst(void **state)
{
    struct curl_loop_bench fixture;
    (void)state;
    curl_loop_bench_open(&fixture, &small_groups);
    bench_start_crowd(&fixture, CROWD, CROWD);
    gate_open(&fixture.gate);
    bench_finish_crowd(&fixture, CROWD);

    for (size_t burst = 2; burst < 5; burst++) {
        bench_start_crowd(&fixture, CROWD, burst * CROWD);
        bench_finish_crowd(&fixture, CROWD);
        assert_int_equal(bench_count_reused(&fixture, CROWD), CROWD);
    }

    assert_int_equal(scripted_server_connection_count(fixture.server), CROWD);
    assert_int_equal(curl_loop_group_count(fixture.curl_loop), CROWD_GROUPS);
    curl_loop_bench_close(&fixture);
}

/* With one call under way the first group has room and no connection left; the second group has one. */
static void a_kept_connection_of_another_group_is_better_than_a_new_one(void **state)
{
    struct curl_loop_bench fixture;
    struct gate first_burst;
    (void)state;
    curl_loop_bench_open(&fixture, &small_groups);
    gate_init(&first_burst);
    const struct scripted_step held = { .json = "1", .before = &first_burst };
    const struct scripted_step steps[] = { held, held, held, fixture.step };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    for (size_t i = 0; i < 3; i++) {
        bench_start_at(&fixture, &fixture.trials[i], server, TRIAL_DEADLINE_MS);
    }
    upstream_bench_turn_until_requests(&fixture.bench, server, 3);
    bench_cancel(&fixture, 0);
    gate_open(&first_burst);
    bench_finish_with(&fixture, 1, CALL_OK);
    bench_finish_with(&fixture, 2, CALL_OK);
    assert_int_equal(curl_loop_kept_count(fixture.curl_loop), 2);

    for (size_t i = 0; i < 2; i++) {
        bench_start_at(&fixture, &fixture.trials[i], server, TRIAL_DEADLINE_MS);
    }
    upstream_bench_turn_until_requests(&fixture.bench, server, 5);
    gate_open(&fixture.gate);
    bench_finish_crowd(&fixture, 2);

    assert_int_equal(bench_count_reused(&fixture, 2), 2);
    assert_int_equal(scripted_server_connection_count(server), 3);
    curl_loop_bench_close(&fixture);
    scripted_server_stop(server);
    gate_clear(&first_burst);
}

static void each_server_has_groups_of_its_own(void **state)
{
    struct curl_loop_bench fixture;
    struct scripted_server *other = NULL;
    (void)state;
    curl_loop_bench_open(&fixture, &small_groups);
    gate_open(&fixture.gate);
    other = scripted_server_start(&fixture.step, 1);
    bench_call_alone(&fixture);

    for (size_t i = 0; i < 2; i++) {
        bench_start_at(&fixture, &fixture.trials[0], other, TRIAL_DEADLINE_MS);
        bench_finish_crowd(&fixture, 1);
        assert_int_equal(fixture.trials[0].attempt.is_reused, i > 0);
    }

    assert_int_equal(curl_loop_group_count(fixture.curl_loop), 2);
    assert_int_equal(scripted_server_connection_count(fixture.server), 1);
    assert_int_equal(scripted_server_connection_count(other), 1);
    curl_loop_bench_close(&fixture);
    scripted_server_stop(other);
}

/* ---- within a group ---- */

static void a_cancel_leaves_the_others_of_its_group_alone(void **state)
{
    struct curl_loop_bench fixture;
    (void)state;
    curl_loop_bench_open(&fixture, &small_groups);
    bench_start_crowd(&fixture, 4, 4);

    bench_cancel(&fixture, 1);
    gate_open(&fixture.gate);

    scripted_server_wait_for_ends(fixture.server, 1);
    bench_finish_with(&fixture, 0, CALL_OK);
    bench_finish_with(&fixture, 2, CALL_OK);
    bench_finish_with(&fixture, 3, CALL_OK);
    assert_int_equal(curl_loop_kept_count(fixture.curl_loop), 3);
    curl_loop_bench_close(&fixture);
}

/* The third runs in the second group, whose timer is not the first one's. */
static void a_deadline_ends_one_call_of_one_group(void **state)
{
    struct curl_loop_bench fixture;
    (void)state;
    curl_loop_bench_open(&fixture, &small_groups);
    bench_start_crowd(&fixture, 2, 2);
    bench_start_at(&fixture, &fixture.trials[2], fixture.server, TIMEOUT_MS);
    bench_start(&fixture, &fixture.trials[3]);

    bench_finish_with(&fixture, 2, CALL_HTTP_RESPONSE_TIMEOUT);

    assert_true(fixture.trials[2].attempt.done_us + CLOCK_US_PER_MS >= fixture.trials[2].attempt.deadline_us);
    assert_int_equal(fixture.trials[0].done_count + fixture.trials[1].done_count + fixture.trials[3].done_count, 0);
    gate_open(&fixture.gate);
    bench_finish_crowd(&fixture, 2);
    bench_finish_with(&fixture, 3, CALL_OK);
    curl_loop_bench_close(&fixture);
}

static void a_call_on_a_kept_connection_changes_nothing_that_epoll_watches(void **state)
{
    struct curl_loop_bench fixture;
    (void)state;
    curl_loop_bench_open(&fixture, &small_groups);
    gate_open(&fixture.gate);
    unsigned count_before_any = epoll_ctl_count;
    bench_call_alone(&fixture);
    unsigned count_when_kept = epoll_ctl_count;

    for (size_t i = 0; i < 5; i++) {
        bench_call_alone(&fixture);
        assert_true(fixture.trials[0].attempt.is_reused);
    }

    assert_true(count_when_kept > count_before_any); /* they are counted */
    assert_int_equal(epoll_ctl_count, count_when_kept);
    curl_loop_bench_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_beyond_one_group_run_in_others_and_all_are_answered),
        cmocka_unit_test(kept_connections_are_found_again_after_a_burst),
        cmocka_unit_test(a_kept_connection_of_another_group_is_better_than_a_new_one),
        cmocka_unit_test(each_server_has_groups_of_its_own),
        cmocka_unit_test(a_cancel_leaves_the_others_of_its_group_alone),
        cmocka_unit_test(a_deadline_ends_one_call_of_one_group),
        cmocka_unit_test(a_call_on_a_kept_connection_changes_nothing_that_epoll_watches),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
