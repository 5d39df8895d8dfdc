/* SPDX-License-Identifier: MIT */
/*
 * Many calls at once: how they are spread over groups, and what becomes of the groups and their connections.
 */
#include "gateway/curl_loop.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/clock.h"
#include "gateway/transfer.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/unit.h"

enum { GROUP_TRANSFERS = 2, CROWD = 7, CROWD_GROUPS = 4, TIMEOUT_MS = 50 };

static const struct curl_loop_limits small_groups = {
    .group_transfers = GROUP_TRANSFERS,
    .kept_connections = 100,
    .group_idle_us = 3600 * (uint64_t)CLOCK_US_PER_SECOND,
};

/* Every call of it, in this process, is counted. */
static unsigned epoll_ctl_count;

int epoll_ctl(int epoll_descriptor, int operation, int descriptor, struct epoll_event *event)
{
    epoll_ctl_count++;
    return (int)syscall(SYS_epoll_ctl, epoll_descriptor, operation, descriptor, event);
}

struct fixture {
    struct upstream_bench bench; /* its loop and its completions; not its upstream */
    struct curl_loop *curl_loop;
    struct gate gate; /* answers wait for it */
    struct scripted_step step;
    struct scripted_server *server;
    struct trial trials[CROWD];
};

static void open_fixture(struct fixture *fixture, const struct curl_loop_limits *limits)
{
    *fixture = (struct fixture){ .step = { .json = "1", .before = &fixture->gate } };
    gate_init(&fixture->gate);
    fixture->server = scripted_server_start(&fixture->step, 1);
    upstream_bench_open(&fixture->bench, BENCH_ASYNC, 1);
    fixture->curl_loop = curl_loop_new(fixture->bench.loop, limits);
    assert_non_null(fixture->curl_loop);
}

static void close_fixture(struct fixture *fixture)
{
    curl_loop_free(fixture->curl_loop);
    upstream_bench_close(&fixture->bench);
    scripted_server_stop(fixture->server);
    gate_clear(&fixture->gate);
}

static void start_at(struct fixture *fixture, struct trial *trial, struct scripted_server *server, unsigned timeout_ms)
{
    trial_init(trial, &fixture->bench, scripted_server_port(server));
    trial->attempt.deadline_us = clock_monotonic_us() + (uint64_t)timeout_ms * CLOCK_US_PER_MS;
    trial->attempt.state = ATTEMPT_STARTED;
    curl_loop_start(fixture->curl_loop, &trial->attempt);
    trial->has_start_returned = true;
}

static void start(struct fixture *fixture, struct trial *trial)
{
    start_at(fixture, trial, fixture->server, TRIAL_DEADLINE_MS);
}

/* All at once: the server has read `request_count` requests then, since it began. */
static void start_crowd(struct fixture *fixture, size_t count, size_t request_count)
{
    for (size_t i = 0; i < count; i++) {
        start(fixture, &fixture->trials[i]);
    }
    upstream_bench_turn_until_requests(&fixture->bench, fixture->server, request_count);
}

static void finish_with(struct fixture *fixture, size_t index, enum call_error error)
{
    struct trial *trial = &fixture->trials[index];

    trial_finish(trial, &fixture->bench);
    assert_int_equal(trial->attempt.error, error);
    assert_text(buf_view(&trial->attempt.response), error == CALL_OK ? "1" : "");
    trial_clear(trial);
}

static void finish_crowd(struct fixture *fixture, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        finish_with(fixture, i, CALL_OK);
    }
}

static void cancel(struct fixture *fixture, size_t index)
{
    curl_loop_cancel(fixture->curl_loop, &fixture->trials[index].attempt, CALL_CANCELLED);
    finish_with(fixture, index, CALL_CANCELLED);
}

static void call_alone(struct fixture *fixture)
{
    start(fixture, &fixture->trials[0]);
    finish_crowd(fixture, 1);
}

static size_t count_reused(const struct fixture *fixture, size_t count)
{
    size_t reused_count = 0;

    for (size_t i = 0; i < count; i++) {
        reused_count += fixture->trials[i].attempt.is_reused ? 1 : 0;
    }
    return reused_count;
}

