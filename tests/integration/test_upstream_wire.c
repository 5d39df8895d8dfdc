/* SPDX-License-Identifier: MIT */
/*
 * What only mode wire decides itself: requests that do not fit into a socket, answers that come before their end. What
 * becomes of its connections: test_upstream_wire_kept; an exchange by itself: test_wire_exchange_cost.
 */
#include <sys/socket.h>

#include "common/clock.h"
#include "gateway/transfer.h"
#include "tests/integration/wire_bench.h"
#include "tests/support/unit.h"

static void a_long_body_goes_out_as_there_is_room_and_its_connection_is_kept(void **state)
{
    struct wire_bench wire;
    struct trial post;
    struct trial get;
    (void)state;
    wire_bench_open(&wire);
    wire_bench_start_long_post(&wire, &post);
    wire_bench_accept(&wire);

    wire_bench_read(&wire, LONG_BODY);
    char rest[LITTLE];
    wire_bench_turn(&wire);
    assert_true(recv(wire.accepted, rest, sizeof rest, 0) > 0); /* as much as the head is long */
    wire_bench_answer(&wire, OK_ANSWER);
    trial_finish(&post, &wire.bench);
    wire_bench_start_get(&wire, &get);
    wire_bench_read_get(&wire);
    wire_bench_answer(&wire, OK_ANSWER);
    trial_finish(&get, &wire.bench);

    assert_int_equal(post.attempt.error, CALL_OK);
    assert_int_equal(get.attempt.error, CALL_OK);
    assert_true(get.attempt.is_reused);
    trial_clear(&post);
    trial_clear(&get);
    wire_bench_close(&wire);
}

static void an_answer_before_the_requests_end_is_taken_and_its_connection_is_not_kept(void **state)
{
    struct wire_bench wire;
    struct trial post;
    struct trial get;
    (void)state;
    wire_bench_open(&wire);
    wire_bench_start_long_post(&wire, &post);
    wire_bench_accept(&wire);
    wire_bench_read(&wire, LITTLE);

    wire_bench_answer(&wire, TOO_LARGE_ANSWER);
    trial_finish(&post, &wire.bench);

    assert_int_equal(post.attempt.error, CALL_OK);
    assert_int_equal(post.attempt.status, 413);
    assert_true(wire_bench_is_ended(&wire));
    wire_bench_start_get(&wire, &get);
    wire_bench_accept(&wire);
    wire_bench_read_get(&wire);
    wire_bench_answer(&wire, OK_ANSWER);
    trial_finish(&get, &wire.bench);
    assert_false(get.attempt.is_reused);
    trial_clear(&post);
    trial_clear(&get);
    wire_bench_close(&wire);
}

/* The reset that follows may make sending fail before the answer is read. */
static void an_answer_is_read_although_the_server_hung_up_on_the_request(void **state)
{
    (void)state;

    for (int turns = 0; turns < 2; turns++) {
        struct wire_bench wire;
        struct trial post;
        wire_bench_open(&wire);
        wire_bench_start_long_post(&wire, &post);
        wire_bench_accept(&wire);
        wire_bench_read(&wire, LITTLE);

        wire_bench_answer(&wire, TOO_LARGE_ANSWER);
        if (turns == 0) {
            wire_bench_hang_up(&wire); /* with much of the request unread: a reset */
        } else {
            assert_int_equal(shutdown(wire.accepted, SHUT_RDWR), 0);
        }
        trial_finish(&post, &wire.bench);

        assert_int_equal(post.attempt.error, CALL_OK);
        assert_int_equal(post.attempt.status, 413);
        trial_clear(&post);
        wire_bench_close(&wire);
    }
}

static void a_server_that_hangs_up_on_half_a_request_without_an_answer_is_connection_terminated(void **state)
{
    struct wire_bench wire;
    struct trial get;
    struct trial post;
    (void)state;

    for (int is_kept = 0; is_kept < 2; is_kept++) {
        wire_bench_open(&wire);
        if (is_kept) {
            wire_bench_start_get(&wire, &get);
            wire_bench_accept(&wire);
            wire_bench_read_get(&wire);
            wire_bench_answer(&wire, OK_ANSWER);
            trial_finish(&get, &wire.bench);
            trial_clear(&get);
        }
        wire_bench_start_long_post(&wire, &post);
        if (!is_kept) {
            wire_bench_accept(&wire);
        }
        wire_bench_read(&wire, LITTLE);

        wire_bench_hang_up(&wire);
        trial_finish(&post, &wire.bench);

        assert_int_equal(post.attempt.error, CALL_CONNECTION_TERMINATED);
        assert_int_equal(post.attempt.is_stale, is_kept);
        assert_true(post.attempt.sent_us != 0); /* nobody may send it again */
        trial_clear(&post);
        wire_bench_close(&wire);
    }
}

static void a_server_that_takes_nothing_is_http_response_timeout(void **state)
{
    struct wire_bench wire;
    struct trial post;
    (void)state;
    wire_bench_open(&wire);
    trial_init(&post, &wire.bench, wire.port);
    post.attempt.method = "POST";
    post.attempt.body = (struct str){ wire.long_body, LONG_BODY };
    post.attempt.deadline_us = clock_monotonic_us() + 400 * (uint64_t)CLOCK_US_PER_MS;

    trial_run(&post, &wire.bench);

    assert_int_equal(post.attempt.error, CALL_HTTP_RESPONSE_TIMEOUT);
    assert_true(post.attempt.done_us >= post.attempt.deadline_us);
    trial_clear(&post);
    wire_bench_close(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_body_goes_out_as_there_is_room_and_its_connection_is_kept),
        cmocka_unit_test(an_answer_before_the_requests_end_is_taken_and_its_connection_is_not_kept),
        cmocka_unit_test(an_answer_is_read_although_the_server_hung_up_on_the_request),
        cmocka_unit_test(a_server_that_hangs_up_on_half_a_request_without_an_answer_is_connection_terminated),
        cmocka_unit_test(a_server_that_takes_nothing_is_http_response_timeout),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
