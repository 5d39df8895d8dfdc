/* SPDX-License-Identifier: MIT */
/* The closed loop, how a load ends, and what it refuses to do. Nothing here depends on how busy the machine is: what is
 * asserted of times holds for slow answers, too. */
#include <math.h>
#include <poll.h>
#include <stdio.h>

#include "tests/integration/load_bench.h"
#include "tests/support/process.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

enum { MS = CLOCK_US_PER_MS };

static const struct scripted_step answers_at_once = { .json = "{}" };

/* ---- against the real backend, whose delays are known ---- */

static struct process backend = PROCESS_NONE;

static uint16_t start_backend(const char *concurrency)
{
    process_start(
        &backend, "backend",
        (const char *const[]){ "--listen=127.0.0.1:0", "--delay=0ms", "--log-level=error", concurrency, NULL });
    return process_port(&backend, "listening on ");
}

static int stop_backend(void **state)
{
    (void)state;
    process_clear(&backend);
    return 0;
}

/* Then each client's time is filled with its requests: the latencies of all add up to the window's length for each
 * client, and what its last request takes beyond it. */
static void each_client_sends_the_next_request_when_the_last_is_answered(void **state)
{
    enum { CLIENTS = 4, WINDOW_MS = 1000, DELAY_MS = 20 };
    struct load_setup setup = load_bench_setup(start_backend(NULL), "/task?delay=20ms");

    (void)state;
    setup.connections = CLIENTS;
    setup.duration_us = WINDOW_MS * MS;
    struct load_result result = load_bench_run(&setup);

    assert_in_range(result.answered, CLIENTS, CLIENTS * WINDOW_MS / DELAY_MS + CLIENTS);
    assert_true(result.answered_in_window <= CLIENTS * WINDOW_MS / DELAY_MS + CLIENTS);
    assert_int_equal(load_result_failures(&result), 0);
    assert_int_equal(result.elapsed_us, setup.duration_us);
    assert_int_equal(result.latency.count, result.answered);
    assert_int_equal(result.uncorrected.count, 0);
    assert_true(load_bench_percentile_us(&result.latency, 0) >= DELAY_MS * MS);
    double all_us = samples_mean_us(&result.latency) * (double)result.latency.count;
    double longest_us = (double)load_bench_percentile_us(&result.latency, 1);
    assert_true(all_us >= CLIENTS * WINDOW_MS * MS / 2.0);
    assert_true(all_us <= CLIENTS * (WINDOW_MS * MS + longest_us));
    load_result_clear(&result);
}

/* As a gateway in sync: one after the other, so a round of all clients takes longer than the window. */
static void answers_that_take_longer_than_the_window_are_measured(void **state)
{
    enum { CLIENTS = 40, DELAY_MS = 20, WARM_UP_MS = 100, WINDOW_MS = 200 };
    struct load_setup setup = load_bench_setup(start_backend("--concurrency=1"), "/task?delay=20ms");

    (void)state;
    setup.connections = CLIENTS;
    setup.warm_up_us = WARM_UP_MS * MS;
    setup.duration_us = WINDOW_MS * MS;
    struct load_result result = load_bench_run(&setup);

    /* Answers of the warm-up that are read late count, too: no more exist by then. */
    assert_true(result.answered_in_window <= (WARM_UP_MS + WINDOW_MS) / DELAY_MS + 1);
    assert_int_equal(load_result_failures(&result), 0);
    assert_in_range(result.latency.count, 1, CLIENTS);
    assert_true(load_bench_percentile_us(&result.latency, 0) >= WINDOW_MS * MS);
    load_result_clear(&result);
}

/* Those that were due in the warm-up are answered in the window, those that were due in the window never. */
static void throughput_counts_answers_that_came_whenever_they_were_asked_for(void **state)
{
    enum { CLIENTS = 4, WARM_UP_MS = 300 };
    struct gate first_answers;
    struct gate never;
    struct scripted_step steps[CLIENTS + 1];
    struct load_bench bench;
    gate_init(&first_answers);
    gate_init(&never);
    for (size_t i = 0; i <= CLIENTS; i++) {
        steps[i] = (struct scripted_step){ .json = "{}", .before = i < CLIENTS ? &first_answers : &never };
    }
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");

    (void)state;
    setup.connections = CLIENTS;
    setup.warm_up_us = WARM_UP_MS * MS;
    setup.duration_us = 1500 * MS;
    setup.grace_us = 50 * MS;
    load_bench_start(&bench, &setup);
    scripted_server_wait_for_requests(server, CLIENTS);
    (void)poll(NULL, 0, 2 * WARM_UP_MS); /* the warm-up is over, and the window is not, by far */
    gate_open(&first_answers);
    load_bench_join(&bench);

    assert_int_equal(bench.result.answered_in_window, CLIENTS);
    assert_int_equal(bench.result.answered, 0);
    assert_int_equal(bench.result.unanswered, CLIENTS);
    assert_int_equal(bench.result.latency.count, CLIENTS);
    load_result_clear(&bench.result);
    scripted_server_stop(server);
    gate_clear(&first_answers);
    gate_clear(&never);
}

