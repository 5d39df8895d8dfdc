/* SPDX-License-Identifier: MIT */
/*
 * A server that has read part of a request only, and then answers, hangs up, or both: the same in every strategy.
 */
#include "gateway/transfer.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/unit.h"

enum { LONG_BODY = 8 * 1024 * 1024, LITTLE = 4096 };

#define TOO_LARGE "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\n{}"
#define TOO_LARGE_CHUNKED "HTTP/1.1 413 Content Too Large\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

static char *long_body;

static int allocate_body(void **state)
{
    (void)state;
    long_body = calloc(1, LONG_BODY);
    return long_body != NULL ? 0 : -1;
}

static int free_body(void **state)
{
    (void)state;
    free(long_body);
    return 0;
}

static void warm_up(struct upstream_bench *bench, struct scripted_server *server)
{
    struct trial trial;

    trial_init(&trial, bench, scripted_server_port(server));
    trial_run(&trial, bench);
    assert_int_equal(trial.attempt.error, CALL_OK);
    trial_clear(&trial);
}

static void post(struct upstream_bench *bench, struct scripted_server *server, struct trial *trial)
{
    trial_init(trial, bench, scripted_server_port(server));
    trial->attempt.method = "POST";
    trial->attempt.body = (struct str){ long_body, LONG_BODY };
    trial_run(trial, bench);
}

/* Where sending fails before the answer is read, libcurl does not read it any more. */
static bool may_be_lost(enum scripted_after after, enum bench_strategy strategy, enum call_error error)
{
    return after != SCRIPTED_STALL && strategy != BENCH_WIRE && error == CALL_CONNECTION_TERMINATED;
}

/* ---- an answer ---- */

static const struct {
    const char *name;
    const char *bytes;
    enum scripted_after after;
    unsigned status;
} answer_cases[] = {
    { "a refusal", TOO_LARGE, SCRIPTED_STALL, 413 },
    { "a refusal in chunks", TOO_LARGE_CHUNKED, SCRIPTED_STALL, 413 },
    { "a refusal, and a reset", TOO_LARGE, SCRIPTED_RESET, 413 },
    { "a refusal, and a hangup with the request unread", TOO_LARGE, SCRIPTED_CLOSE, 413 },
    { "a success", OK_ANSWER, SCRIPTED_STALL, 200 },
    { "a success behind a 100", "HTTP/1.1 100 Continue\r\n\r\n" OK_ANSWER, SCRIPTED_STALL, 200 },
    { "no content", "HTTP/1.1 204 No Content\r\n\r\n", SCRIPTED_STALL, 204 },
};

static void check_answer(size_t index, enum bench_strategy strategy, size_t is_kept)
{
    const struct scripted_step steps[] = {
        { .json = "1" },
        { .bytes = answer_cases[index].bytes, .request_bytes = LITTLE, .after = answer_cases[index].after },
        { .json = "2" },
    };
    struct scripted_server *server = scripted_server_start(steps + 1 - is_kept, 2 + is_kept);
    struct upstream_bench bench;
    struct trial trial;
    struct trial next;
    upstream_bench_open(&bench, strategy, 1);
    if (is_kept) {
        warm_up(&bench, server);
    }

    post(&bench, server, &trial);
    trial_init(&next, &bench, scripted_server_port(server));
    trial_run(&next, &bench);

    bool is_taken = trial.attempt.error == CALL_OK && trial.attempt.status == answer_cases[index].status;
    if (!is_taken && !may_be_lost(answer_cases[index].after, strategy, trial.attempt.error)) {
        fail_msg("%s, case \"%s\": %s with status %u", bench_strategy_names[strategy], answer_cases[index].name,
                 trial.attempt.error != CALL_OK ? call_error_name(trial.attempt.error) : "good", trial.attempt.status);
    }
    assert_int_equal(trial.attempt.is_reused, is_kept);
    assert_false(next.attempt.is_reused); /* half a request is on the other one */
    assert_int_equal(next.attempt.error, CALL_OK);
    assert_text(buf_view(&next.attempt.response), "2");
    trial_clear(&trial);
    trial_clear(&next);
    upstream_bench_close(&bench);
    scripted_server_stop(server);
}

static void an_answer_before_the_requests_end_is_taken_in_every_strategy(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(answer_cases); i++) {
        for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
            check_answer(i, strategy, 0);
            check_answer(i, strategy, 1);
        }
    }
}

/* ---- none ---- */

static const struct {
    const char *name;
    const char *bytes;
    enum scripted_after after;
    enum call_error error;
} end_cases[] = {
    { "a hangup", "", SCRIPTED_CLOSE, CALL_CONNECTION_TERMINATED },
    { "a reset", "", SCRIPTED_RESET, CALL_CONNECTION_TERMINATED },
    { "a reset within an answer", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", SCRIPTED_RESET,
      CALL_HTTP_RESPONSE_INCOMPLETE },
    { "a bad answer", "HTTP/1.1 999 Odd\r\n\r\n", SCRIPTED_STALL, CALL_HTTP_PROTOCOL_ERROR },
};

static void check_end(size_t index, enum bench_strategy strategy, size_t is_kept)
{
    const struct scripted_step steps[] = {
        { .json = "1" },
        { .bytes = end_cases[index].bytes, .request_bytes = LITTLE, .after = end_cases[index].after },
        { .json = "2" },
    };
    struct scripted_server *server = scripted_server_start(steps + 1 - is_kept, 2 + is_kept);
    struct upstream_bench bench;
    struct trial trial;
    upstream_bench_open(&bench, strategy, 1);
    if (is_kept) {
        warm_up(&bench, server);
    }

    post(&bench, server, &trial);
    upstream_bench_turn_idly(&bench);

    if (trial.attempt.error != end_cases[index].error &&
        !may_be_lost(end_cases[index].after, strategy, trial.attempt.error)) {
        fail_msg("%s, case \"%s\": %s with status %u", bench_strategy_names[strategy], end_cases[index].name,
                 trial.attempt.error != CALL_OK ? call_error_name(trial.attempt.error) : "good", trial.attempt.status);
    }
    assert_true(trial.attempt.sent_us != 0); /* nobody may send it again */
    assert_int_equal(scripted_server_request_count(server), 1 + is_kept);
    trial_clear(&trial);
    upstream_bench_close(&bench);
    scripted_server_stop(server);
}

static void a_server_that_hangs_up_on_half_a_request_gets_it_once(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(end_cases); i++) {
        for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
            check_end(i, strategy, 0);
            check_end(i, strategy, 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_before_the_requests_end_is_taken_in_every_strategy),
        cmocka_unit_test(a_server_that_hangs_up_on_half_a_request_gets_it_once),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, allocate_body, free_body);
    transfer_global_clear();
    return failed_count;
}
