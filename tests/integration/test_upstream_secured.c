/* SPDX-License-Identifier: MIT */
/*
 * https: servers that are not trusted see nothing of a request, in any strategy; and mode wire over TLS.
 */
#include <unistd.h>

#include "common/clock.h"
#include "gateway/tls_settings.h"
#include "gateway/transfer.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/tls_server.h"
#include "tests/support/unit.h"

enum { LARGE = 300 * 1024, CROWD = 80 };

/* A wire upstream, and a server whose certificate its attempts trust. */
struct fixture {
    struct upstream_bench bench;
    struct tls_server *server;
    struct tls_settings settings;
};

static void open_fixture(struct fixture *fixture)
{
    fixture->server = tls_server_start();
    fixture->settings = (struct tls_settings){
        .ca = { .path = "ca.pem", .text = str_of(tls_server_certificate(fixture->server)) },
        .fingerprint = { 1 },
    };
    upstream_bench_open(&fixture->bench, BENCH_WIRE, 1);
}

static void close_fixture(struct fixture *fixture)
{
    upstream_bench_close(&fixture->bench);
    tls_server_stop(fixture->server);
}

static void init_trial(struct trial *trial, struct fixture *fixture)
{
    trial_init(trial, &fixture->bench, 0);
    trial_aim_secured(trial, "127.0.0.1", tls_server_port(fixture->server));
    trial->attempt.tls = &fixture->settings;
    trial->attempt.response.limit = LARGE;
}

/* The server takes them up on a thread of its own. */
static void expect_connections(struct tls_server *server, size_t count)
{
    uint64_t start_us = clock_monotonic_us();

    while (tls_server_connection_count(server) < count && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        (void)usleep(1000);
    }
    assert_int_equal(tls_server_connection_count(server), count);
}

/* ---- who is not trusted ---- */

static void a_server_with_an_unknown_certificate_is_told_nothing_in_any_strategy(void **state)
{
    (void)state;

    for (enum bench_strategy strategy = BENCH_SYNC; strategy < BENCH_STRATEGY_COUNT; strategy++) {
        struct tls_server *server = tls_server_start();
        struct upstream_bench bench;
        struct trial trial;
        print_message("%s\n", bench_strategy_names[strategy]);
        upstream_bench_open(&bench, strategy, 1);
        trial_init(&trial, &bench, 0);
        trial_aim_secured(&trial, "127.0.0.1", tls_server_port(server));

        trial_run(&trial, &bench);

        assert_int_equal(trial.attempt.error, CALL_TLS_CERTIFICATE_ERROR);
        assert_int_equal(trial.attempt.sent_us, 0);
        assert_int_equal(trial.attempt.connected_us, 0);
        assert_false(trial.attempt.is_stale);
        expect_connections(server, 1);
        trial_clear(&trial);
        upstream_bench_close(&bench);
        assert_int_equal(tls_server_request_count(server), 0);
        tls_server_stop(server);
    }
}

static void a_certificate_for_another_name_is_refused(void **state)
{
    struct fixture fixture;
    struct trial trial;
    (void)state;
    open_fixture(&fixture);
    init_trial(&trial, &fixture);
    trial_aim_secured(&trial, "localhost", tls_server_port(fixture.server));

    trial_run(&trial, &fixture.bench);

    assert_int_equal(trial.attempt.error, CALL_TLS_CERTIFICATE_ERROR);
    assert_int_equal(tls_server_request_count(fixture.server), 0);
    trial_clear(&trial);
    close_fixture(&fixture);
}

/* It takes our hello for a request that never ends. */
static void a_server_that_speaks_no_tls_is_connection_timeout_or_tls_protocol_error(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct fixture fixture;
    struct trial trial;
    (void)state;
    open_fixture(&fixture);
    init_trial(&trial, &fixture);
    trial_aim_secured(&trial, "127.0.0.1", scripted_server_port(server));
    trial.attempt.connect_timeout_us = 300 * (uint64_t)CLOCK_US_PER_MS;

    trial_run(&trial, &fixture.bench);

    assert_true(trial.attempt.error == CALL_CONNECTION_TIMEOUT || trial.attempt.error == CALL_TLS_PROTOCOL_ERROR);
    assert_int_equal(trial.attempt.sent_us, 0);
    trial_clear(&trial);
    close_fixture(&fixture);
    scripted_server_stop(server);
}

/* ---- who is ---- */