static void a_window_without_any_answer_measures_those_under_way(void **state)
{
    struct load_setup setup = load_bench_setup(start_backend(NULL), "/task?delay=500ms");

    (void)state;
    setup.connections = 3;
    setup.warm_up_us = 50 * MS;
    setup.duration_us = 100 * MS;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(result.answered, 3);
    assert_int_equal(result.answered_in_window, 0);
    assert_true(load_bench_percentile_us(&result.latency, 0) >= 500 * MS);
    assert_false(samples_percentile(&result.latency, 1).is_lower_bound);
    load_result_clear(&result);
}

static void what_is_never_answered_counts_as_a_lower_bound(void **state)
{
    struct load_setup setup = load_bench_setup(start_backend(NULL), "/task?fault=silent");

    (void)state;
    setup.connections = 3;
    setup.warm_up_us = 50 * MS;
    setup.duration_us = 100 * MS;
    setup.grace_us = 100 * MS;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(result.unanswered, 3);
    assert_int_equal(load_result_failures(&result), 3);
    assert_int_equal(result.latency.count, 3);
    struct percentile least = samples_percentile(&result.latency, 0);
    assert_true(least.is_lower_bound);
    assert_true(least.value_us >= 200 * MS);
    load_result_clear(&result);
}

/* ---- ends ---- */

