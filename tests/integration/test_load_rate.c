/* SPDX-License-Identifier: MIT */
/* The open loop: requests are due at a constant rate, and what that shows of a server that others hide. */
#include <poll.h>

#include "tests/integration/load_bench.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

enum { MS = CLOCK_US_PER_MS };

static const struct scripted_step answers_at_once = { .json = "{}" };
static const struct scripted_step never_answers = { .bytes = "", .after = SCRIPTED_HOLD };

/* How many are due in the window does not depend on how busy this machine is. */
static void as_many_requests_are_sent_as_are_due(void **state)
{
    static const struct {
        const char *name;
        double rate;
        unsigned warm_up_ms, duration_ms;
        uint64_t expected;
    } cases[] = {
        { "200 a second", 200, 100, 500, 100 },
        { "a rate that does not divide a second", 30, 0, 300, 9 },
        { "less than one in the window: the first is due at once", 0.5, 0, 50, 1 },
        { "less than one, and that in the warm-up", 0.5, 50, 50, 0 },
        { "one that is never due", 1e-300, 50, 50, 0 },
        { "20000 a second", 20000, 0, 50, 1000 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct scripted_server *server = scripted_server_start(&answers_at_once, 1);
        struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");
        setup.connections = 8;
        setup.rate_per_second = cases[i].rate;
        setup.warm_up_us = cases[i].warm_up_ms * (uint64_t)MS;
        setup.duration_us = cases[i].duration_ms * (uint64_t)MS;

        struct load_result result = load_bench_run(&setup);

        assert_case(cases[i].name, result.answered == cases[i].expected);
        assert_case(cases[i].name, load_result_failures(&result) == 0);
        assert_case(cases[i].name, result.latency.count == cases[i].expected);
        assert_case(cases[i].name, result.uncorrected.count == cases[i].expected);
        assert_case(cases[i].name, result.lateness.count == cases[i].expected);
        load_result_clear(&result);
        scripted_server_stop(server);
    }
}

static void few_connections_are_opened_where_few_are_enough(void **state)
{
    struct scripted_server *server = scripted_server_start(&answers_at_once, 1);
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");

    (void)state;
    setup.connections = 100;
    setup.rate_per_second = 20;
    setup.duration_us = 1500 * MS;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(result.answered, 30);
    assert_in_range(scripted_server_connection_count(server), 1, 20);
    load_result_clear(&result);
    scripted_server_stop(server);
}

/* ---- a server that stalls once ---- */

enum { RATE = 200, STALL_MS = 300, FIRST_STALLED = 100, CONNECTIONS = 8, DURATION_MS = 1500 };

/* All requests from the FIRST_STALLED-th on wait for the gate, which stays open once it is. */
static struct load_result run_with_one_stall(void)
{
    struct scripted_step steps[FIRST_STALLED + 1];
    struct gate stall_over;
    struct load_bench bench;

    gate_init(&stall_over);
    for (size_t i = 0; i < array_length(steps); i++) {
        steps[i] = (struct scripted_step){ .json = "{}", .before = i < FIRST_STALLED ? NULL : &stall_over };
    }
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");
    setup.connections = CONNECTIONS;
    setup.rate_per_second = RATE;
    setup.duration_us = DURATION_MS * MS;

    load_bench_start(&bench, &setup);
    scripted_server_wait_for_requests(server, FIRST_STALLED + 1);
    (void)poll(NULL, 0, STALL_MS); /* the stall */
    gate_open(&stall_over);
    load_bench_join(&bench);
    scripted_server_stop(server);
    gate_clear(&stall_over);
    return bench.result;
}

/* The requests that were due in the stall's first half had to wait for its other half at least. The client could send
 * no more of them than it has connections: a measurement from their sending knows nothing of the others. */
static void a_stall_is_seen_by_all_that_were_due_in_it_and_hidden_from_the_uncorrected(void **state)
{
    enum { DUE_IN_HALF = RATE * STALL_MS / 2 / 1000 };
    const uint64_t half_us = STALL_MS * MS / 2;

    (void)state;
    struct load_result result = run_with_one_stall();

    size_t corrected = load_bench_count_from(&result.latency, half_us);
    size_t uncorrected = load_bench_count_from(&result.uncorrected, half_us);
    assert_int_equal(result.answered, RATE * DURATION_MS / 1000);
    assert_int_equal(load_result_failures(&result), 0);
    assert_true(corrected >= DUE_IN_HALF - 1);
    assert_in_range(uncorrected, 1, corrected / 2);
    assert_true(load_bench_percentile_us(&result.latency, 1) >= STALL_MS * MS - 1000 * MS / RATE);
    assert_true(load_bench_percentile_us(&result.latency, 0.91) >= half_us);
    assert_true(load_bench_percentile_us(&result.uncorrected, 0.91) < half_us);
    assert_in_range(result.waited, DUE_IN_HALF, result.answered);
    load_result_clear(&result);
}

/* ---- servers that are too slow ---- */

static void what_waited_in_the_client_counts_from_when_it_was_due(void **state)
{
    enum { DUE = 40 };
    struct scripted_server *server = scripted_server_start(&never_answers, 1);
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");

    (void)state;
    setup.connections = 2;
    setup.rate_per_second = 100;
    setup.warm_up_us = 100 * MS;
    setup.duration_us = 400 * MS;
    setup.grace_us = 100 * MS;
    struct load_result result = load_bench_run(&setup);

    /* Both connections went to requests of the warm-up. */
    assert_int_equal(scripted_server_connection_count(server), 2);
    assert_int_equal(result.unanswered, DUE);
    assert_int_equal(result.waited, DUE);
    assert_int_equal(result.latency.count, DUE);
    assert_int_equal(result.lateness.count, DUE);
    assert_int_equal(result.uncorrected.count, 0);
    assert_int_equal(result.answered_in_window, 0);
    struct percentile least = samples_percentile(&result.latency, 0);
    assert_true(least.is_lower_bound && least.value_us >= 100 * MS);
    assert_true(load_bench_percentile_us(&result.latency, 1) >= 500 * MS);
    load_result_clear(&result);
    scripted_server_stop(server);
}

/* What was due in the window is sent, though late, while the grace lasts. */
static void what_waits_when_the_window_ends_is_still_sent(void **state)
{
    enum { DUE = 20 };
    struct gate opening;
    gate_init(&opening);
    const struct scripted_step waits = { .json = "{}", .before = &opening };
    struct scripted_server *server = scripted_server_start(&waits, 1);
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");
    struct load_bench bench;

    (void)state;
    setup.rate_per_second = 100;
    setup.duration_us = DUE * 10 * MS;
    load_bench_start(&bench, &setup);
    scripted_server_wait_for_requests(server, 1);
    (void)poll(NULL, 0, 2 * DUE * 10); /* the window is over */
    gate_open(&opening);
    load_bench_join(&bench);

    assert_int_equal(bench.result.answered, DUE);
    assert_int_equal(bench.result.answered_in_window, 0);
    assert_int_equal(bench.result.elapsed_us, setup.duration_us);
    assert_int_equal(scripted_server_request_count(server), DUE);
    assert_true(load_bench_percentile_us(&bench.result.latency, 0) >= DUE * 10 * MS);
    load_result_clear(&bench.result);
    scripted_server_stop(server);
    gate_clear(&opening);
}

static void nobody_listening_fails_each_request_when_it_is_due(void **state)
{
    struct load_setup setup = load_bench_setup(load_bench_free_port(), "/");

    (void)state;
    setup.connections = 3;
    setup.rate_per_second = 500;
    setup.duration_us = 200 * MS;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(result.failed[CALL_CONNECTION_REFUSED], 100);
    assert_int_equal(load_result_failures(&result), 100);
    assert_int_equal(result.latency.count, 0);
    load_result_clear(&result);
}

static void a_stop_counts_nothing_that_waited(void **state)
{
    struct scripted_server *server = scripted_server_start(&never_answers, 1);
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");
    struct load_bench bench;

    (void)state;
    setup.rate_per_second = 100;
    setup.duration_us = 3600ULL * CLOCK_US_PER_SECOND;
    load_bench_start(&bench, &setup);
    scripted_server_wait_for_requests(server, 1);
    load_stop(&bench.load);
    load_bench_join(&bench);

    assert_true(bench.result.was_stopped);
    assert_int_equal(load_result_failures(&bench.result), 0);
    assert_int_equal(bench.result.latency.count, 0);
    load_result_clear(&bench.result);
    scripted_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_requests_are_sent_as_are_due),
        cmocka_unit_test(few_connections_are_opened_where_few_are_enough),
        cmocka_unit_test(a_stall_is_seen_by_all_that_were_due_in_it_and_hidden_from_the_uncorrected),
        cmocka_unit_test(what_waited_in_the_client_counts_from_when_it_was_due),
        cmocka_unit_test(what_waits_when_the_window_ends_is_still_sent),
        cmocka_unit_test(nobody_listening_fails_each_request_when_it_is_due),
        cmocka_unit_test(a_stop_counts_nothing_that_waited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
