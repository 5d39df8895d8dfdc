/* SPDX-License-Identifier: MIT */
/*
 * The limit of connections where several workers share them and more are refused: it is the limit of all together,
 * whoever of them the kernel gave most to.
 */
#include "tests/support/config_scene.h"
#include "tests/support/metrics_page.h"
#include "tests/support/unit.h"

enum { LIMIT = 8, ROUNDS = 10 };

static int answered(struct config_scene *scene, struct client *client)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_open(client, scene->gateway_port);
    client_get(client, "/hello");
    client_read(client, &answer);
    return answer.status;
}

/* They come and go for the page a moment after they do for us. */
static void wait_for_connections(struct config_scene *scene, uint64_t count)
{
    metrics_page_wait_for(scene->admin_port, "fanlight_client_connections ", count);
}

static void workers_refuse_nobody_below_the_limit_of_all(void **state)
{
    struct config_scene *scene = *state;
    struct client clients[LIMIT + 1];
    config_scene_start(scene, OPTIONS("--workers=2"),
                       "{'limits': {'connections': 8, 'connection_overflow': 'refuse'}, "
                       "'routes': [{'path': '/hello', 'respond': {'text': 'Hello'}}]}");

    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < LIMIT; i++) {
            assert_int_equal(answered(scene, &clients[i]), 200);
        }
        assert_int_equal(answered(scene, &clients[LIMIT]), 503);
        wait_for_connections(scene, LIMIT);
        for (size_t i = 0; i <= LIMIT; i++) {
            client_close(&clients[i]);
        }
        wait_for_connections(scene, 0);
    }
    metrics_page_wait_for(scene->admin_port, "fanlight_client_connections_refused_total ", ROUNDS);
}

/* Fewer connections than workers. */
static void workers_that_are_more_than_the_limit_keep_to_it(void **state)
{
    struct config_scene *scene = *state;
    struct client clients[2];
    config_scene_start(scene, OPTIONS("--workers=4"),
                       "{'limits': {'connections': 1, 'connection_overflow': 'refuse'}, "
                       "'routes': [{'path': '/hello', 'respond': {'text': 'Hello'}}]}");

    assert_int_equal(answered(scene, &clients[0]), 200);
    for (int i = 0; i < ROUNDS; i++) {
        assert_int_equal(answered(scene, &clients[1]), 503);
        client_close(&clients[1]);
    }
    client_close(&clients[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(workers_refuse_nobody_below_the_limit_of_all),
        config_scene_test(workers_that_are_more_than_the_limit_keep_to_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