static void a_secured_connection_is_kept_and_reused(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture);

    for (int i = 0; i < 3; i++) {
        struct trial trial;
        init_trial(&trial, &fixture);
        trial_run(&trial, &fixture.bench);
        assert_int_equal(trial.attempt.error, CALL_OK);
        assert_text(buf_view(&trial.attempt.response), "{\"tls\":true}");
        assert_int_equal(trial.attempt.is_reused, i > 0);
        assert_int_equal(trial.attempt.connected_us != 0, i == 0);
        trial_clear(&trial);
        upstream_bench_turn_idly(&fixture.bench);
    }

    expect_connections(fixture.server, 1);
    assert_int_equal(tls_server_request_count(fixture.server), 3);
    close_fixture(&fixture);
}

static void answers_and_bodies_of_many_records_go_through_whole(void **state)
{
    struct fixture fixture;
    struct trial down;
    struct trial up;
    cleanup_free char *body = calloc(1, LARGE);
    (void)state;
    open_fixture(&fixture);
    init_trial(&down, &fixture);
    down.attempt.target = STR("/?bytes=300000");
    init_trial(&up, &fixture);
    up.attempt.method = "POST";
    up.attempt.body = (struct str){ body, LARGE };

    trial_run(&down, &fixture.bench);
    trial_run(&up, &fixture.bench);

    assert_int_equal(down.attempt.error, CALL_OK);
    assert_int_equal(down.attempt.response.length, 300000);
    assert_int_equal(up.attempt.error, CALL_OK);
    assert_text(buf_view(&up.attempt.response), "307200");
    assert_true(up.attempt.is_reused);
    trial_clear(&down);
    trial_clear(&up);
    close_fixture(&fixture);
}

/* More than one multi handle holds, and more handles than are kept for later. */
static void many_secured_connections_are_open_at_once(void **state)
{
    struct fixture fixture;
    cleanup_free struct trial *trials = calloc(CROWD, sizeof *trials);
    (void)state;
    open_fixture(&fixture);

    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < CROWD; i++) {
            init_trial(&trials[i], &fixture);
            trial_start(&trials[i], &fixture.bench);
        }
        for (size_t i = 0; i < CROWD; i++) {
            trial_finish(&trials[i], &fixture.bench);
            assert_int_equal(trials[i].attempt.error, CALL_OK);
            assert_int_equal(trials[i].attempt.is_reused, round);
            trial_clear(&trials[i]);
        }
    }

    assert_int_equal(tls_server_connection_count(fixture.server), CROWD);
    close_fixture(&fixture);
}

static void a_secured_connection_that_the_server_ended_is_not_used_again(void **state)
{
    struct fixture fixture;
    struct trial before;
    struct trial after;
    (void)state;
    open_fixture(&fixture);
    init_trial(&before, &fixture);
    trial_run(&before, &fixture.bench);
    uint16_t port = tls_server_port(fixture.server);
    tls_server_stop(take_pointer(fixture.server));
    upstream_bench_turn_idly(&fixture.bench);
    trial_init(&after, &fixture.bench, 0);
    trial_aim_secured(&after, "127.0.0.1", port);

    trial_run(&after, &fixture.bench);

    assert_int_equal(before.attempt.error, CALL_OK);
    assert_int_equal(after.attempt.error, CALL_CONNECTION_REFUSED);
    assert_false(after.attempt.is_reused);
    trial_clear(&before);
    trial_clear(&after);
    close_fixture(&fixture);
}

static void a_dial_and_an_exchange_over_tls_can_be_cancelled(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture);

    for (int turns = 0; turns < 12; turns++) {
        struct trial trial;
        init_trial(&trial, &fixture);
        trial.attempt.wants_fresh_connection = true;
        trial_start(&trial, &fixture.bench);
        for (int i = 0; i < turns && trial.attempt.state != ATTEMPT_DONE; i++) {
            assert_int_equal(loop_turn(fixture.bench.loop, CLOCK_US_PER_MS), 0);
        }
        upstream_cancel(fixture.bench.upstream, &trial.attempt, CALL_CANCELLED);
        trial_finish(&trial, &fixture.bench);
        assert_true(trial.attempt.error == CALL_CANCELLED || trial.attempt.error == CALL_OK);
        trial_clear(&trial);
    }
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_with_an_unknown_certificate_is_told_nothing_in_any_strategy),
        cmocka_unit_test(a_certificate_for_another_name_is_refused),
        cmocka_unit_test(a_server_that_speaks_no_tls_is_connection_timeout_or_tls_protocol_error),
        cmocka_unit_test(a_secured_connection_is_kept_and_reused),
        cmocka_unit_test(answers_and_bodies_of_many_records_go_through_whole),
        cmocka_unit_test(many_secured_connections_are_open_at_once),
        cmocka_unit_test(a_secured_connection_that_the_server_ended_is_not_used_again),
        cmocka_unit_test(a_dial_and_an_exchange_over_tls_can_be_cancelled),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
