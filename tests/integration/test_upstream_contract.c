/* SPDX-License-Identifier: MIT */
/*
 * What gateway/upstream.h promises, of every strategy.
 */
#include "common/clock.h"
#include "gateway/transfer.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/unit.h"

static const struct scripted_step good_step[] = { { .json = "{\"a\":1}" } };
static const struct scripted_step holding_step[] = { { .bytes = "", .after = SCRIPTED_HOLD } };

/* ---- done ---- */

static void check_done_once(struct upstream_bench *bench, struct scripted_server *server, enum bench_strategy strategy)
{
    struct trial trial;
    trial_init(&trial, bench, scripted_server_port(server));

    trial_run(&trial, bench);
    upstream_bench_turn_idly(bench);

    assert_int_equal(trial.attempt.error, CALL_OK);
    assert_int_equal(trial.attempt.status, 200);
    assert_text(buf_view(&trial.attempt.response), "{\"a\":1}");
    assert_int_equal(trial.done_count, 1);
    assert_int_equal(trial.done_before_start_returned, 0);
    assert_true(pthread_equal(trial.done_on, pthread_self()));
    assert_int_equal(bench->before_block_count, strategy == BENCH_SYNC ? 1 : 0);
    trial_clear(&trial);
}

static void an_attempt_is_done_once_on_the_loops_thread_and_never_before_start_returns(void **state)
{
    (void)state;
    upstream_bench_for_each(good_step, array_length(good_step), check_done_once);
}

static void check_times(struct upstream_bench *bench, struct scripted_server *server, enum bench_strategy strategy)
{
    struct trial trial;
    const struct attempt *attempt = &trial.attempt;
    uint64_t start_us = clock_monotonic_us();
    (void)strategy;
    trial_init(&trial, bench, scripted_server_port(server));

    trial_run(&trial, bench);

    assert_true(attempt->started_us >= start_us);
    assert_true(attempt->resolved_us >= attempt->started_us);
    assert_true(attempt->connected_us >= attempt->resolved_us);
    assert_true(attempt->sent_us >= attempt->connected_us);
    assert_true(attempt->first_byte_us >= attempt->sent_us);
    assert_true(attempt->done_us >= attempt->first_byte_us);
    assert_false(attempt->is_reused);
    trial_clear(&trial);
}

static void the_moments_of_an_attempt_stand_in_their_order(void **state)
{
    (void)state;
    upstream_bench_for_each(good_step, array_length(good_step), check_times);
}

enum { CROWD = 20 };

static void check_crowd(struct upstream_bench *bench, struct scripted_server *server, enum bench_strategy strategy)
{
    struct trial trials[CROWD];
    (void)strategy;
    for (size_t i = 0; i < CROWD; i++) {
        trial_init(&trials[i], bench, scripted_server_port(server));
        trial_start(&trials[i], bench);
    }

    for (size_t i = 0; i < CROWD; i++) {
        trial_finish(&trials[i], bench);
    }
    upstream_bench_turn_idly(bench);

    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(trials[i].attempt.error, CALL_OK);
        assert_int_equal(trials[i].done_count, 1);
        trial_clear(&trials[i]);
    }
    assert_int_equal(scripted_server_request_count(server), CROWD);
}

static void many_attempts_at_once_are_each_done_once(void **state)
{
    (void)state;
    upstream_bench_for_each(good_step, array_length(good_step), check_crowd);
}

/* ---- what is sent ---- */

static const char *const field_with_a_break[] = { "X: y\r\nZ: 1", NULL };
static const char *const field_with_a_line_feed[] = { "X: y\nZ: 1", NULL };
static const char *const field_with_a_return[] = { "A: b", "X: y\r", NULL };
static const char *const field_that_is_none[] = { "A: b", "X", NULL };
static const char *const field_without_a_name[] = { ": y", NULL };
static const char *const good_fields[] = { "X: y", "Z;", NULL };

