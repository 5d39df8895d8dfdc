/* SPDX-License-Identifier: MIT */
/*
 * The strategy threads: a failure is heard of before its thread begins what that failure ends.
 */
#include "tests/integration/upstream_bench.h"
#include "tests/support/unit.h"

enum { ROUNDS = 20 };

/* The second waits for the thread of the first, and is cancelled if that one fails. */
struct pair {
    struct upstream_bench *bench;
    struct trial first, second;
};

static void on_first_done(struct attempt *attempt, void *context)
{
    struct pair *pair = context;

    pair->first.done_count++;
    bool has_what_is_wanted = !attempt->wants_json || attempt_has_json(attempt);
    if (attempt->error != CALL_OK || attempt->status != 200 || !has_what_is_wanted) {
        upstream_cancel(pair->bench->upstream, &pair->second.attempt, CALL_CANCELLED);
    }
}

struct first_answer {
    const char *name;
    const char *bytes;
    bool wants_json;
    bool is_good;
};

#define OK(length) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n"

static const struct first_answer answers[] = {
    { .name = "no JSON", .bytes = OK("3") "{]}", .wants_json = true },
    { .name = "nothing", .bytes = OK("0"), .wants_json = true },
    { .name = "JSON that is not UTF-8", .bytes = OK("3") "\"\xff\"", .wants_json = true },
    { .name = "another status", .bytes = "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}", .wants_json = true },
    { .name = "JSON", .bytes = OK("2") "{}", .wants_json = true, .is_good = true },
    { .name = "text", .bytes = OK("2") "[}", .wants_json = false, .is_good = true },
};

static void run(struct pair *pair, const struct first_answer *answer, struct scripted_server *server)
{
    upstream_bench_open(pair->bench, BENCH_THREADS, 1);
    trial_init(&pair->first, pair->bench, scripted_server_port(server));
    trial_init(&pair->second, pair->bench, scripted_server_port(server));
    pair->first.attempt.wants_json = answer->wants_json;
    pair->first.attempt.on_done = on_first_done;
    pair->first.attempt.context = pair;
    trial_start(&pair->first, pair->bench);
    trial_start(&pair->second, pair->bench);
    trial_finish(&pair->second, pair->bench);
}

static void expect(const struct first_answer *answer)
{
    const struct scripted_step steps[] = { { .bytes = answer->bytes }, { .json = "1" } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct upstream_bench bench;
    struct pair pair = { .bench = &bench };

    run(&pair, answer, server);

    size_t seen = scripted_server_request_count(server);
    enum call_error error = pair.second.attempt.error;
    if (seen != (answer->is_good ? 2 : 1) || error != (answer->is_good ? CALL_OK : CALL_CANCELLED)) {
        fail_msg("%s: %zu requests, %s", answer->name, seen, call_error_name(error));
    }
    trial_clear(&pair.first);
    trial_clear(&pair.second);
    upstream_bench_close(&bench);
    scripted_server_stop(server);
}

static void a_failure_is_acted_on_before_its_thread_takes_the_next_call(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(answers) * ROUNDS; i++) {
        expect(&answers[i % array_length(answers)]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_acted_on_before_its_thread_takes_the_next_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
