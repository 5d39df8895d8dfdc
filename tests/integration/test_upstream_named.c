/* SPDX-License-Identifier: MIT */
/*
 * Servers that have a name, for every strategy: when it is looked up, what comes of it, and which connections are used
 * when it has other addresses.
 */
#include <stdio.h>

#include "common/clock.h"
#include "gateway/name_resolver.h"
#include "gateway/transfer.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/name_server.h"
#include "tests/support/unit.h"

#define NAME "users.test"

static const struct scripted_step good_steps[] = { { .json = "{}" } };

/* ---- the bench ---- */

struct named_bench {
    struct upstream_bench bench;
    struct name_server *names;
    struct name_resolver *resolver;
    struct scripted_server *server;
    bool blocks;
};

static void before_block(void *context)
{
    (void)context;
}

static void open_named(struct named_bench *named, enum bench_strategy strategy, const struct scripted_step *steps,
                       size_t step_count)
{
    *named = (struct named_bench){ .names = name_server_start(), .blocks = strategy == BENCH_SYNC };
    print_message("%s\n", bench_strategy_names[strategy]);
    named->server = scripted_server_start(steps, step_count);
    upstream_bench_open(&named->bench, strategy, 1);
    named->resolver = name_resolver_new(
        named->bench.loop, &(struct name_channel_settings){ .servers = name_server_address(named->names) });
    assert_non_null(named->resolver);
    named->bench.upstream = upstream_named_new(
        named->bench.upstream, &(struct upstream_names){ .loop = named->bench.loop,
                                                         .resolver = named->resolver,
                                                         .before_block = named->blocks ? before_block : NULL });
    assert_non_null(named->bench.upstream);
}

static void close_named(struct named_bench *named)
{
    upstream_free(take_pointer(named->bench.upstream));
    name_resolver_free(named->resolver);
    upstream_bench_close(&named->bench);
    scripted_server_stop(named->server);
    name_server_stop(named->names);
}

static void say(struct named_bench *named, const char *addresses, unsigned ttl_s)
{
    name_server_say(named->names, NAME, &(struct name_server_saying){ .addresses = addresses, .ttl_s = ttl_s });
}

static void init_named(struct trial *trial, struct named_bench *named)
{
    uint16_t port = scripted_server_port(named->server);

    trial_init(trial, &named->bench, port);
    trial->server = (struct url){ .host = NAME, .port = port, .is_name = true };
    (void)snprintf(trial->server.authority, sizeof trial->server.authority, NAME ":%u", (unsigned)port);
}

/* To its end: what came of it. */
static enum call_error run_one(struct named_bench *named)
{
    struct trial trial;

    init_named(&trial, named);
    trial_run(&trial, &named->bench);
    enum call_error error = trial.attempt.error;
    trial_clear(&trial);
    return error;
}

static void outlive_a_second(void)
{
    const struct timespec moment = { .tv_sec = 1, .tv_nsec = 100 * 1000 * 1000 };

    (void)nanosleep(&moment, NULL);
}

typedef void named_fn(struct named_bench *named, enum bench_strategy strategy);

static void for_each_with(const struct scripted_step *steps, size_t count, named_fn *test)
{
    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct named_bench named;

        open_named(&named, strategy, steps, count);
        test(&named, strategy);
        close_named(&named);
    }
}

static void for_each(named_fn *test)
{
    for_each_with(good_steps, array_length(good_steps), test);
}

/* ---- found ---- */

static void check_found(struct named_bench *named, enum bench_strategy strategy)
{
    struct trial trial;
    char host[320];
    say(named, "127.0.0.1", 60);
    init_named(&trial, named);

    trial_run(&trial, &named->bench);

    (void)snprintf(host, sizeof host, "Host: %s\r\n", trial.server.authority);
    assert_int_equal(trial.attempt.error, CALL_OK);
    assert_non_null(strstr(scripted_server_request(named->server, 0), host));
    assert_true(trial.attempt.resolved_us > 0);
    assert_true(trial.attempt.connected_us >= trial.attempt.resolved_us);
    if (strategy == BENCH_THREADS) {
        assert_true(trial.attempt.started_us >= trial.attempt.resolved_us); /* it waited for a thread */
    } else {
        assert_true(trial.attempt.started_us <= trial.attempt.resolved_us);
    }
    assert_null(trial.attempt.addresses);
    trial_clear(&trial);
}