static void turn_until_groups(struct fixture *fixture, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (curl_loop_group_count(fixture->curl_loop) != count &&
           gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        assert_int_equal(loop_turn(fixture->bench.loop, CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(curl_loop_group_count(fixture->curl_loop), count);
}

/* ---- spreading ---- */

static void calls_beyond_one_group_run_in_others_and_all_are_answered(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, &small_groups);

    start_crowd(&fixture, CROWD, CROWD);
    assert_int_equal(curl_loop_group_count(fixture.curl_loop), CROWD_GROUPS);
    assert_int_equal(curl_loop_kept_count(fixture.curl_loop), 0);
    gate_open(&fixture.gate);
    finish_crowd(&fixture, CROWD);

    assert_int_equal(count_reused(&fixture, CROWD), 0);
    assert_int_equal(curl_loop_kept_count(fixture.curl_loop), CROWD);
    close_fixture(&fixture);
}

static void kept_connections_are_found_again_after_a_burst(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, &small_groups);
    start_crowd(&fixture, CROWD, CROWD);
    gate_open(&fixture.gate);
    finish_crowd(&fixture, CROWD);

    for (size_t burst = 2; burst < 5; burst++) {
        start_crowd(&fixture, CROWD, burst * CROWD);
        finish_crowd(&fixture, CROWD);
        assert_int_equal(count_reused(&fixture, CROWD), CROWD);
    }

    assert_int_equal(scripted_server_connection_count(fixture.server), CROWD);
    assert_int_equal(curl_loop_group_count(fixture.curl_loop), CROWD_GROUPS);
    close_fixture(&fixture);
}

/* With one call under way the first group has room and no connection left; the second group has one. */
static void a_kept_connection_of_another_group_is_better_than_a_new_one(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, &small_groups);
    start_crowd(&fixture, 3, 3);
    cancel(&fixture, 0);
    gate_open(&fixture.gate);
    finish_with(&fixture, 1, CALL_OK);
    finish_with(&fixture, 2, CALL_OK);
    assert_int_equal(curl_loop_kept_count(fixture.curl_loop), 2);

    start_crowd(&fixture, 2, 5);
    finish_crowd(&fixture, 2);

    assert_int_equal(count_reused(&fixture, 2), 2);
    assert_int_equal(scripted_server_connection_count(fixture.server), 3);
    close_fixture(&fixture);
}

static void each_server_has_groups_of_its_own(void **state)
{
    struct fixture fixture;
    struct scripted_server *other = NULL;
    (void)state;
    open_fixture(&fixture, &small_groups);
    gate_open(&fixture.gate);
    other = scripted_server_start(&fixture.step, 1);
    call_alone(&fixture);

    for (size_t i = 0; i < 2; i++) {
        start_at(&fixture, &fixture.trials[0], other, TRIAL_DEADLINE_MS);
        finish_crowd(&fixture, 1);
        assert_int_equal(fixture.trials[0].attempt.is_reused, i > 0);
    }

    assert_int_equal(curl_loop_group_count(fixture.curl_loop), 2);
    assert_int_equal(scripted_server_connection_count(fixture.server), 1);
    assert_int_equal(scripted_server_connection_count(other), 1);
    close_fixture(&fixture);
    scripted_server_stop(other);
}

/* ---- within a group ---- */

static void a_cancel_leaves_the_others_of_its_group_alone(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, &small_groups);
    start_crowd(&fixture, 4, 4);

    cancel(&fixture, 1);
    gate_open(&fixture.gate);

    scripted_server_wait_for_ends(fixture.server, 1);
    finish_with(&fixture, 0, CALL_OK);
    finish_with(&fixture, 2, CALL_OK);
    finish_with(&fixture, 3, CALL_OK);
    assert_int_equal(curl_loop_kept_count(fixture.curl_loop), 3);
    close_fixture(&fixture);
}

