/* SPDX-License-Identifier: MIT */
/*
 * Which connections are kept and used again, and what does not show of the attempt before.
 */
#include "common/clock.h"
#include "gateway/transfer.h"
#include "tests/integration/kept_bench.h"
#include "tests/support/unit.h"

/* ---- reuse ---- */

static void a_connection_is_kept_and_reused_and_says_so(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct kept_bench kept;
        struct trial trial;
        kept_bench_open(&kept, strategy, steps, array_length(steps));
        kept_bench_warm_up(&kept);
        kept_bench_init_trial(&trial, &kept, "GET", STR(""));

        trial_run(&trial, &kept.bench);

        assert_int_equal(trial.attempt.error, CALL_OK);
        assert_true(trial.attempt.is_reused);
        assert_int_equal(trial.attempt.connected_us, 0);
        assert_true(trial.attempt.sent_us >= trial.attempt.started_us);
        assert_int_equal(scripted_server_connection_count(kept.server), 1);
        trial_clear(&trial);
        kept_bench_close(&kept);
    }
}

static void an_attempt_that_wants_a_fresh_connection_gets_one(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct kept_bench kept;
        struct trial trial;
        kept_bench_open(&kept, strategy, steps, array_length(steps));
        kept_bench_warm_up(&kept);
        kept_bench_init_trial(&trial, &kept, "GET", STR(""));
        trial.attempt.wants_fresh_connection = true;

        trial_run(&trial, &kept.bench);

        assert_int_equal(trial.attempt.error, CALL_OK);
        assert_false(trial.attempt.is_reused);
        assert_int_equal(scripted_server_connection_count(kept.server), 2);
        trial_clear(&trial);
        kept_bench_init_trial(&trial, &kept, "GET", STR("")); /* the next one takes what there is again */
        trial_run(&trial, &kept.bench);
        assert_true(trial.attempt.is_reused);
        trial_clear(&trial);
        kept_bench_close(&kept);
    }
}

static const char *const closing_answers[] = {
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1",
    "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n1",
};

static void a_connection_that_the_backend_wants_closed_is_not_used_again(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(closing_answers); i++) {
        const struct scripted_step step = { .bytes = closing_answers[i] };
        for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
            struct kept_bench kept;
            kept_bench_open(&kept, strategy, &step, 1);

            kept_bench_warm_up(&kept);
            kept_bench_warm_up(&kept);

            assert_int_equal(scripted_server_connection_count(kept.server), 2);
            kept_bench_close(&kept);
        }
    }
}

static void what_one_attempt_sent_does_not_show_in_the_next(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    static const char *const marked[] = { "X-Mark: 1", NULL };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct kept_bench kept;
        struct trial post;
        struct trial get;
        kept_bench_open(&kept, strategy, steps, array_length(steps));
        kept_bench_init_trial(&post, &kept, "POST", STR("{\"x\":1}"));
        post.attempt.fields = marked;
        trial_run(&post, &kept.bench);
        kept_bench_init_trial(&get, &kept, "GET", STR(""));

        trial_run(&get, &kept.bench);

        const char *posted = scripted_server_request(kept.server, 0);
        const char *got = scripted_server_request(kept.server, 1);
        assert_ptr_equal(strstr(posted, "POST / HTTP/1.1\r\n"), posted);
        assert_non_null(strstr(posted, "\r\nContent-Length: 7\r\n"));
        assert_non_null(strstr(posted, "\r\nX-Mark: 1\r\n"));
        assert_non_null(strstr(posted, "\r\n\r\n{\"x\":1}"));
        assert_null(strstr(posted, "Expect:"));
        assert_ptr_equal(strstr(got, "GET / HTTP/1.1\r\n"), got);
        assert_null(strstr(got, "Content-"));
        assert_null(strstr(got, "X-Mark"));
        assert_null(strstr(got, "User-Agent"));
        trial_clear(&post);
        trial_clear(&get);
        kept_bench_close(&kept);
    }
}

/* ---- what each attempt has to itself ---- */

static void an_attempt_has_its_own_deadline_whatever_the_one_before_had(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" }, { .bytes = "", .after = SCRIPTED_HOLD } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct kept_bench kept;
        struct trial trial;
        kept_bench_open(&kept, strategy, steps, array_length(steps));
        kept_bench_warm_up(&kept);
        kept_bench_init_trial(&trial, &kept, "GET", STR(""));
        uint64_t start_us = clock_monotonic_us();
        trial.attempt.deadline_us = start_us + 400 * (uint64_t)CLOCK_US_PER_MS;

        trial_run(&trial, &kept.bench);

        assert_int_equal(trial.attempt.error, CALL_HTTP_RESPONSE_TIMEOUT);
        assert_true(trial.attempt.done_us - start_us < TRIAL_DEADLINE_MS / 2 * (uint64_t)CLOCK_US_PER_MS);
        trial_clear(&trial);
        kept_bench_close(&kept);
    }
}

static const struct {
    const char *path;
    struct str target;
    const char *line;
} target_cases[] = {
    { "", { "/x?y=1", 6 }, "GET /x?y=1 HTTP/1.1\r\n" },
    { "/base", { "/x", 2 }, "GET /base/x HTTP/1.1\r\n" },
    { "/base?z=%20", { "", 0 }, "GET /base?z=%20 HTTP/1.1\r\n" },
    { "", { "/../a//./b", 10 }, "GET /../a//./b HTTP/1.1\r\n" },
    { "", { "?y", 2 }, "GET /?y HTTP/1.1\r\n" },
    { "", { "", 0 }, "GET / HTTP/1.1\r\n" },
};

/* Turn and turn about between two servers: also where there is one handle for both. */
static void each_request_goes_to_its_own_server_and_target(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct kept_bench kept;
        kept_bench_open(&kept, strategy, steps, array_length(steps));
        struct scripted_server *servers[] = { kept.server, scripted_server_start(steps, array_length(steps)) };

        for (size_t i = 0; i < 2 * array_length(target_cases); i++) {
            struct scripted_server *server = servers[i % 2];
            char host[64];
            struct trial trial;
            trial_init(&trial, &kept.bench, scripted_server_port(server));
            (void)snprintf(trial.server.path, sizeof trial.server.path, "%s", target_cases[i / 2].path);
            trial.attempt.target = target_cases[i / 2].target;
            trial_run(&trial, &kept.bench);
            const char *request = scripted_server_request(server, i / 2);
            (void)snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%u\r\n", (unsigned)scripted_server_port(server));
            assert_int_equal(trial.attempt.error, CALL_OK);
            assert_ptr_equal(strstr(request, target_cases[i / 2].line), request);
            assert_non_null(strstr(request, host));
            trial_clear(&trial);
        }

        assert_int_equal(scripted_server_connection_count(servers[0]), 1);
        assert_int_equal(scripted_server_connection_count(servers[1]), 1);
        scripted_server_stop(servers[1]);
        kept_bench_close(&kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_kept_and_reused_and_says_so),
        cmocka_unit_test(an_attempt_that_wants_a_fresh_connection_gets_one),
        cmocka_unit_test(a_connection_that_the_backend_wants_closed_is_not_used_again),
        cmocka_unit_test(what_one_attempt_sent_does_not_show_in_the_next),
        cmocka_unit_test(an_attempt_has_its_own_deadline_whatever_the_one_before_had),
        cmocka_unit_test(each_request_goes_to_its_own_server_and_target),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
