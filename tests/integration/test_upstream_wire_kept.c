/* SPDX-License-Identifier: MIT */
/*
 * Which of its connections mode wire uses, and which it does not use again.
 */
#include <stdio.h>
#include <sys/socket.h>

#include "gateway/transfer.h"
#include "tests/integration/wire_bench.h"
#include "tests/support/unit.h"

/* Two are under way, the later one is over first: the next takes whichever was used last. */
static void the_connection_that_was_used_last_is_used_next(void **state)
{
    struct wire_bench wire;
    struct trial trials[2];
    struct trial next;
    int accepted[2];
    (void)state;
    wire_bench_open(&wire);
    for (size_t i = 0; i < 2; i++) {
        wire_bench_start_get(&wire, &trials[i]);
        wire_bench_accept(&wire);
        accepted[i] = wire.accepted;
        wire_bench_read_get(&wire);
        wire.accepted = -1;
    }
    for (size_t i = 2; i > 0; i--) {
        wire.accepted = accepted[i - 1];
        wire_bench_answer(&wire, OK_ANSWER);
        trial_finish(&trials[i - 1], &wire.bench);
        trial_clear(&trials[i - 1]);
    }

    wire_bench_start_get(&wire, &next);
    wire.accepted = accepted[0];
    wire_bench_read_get(&wire);
    wire_bench_answer(&wire, OK_ANSWER);
    trial_finish(&next, &wire.bench);

    assert_true(next.attempt.is_reused);
    trial_clear(&next);
    (void)close(accepted[1]);
    wire_bench_close(&wire);
}

static void bytes_behind_an_answer_end_its_connection_and_are_nobodys(void **state)
{
    struct wire_bench wire;
    struct trial first;
    struct trial second;
    (void)state;
    wire_bench_open(&wire);
    wire_bench_start_get(&wire, &first);
    wire_bench_accept(&wire);
    wire_bench_read_get(&wire);
    wire_bench_answer(&wire, OK_ANSWER "\r\n");
    trial_finish(&first, &wire.bench);

    assert_true(wire_bench_is_ended(&wire));
    wire_bench_start_get(&wire, &second);
    wire_bench_accept(&wire);
    wire_bench_read_get(&wire);
    wire_bench_answer(&wire, OK_ANSWER);
    trial_finish(&second, &wire.bench);

    assert_int_equal(first.attempt.error, CALL_OK);
    assert_int_equal(second.attempt.error, CALL_OK);
    assert_false(second.attempt.is_reused);
    trial_clear(&first);
    trial_clear(&second);
    wire_bench_close(&wire);
}

/* It has an IPv6 address, too, where nobody listens. */
static void a_name_with_two_addresses_is_reached_at_the_one_that_answers(void **state)
{
    struct wire_bench wire;
    struct trial get;
    (void)state;
    wire_bench_open(&wire);
    trial_init(&get, &wire.bench, wire.port);
    (void)snprintf(get.server.host, sizeof get.server.host, "localhost");
    (void)snprintf(get.server.authority, sizeof get.server.authority, "localhost:%u", (unsigned)wire.port);

    trial_start(&get, &wire.bench);
    wire_bench_accept(&wire);
    wire_bench_read_get(&wire);
    wire_bench_answer(&wire, OK_ANSWER);
    trial_finish(&get, &wire.bench);

    assert_int_equal(get.attempt.error, CALL_OK);
    trial_clear(&get);
    wire_bench_close(&wire);
}

static void a_connection_that_was_reset_since_the_last_look_is_no_harm(void **state)
{
    struct wire_bench wire;
    struct trial first;
    struct trial post;
    (void)state;
    wire_bench_open(&wire);
    wire_bench_start_get(&wire, &first);
    wire_bench_accept(&wire);
    wire_bench_read_get(&wire);
    wire_bench_answer(&wire, OK_ANSWER);
    trial_finish(&first, &wire.bench);
    assert_int_equal(
        setsockopt(wire.accepted, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger)), 0);

    wire_bench_hang_up(&wire);
    wire_bench_start_long_post(&wire, &post);
    if (post.attempt.state != ATTEMPT_DONE) {
        upstream_cancel(wire.bench.upstream, &post.attempt, CALL_CANCELLED); /* it has dialled anew */
    }
    trial_finish(&post, &wire.bench);

    assert_int_equal(post.attempt.sent_us, 0); /* so any method may go again */
    assert_true(post.attempt.error == CALL_CANCELLED || post.attempt.is_stale);
    trial_clear(&first);
    trial_clear(&post);
    wire_bench_close(&wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_connection_that_was_used_last_is_used_next),
        cmocka_unit_test(bytes_behind_an_answer_end_its_connection_and_are_nobodys),
        cmocka_unit_test(a_name_with_two_addresses_is_reached_at_the_one_that_answers),
        cmocka_unit_test(a_connection_that_was_reset_since_the_last_look_is_no_harm),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
