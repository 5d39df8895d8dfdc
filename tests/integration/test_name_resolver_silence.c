/* SPDX-License-Identifier: MIT */
/*
 * What becomes of who asks, and of what was known, when a name server says nothing or fails.
 */
#include "tests/integration/name_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

static void who_waits_for_a_silent_name_server_waits_and_may_leave(void **state)
{
    struct name_bench *bench = *state;
    struct asker asker = asker_new();
    bench_say_manner(bench, NAME_SERVER_IS_SILENT);

    assert_false(bench_ask(bench, &asker, NAME));
    name_server_wait_for_questions(bench->server, NAME, 1);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(loop_turn(bench->loop, CLOCK_US_PER_MS), 0);
    }
    asker_leave(&asker);
    bench_say(bench, "192.0.2.1", 60);
    struct asker other = bench_find_out(bench, NAME);

    assert_int_equal(asker.answer_count, 0);
    assert_string_equal(other.text, "192.0.2.1"); /* it was asked again */
    asker_leave(&other);
}

static void a_resolver_can_be_freed_while_it_asks(void **state)
{
    struct name_bench *bench = *state;
    struct asker asker = asker_new();
    bench_say_manner(bench, NAME_SERVER_IS_SILENT);
    assert_false(bench_ask(bench, &asker, NAME));
    name_server_wait_for_questions(bench->server, NAME, 1);
    asker_leave(&asker);

    uint64_t start_us = clock_monotonic_us();
    name_resolver_free(take_pointer(bench->resolver));

    assert_true(clock_monotonic_us() - start_us < NAME_CHANNEL_PATIENCE_MS * (uint64_t)CLOCK_US_PER_MS);
    assert_int_equal(asker.answer_count, 0);
}

static void addresses_outlive_a_name_server_that_falls_silent(void **state)
{
    struct name_bench *bench = *state;
    struct asker third = asker_new();
    bench_say(bench, "192.0.2.1", 1);
    struct asker first = bench_find_out(bench, NAME);
    bench_say_manner(bench, NAME_SERVER_IS_SILENT);
    bench_outlive(1100);

    struct asker second = asker_new();
    bool is_second_known = bench_ask(bench, &second, NAME);
    bench_turn_until_answered(bench, &second);
    bool is_third_known = bench_ask(bench, &third, NAME);

    assert_false(is_second_known); /* it gave the server a moment to say something newer */
    assert_string_equal(second.text, "192.0.2.1");
    assert_true(is_third_known); /* and that was moment enough for all */
    assert_ptr_equal(third.addresses, first.addresses);
    assert_false(name_addresses_are_outdated(first.addresses));
    asker_leave(&first);
    asker_leave(&second);
    asker_leave(&third);
}

static void addresses_outlive_a_name_server_that_fails_until_it_can_tell_again(void **state)
{
    struct name_bench *bench = *state;
    bench_say(bench, "192.0.2.1", 1);
    struct asker first = bench_find_out(bench, NAME);
    bench_say_manner(bench, NAME_SERVER_FAILS);
    bench_outlive(1100);

    struct asker during = bench_find_out(bench, NAME);
    bench_say(bench, "192.0.2.2", 60);
    struct asker after = asker_new();
    uint64_t start_us = clock_monotonic_us();
    do {
        asker_leave(&after);
        after = bench_find_out(bench, NAME);
        assert_int_equal(loop_turn(bench->loop, 10 * (uint64_t)CLOCK_US_PER_MS), 0);
    } while (strcmp(after.text, "192.0.2.1") == 0 && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);

    assert_int_equal(during.error, CALL_OK);
    assert_string_equal(during.text, "192.0.2.1");
    assert_string_equal(after.text, "192.0.2.2");
    assert_true(name_addresses_are_outdated(first.addresses));
    asker_leave(&first);
    asker_leave(&during);
    asker_leave(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(who_waits_for_a_silent_name_server_waits_and_may_leave),
        bench_test(a_resolver_can_be_freed_while_it_asks),
        bench_test(addresses_outlive_a_name_server_that_falls_silent),
        bench_test(addresses_outlive_a_name_server_that_fails_until_it_can_tell_again),
    };

    return cmocka_run_group_tests(tests, name_bench_begin, name_bench_end);
}
