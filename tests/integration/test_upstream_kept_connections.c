/* SPDX-License-Identifier: MIT */
/*
 * Kept connections, where libcurl by itself would send requests twice and take stray bytes for answers.
 */
#include "common/clock.h"
#include "gateway/transfer.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/unit.h"

/* One thread, so that attempts that follow each other use the same connection. */
struct fixture {
    struct upstream_bench bench;
    struct scripted_server *server;
};

static void open_fixture(struct fixture *fixture, enum bench_strategy strategy, const struct scripted_step *steps,
                         size_t count)
{
    print_message("%s\n", bench_strategy_names[strategy]);
    fixture->server = scripted_server_start(steps, count);
    upstream_bench_open(&fixture->bench, strategy, 1);
}

static void close_fixture(struct fixture *fixture)
{
    upstream_bench_close(&fixture->bench);
    scripted_server_stop(fixture->server);
}

static void init_trial(struct trial *trial, struct fixture *fixture, const char *method, struct str body)
{
    trial_init(trial, &fixture->bench, scripted_server_port(fixture->server));
    trial->attempt.method = method;
    trial->attempt.body = body.length > 0 ? body : (struct str){ NULL, 0 };
}

/* A first GET that must succeed, and leaves a kept connection behind. */
static void warm_up(struct fixture *fixture)
{
    struct trial trial;

    init_trial(&trial, fixture, "GET", STR(""));
    trial_run(&trial, &fixture->bench);
    assert_int_equal(trial.attempt.error, CALL_OK);
    assert_false(trial.attempt.is_reused);
    trial_clear(&trial);
}

/* ---- reuse ---- */

static void a_connection_is_kept_and_reused_and_says_so(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct fixture fixture;
        struct trial trial;
        open_fixture(&fixture, strategy, steps, array_length(steps));
        warm_up(&fixture);
        init_trial(&trial, &fixture, "GET", STR(""));

        trial_run(&trial, &fixture.bench);

        assert_int_equal(trial.attempt.error, CALL_OK);
        assert_true(trial.attempt.is_reused);
        assert_int_equal(trial.attempt.connected_us, 0);
        assert_true(trial.attempt.sent_us >= trial.attempt.started_us);
        assert_int_equal(scripted_server_connection_count(fixture.server), 1);
        trial_clear(&trial);
        close_fixture(&fixture);
    }
}

static void an_attempt_that_wants_a_fresh_connection_gets_one(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct fixture fixture;
        struct trial trial;
        open_fixture(&fixture, strategy, steps, array_length(steps));
        warm_up(&fixture);
        init_trial(&trial, &fixture, "GET", STR(""));
        trial.attempt.wants_fresh_connection = true;

        trial_run(&trial, &fixture.bench);

        assert_int_equal(trial.attempt.error, CALL_OK);
        assert_false(trial.attempt.is_reused);
        assert_int_equal(scripted_server_connection_count(fixture.server), 2);
        trial_clear(&trial);
        init_trial(&trial, &fixture, "GET", STR("")); /* the next one takes what there is again */
        trial_run(&trial, &fixture.bench);
        assert_true(trial.attempt.is_reused);
        trial_clear(&trial);
        close_fixture(&fixture);
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
            struct fixture fixture;
            open_fixture(&fixture, strategy, &step, 1);

            warm_up(&fixture);
            warm_up(&fixture);

            assert_int_equal(scripted_server_connection_count(fixture.server), 2);
            close_fixture(&fixture);
        }
    }
}

static void what_one_attempt_sent_does_not_show_in_the_next(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    static const char *const marked[] = { "X-Mark: 1", NULL };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct fixture fixture;
        struct trial post;
        struct trial get;
        open_fixture(&fixture, strategy, steps, array_length(steps));
        init_trial(&post, &fixture, "POST", STR("{\"x\":1}"));
        post.attempt.fields = marked;
        trial_run(&post, &fixture.bench);
        init_trial(&get, &fixture, "GET", STR(""));

        trial_run(&get, &fixture.bench);

        const char *posted = scripted_server_request(fixture.server, 0);
        const char *got = scripted_server_request(fixture.server, 1);
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
        close_fixture(&fixture);
    }
}

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
    struct fixture fixture;
    struct trial trial;
    open_fixture(&fixture, strategy, steps, array_length(steps));
    warm_up(&fixture);
    init_trial(&trial, &fixture, replay_cases[index].method, str_of(replay_cases[index].body));

    trial_run(&trial, &fixture.bench);
    upstream_bench_turn_idly(&fixture.bench);

    assert_int_equal(trial.attempt.error, CALL_CONNECTION_TERMINATED);
    assert_true(trial.attempt.is_reused);
    assert_true(trial.attempt.is_stale);
    assert_true(trial.attempt.sent_us != 0);
    assert_int_equal(trial.attempt.status, 0);
    assert_int_equal(scripted_server_request_count(fixture.server), 2); /* the first one, and this one, once */
    trial_clear(&trial);
    close_fixture(&fixture);
}

