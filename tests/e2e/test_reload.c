/* SPDX-License-Identifier: MIT */
/*
 * SIGHUP: the file as it is now is for requests to come; what runs, and every connection, goes on.
 */
#include <signal.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/holding_server.h"
#include "tests/support/reload_scene.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

#define HELLO(word) "{'routes': [{'path': '/hello', 'respond': {'text': '" word "'}}]}"

/* A call that is held, and what is said without one. */
#define RUN_AND_HELLO(word)                                                                                            \
    "{'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["                                                      \
    " {'path': '/run', 'calls': {'run': {'backend': 'b', 'path': '/run'}}},"                                           \
    " {'path': '/hello', 'respond': {'text': '" word "'}}]}"

static void get(struct client *client, const char *target, const char *expected)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_get(client, target);
    client_read(client, &answer);
    assert_answer(&answer, 200, expected);
    assert_false(answer_says_close(&answer));
}

static void fetch(const struct reload_scene *reload, const char *target, const char *expected)
{
    struct client client;

    client_open(&client, reload->scene->gateway_port);
    get(&client, target, expected);
    client_close(&client);
}

/* ---- requests ---- */

static void one_that_runs_ends_on_the_old_file_in_mode(struct reload_scene *reload, const char *mode)
{
    struct gate gate;
    const struct scripted_step old_steps[] = { { .before = &gate, .json = "{\"id\":7}" }, { .json = "\"old\"" } };
    const struct scripted_step new_steps[] = { { .json = "\"new\"" } };
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    gate_init(&gate);
    struct scripted_server *old_server = scripted_server_start(old_steps, array_length(old_steps));
    struct scripted_server *new_server = scripted_server_start(new_steps, array_length(new_steps));
    reload->scene->backend_count = 0;
    (void)config_scene_add_port(reload->scene, scripted_server_port(old_server));
    (void)config_scene_add_port(reload->scene, scripted_server_port(new_server));
    reload_scene_start(reload, OPTIONS(mode),
                       "{'backends': {'old': {'servers': ['http://@0']}}, 'routes': [{'path': '/run', 'calls': {"
                       " 'first': {'backend': 'old', 'path': '/first'},"
                       " 'then': {'backend': 'old', 'path': '/then/{first.id}'}}}]}");
    client_open(&client, reload->scene->gateway_port);
    client_get(&client, "/run");
    scripted_server_wait_for_requests(old_server, 1);

    reload_scene_take(reload, "{'backends': {'new': {'servers': ['http://@1']}}, 'routes': ["
                              " {'path': '/run', 'calls': {'only': {'backend': 'new', 'path': '/only'}}}]}");

    fetch(reload, "/run", "{'only':'new'}");
    gate_open(&gate);
    client_read(&client, &answer);
    assert_answer(&answer, 200, "{'first':{'id':7},'then':'old'}");
    assert_non_null(strstr(scripted_server_request(old_server, 1), "GET /then/7 "));
    get(&client, "/run", "{'only':'new'}");
    client_close(&client);
    reload_scene_stop(reload);
    scripted_server_stop(old_server);
    scripted_server_stop(new_server);
    gate_clear(&gate);
}

static void a_request_that_runs_ends_on_the_old_file_and_the_next_one_begins_on_the_new(void **state)
{
    one_that_runs_ends_on_the_old_file_in_mode(*state, "--mode=async");
    one_that_runs_ends_on_the_old_file_in_mode(*state, "--mode=wire");
    one_that_runs_ends_on_the_old_file_in_mode(*state, "--mode=threads");
}

static void what_the_new_file_does_not_have_is_gone(void **state)
{
    struct reload_scene *reload = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    reload_scene_start(reload, OPTIONS("--mode=async"), HELLO("one"));
    fetch(reload, "/hello", "one");

    reload_scene_take(reload, "{'routes': [{'path': '/other', 'respond': {'text': 'two'}}]}");

    fetch(reload, "/other", "two");
    client_fetch(reload->scene->gateway_port, "/hello", &answer);
    assert_problem(&answer, 404, "");
}