/* NULL, or an empty target: as trial_init() has it. */
static const struct sent {
    const char *name;
    const char *method;
    struct str target;
    const char *const *fields;
    enum call_error error;
} sent[] = {
    { "two fields in one", NULL, STR_STATIC(""), field_with_a_break, CALL_PROXY_INTERNAL_ERROR },
    { "a line feed in a field", NULL, STR_STATIC(""), field_with_a_line_feed, CALL_PROXY_INTERNAL_ERROR },
    { "a return at a field's end", NULL, STR_STATIC(""), field_with_a_return, CALL_PROXY_INTERNAL_ERROR },
    { "a line that is no field", NULL, STR_STATIC(""), field_that_is_none, CALL_PROXY_INTERNAL_ERROR },
    { "a field without a name", NULL, STR_STATIC(""), field_without_a_name, CALL_PROXY_INTERNAL_ERROR },
    { "two requests in a target", NULL, STR_STATIC("/a HTTP/1.1\r\n\r\nGET /b"), NULL, CALL_PROXY_INTERNAL_ERROR },
    { "a blank in a target", NULL, STR_STATIC("/a b"), NULL, CALL_PROXY_INTERNAL_ERROR },
    { "two requests in a method", "GET / HTTP/1.1\r\n\r\nGET", STR_STATIC(""), NULL, CALL_PROXY_INTERNAL_ERROR },
    { "nothing of that", "PUT", STR_STATIC("/a?b=%0d%0a"), good_fields, CALL_OK },
};

static void check_sent(struct upstream_bench *bench, struct scripted_server *server, enum bench_strategy strategy)
{
    size_t good_count = 0;
    (void)strategy;

    for (size_t i = 0; i < array_length(sent); i++) {
        const struct sent *row = &sent[i];
        struct trial trial;
        trial_init(&trial, bench, scripted_server_port(server));
        trial.attempt.method = row->method != NULL ? row->method : trial.attempt.method;
        trial.attempt.target = row->target.length > 0 ? row->target : trial.attempt.target;
        trial.attempt.fields = row->fields != NULL ? row->fields : trial.attempt.fields;

        trial_run(&trial, bench);

        assert_case(row->name, trial.attempt.error == row->error);
        good_count += row->error == CALL_OK ? 1 : 0;
        trial_clear(&trial);
    }
    assert_int_equal(scripted_server_request_count(server), good_count);
}

static void nothing_can_be_sent_that_would_be_another_field_or_request(void **state)
{
    (void)state;
    upstream_bench_for_each(good_step, array_length(good_step), check_sent);
}

/* ---- cancel ---- */

/* sync cannot be cancelled: it is over when start() returns. */
static void check_cancel_running(struct upstream_bench *bench, struct scripted_server *server,
                                 enum bench_strategy strategy)
{
    struct trial trial;
    if (strategy == BENCH_SYNC) {
        return;
    }
    trial_init(&trial, bench, scripted_server_port(server));
    trial_start(&trial, bench);
    upstream_bench_turn_until_requests(bench, server, 1);
    uint64_t cancelled_us = clock_monotonic_us();

    upstream_cancel(bench->upstream, &trial.attempt, CALL_CANCELLED);
    upstream_cancel(bench->upstream, &trial.attempt, CALL_CANCELLED);
    assert_int_equal(trial.done_count, 0);
    trial_finish(&trial, bench);
    upstream_cancel(bench->upstream, &trial.attempt, CALL_CANCELLED);
    upstream_bench_turn_idly(bench);

    assert_int_equal(trial.attempt.error, CALL_CANCELLED);
    assert_int_equal(trial.done_count, 1);
    assert_true(pthread_equal(trial.done_on, pthread_self()));
    assert_true(trial.attempt.done_us - cancelled_us < CLOCK_US_PER_SECOND);
    scripted_server_wait_for_ends(server, 1); /* the backend sees it */
    assert_int_equal(scripted_server_request_count(server), 1);
    trial_clear(&trial);
}

static void a_cancelled_attempt_is_done_once_and_its_connection_is_closed(void **state)
{
    (void)state;
    upstream_bench_for_each(holding_step, array_length(holding_step), check_cancel_running);
}

/* libcurl would send again on a fresh connection, if it saw its kept one go. */
static void check_cancel_on_kept(struct upstream_bench *bench, struct scripted_server *server,
                                 enum bench_strategy strategy)
{
    struct trial first;
    struct trial trial;
    if (strategy == BENCH_SYNC) {
        return;
    }
    trial_init(&first, bench, scripted_server_port(server));
    trial_run(&first, bench);
    trial_init(&trial, bench, scripted_server_port(server));
    trial_start(&trial, bench);
    upstream_bench_turn_until_requests(bench, server, 2);

    upstream_cancel(bench->upstream, &trial.attempt, CALL_CANCELLED);
    trial_finish(&trial, bench);
    scripted_server_wait_for_ends(server, 1);
    upstream_bench_turn_idly(bench);

    assert_int_equal(trial.attempt.error, CALL_CANCELLED);
    assert_int_equal(scripted_server_request_count(server), 2);
    trial_clear(&first);
    trial_clear(&trial);
}