static void a_call_goes_to_the_address_and_names_the_name(void **state)
{
    (void)state;
    for_each(check_found);
}

static void check_numbers(struct named_bench *named, enum bench_strategy strategy)
{
    static const char *const hosts[] = { "127.0.0.1", "localhost" };
    (void)strategy;

    for (size_t i = 0; i < array_length(hosts); i++) {
        struct trial trial;
        char text[64];
        struct error error;
        trial_init(&trial, &named->bench, 0);
        (void)snprintf(text, sizeof text, "http://%s:%u", hosts[i], (unsigned)scripted_server_port(named->server));
        assert_int_equal(url_parse(str_of(text), &trial.server, &error), 0);

        trial_run(&trial, &named->bench);

        assert_int_equal(trial.attempt.error, CALL_OK);
        trial_clear(&trial);
    }
    assert_int_equal(name_server_total_count(named->names), 0);
}

static void nobody_is_asked_for_an_address_or_localhost(void **state)
{
    (void)state;
    for_each(check_numbers);
}

/* ---- several addresses ---- */

static void check_next_address(struct named_bench *named, enum bench_strategy strategy)
{
    static const char *const addresses[] = {
        "127.0.0.9,127.0.0.1",
        "::1,127.0.0.1",
        "127.0.0.2,127.0.0.3,127.0.0.1",
    };
    (void)strategy;

    for (size_t i = 0; i < array_length(addresses); i++) {
        if (i > 0) {
            outlive_a_second();
        }
        say(named, addresses[i], 1);

        enum call_error error = run_one(named);

        assert_int_equal(error, CALL_OK);
    }
    assert_int_equal(scripted_server_request_count(named->server), array_length(addresses));
}

static void the_next_address_is_tried_where_one_refuses(void **state)
{
    (void)state;
    for_each(check_next_address);
}

static void check_all_refuse(struct named_bench *named, enum bench_strategy strategy)
{
    (void)strategy;
    say(named, "127.0.0.8,127.0.0.9", 60);

    enum call_error error = run_one(named);

    assert_int_equal(error, CALL_CONNECTION_REFUSED);
}

static void addresses_that_all_refuse_are_connection_refused(void **state)
{
    (void)state;
    for_each(check_all_refuse);
}

/* ---- other addresses than before ---- */

static void check_kept(struct named_bench *named, enum bench_strategy strategy)
{
    (void)strategy;
    say(named, "127.0.0.1", 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(run_one(named), CALL_OK);
    }
    size_t before = scripted_server_connection_count(named->server);
    outlive_a_second();
    assert_int_equal(run_one(named), CALL_OK);
    size_t the_same = scripted_server_connection_count(named->server);
    say(named, "127.0.0.1,127.0.0.9", 1);
    outlive_a_second();

    struct trial trial;
    init_named(&trial, named);
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
    for_each(check_kept);
}

static void check_in_use(struct named_bench *named, struct gate *gate)
{
    struct trial before;
    say(named, "127.0.0.1", 1);
    init_named(&before, named);
    trial_start(&before, &named->bench);
    upstream_bench_turn_until_requests(&named->bench, named->server, 1);
    say(named, "127.0.0.1,127.0.0.9", 60);
    outlive_a_second();
    assert_int_equal(run_one(named), CALL_OK);

    gate_open(gate);
    trial_finish(&before, &named->bench);
    size_t connection_count = scripted_server_connection_count(named->server);
    upstream_bench_turn_idly(&named->bench);
    assert_int_equal(run_one(named), CALL_OK);

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

        open_named(&named, strategies[i], steps, array_length(steps));
        check_in_use(&named, &gate);
        close_named(&named);
        gate_clear(&gate);
    }
}

/* ---- not found ---- */

static void check_absent(struct named_bench *named, enum bench_strategy strategy)
{
    (void)strategy;

    enum call_error error = run_one(named);

    assert_int_equal(error, CALL_DNS_ERROR);
    assert_int_equal(scripted_server_connection_count(named->server), 0);
}

static void a_name_that_nobody_has_is_dns_error(void **state)
{
    (void)state;
    for_each(check_absent);
}

enum { SHORT_MS = 300 };

