/* SPDX-License-Identifier: MIT */
/*
 * SIGHUP and workers: each takes the file over by itself, and one that is blocked as soon as it comes back.
 */
#include <signal.h>

#include "tests/support/holding_server.h"
#include "tests/support/reload_scene.h"
#include "tests/support/unit.h"

/* A call that is held, and what is said without one. */
#define RUN_AND_HELLO(word)                                                                                            \
    "{'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["                                                      \
    " {'path': '/run', 'calls': {'run': {'backend': 'b', 'path': '/run'}}},"                                           \
    " {'path': '/hello', 'respond': {'text': '" word "'}}]}"

static void start_holding(struct holding_server *server, struct config_scene *scene)
{
    holding_server_start(server);
    (void)config_scene_add_port(scene, holding_server_port(server));
}

static void get(struct client *client, const char *target, const char *expected)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_get(client, target);
    client_read(client, &answer);
    assert_answer(&answer, 200, expected);
    assert_false(answer_says_close(&answer));
}

static void a_blocked_worker_takes_the_newest_file_over_when_it_comes_back(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    struct holding_server server;
    struct client clients[3]; /* the one that blocks, one that is known, one that comes meanwhile */
    struct answer answers[3] = { ANSWER_NONE, ANSWER_NONE, ANSWER_NONE };
    start_holding(&server, scene);
    reload_scene_start(reload, OPTIONS("--mode=sync"), RUN_AND_HELLO("one"));
    client_open(&clients[1], scene->gateway_port);
    get(&clients[1], "/hello", "one");
    client_open(&clients[0], scene->gateway_port);
    client_get(&clients[0], "/run");
    holding_server_wait_for(&server, 1);

    reload_scene_take(reload, RUN_AND_HELLO("two"));
    reload_scene_refuse(reload, "{");
    reload_scene_take(reload, RUN_AND_HELLO("three"));
    client_open(&clients[2], scene->gateway_port);
    for (size_t i = 0; i < 3; i++) { /* the first on the connection of the request that blocks */
        client_get(&clients[i], "/hello");
    }
    holding_server_let_go(&server, 0);
    client_read(&clients[0], &answers[0]);
    assert_answer(&answers[0], 200, "{'run':'held'}");
    client_read_all(clients, answers, 3);

    for (size_t i = 0; i < 3; i++) {
        assert_answer(&answers[i], 200, "three");
        answer_clear(&answers[i]);
        client_close(&clients[i]);
    }
    holding_server_stop(&server);
}

/* Both are readable in one turn of the worker: the second is looked at in the turn in which the first one blocked. */
static void a_request_completed_behind_a_blocking_call_is_for_the_newest_file(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    struct holding_server server;
    struct client clients[3];
    cleanup_answer struct answer answer = ANSWER_NONE;
    start_holding(&server, scene);
    reload_scene_start(reload, OPTIONS("--mode=sync"), RUN_AND_HELLO("one"));
    for (size_t i = 0; i < 3; i++) {
        client_open(&clients[i], scene->gateway_port);
        get(&clients[i], "/hello", "one");
    }
    client_get(&clients[0], "/run");
    holding_server_wait_for(&server, 1);
    client_get(&clients[1], "/run");
    client_send(&clients[2], "GET /hello HTTP/1.1\r\nHo");
    holding_server_let_go(&server, 0);
    holding_server_wait_for(&server, 2);

    reload_scene_take(reload, RUN_AND_HELLO("two"));
    client_send(&clients[2], "st: test\r\n\r\n");
    holding_server_let_go(&server, 1);
    client_read(&clients[2], &answer);

    assert_answer(&answer, 200, "two");
    for (size_t i = 0; i < 3; i++) {
        client_close(&clients[i]);
    }
    holding_server_stop(&server);
}

/* Files that a blocked worker never came to see are forgotten: one leaves nothing behind. */
static void a_worker_that_is_blocked_over_many_reloads_and_the_stop_leaves_nothing_behind(void **state)
{
    struct reload_scene *reload = *state;
    struct holding_server server;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    start_holding(&server, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=sync"), RUN_AND_HELLO("one"));
    client_open(&client, reload->scene->gateway_port);
    client_get(&client, "/run");
    holding_server_wait_for(&server, 1);

    for (int round = 0; round < 10; round++) {
        reload_scene_take(reload, RUN_AND_HELLO("two"));
    }
    process_signal(&reload->scene->gateway, SIGTERM);
    (void)process_wait_for(&reload->scene->gateway, "draining");
    holding_server_let_go(&server, 0);
    client_read(&client, &answer);

    assert_answer(&answer, 200, "{'run':'held'}");
    client_close(&client);
    assert_int_equal(process_wait(&reload->scene->gateway), 0);
    holding_server_stop(&server);
}

static uint64_t worker_of(struct config_scene *scene, const char *request_id)
{
    cJSON *account = config_scene_account_of(scene, request_id);
    uint64_t worker = json_number(account, "worker");

    cJSON_Delete(account);
    return worker;
}

static void each_of_two_workers_takes_the_file_over_also_while_the_other_is_blocked(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    struct holding_server server;
    struct client blocking;
    struct client other;
    cleanup_answer struct answer answer = ANSWER_NONE;
    start_holding(&server, scene);
    reload_scene_start(reload, OPTIONS("--mode=sync", "--workers=2"), RUN_AND_HELLO("one"));
    config_scene_send(scene, NULL, "/run", &blocking);
    holding_server_wait_for(&server, 1);
    config_scene_send(scene, NULL, "/hello", &other);
    client_read(&other, &answer);
    assert_answer(&answer, 200, "one");

    reload_scene_take(reload, RUN_AND_HELLO("two"));
    get(&other, "/hello", "two");
    holding_server_let_go(&server, 0);
    client_read(&blocking, &answer);
    assert_answer(&answer, 200, "{'run':'held'}");
    get(&blocking, "/hello", "two");

    assert_int_not_equal(worker_of(scene, "test-1"), worker_of(scene, "test-2"));
    client_close(&blocking);
    client_close(&other);
    holding_server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reload_test(a_blocked_worker_takes_the_newest_file_over_when_it_comes_back),
        reload_test(a_request_completed_behind_a_blocking_call_is_for_the_newest_file),
        reload_test(a_worker_that_is_blocked_over_many_reloads_and_the_stop_leaves_nothing_behind),
        reload_test(each_of_two_workers_takes_the_file_over_also_while_the_other_is_blocked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
