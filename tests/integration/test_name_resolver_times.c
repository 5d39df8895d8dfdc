/* SPDX-License-Identifier: MIT */
/*
 * For how long it is believed what a name stands for.
 */
#include "tests/integration/name_bench.h"
#include "tests/support/unit.h"

static void another_address_is_taken_up_after_the_time_to_live(void **state)
{
    struct name_bench *bench = *state;
    bench_say(bench, "192.0.2.1", 1);
    struct asker before = bench_find_out(bench, NAME);
    bench_say(bench, "192.0.2.2", 1);

    bench_outlive(1100);
    struct asker after = bench_find_out(bench, NAME);

    assert_string_equal(before.text, "192.0.2.1");
    assert_string_equal(after.text, "192.0.2.2");
    assert_true(name_addresses_are_outdated(before.addresses));
    assert_false(name_addresses_are_outdated(after.addresses));
    asker_leave(&before);
    asker_leave(&after);
}

static void the_same_addresses_in_another_order_outdate_nothing(void **state)
{
    struct name_bench *bench = *state;
    bench_say(bench, "192.0.2.1,192.0.2.2,::1", 1);
    struct asker before = bench_find_out(bench, NAME);
    bench_say(bench, "::1,192.0.2.2,192.0.2.1", 1);

    bench_outlive(1100);
    struct asker after = bench_find_out(bench, NAME);

    assert_true(name_server_question_count(bench->server, NAME) >= 2);
    assert_ptr_equal(after.addresses, before.addresses);
    assert_false(name_addresses_are_outdated(before.addresses));
    asker_leave(&before);
    asker_leave(&after);
}

static void a_time_to_live_of_nothing_is_a_second(void **state)
{
    struct name_bench *bench = *state;
    bench_say(bench, "192.0.2.1", 0);
    struct asker first = bench_find_out(bench, NAME);

    for (int i = 0; i < 1000; i++) {
        struct asker again = bench_find_out(bench, NAME);
        asker_leave(&again);
    }

    /* A busy machine may need seconds for it; once for each would be a thousand. */
    assert_true(name_server_question_count(bench->server, NAME) <= 10);
    asker_leave(&first);
}

static void an_alias_that_lives_shorter_counts(void **state)
{
    struct name_bench *bench = *state;
    name_server_say(bench->server, NAME,
                    &(struct name_server_saying){
                        .addresses = "192.0.2.1", .ttl_s = 3600, .alias = "other.test", .alias_ttl_s = 1 });
    struct asker before = bench_find_out(bench, NAME);

    bench_outlive(1100);
    struct asker after = bench_find_out(bench, NAME);

    assert_string_equal(before.text, "192.0.2.1");
    assert_int_equal(name_server_question_count(bench->server, NAME), 2);
    asker_leave(&before);
    asker_leave(&after);
}

static void a_name_that_exists_no_more_outdates_its_addresses(void **state)
{
    struct name_bench *bench = *state;
    bench_say(bench, "192.0.2.1", 1);
    struct asker before = bench_find_out(bench, NAME);
    bench_say_manner(bench, NAME_SERVER_KNOWS_NONE);

    bench_outlive(1100);
    struct asker after = bench_find_out(bench, NAME);

    assert_int_equal(after.error, CALL_DNS_ERROR);
    assert_true(name_addresses_are_outdated(before.addresses));
    asker_leave(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(another_address_is_taken_up_after_the_time_to_live),
        bench_test(the_same_addresses_in_another_order_outdate_nothing),
        bench_test(a_time_to_live_of_nothing_is_a_second),
        bench_test(an_alias_that_lives_shorter_counts),
        bench_test(a_name_that_exists_no_more_outdates_its_addresses),
    };

    return cmocka_run_group_tests(tests, name_bench_begin, name_bench_end);
}
