/* SPDX-License-Identifier: MIT */
/*
 * Every strategy says of an answer what http_response_parser says of it, on a connection of its own and on a kept one,
 * whatever libcurl makes of it.
 */
#include "gateway/transfer.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/bad_answers.h"
#include "tests/support/good_answers.h"
#include "tests/support/unit.h"

/* What the parser says. */
struct verdict {
    const char *name;
    struct str bytes;
    enum scripted_after after;
    enum call_error error;
    unsigned status;
    const char *body; /* NULL: none, as the answer is bad */
};

static const char *error_text(enum call_error error)
{
    return error == CALL_OK ? "good" : call_error_name(error);
}

/* A connection is left behind for the next one. */
static void warm_up(struct upstream_bench *bench, uint16_t port)
{
    struct trial trial;

    trial_init(&trial, bench, port);
    trial_run(&trial, bench);
    assert_int_equal(trial.attempt.error, CALL_OK);
    trial_clear(&trial);
}

static void check(const struct verdict *verdict, enum bench_strategy strategy, bool is_kept)
{
    const struct scripted_step steps[] = {
        { .json = "1" },
        { .bytes = verdict->bytes.base, .length = verdict->bytes.length, .after = verdict->after },
    };
    size_t first = is_kept ? 0 : 1;
    struct scripted_server *server = scripted_server_start(steps + first, array_length(steps) - first);
    struct upstream_bench bench;
    struct trial trial;
    upstream_bench_open(&bench, strategy, 1);
    if (is_kept) {
        warm_up(&bench, scripted_server_port(server));
    }
    trial_init(&trial, &bench, scripted_server_port(server));

    trial_run(&trial, &bench);

    if (trial.attempt.error != verdict->error || trial.attempt.status != verdict->status) {
        fail_msg("%s, case \"%s\": %s with status %u", bench_strategy_names[strategy], verdict->name,
                 error_text(trial.attempt.error), trial.attempt.status);
    }
    assert_case(verdict->name, trial.attempt.is_reused == is_kept);
    assert_case(verdict->name, scripted_server_request_count(server) == array_length(steps) - first);
    if (verdict->body != NULL) {
        assert_text(buf_view(&trial.attempt.response), verdict->body);
    }
    trial_clear(&trial);
    upstream_bench_close(&bench);
    scripted_server_stop(server);
}

static void check_everywhere(const struct verdict *verdict)
{
    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        check(verdict, strategy, false);
        check(verdict, strategy, true);
    }
}

static void what_the_parser_takes_every_strategy_takes(void **state)
{
    (void)state;

    for (size_t i = 0; i < good_answers_count; i++) {
        const struct good_answer *row = &good_answers[i];
        check_everywhere(&(struct verdict){
            .name = row->name,
            .bytes = row->bytes,
            .after = row->ends_with_connection ? SCRIPTED_CLOSE : SCRIPTED_HOLD,
            .status = row->status,
            .body = row->body,
        });
    }
}

static void what_the_parser_refuses_every_strategy_refuses_for_the_same_reason(void **state)
{
    static const enum scripted_after afters[] = {
        [ENDING_NONE] = SCRIPTED_HOLD,
        [ENDING_CLOSE] = SCRIPTED_CLOSE,
        [ENDING_BREAK] = SCRIPTED_RESET,
    };
    (void)state;

    for (size_t i = 0; i < bad_answers_count; i++) {
        const struct bad_answer *row = &bad_answers[i];
        check_everywhere(&(struct verdict){
            .name = row->name,
            .bytes = row->bytes,
            .after = afters[row->ending],
            .error = row->error,
            .status = row->status,
        });
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_parser_takes_every_strategy_takes),
        cmocka_unit_test(what_the_parser_refuses_every_strategy_refuses_for_the_same_reason),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
