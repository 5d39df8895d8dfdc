/* SPDX-License-Identifier: MIT */
/*
 * Servers that have a name, for every strategy: when it is looked up, and what comes of it. When it has other addresses
 * than before: test_upstream_renamed.
 */
#include <stdio.h>

#include "common/clock.h"
#include "tests/integration/named_bench.h"
#include "tests/support/unit.h"

/* ---- found ---- */

static void check_found(struct named_bench *named, enum bench_strategy strategy)
{
    struct trial trial;
    char host[320];
    named_bench_say(named, "127.0.0.1", 60);
    named_bench_init_trial(&trial, named);

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
    named_bench_for_each(check_found);
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
    named_bench_for_each(check_numbers);
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
            named_bench_outlive_a_second();
        }
        named_bench_say(named, addresses[i], 1);

        enum call_error error = named_bench_run(named);

        assert_int_equal(error, CALL_OK);
    }
    assert_int_equal(scripted_server_request_count(named->server), array_length(addresses));
}

static void the_next_address_is_tried_where_one_refuses(void **state)
{
    (void)state;
    named_bench_for_each(check_next_address);
}

static void check_all_refuse(struct named_bench *named, enum bench_strategy strategy)
{
    (void)strategy;
    named_bench_say(named, "127.0.0.8,127.0.0.9", 60);

    enum call_error error = named_bench_run(named);

    assert_int_equal(error, CALL_CONNECTION_REFUSED);
}

static void addresses_that_all_refuse_are_connection_refused(void **state)
{
    (void)state;
    named_bench_for_each(check_all_refuse);
}

/* ---- not found ---- */

static void check_absent(struct named_bench *named, enum bench_strategy strategy)
{
    (void)strategy;

    enum call_error error = named_bench_run(named);

    assert_int_equal(error, CALL_DNS_ERROR);
    assert_int_equal(scripted_server_connection_count(named->server), 0);
}

static void a_name_that_nobody_has_is_dns_error(void **state)
{
    (void)state;
    named_bench_for_each(check_absent);
}

enum { SHORT_MS = 300 };

static void check_silence(struct named_bench *named, enum bench_strategy strategy)
{
    struct trial trial;
    (void)strategy;
    name_server_say(named->names, NAME, &(struct name_server_saying){ .manner = NAME_SERVER_IS_SILENT });
    named_bench_init_trial(&trial, named);
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
    named_bench_for_each(check_silence);
}

/* ---- many, and cancelled ---- */

enum { MANY = 20 };

static void check_many(struct named_bench *named, enum bench_strategy strategy)
{
    struct trial trials[MANY];
    if (strategy == BENCH_SYNC) {
        return; /* one after another */
    }
    named_bench_say(named, "127.0.0.1", 60);

    for (size_t i = 0; i < MANY; i++) {
        named_bench_init_trial(&trials[i], named);
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
    named_bench_for_each(check_many);
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
        named_bench_init_trial(&trial, named);
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
    named_bench_for_each(check_cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_goes_to_the_address_and_names_the_name),
        cmocka_unit_test(nobody_is_asked_for_an_address_or_localhost),
        cmocka_unit_test(the_next_address_is_tried_where_one_refuses),
        cmocka_unit_test(addresses_that_all_refuse_are_connection_refused),
        cmocka_unit_test(a_name_that_nobody_has_is_dns_error),
        cmocka_unit_test(a_silent_name_server_is_dns_timeout_at_the_deadline),
        cmocka_unit_test(many_calls_to_a_name_ask_once),
        cmocka_unit_test(a_call_that_waits_for_a_name_is_cancelled_at_once),
    };

    return cmocka_run_group_tests(tests, named_bench_begin, named_bench_end);
}