static void an_attempt_has_its_own_deadline_whatever_the_one_before_had(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" }, { .bytes = "", .after = SCRIPTED_HOLD } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct fixture fixture;
        struct trial trial;
        open_fixture(&fixture, strategy, steps, array_length(steps));
        warm_up(&fixture);
        init_trial(&trial, &fixture, "GET", STR(""));
        uint64_t start_us = clock_monotonic_us();
        trial.attempt.deadline_us = start_us + 100 * (uint64_t)CLOCK_US_PER_MS;

        trial_run(&trial, &fixture.bench);

        assert_int_equal(trial.attempt.error, CALL_HTTP_RESPONSE_TIMEOUT);
        assert_true(trial.attempt.done_us - start_us < TRIAL_DEADLINE_MS / 2 * (uint64_t)CLOCK_US_PER_MS);
        trial_clear(&trial);
        close_fixture(&fixture);
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
        struct fixture fixture;
        open_fixture(&fixture, strategy, steps, array_length(steps));
        struct scripted_server *servers[] = { fixture.server, scripted_server_start(steps, array_length(steps)) };

        for (size_t i = 0; i < 2 * array_length(target_cases); i++) {
            struct scripted_server *server = servers[i % 2];
            char host[64];
            struct trial trial;
            trial_init(&trial, &fixture.bench, scripted_server_port(server));
            (void)snprintf(trial.server.path, sizeof trial.server.path, "%s", target_cases[i / 2].path);
            trial.attempt.target = target_cases[i / 2].target;
            trial_run(&trial, &fixture.bench);
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
        close_fixture(&fixture);
    }
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
        struct fixture fixture;
        struct trial trial;
        open_fixture(&fixture, strategy, steps, array_length(steps));
        warm_up(&fixture);
        init_trial(&trial, &fixture, "GET", STR(""));

        trial_run(&trial, &fixture.bench);

        assert_int_equal(trial.attempt.error, CALL_HTTP_RESPONSE_INCOMPLETE);
        assert_false(trial.attempt.is_stale);
        assert_int_equal(scripted_server_request_count(fixture.server), 2);
        trial_clear(&trial);
        close_fixture(&fixture);
    }
}

static void a_fresh_connection_that_ends_before_an_answer_is_not_stale(void **state)
{
    static const struct scripted_step steps[] = { { .bytes = "", .after = SCRIPTED_CLOSE } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct fixture fixture;
        struct trial trial;
        open_fixture(&fixture, strategy, steps, array_length(steps));
        init_trial(&trial, &fixture, "GET", STR(""));

        trial_run(&trial, &fixture.bench);

        assert_int_equal(trial.attempt.error, CALL_CONNECTION_TERMINATED);
        assert_false(trial.attempt.is_stale);
        assert_int_equal(scripted_server_request_count(fixture.server), 1);
        trial_clear(&trial);
        close_fixture(&fixture);
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
    static const struct scripted_step steps[] = { { .json = "1", .after = SCRIPTED_CLOSE }, { .json = "2" } };
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        for (int turns = 0; turns < 2; turns++) {
            struct fixture fixture;
            struct trial trial;
            open_fixture(&fixture, strategy, steps, array_length(steps));
            warm_up(&fixture);
            if (turns > 0) {
                upstream_bench_turn_idly(&fixture.bench);
            }
            init_trial(&trial, &fixture, "POST", STR("{}"));

            trial_run(&trial, &fixture.bench);

            assert_true(scripted_server_request_count(fixture.server) <= 2);
            if (turns > 0) {
                assert_harmless(&trial, "2");
            }
            trial_clear(&trial);
            close_fixture(&fixture);
        }
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
    struct fixture fixture;
    struct trial trial;
    gate_init(&sent);
    open_fixture(&fixture, strategy, steps, array_length(steps));
    warm_up(&fixture);
    assert_true(gate_wait(&sent, TEST_PATIENCE_MS));
    if (turns_between) {
        upstream_bench_turn_idly(&fixture.bench);
    } else {
        upstream_bench_outlive_look(&fixture.bench);
    }
    init_trial(&trial, &fixture, "GET", STR(""));

    trial_run(&trial, &fixture.bench);

    assert_harmless(&trial, "2");
    trial_clear(&trial);
    init_trial(&trial, &fixture, "GET", STR(""));
    trial.attempt.wants_fresh_connection = true; /* as call_policy would */
    trial_run(&trial, &fixture.bench);
    assert_int_equal(trial.attempt.error, CALL_OK);
    assert_text(buf_view(&trial.attempt.response), "2");
    trial_clear(&trial);
    close_fixture(&fixture);
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
    struct fixture fixture;
    struct trial trial;
    open_fixture(&fixture, strategy, steps, array_length(steps));
    warm_up(&fixture);
    init_trial(&trial, &fixture, "GET", STR(""));

    trial_run(&trial, &fixture.bench);

    assert_int_equal(trial.attempt.error, CALL_OK);
    assert_text(buf_view(&trial.attempt.response), "2");
    assert_int_equal(scripted_server_connection_count(fixture.server), 2);
    trial_clear(&trial);
    init_trial(&trial, &fixture, "GET", STR("")); /* and not those of others */
    trial_run(&trial, &fixture.bench);
    assert_true(trial.attempt.is_reused);
    assert_int_equal(scripted_server_connection_count(fixture.server), 2);
    trial_clear(&trial);
    close_fixture(&fixture);
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
        cmocka_unit_test(a_connection_is_kept_and_reused_and_says_so),
        cmocka_unit_test(an_attempt_that_wants_a_fresh_connection_gets_one),
        cmocka_unit_test(a_connection_that_the_backend_wants_closed_is_not_used_again),
        cmocka_unit_test(what_one_attempt_sent_does_not_show_in_the_next),
        cmocka_unit_test(an_attempt_has_its_own_deadline_whatever_the_one_before_had),
        cmocka_unit_test(each_request_goes_to_its_own_server_and_target),
        cmocka_unit_test(a_request_is_never_sent_twice_when_its_kept_connection_ends),
        cmocka_unit_test(a_connection_that_ends_within_an_answer_is_not_stale),
        cmocka_unit_test(a_fresh_connection_that_ends_before_an_answer_is_not_stale),
        cmocka_unit_test(a_kept_connection_that_the_backend_closed_harms_nobody),
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
