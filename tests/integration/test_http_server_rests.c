/* SPDX-License-Identifier: MIT */
/*
 * Connections that rest between two requests, and what arrives in the moments in between: nothing may be left lying.
 */
#include "tests/integration/http_server_bench.h"
#include "tests/support/unit.h"

enum { MOMENTS = 6 };

/* The next request comes so many steps of the loop after the one that wakes the connection. */
static void a_request_that_comes_while_another_wakes_a_resting_connection_is_answered(void **state)
{
    struct http_server_bench *bench = *state;
    bench->on_request = bench_hold_what_waits;

    for (int moment = 0; moment < MOMENTS; moment++) {
        struct client client;
        bench_connect(bench, &client);
        bench_wait_once(bench, &client);
        client_get(&client, "/wait-a");
        for (int i = 0; i < moment; i++) {
            (void)loop_turn(bench->loop, 0);
        }
        client_get(&client, "/b");
        bench_answer_held(bench);

        bench_expect(bench, &client, "GET /wait-a");
        bench_expect(bench, &client, "GET /b");
        client_close(&client);
        bench_turn_idly(bench);
    }
}

/* Its event is over before the connection rests, and does not come again. */
static void a_request_that_came_while_another_waited_for_its_answer_is_answered_after_that(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    bench->on_request = bench_hold_what_waits;
    bench_connect(bench, &client);
    bench_wait_once(bench, &client);
    for (int i = 0; i < MOMENTS; i++) {
        client_get(&client, "/wait-a");
        bench_turn_until_held(bench, 1);
        client_get(&client, "/b");
        bench_turn_idly(bench);
        bench_answer_held(bench);

        bench_expect(bench, &client, "GET /wait-a");
        bench_expect(bench, &client, "GET /b");
    }
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(a_request_that_comes_while_another_wakes_a_resting_connection_is_answered),
        bench_test(a_request_that_came_while_another_waited_for_its_answer_is_answered_after_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
