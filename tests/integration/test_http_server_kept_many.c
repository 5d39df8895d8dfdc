/* SPDX-License-Identifier: MIT */
/*
 * Hundreds of connections that are kept and wait at the same time.
 */
#include "common/clock.h"
#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

static void (*const ways_to_leave[])(struct client *client) = { client_close, client_reset };

enum { MANY = 300, ROUNDS = 4 }; /* more than two of microhttpd's daemons take */

static struct client clients[MANY];
static struct http_exchange *held_of[MANY];
static size_t held_count;

static void hold_by_number(struct http_server_bench *bench, struct http_exchange *exchange)
{
    struct str target = http_exchange_target(exchange);
    char number[32];

    (void)bench;
    (void)snprintf(number, sizeof number, "%.*s", STR_ARGUMENTS(str_from(target, 1)));
    held_of[strtoul(number, NULL, 10)] = exchange;
    held_count++;
}

static void request_all(struct http_server_bench *bench, size_t stride)
{
    held_count = 0;
    for (size_t i = 0; i < MANY; i++) {
        char target[32];
        (void)snprintf(target, sizeof target, "/%zu", i * stride % MANY);
        client_get(&clients[i * stride % MANY], target);
        if (i % 10 == 0) {
            bench_turn_briefly(bench);
        }
    }
    for (int turns = 0; held_count < MANY && turns < TEST_PATIENCE_MS; turns++) {
        assert_int_equal(loop_turn(bench->loop, CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(held_count, MANY);
}

static void answer_all(struct http_server_bench *bench, size_t stride, size_t answers_in_a_turn)
{
    for (size_t i = 0; i < MANY; i++) {
        struct http_exchange *exchange = held_of[i * stride % MANY];
        bench_answer(exchange, http_exchange_target(exchange));
        if (i % answers_in_a_turn == 0) {
            assert_int_equal(loop_turn(bench->loop, 0), 0);
        }
    }
    for (size_t i = 0; i < MANY; i++) {
        char expected[32];
        (void)snprintf(expected, sizeof expected, "/%zu", i);
        bench_expect(bench, &clients[i], expected);
    }
}

static void leave_all(struct http_server_bench *bench)
{
    buf_reset(&bench->journal);
    for (size_t i = 0; i < MANY; i++) {
        ways_to_leave[i % 2](&clients[i]);
    }
    bench_turn_until(bench, "room", MANY);
    assert_int_equal(http_server_connection_count(bench->server), 0);
}

static void connect_all(struct http_server_bench *bench)
{
    struct http_server_config config = bench_config();

    config.connection_limit = MANY;
    bench_restart(bench, &config);
    bench->on_request = hold_by_number;
    for (size_t i = 0; i < MANY; i++) {
        bench_connect(bench, &clients[i]);
    }
}

static void hundreds_of_connections_wait_again_and_again_in_any_order(void **state)
{
    struct http_server_bench *bench = *state;
    static const size_t strides[ROUNDS] = { 1, 7, 149, 299 };
    static const size_t answers_in_a_turn[ROUNDS] = { 1, MANY, 3, 50 };
    connect_all(bench);

    for (size_t round = 0; round < ROUNDS; round++) {
        buf_reset(&bench->journal);
        request_all(bench, strides[round]);
        answer_all(bench, strides[ROUNDS - 1 - round], answers_in_a_turn[round]);
    }

    assert_int_equal(http_server_connection_count(bench->server), MANY);
    leave_all(bench);
}

static void freeing_the_server_ends_hundreds_of_idle_connections(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config config = bench_config();
    connect_all(bench);
    request_all(bench, 7);
    answer_all(bench, 1, MANY);
    bench_turn_briefly(bench);

    bench_restart(bench, &config);

    for (size_t i = 0; i < MANY; i++) {
        assert_true(client_sees_end(&clients[i], TEST_PATIENCE_MS));
        client_close(&clients[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(hundreds_of_connections_wait_again_and_again_in_any_order),
        bench_test(freeing_the_server_ends_hundreds_of_idle_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