/* ---- connections ---- */

static void a_clients_connection_is_kept_and_its_next_request_is_for_the_new_file(void **state)
{
    struct reload_scene *reload = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    reload_scene_start(reload, OPTIONS("--mode=async"), HELLO("one"));
    client_open(&client, reload->scene->gateway_port);
    get(&client, "/hello", "one");

    reload_scene_take(reload, HELLO("two"));
    get(&client, "/hello", "two");
    client_send(&client, "GET /hello HTTP/1.1\r\nHo"); /* one that is being read */
    reload_scene_take(reload, HELLO("three"));
    client_send(&client, "st: test\r\n\r\n");
    client_read(&client, &answer);

    assert_answer(&answer, 200, "three");
    get(&client, "/hello", "three");
    assert_int_equal(reload_scene_metric(reload, "fanlight_client_connections_accepted_total "), 1);
    client_close(&client);
}

static bool is_reused(struct config_scene *scene)
{
    cJSON *account = config_scene_account(scene);
    bool is_true = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(account_call(account, "run", -1), "reused"));

    cJSON_Delete(account);
    return is_true;
}

static void a_backends_connection_is_kept(void **state)
{
    static const char *const modes[] = { "--mode=async", "--mode=wire", "--mode=threads", "--mode=sync" };
    static const struct scripted_step steps[] = { { .json = "1" } };
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;

    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        struct scripted_server *server = scripted_server_start(steps, array_length(steps));
        scene->backend_count = 0;
        (void)config_scene_add_port(scene, scripted_server_port(server));
        reload_scene_start(reload, OPTIONS(modes[i], "--threads=1"), RUN_AND_HELLO("one"));
        config_scene_get(scene, NULL, "/run", &answer);
        assert_answer(&answer, 200, "{'run':1}");
        assert_false(is_reused(scene));

        for (int round = 0; round < 3; round++) {
            reload_scene_take(reload, round % 2 == 0 ? RUN_AND_HELLO("two") : RUN_AND_HELLO("one"));
            config_scene_get(scene, NULL, "/run", &answer);
            assert_answer(&answer, 200, "{'run':1}");
            assert_true(is_reused(scene));
        }

        assert_int_equal(scripted_server_connection_count(server), 1);
        reload_scene_stop(reload);
        scripted_server_stop(server);
    }
}

static void servers_take_turns_across_a_reload(void **state)
{
    static const char config[] = "{'backends': {'b': {'servers': ['http://@0', 'http://@1', 'http://@2']}}, 'routes': ["
                                 " {'path': '/run', 'calls': {'run': {'backend': 'b', 'path': '/run'}}}]}";
    struct reload_scene *reload = *state;
    for (size_t i = 0; i < 3; i++) {
        static const char *const answers[] = { "{'/run': 0}", "{'/run': 1}", "{'/run': 2}" };
        (void)config_scene_add_backend(reload->scene, OPTIONS("--delay=0ms"), answers[i]);
    }
    reload_scene_start(reload, OPTIONS("--mode=async"), config);

    fetch(reload, "/run", "{'run':0}");
    reload_scene_take(reload, config);
    fetch(reload, "/run", "{'run':1}");
    reload_scene_take(reload, config);
    fetch(reload, "/run", "{'run':2}");
}

/* ---- signals ---- */

static void wait_for_hello(const struct reload_scene *reload, const char *word)
{
    uint64_t start_us = clock_monotonic_us();
    bool is_there = false;

    while (!is_there) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_fetch(reload->scene->gateway_port, "/hello", &answer);
        assert_int_equal(answer.status, 200);
        is_there = str_equal(answer_body(&answer), str_of(word));
        assert_true(gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);
    }
}