/* The third runs in the second group, whose timer is not the first one's. */
static void a_deadline_ends_one_call_of_one_group(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, &small_groups);
    start_crowd(&fixture, 2, 2);
    start_at(&fixture, &fixture.trials[2], fixture.server, TIMEOUT_MS);
    start(&fixture, &fixture.trials[3]);

    finish_with(&fixture, 2, CALL_HTTP_RESPONSE_TIMEOUT);

    assert_true(fixture.trials[2].attempt.done_us + CLOCK_US_PER_MS >= fixture.trials[2].attempt.deadline_us);
    assert_int_equal(fixture.trials[0].done_count + fixture.trials[1].done_count + fixture.trials[3].done_count, 0);
    gate_open(&fixture.gate);
    finish_crowd(&fixture, 2);
    finish_with(&fixture, 3, CALL_OK);
    close_fixture(&fixture);
}

static void a_call_on_a_kept_connection_changes_nothing_that_epoll_watches(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, &small_groups);
    gate_open(&fixture.gate);
    unsigned count_before_any = epoll_ctl_count;
    call_alone(&fixture);
    unsigned count_when_kept = epoll_ctl_count;

    for (size_t i = 0; i < 5; i++) {
        call_alone(&fixture);
        assert_true(fixture.trials[0].attempt.is_reused);
    }

    assert_true(count_when_kept > count_before_any); /* they are counted */
    assert_int_equal(epoll_ctl_count, count_when_kept);
    close_fixture(&fixture);
}

/* ---- what is kept ---- */

static void groups_without_a_call_give_their_connections_back(void **state)
{
    struct curl_loop_limits limits = small_groups;
    struct fixture fixture;
    (void)state;
    limits.group_idle_us = 20 * (uint64_t)CLOCK_US_PER_MS;
    open_fixture(&fixture, &limits);
    start_crowd(&fixture, CROWD, CROWD);
    gate_open(&fixture.gate);
    finish_crowd(&fixture, CROWD);

    turn_until_groups(&fixture, 0);

    scripted_server_wait_for_ends(fixture.server, CROWD);
    assert_int_equal(curl_loop_kept_count(fixture.curl_loop), 0);
    call_alone(&fixture); /* and begins anew */
    assert_false(fixture.trials[0].attempt.is_reused);
    assert_int_equal(curl_loop_group_count(fixture.curl_loop), 1);
    close_fixture(&fixture);
}

static void a_group_with_a_call_stays_however_long_that_takes(void **state)
{
    struct curl_loop_limits limits = small_groups;
    struct fixture fixture;
    (void)state;
    limits.group_idle_us = 1;
    open_fixture(&fixture, &limits);
    start_crowd(&fixture, 3, 3);

    cancel(&fixture, 2); /* alone in its group */
    turn_until_groups(&fixture, 1);
    upstream_bench_turn_idly(&fixture.bench);

    assert_int_equal(curl_loop_group_count(fixture.curl_loop), 1);
    gate_open(&fixture.gate);
    finish_crowd(&fixture, 2);
    close_fixture(&fixture);
}

static void connections_are_kept_up_to_the_limit_of_all_groups(void **state)
{
    enum { KEPT = 3 };
    struct curl_loop_limits limits = small_groups;
    struct fixture fixture;
    (void)state;
    limits.kept_connections = KEPT;
    open_fixture(&fixture, &limits);
    start_crowd(&fixture, CROWD, CROWD);
    gate_open(&fixture.gate);

    finish_crowd(&fixture, CROWD);

    size_t kept_count = curl_loop_kept_count(fixture.curl_loop);
    assert_in_range(kept_count, 1, KEPT);
    scripted_server_wait_for_ends(fixture.server, CROWD - kept_count);
    call_alone(&fixture);
    assert_true(fixture.trials[0].attempt.is_reused);
    close_fixture(&fixture);
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
        cmocka_unit_test(groups_without_a_call_give_their_connections_back),
        cmocka_unit_test(a_group_with_a_call_stays_however_long_that_takes),
        cmocka_unit_test(connections_are_kept_up_to_the_limit_of_all_groups),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