static void a_limit_of_requests_is_kept_exactly(void **state)
{
    static const struct {
        const char *name;
        size_t connections;
        uint64_t limit;
    } cases[] = {
        { "one client, one request", 1, 1 },
        { "one client", 1, 100 },
        { "several clients", 7, 100 },
        { "more clients than requests", 20, 3 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct scripted_server *server = scripted_server_start(&answers_at_once, 1);
        struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");
        setup.connections = cases[i].connections;
        setup.request_limit = cases[i].limit;

        struct load_result result = load_bench_run(&setup);

        assert_case(cases[i].name, result.answered == cases[i].limit);
        assert_case(cases[i].name, result.answered_in_window == cases[i].limit);
        assert_case(cases[i].name, scripted_server_request_count(server) == cases[i].limit);
        assert_case(cases[i].name, result.elapsed_us > 0 && !result.was_stopped);
        load_result_clear(&result);
        scripted_server_stop(server);
    }
}

static void a_load_without_end_ends_when_nothing_is_answered_any_more(void **state)
{
    static const struct scripted_step steps[] = { { .json = "{}" }, { .bytes = "", .after = SCRIPTED_HOLD } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");

    (void)state;
    setup.request_limit = 10;
    setup.grace_us = 800 * MS;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(result.answered, 1);
    assert_int_equal(result.unanswered, 1);
    assert_true(result.elapsed_us >= 800 * MS);
    load_result_clear(&result);
    scripted_server_stop(server);
}

static void another_thread_can_stop_it(void **state)
{
    static const struct scripted_step steps[] = { { .json = "{}" }, { .bytes = "", .after = SCRIPTED_HOLD } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");
    struct load_bench bench;

    (void)state;
    setup.connections = 4;
    setup.duration_us = 24ULL * 3600 * CLOCK_US_PER_SECOND;
    load_bench_start(&bench, &setup);
    scripted_server_wait_for_requests(server, 5); /* the one that was answered sends the fifth */
    load_stop(&bench.load);
    load_bench_join(&bench);

    assert_true(bench.result.was_stopped);
    assert_int_equal(bench.result.answered, 1);
    assert_int_equal(load_result_failures(&bench.result), 0);
    assert_true(bench.result.elapsed_us < setup.duration_us);
    load_result_clear(&bench.result);
    scripted_server_stop(server);
}

static void one_that_was_stopped_before_it_began_sends_nothing(void **state)
{
    struct scripted_server *server = scripted_server_start(&answers_at_once, 1);
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");
    struct load load;
    struct load_result result;
    struct error error;

    (void)state;
    setup.request_limit = 10;
    assert_int_equal(load_init(&load, &error), 0);
    load_stop(&load);
    assert_int_equal(load_run(&load, &setup, &result, &error), 0);

    assert_true(result.was_stopped);
    assert_int_equal(result.answered + load_result_failures(&result), 0);
    assert_int_equal(scripted_server_request_count(server), 0);
    load_result_clear(&result);
    load_clear(&load);
    scripted_server_stop(server);
}

static void the_warm_up_is_sent_and_not_counted(void **state)
{
    struct scripted_server *server = scripted_server_start(&answers_at_once, 1);
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");

    (void)state;
    setup.warm_up_us = 3600ULL * CLOCK_US_PER_SECOND;
    setup.request_limit = 20;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(scripted_server_request_count(server), 20);
    assert_int_equal(result.answered + result.answered_in_window + result.latency.count, 0);
    assert_int_equal(result.elapsed_us, 0);
    load_result_clear(&result);
    scripted_server_stop(server);
}

static void the_clients_processor_time_is_its_own_threads(void **state)
{
    struct scripted_server *server = scripted_server_start(&answers_at_once, 1);
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");

    (void)state;
    setup.connections = 4;
    setup.duration_us = 300 * MS;
    struct load_result result = load_bench_run(&setup);

    assert_in_range(result.cpu_us, 1, result.elapsed_us + 100 * MS); /* the server's threads need as much again */
    load_result_clear(&result);
    scripted_server_stop(server);
}

/* ---- names, and what is refused ---- */

static void of_a_names_addresses_one_that_answers_is_taken(void **state)
{
    struct scripted_server *server = scripted_server_start(&answers_at_once, 1);
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");

    (void)state;
    (void)snprintf(setup.url.host, sizeof setup.url.host, "localhost"); /* ::1 first, on many machines */
    setup.request_limit = 3;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(result.answered, 3);
    load_result_clear(&result);
    scripted_server_stop(server);
}

struct refusal {
    const char *name;
    struct load_setup change; /* 0: as in a good one */
    bool is_tls;
    const char *host;
    const char *sentence; /* a part of it */
};

static const struct refusal refusals[] = {
    { .name = "https", .is_tls = true, .sentence = "https" },
    { .name = "too many connections", .change = { .connections = 20001 }, .sentence = "1 to 20000 connections" },
    { .name = "no end", .change = { .duration_us = CLOCK_NEVER_US }, .sentence = "a duration, or a number" },
    { .name = "a rate without end",
      .change = { .duration_us = CLOCK_NEVER_US, .request_limit = 10, .rate_per_second = 10 },
      .sentence = "a duration, or a number" },
    { .name = "a rate below 0", .change = { .rate_per_second = -1 }, .sentence = "0 or more" },
    { .name = "a rate that is no number", .change = { .rate_per_second = NAN }, .sentence = "0 or more" },
    { .name = "a rate without bounds", .change = { .rate_per_second = INFINITY }, .sentence = "0 or more" },
    { .name = "more than can be kept", .change = { .rate_per_second = 1e9 }, .sentence = "can be kept" },
    { .name = "a name that is none",
      .host = "a-label-of-a-name-has-sixty-three-bytes-at-most-and-this-one-has-many-more",
      .sentence = "cannot find a-label" },
};

static void what_cannot_be_measured_is_refused_with_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(refusals); i++) {
        const struct refusal *row = &refusals[i];
        struct load_setup setup = load_bench_setup(1, "/");
        struct load_result result;
        struct load load;
        struct error error = { "" };
        setup.url.is_tls = row->is_tls;
        setup.duration_us = row->change.duration_us != 0 ? row->change.duration_us : CLOCK_US_PER_SECOND;
        setup.connections = row->change.connections != 0 ? row->change.connections : 1;
        setup.rate_per_second = row->change.rate_per_second;
        setup.request_limit = row->change.request_limit;
        (void)snprintf(setup.url.host, sizeof setup.url.host, "%s", row->host != NULL ? row->host : "127.0.0.1");
        assert_int_equal(load_init(&load, &error), 0);

        int status = load_run(&load, &setup, &result, &error);

        assert_case(row->name, status == -1);
        assert_case(row->name, strstr(error.text, row->sentence) != NULL);
        load_clear(&load);
    }
}

static void no_connections_are_refused(void **state)
{
    struct load_setup setup = load_bench_setup(1, "/");
    struct load_result result;
    struct load load;
    struct error error = { "" };

    (void)state;
    setup.connections = 0;
    setup.request_limit = 1;
    assert_int_equal(load_init(&load, &error), 0);

    assert_int_equal(load_run(&load, &setup, &result, &error), -1);
    assert_non_null(strstr(error.text, "1 to 20000 connections, not 0"));
    load_clear(&load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_client_sends_the_next_request_when_the_last_is_answered, stop_backend),
        cmocka_unit_test_teardown(answers_that_take_longer_than_the_window_are_measured, stop_backend),
        cmocka_unit_test_teardown(a_window_without_any_answer_measures_those_under_way, stop_backend),
        cmocka_unit_test_teardown(what_is_never_answered_counts_as_a_lower_bound, stop_backend),
        cmocka_unit_test(throughput_counts_answers_that_came_whenever_they_were_asked_for),
        cmocka_unit_test(a_limit_of_requests_is_kept_exactly),
        cmocka_unit_test(a_load_without_end_ends_when_nothing_is_answered_any_more),
        cmocka_unit_test(another_thread_can_stop_it),
        cmocka_unit_test(one_that_was_stopped_before_it_began_sends_nothing),
        cmocka_unit_test(the_warm_up_is_sent_and_not_counted),
        cmocka_unit_test(the_clients_processor_time_is_its_own_threads),
        cmocka_unit_test(of_a_names_addresses_one_that_answers_is_taken),
        cmocka_unit_test(what_cannot_be_measured_is_refused_with_a_sentence),
        cmocka_unit_test(no_connections_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