static void a_cancel_on_a_kept_connection_does_not_send_the_request_again(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" }, { .bytes = "", .after = SCRIPTED_HOLD } };
    (void)state;

    /* One thread, so that both attempts use the same connection. */
    for (enum bench_strategy strategy = BENCH_THREADS; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct upstream_bench bench;
        struct scripted_server *server = scripted_server_start(steps, array_length(steps));

        upstream_bench_open(&bench, strategy, 1);
        check_cancel_on_kept(&bench, server, strategy);
        upstream_bench_close(&bench);
        scripted_server_stop(server);
    }
}

static void check_cancel_at_once(struct upstream_bench *bench, struct scripted_server *server,
                                 enum bench_strategy strategy)
{
    struct trial trial;
    if (strategy == BENCH_SYNC) {
        return;
    }
    for (int i = 0; i < 20; i++) {
        trial_init(&trial, bench, scripted_server_port(server));
        trial_start(&trial, bench);

        upstream_cancel(bench->upstream, &trial.attempt, CALL_CANCELLED);
        trial_finish(&trial, bench);

        assert_int_equal(trial.attempt.error, CALL_CANCELLED);
        trial_clear(&trial);
    }
}

static void an_attempt_can_be_cancelled_right_after_its_start(void **state)
{
    (void)state;
    upstream_bench_for_each(holding_step, array_length(holding_step), check_cancel_at_once);
}

static void an_attempt_that_waits_for_a_thread_is_withdrawn(void **state)
{
    struct upstream_bench bench;
    struct trial running;
    struct trial waiting;
    struct scripted_server *server = scripted_server_start(holding_step, array_length(holding_step));
    (void)state;
    upstream_bench_open(&bench, BENCH_THREADS, 1);
    trial_init(&running, &bench, scripted_server_port(server));
    trial_init(&waiting, &bench, scripted_server_port(server));
    trial_start(&running, &bench);
    scripted_server_wait_for_requests(server, 1);
    trial_start(&waiting, &bench);

    upstream_cancel(bench.upstream, &waiting.attempt, CALL_CANCELLED);
    trial_finish(&waiting, &bench);
    upstream_cancel(bench.upstream, &running.attempt, CALL_CANCELLED);
    trial_finish(&running, &bench);

    assert_int_equal(waiting.attempt.error, CALL_CANCELLED);
    assert_int_equal(waiting.attempt.started_us, 0);
    assert_int_equal(scripted_server_request_count(server), 1);
    trial_clear(&running);
    trial_clear(&waiting);
    upstream_bench_close(&bench);
    scripted_server_stop(server);
}

/* ---- two at once ---- */

static void strategies_differ_in_who_waits(void **state)
{
    struct gate gate;
    struct scripted_step steps[] = { { .json = "1", .before = &gate } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_THREADS; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct upstream_bench bench;
        struct trial trials[2];
        gate_init(&gate);
        struct scripted_server *server = scripted_server_start(steps, array_length(steps));
        upstream_bench_open(&bench, strategy, 2);

        for (size_t i = 0; i < array_length(trials); i++) {
            trial_init(&trials[i], &bench, scripted_server_port(server));
            trial_start(&trials[i], &bench);
        }
        upstream_bench_turn_until_requests(&bench, server, 2); /* both wait at the same time */
        gate_open(&gate);
        for (size_t i = 0; i < array_length(trials); i++) {
            trial_finish(&trials[i], &bench);
            assert_int_equal(trials[i].attempt.error, CALL_OK);
            trial_clear(&trials[i]);
        }

        upstream_bench_close(&bench);
        scripted_server_stop(server);
        gate_clear(&gate);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attempt_is_done_once_on_the_loops_thread_and_never_before_start_returns),
        cmocka_unit_test(the_moments_of_an_attempt_stand_in_their_order),
        cmocka_unit_test(many_attempts_at_once_are_each_done_once),
        cmocka_unit_test(nothing_can_be_sent_that_would_be_another_field_or_request),
        cmocka_unit_test(a_cancelled_attempt_is_done_once_and_its_connection_is_closed),
        cmocka_unit_test(a_cancel_on_a_kept_connection_does_not_send_the_request_again),
        cmocka_unit_test(an_attempt_can_be_cancelled_right_after_its_start),
        cmocka_unit_test(an_attempt_that_waits_for_a_thread_is_withdrawn),
        cmocka_unit_test(strategies_differ_in_who_waits),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