static void check_silence(struct named_bench *named, enum bench_strategy strategy)
{
    struct trial trial;
    (void)strategy;
    name_server_say(named->names, NAME, &(struct name_server_saying){ .manner = NAME_SERVER_IS_SILENT });
    init_named(&trial, named);
    trial.attempt.deadline_us = clock_monotonic_us() + (uint64_t)SHORT_MS * CLOCK_US_PER_MS;
    trial.attempt.connect_timeout_us = CLOCK_US_PER_MS; /* says nothing of names */

    trial_run(&trial, &named->bench);

    assert_int_equal(trial.attempt.error, CALL_DNS_TIMEOUT);
    assert_true(trial.attempt.done_us + 5 * CLOCK_US_PER_MS >= trial.attempt.deadline_us);
    assert_true(trial.attempt.done_us < trial.attempt.deadline_us + 10 * (uint64_t)SHORT_MS * CLOCK_US_PER_MS);
    assert_int_equal(scripted_server_connection_count(named->server), 0);
    trial_clear(&trial);
}

static void a_silent_name_server_is_dns_timeout_at_the_deadline(void **state)
{
    (void)state;
    for_each(check_silence);
}

/* ---- many, and cancelled ---- */

enum { MANY = 20 };

static void check_many(struct named_bench *named, enum bench_strategy strategy)
{
    struct trial trials[MANY];
    if (strategy == BENCH_SYNC) {
        return; /* one after another */
    }
    say(named, "127.0.0.1", 60);

    for (size_t i = 0; i < MANY; i++) {
        init_named(&trials[i], named);
        trial_start(&trials[i], &named->bench);
        assert_true(trials[i].attempt.is_resolving);
    }
    for (size_t i = 0; i < MANY; i++) {
        trial_finish(&trials[i], &named->bench);
        assert_int_equal(trials[i].attempt.error, CALL_OK);
        trial_clear(&trials[i]);
    }

    assert_int_equal(name_server_question_count(named->names, NAME), 1);
}

static void many_calls_to_a_name_ask_once(void **state)
{
    (void)state;
    for_each(check_many);
}

static void check_cancel(struct named_bench *named, enum bench_strategy strategy)
{
    static const struct {
        enum call_error why;
        enum call_error error;
    } rows[] = { { CALL_CANCELLED, CALL_CANCELLED }, { CALL_HTTP_RESPONSE_TIMEOUT, CALL_DNS_TIMEOUT } };
    if (strategy == BENCH_SYNC) {
        return; /* nobody is there to cancel */
    }
    name_server_say(named->names, NAME, &(struct name_server_saying){ .manner = NAME_SERVER_IS_SILENT });

    for (size_t i = 0; i < array_length(rows); i++) {
        struct trial trial;
        init_named(&trial, named);
        trial_start(&trial, &named->bench);
        name_server_wait_for_questions(named->names, NAME, 1);
        upstream_cancel(named->bench.upstream, &trial.attempt, rows[i].why);
        attempt_queue_drain(&named->bench.completions);

        assert_int_equal(trial.done_count, 1);
        assert_int_equal(trial.attempt.error, rows[i].error);
        upstream_bench_turn_idly(&named->bench);
        assert_int_equal(trial.done_count, 1);
        trial_clear(&trial);
    }
}

static void a_call_that_waits_for_a_name_is_cancelled_at_once(void **state)
{
    (void)state;
    for_each(check_cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_goes_to_the_address_and_names_the_name),
        cmocka_unit_test(nobody_is_asked_for_an_address_or_localhost),
        cmocka_unit_test(the_next_address_is_tried_where_one_refuses),
        cmocka_unit_test(addresses_that_all_refuse_are_connection_refused),
        cmocka_unit_test(a_kept_connection_to_an_address_of_before_is_not_used),
        cmocka_unit_test(a_connection_in_use_while_its_name_moves_is_not_kept),
        cmocka_unit_test(a_name_that_nobody_has_is_dns_error),
        cmocka_unit_test(a_silent_name_server_is_dns_timeout_at_the_deadline),
        cmocka_unit_test(many_calls_to_a_name_ask_once),
        cmocka_unit_test(a_call_that_waits_for_a_name_is_cancelled_at_once),
    };

    if (transfer_global_init() < 0 || name_channel_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    name_channel_global_clear();
    transfer_global_clear();
    return failed_count;
}
