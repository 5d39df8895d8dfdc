/* SPDX-License-Identifier: MIT */
/*
 * More connections than one of microhttpd's daemons takes: nobody outside can tell.
 */
#include "tests/integration/http_server_bench.h"

#include <fcntl.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { MANY = 300, LIMIT = 320 };

static struct client clients[MANY];
static struct http_exchange *held[MANY];
static size_t held_count;

static void hold(struct http_server_bench *bench, struct http_exchange *exchange)
{
    (void)bench;
    assert_true(held_count < MANY);
    held[held_count++] = exchange;
}

static void start(struct http_server_bench *bench)
{
    struct http_server_config config = bench_config();

    config.connection_limit = LIMIT;
    bench_restart(bench, &config);
    bench->on_request = hold;
    held_count = 0;
}

static void request(struct http_server_bench *bench, struct client *client, size_t number)
{
    char target[16];

    (void)snprintf(target, sizeof target, "/%zu", number);
    client_get(client, target);
    for (int turns = 0; held_count <= number && turns < TEST_PATIENCE_MS; turns++) {
        assert_int_equal(loop_turn(bench->loop, CLOCK_US_PER_MS), 0);
    }
    assert_int_equal(held_count, number + 1);
}

static void connect_and_request_all(struct http_server_bench *bench)
{
    for (size_t i = 0; i < MANY; i++) {
        bench_connect(bench, &clients[i]);
        request(bench, &clients[i], i);
    }
}

static void close_all(void)
{
    for (size_t i = 0; i < MANY; i++) {
        client_close(&clients[i]);
    }
}

static void check_answer(struct http_server_bench *bench, size_t number)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char target[16];

    (void)snprintf(target, sizeof target, "/%zu", number);
    bench_answer(held[number], http_exchange_target(held[number]));
    bench_read(bench, &clients[number], &answer);

    assert_int_equal(answer.status, 200);
    assert_text(answer_body(&answer), target);
}

static void many_suspended_requests_are_answered_in_any_order(void **state)
{
    struct http_server_bench *bench = *state;
    start(bench);
    connect_and_request_all(bench);

    for (size_t i = 0; i < MANY; i++) {
        check_answer(bench, (i * 7) % MANY);
    }

    assert_int_equal(http_server_connection_count(bench->server), MANY);
    close_all();
    bench_turn_until(bench, "room", MANY);
    assert_int_equal(http_server_connection_count(bench->server), 0);
}

static void answers_of_many_connections_go_out_in_one_turn(void **state)
{
    struct http_server_bench *bench = *state;
    start(bench);
    connect_and_request_all(bench);

    for (size_t i = 0; i < MANY; i++) {
        bench_answer(held[i], STR("ok"));
    }
    assert_int_equal(loop_turn(bench->loop, 0), 0);

    for (size_t i = 0; i < MANY; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        assert_true(client_sees_input(&clients[i], TEST_PATIENCE_MS)); /* without another turn */
        assert_true(client_poll(&clients[i], &answer));
    }
    close_all();
}

static size_t count_descriptors(void)
{
    size_t count = 0;

    for (int descriptor = 0; descriptor < 8 * MANY; descriptor++) {
        count += fcntl(descriptor, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

static void places_of_connections_that_closed_are_taken_again(void **state)
{
    struct http_server_bench *bench = *state;
    start(bench);
    connect_and_request_all(bench);
    size_t descriptor_count = count_descriptors();

    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < MANY; i += 2) {
            client_close(&clients[i]);
        }
        bench_turn_until(bench, "gone", (round + 1) * MANY / 2);
        bench_turn_until(bench, "room", (round + 1) * MANY / 2);
        for (size_t i = 0; i < MANY; i += 2) {
            bench_connect(bench, &clients[i]);
            held_count = i;
            request(bench, &clients[i], i);
        }
    }

    assert_int_equal(http_server_connection_count(bench->server), MANY);
    assert_int_equal(count_descriptors(), descriptor_count); /* no more than before are open */
    for (size_t i = 0; i < MANY; i++) {
        check_answer(bench, i);
    }
    close_all();
}

static void the_limit_counts_all_connections_together(void **state)
{
    struct http_server_bench *bench = *state;
    struct client more[LIMIT - MANY];
    start(bench);
    connect_and_request_all(bench);

    for (size_t i = 0; i < array_length(more); i++) {
        assert_false(http_server_is_full(bench->server));
        bench_connect(bench, &more[i]);
    }
    assert_true(http_server_is_full(bench->server));

    for (size_t i = 0; i < array_length(more); i++) {
        client_close(&more[i]);
    }
    bench_turn_until(bench, "room", array_length(more));
    assert_false(http_server_is_full(bench->server));
    close_all();
}

static void freeing_the_server_ends_all_of_many(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config config = bench_config();
    start(bench);
    connect_and_request_all(bench);

    bench_restart(bench, &config);

    for (size_t i = 0; i < MANY; i++) {
        assert_true(bench_sees_end(bench, &clients[i], TEST_PATIENCE_MS));
    }
    bench_turn_until(bench, "broken", MANY);
    close_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(many_suspended_requests_are_answered_in_any_order),
        bench_test(answers_of_many_connections_go_out_in_one_turn),
        bench_test(places_of_connections_that_closed_are_taken_again),
        bench_test(the_limit_counts_all_connections_together),
        bench_test(freeing_the_server_ends_all_of_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
