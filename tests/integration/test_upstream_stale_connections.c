/* SPDX-License-Identifier: MIT */
/*
 * Kept connections that have ended, or hold bytes that nobody asked for, where libcurl by itself would send requests
 * twice and take stray bytes for answers.
 */
#include "common/clock.h"
#include "gateway/transfer.h"
#include "tests/integration/kept_bench.h"
#include "tests/support/unit.h"

/* ---- the connection ends when the second request arrives ---- */

static const struct {
    const char *method;
    const char *body;
    enum scripted_after after;
} replay_cases[] = {
    { "POST", "{}", SCRIPTED_CLOSE },  { "POST", "{}", SCRIPTED_RESET }, { "POST", "", SCRIPTED_CLOSE },
    { "PATCH", "{}", SCRIPTED_CLOSE }, { "DELETE", "", SCRIPTED_CLOSE }, { "GET", "", SCRIPTED_CLOSE },
    { "GET", "", SCRIPTED_RESET },     { "PUT", "{}", SCRIPTED_CLOSE },
};

static void check_replay(enum bench_strategy strategy, size_t index)
{
    const struct scripted_step steps[] = { { .json = "1" }, { .bytes = "", .after = replay_cases[index].after } };
    struct kept_bench kept;
    struct trial trial;
    kept_bench_open(&kept, strategy, steps, array_length(steps));
    kept_bench_warm_up(&kept);
    kept_bench_init_trial(&trial, &kept, replay_cases[index].method, str_of(replay_cases[index].body));

    trial_run(&trial, &kept.bench);
    upstream_bench_turn_idly(&kept.bench);

    assert_int_equal(trial.attempt.error, CALL_CONNECTION_TERMINATED);
    assert_true(trial.attempt.is_reused);
    assert_true(trial.attempt.is_stale);
    assert_true(trial.attempt.sent_us != 0);
    assert_int_equal(trial.attempt.status, 0);
    assert_int_equal(scripted_server_request_count(kept.server), 2); /* the first one, and this one, once */
    trial_clear(&trial);
    kept_bench_close(&kept);
}

static void a_request_is_never_sent_twice_when_its_kept_connection_ends(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(replay_cases); i++) {
        for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
            check_replay(strategy, i);
        }
    }
}

static void a_connection_that_ends_within_an_answer_is_not_stale(void **state)
{
    static const struct scripted_step steps[] = {
        { .json = "1" },
        { .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1", .after = SCRIPTED_CLOSE },
    };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct kept_bench kept;
        struct trial trial;
        kept_bench_open(&kept, strategy, steps, array_length(steps));
        kept_bench_warm_up(&kept);
        kept_bench_init_trial(&trial, &kept, "GET", STR(""));

        trial_run(&trial, &kept.bench);

        assert_int_equal(trial.attempt.error, CALL_HTTP_RESPONSE_INCOMPLETE);
        assert_false(trial.attempt.is_stale);
        assert_int_equal(scripted_server_request_count(kept.server), 2);
        trial_clear(&trial);
        kept_bench_close(&kept);
    }
}

static void a_fresh_connection_that_ends_before_an_answer_is_not_stale(void **state)
{
    static const struct scripted_step steps[] = { { .bytes = "", .after = SCRIPTED_CLOSE } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct kept_bench kept;
        struct trial trial;
        kept_bench_open(&kept, strategy, steps, array_length(steps));
        kept_bench_init_trial(&trial, &kept, "GET", STR(""));

        trial_run(&trial, &kept.bench);

        assert_int_equal(trial.attempt.error, CALL_CONNECTION_TERMINATED);
        assert_false(trial.attempt.is_stale);
        assert_int_equal(scripted_server_request_count(kept.server), 1);
        trial_clear(&trial);
        kept_bench_close(&kept);
    }
}

/* ---- the connection ended while it was idle ---- */

/* It either goes on a fresh connection at once, or says that nothing was sent. */
static void assert_harmless(const struct trial *trial, const char *own_answer)
{
    const struct attempt *attempt = &trial->attempt;

    if (attempt->error == CALL_OK) {
        assert_int_equal(attempt->status, 200);
        assert_text(buf_view(&attempt->response), own_answer);
        return;
    }
    assert_int_equal(attempt->error, CALL_CONNECTION_TERMINATED);
    assert_true(attempt->is_stale);
    assert_int_equal(attempt->sent_us, 0);
}

static void a_kept_connection_that_the_backend_closed_harms_nobody(void **state)
{
    struct gate ended;
    const struct scripted_step steps[] = { { .json = "1", .after = SCRIPTED_CLOSE, .ended = &ended }, { .json = "2" } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        for (int turns = 0; turns < 2; turns++) {
            struct kept_bench kept;
            struct trial trial;
            gate_init(&ended);
            kept_bench_open(&kept, strategy, steps, array_length(steps));
            kept_bench_warm_up(&kept);
            if (turns > 0) {
                assert_true(gate_wait(&ended, TEST_PATIENCE_MS));
                upstream_bench_turn_idly(&kept.bench);
            }
            kept_bench_init_trial(&trial, &kept, "POST", STR("{}"));

            trial_run(&trial, &kept.bench);

            assert_true(scripted_server_request_count(kept.server) <= 2);
            if (turns > 0) {
                assert_harmless(&trial, "2");
            }
            trial_clear(&trial);
            kept_bench_close(&kept);
            gate_clear(&ended);
        }
    }
}

