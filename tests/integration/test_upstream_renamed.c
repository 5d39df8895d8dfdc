/* SPDX-License-Identifier: MIT */
/*
 * Which connections are used, for every strategy, when a name has other addresses than before.
 */
#include "tests/integration/named_bench.h"
#include "tests/support/unit.h"

static void check_kept(struct named_bench *named, enum bench_strategy strategy)
{
    (void)strategy;
    named_bench_say(named, "127.0.0.1", 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(named_bench_run(named), CALL_OK);
    }
    size_t before = scripted_server_connection_count(named->server);
    named_bench_outlive_a_second();
    assert_int_equal(named_bench_run(named), CALL_OK);
    size_t the_same = scripted_server_connection_count(named->server);
    named_bench_say(named, "127.0.0.1,127.0.0.9", 1);
    named_bench_outlive_a_second();

    struct trial trial;
    named_bench_init_trial(&trial, named);
    trial_run(&trial, &named->bench);

    assert_int_equal(the_same, before); /* nothing had changed but the time */
    assert_int_equal(trial.attempt.error, CALL_OK);
    assert_false(trial.attempt.is_reused);
    assert_true(scripted_server_connection_count(named->server) > the_same);
    trial_clear(&trial);
}

static void a_kept_connection_to_an_address_of_before_is_not_used(void **state)
{
    (void)state;
    named_bench_for_each(check_kept);
}

static void check_in_use(struct named_bench *named, struct gate *gate)
{
    struct trial before;
    named_bench_say(named, "127.0.0.1", 1);
    named_bench_init_trial(&before, named);
    trial_start(&before, &named->bench);
    upstream_bench_turn_until_requests(&named->bench, named->server, 1);
    named_bench_say(named, "127.0.0.1,127.0.0.9", 60);
    named_bench_outlive_a_second();
    assert_int_equal(named_bench_run(named), CALL_OK);

    gate_open(gate);
    trial_finish(&before, &named->bench);
    size_t connection_count = scripted_server_connection_count(named->server);
    upstream_bench_turn_idly(&named->bench);
    assert_int_equal(named_bench_run(named), CALL_OK);

    assert_int_equal(before.attempt.error, CALL_OK); /* it went on as it was */
    assert_int_equal(connection_count, 2);
    assert_int_equal(scripted_server_connection_count(named->server), 2); /* the second one's is kept */
    scripted_server_wait_for_ends(named->server, 1);
    trial_clear(&before);
}

static void a_connection_in_use_while_its_name_moves_is_not_kept(void **state)
{
    static const enum bench_strategy strategies[] = { BENCH_ASYNC, BENCH_WIRE };
    (void)state;

    for (size_t i = 0; i < array_length(strategies); i++) {
        struct named_bench named;
        struct gate gate;
        gate_init(&gate);
        const struct scripted_step steps[] = { { .before = &gate, .json = "{}" }, { .json = "{}" } };

        named_bench_open(&named, strategies[i], steps, array_length(steps));
        check_in_use(&named, &gate);
        named_bench_close(&named);
        gate_clear(&gate);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_connection_to_an_address_of_before_is_not_used),
        cmocka_unit_test(a_connection_in_use_while_its_name_moves_is_not_kept),
    };

    return cmocka_run_group_tests(tests, named_bench_begin, named_bench_end);
}