/* Those that come while one is pending are one; the last one is never lost. */
static void many_hangups_at_once_are_a_reload_or_more_and_the_last_file_is_in_use(void **state)
{
    enum { HANGUPS = 300 };
    struct reload_scene *reload = *state;
    reload_scene_start(reload, OPTIONS("--mode=async", "--workers=2"), HELLO("one"));
    fetch(reload, "/hello", "one");
    size_t threads = process_thread_count(&reload->scene->gateway);

    for (int i = 0; i < HANGUPS; i++) {
        reload_scene_write(reload, i < HANGUPS - 1 ? HELLO("one") : HELLO("two"));
        reload_scene_hang_up(reload);
    }
    wait_for_hello(reload, "two");

    uint64_t good = reload_scene_metric(reload, "fanlight_config_reloads_total{result=\"good\"} ");
    assert_in_range(good, 1, HANGUPS);
    assert_int_equal(reload_scene_metric(reload, "fanlight_config_reloads_total{result=\"bad\"} "), 0);
    process_wait_for_count(&reload->scene->gateway, "reloaded ", (size_t)good);
    assert_int_equal(process_thread_count(&reload->scene->gateway), threads);
}

static void without_a_file_a_hangup_is_a_warning_and_nothing_else(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    process_start(&scene->gateway, "gateway",
                  OPTIONS("--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--log-format=json"));
    scene->admin_port = process_port(&scene->gateway, "admin on ");
    scene->gateway_port = process_port(&scene->gateway, "listening on ");

    reload_scene_hang_up(reload);
    const char *line = process_wait_for(&scene->gateway, "nothing to reload: there is no --config");

    assert_non_null(strstr(line, "\"level\":\"warn\""));
    fetch(reload, "/hello", "Hello world");
    assert_int_equal(reload_scene_metric(reload, "fanlight_config_reloads_total{result=\"good\"} "), 0);
    assert_int_equal(reload_scene_metric(reload, "fanlight_config_reloads_total{result=\"bad\"} "), 0);
    assert_int_equal(reload_scene_metric(reload, "fanlight_config_last_reload_success "), 1);
}

static void while_it_drains_a_hangup_is_ignored(void **state)
{
    struct reload_scene *reload = *state;
    struct config_scene *scene = reload->scene;
    struct holding_server server;
    struct client busy;
    struct client kept;
    cleanup_answer struct answer answer = ANSWER_NONE;
    holding_server_start(&server);
    (void)config_scene_add_port(scene, holding_server_port(&server));
    reload_scene_start(reload, OPTIONS("--mode=async"), RUN_AND_HELLO("one"));
    client_open(&kept, scene->gateway_port);
    client_open(&busy, scene->gateway_port);
    client_get(&busy, "/run");
    holding_server_wait_for(&server, 1);
    reload_scene_write(reload, RUN_AND_HELLO("two"));
    get(&kept, "/hello", "one"); /* after a second of idleness it would be closed */

    process_signal(&scene->gateway, SIGTERM);
    (void)process_wait_for(&scene->gateway, "draining");
    reload_scene_hang_up(reload);
    client_get(&kept, "/hello");
    client_read(&kept, &answer);

    assert_answer(&answer, 200, "one");
    assert_int_equal(reload_scene_metric(reload, "fanlight_config_reloads_total{result=\"good\"} "), 0);
    holding_server_let_go(&server, 0);
    client_read(&busy, &answer);
    assert_answer(&answer, 200, "{'run':'held'}");
    client_close(&busy);
    client_close(&kept);
    assert_int_equal(process_wait(&scene->gateway), 0);
    assert_int_equal(process_count_lines(&scene->gateway, "reload"), 0);
    holding_server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reload_test(a_request_that_runs_ends_on_the_old_file_and_the_next_one_begins_on_the_new),
        reload_test(what_the_new_file_does_not_have_is_gone),
        reload_test(a_clients_connection_is_kept_and_its_next_request_is_for_the_new_file),
        reload_test(a_backends_connection_is_kept),
        reload_test(servers_take_turns_across_a_reload),
        reload_test(many_hangups_at_once_are_a_reload_or_more_and_the_last_file_is_in_use),
        reload_test(without_a_file_a_hangup_is_a_warning_and_nothing_else),
        reload_test(while_it_drains_a_hangup_is_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