/* Each turn may wait for so long; one of them does when nothing is left to do. */
static uint64_t longest_turn_us(struct loop *loop, uint64_t wait_us)
{
    uint64_t longest_us = 0;

    for (int i = 0; i < 5; i++) {
        uint64_t start_us = clock_monotonic_us();
        assert_int_equal(loop_turn(loop, wait_us), 0);
        uint64_t elapsed_us = clock_monotonic_us() - start_us;
        longest_us = elapsed_us > longest_us ? elapsed_us : longest_us;
    }
    return longest_us;
}

static void a_kept_connection_that_ended_does_not_keep_the_loop_busy(void **state)
{
    struct gate ended;
    const struct scripted_step steps[] = { { .json = "1", .after = SCRIPTED_CLOSE, .ended = &ended } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        const uint64_t wait_us = 100 * (uint64_t)CLOCK_US_PER_MS;
        struct kept_bench kept;
        gate_init(&ended);
        kept_bench_open(&kept, strategy, steps, array_length(steps));
        kept_bench_warm_up(&kept);
        assert_true(gate_wait(&ended, TEST_PATIENCE_MS));

        uint64_t longest_us = longest_turn_us(kept.bench.loop, wait_us);

        assert_true(longest_us >= wait_us * 9 / 10);
        kept_bench_close(&kept);
        gate_clear(&ended);
    }
}

/* ---- stray bytes ---- */

static const char *const stray_bytes[] = {
    "HTTP/1.1 299 Stray\r\nContent-Length: 5\r\n\r\n\"bad\"",
    "HTTP/1.1 299 Stray\r\nContent-Length: 500\r\n\r\n\"",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "\r\n",
    "x",
};

static void check_stray(enum bench_strategy strategy, const char *stray, bool turns_between)
{
    struct gate sent;
    const struct scripted_step steps[] = {
        { .json = "1", .stray = stray, .stray_sent = &sent },
        { .json = "2" },
    };
    struct kept_bench kept;
    struct trial trial;
    gate_init(&sent);
    kept_bench_open(&kept, strategy, steps, array_length(steps));
    kept_bench_warm_up(&kept);
    assert_true(gate_wait(&sent, TEST_PATIENCE_MS));
    if (turns_between) {
        upstream_bench_turn_idly(&kept.bench);
    } else {
        upstream_bench_outlive_look(&kept.bench);
    }
    kept_bench_init_trial(&trial, &kept, "GET", STR(""));

    trial_run(&trial, &kept.bench);

    assert_harmless(&trial, "2");
    trial_clear(&trial);
    kept_bench_init_trial(&trial, &kept, "GET", STR(""));
    trial.attempt.wants_fresh_connection = true; /* as call_policy would */
    trial_run(&trial, &kept.bench);
    assert_int_equal(trial.attempt.error, CALL_OK);
    assert_text(buf_view(&trial.attempt.response), "2");
    trial_clear(&trial);
    kept_bench_close(&kept);
    gate_clear(&sent);
}

static void stray_bytes_on_a_kept_connection_are_never_taken_for_the_next_answer(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(stray_bytes); i++) {
        for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
            check_stray(strategy, stray_bytes[i], false);
            check_stray(strategy, stray_bytes[i], true);
        }
    }
}

#define STRAY "HTTP/1.1 299 Stray\r\nContent-Length: 1\r\n\r\n3"

static const char *const answers_with_stray_bytes[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1" STRAY,
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n" STRAY,
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\nX: y\r\n\r\n" STRAY,
    "HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n3",
    "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n3\r\n0\r\n\r\n",
};

static void check_stray_with_answer(enum bench_strategy strategy, const char *bytes)
{
    const struct scripted_step steps[] = { { .bytes = bytes }, { .json = "2" } };
    struct kept_bench kept;
    struct trial trial;
    kept_bench_open(&kept, strategy, steps, array_length(steps));
    kept_bench_warm_up(&kept);
    kept_bench_init_trial(&trial, &kept, "GET", STR(""));

    trial_run(&trial, &kept.bench);

    assert_int_equal(trial.attempt.error, CALL_OK);
    assert_text(buf_view(&trial.attempt.response), "2");
    assert_int_equal(scripted_server_connection_count(kept.server), 2);
    trial_clear(&trial);
    kept_bench_init_trial(&trial, &kept, "GET", STR("")); /* and not those of others */
    trial_run(&trial, &kept.bench);
    assert_true(trial.attempt.is_reused);
    assert_int_equal(scripted_server_connection_count(kept.server), 2);
    trial_clear(&trial);
    kept_bench_close(&kept);
}

static void stray_bytes_that_came_with_an_answer_end_its_connection(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(answers_with_stray_bytes); i++) {
        for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
            check_stray_with_answer(strategy, answers_with_stray_bytes[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_never_sent_twice_when_its_kept_connection_ends),
        cmocka_unit_test(a_connection_that_ends_within_an_answer_is_not_stale),
        cmocka_unit_test(a_fresh_connection_that_ends_before_an_answer_is_not_stale),
        cmocka_unit_test(a_kept_connection_that_the_backend_closed_harms_nobody),
        cmocka_unit_test(a_kept_connection_that_ended_does_not_keep_the_loop_busy),
        cmocka_unit_test(stray_bytes_on_a_kept_connection_are_never_taken_for_the_next_answer),
        cmocka_unit_test(stray_bytes_that_came_with_an_answer_end_its_connection),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
