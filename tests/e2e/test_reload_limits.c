/* SPDX-License-Identifier: MIT */
/*
 * SIGHUP and limits: places at a backend go on being counted; a new limit holds for whoever comes, and lets in who
 * waits.
 */
#include <signal.h>

#include "tests/support/holding_server.h"
#include "tests/support/metrics_page.h"
#include "tests/support/reload_scene.h"
#include "tests/support/unit.h"

/* `settings` and `backend` begin with a comma, or are empty. */
#define CONFIG(settings, backend)                                                                                      \
    "{'backends': {'b': {'servers': ['http://@0']" backend "}}" settings ", 'routes': ["                               \
    " {'path': '/run', 'calls': {'run': {'backend': 'b', 'path': '/run'}}},"                                           \
    " {'path': '/two', 'calls': {'one': {'backend': 'b', 'path': '/1'}, 'two': {'backend': 'b', 'path': '/2'}}},"      \
    " {'path': '/post', 'methods': ['POST'], 'calls': {'run': {'backend': 'b', 'path': '/run'}}},"                     \
    " {'path': '/hello', 'respond': {'text': 'hello'}}]}"

static void start_holding(struct holding_server *server, struct config_scene *scene)
{
    holding_server_start(server);
    (void)config_scene_add_port(scene, holding_server_port(server));
}

/* On a connection of its own; it has arrived at the backend. */
static void begin_held(struct reload_scene *reload, struct holding_server *server, struct client *client)
{
    size_t count = holding_server_request_count(server);

    client_open(client, reload->scene->gateway_port);
    client_get(client, "/run");
    holding_server_wait_for(server, count + 1);
}

static void end_held(struct client *client)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_read(client, &answer);
    assert_answer(&answer, 200, "{'run':'held'}");
    client_close(client);
}

static void wait_for_metric(struct reload_scene *reload, const char *beginning, uint64_t value)
{
    metrics_page_wait_for(reload->scene->admin_port, beginning, value);
}

/* ---- places at a backend ---- */

static const char queued[] = "fanlight_calls_queued{backend=\"b\"} ";
static const char in_flight[] = "fanlight_calls_in_flight{backend=\"b\"} ";

static void what_is_in_flight_at_a_backend_counts_across_a_reload(void **state)
{
    struct reload_scene *reload = *state;
    struct holding_server server;
    struct client first;
    struct client second;
    start_holding(&server, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ", 'max_in_flight': 1, 'queue': 10"));
    begin_held(reload, &server, &first);

    reload_scene_take(reload, CONFIG(", 'deadline': '50s'", ", 'max_in_flight': 1, 'queue': 10"));
    client_open(&second, reload->scene->gateway_port);
    client_get(&second, "/run");
    wait_for_metric(reload, queued, 1);

    assert_int_equal(reload_scene_metric(reload, in_flight), 1);
    assert_int_equal(holding_server_request_count(&server), 1);
    holding_server_let_go(&server, 0);
    end_held(&first);
    holding_server_wait_for(&server, 2);
    holding_server_let_go(&server, 1);
    end_held(&second);
    holding_server_stop(&server);
}

static void more_places_let_in_who_waits_already(void **state)
{
    struct reload_scene *reload = *state;
    struct holding_server server;
    struct client clients[3];
    start_holding(&server, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ", 'max_in_flight': 1, 'queue': 10"));
    begin_held(reload, &server, &clients[0]);
    for (size_t i = 1; i < 3; i++) {
        client_open(&clients[i], reload->scene->gateway_port);
        client_get(&clients[i], "/run");
        wait_for_metric(reload, queued, i);
    }

    reload_scene_take(reload, CONFIG("", ", 'max_in_flight': 2, 'queue': 10"));
    holding_server_wait_for(&server, 2);

    wait_for_metric(reload, queued, 1);
    wait_for_metric(reload, in_flight, 2);
    reload_scene_take(reload, CONFIG("", ""));
    holding_server_wait_for(&server, 3);
    for (size_t i = 0; i < 3; i++) {
        holding_server_let_go(&server, i);
    }
    for (size_t i = 0; i < 3; i++) {
        end_held(&clients[i]);
    }
    holding_server_stop(&server);
}

static void fewer_places_hold_for_those_to_come(void **state)
{
    struct reload_scene *reload = *state;
    struct holding_server server;
    struct client clients[3];
    start_holding(&server, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ", 'max_in_flight': 2, 'queue': 10"));
    begin_held(reload, &server, &clients[0]);
    begin_held(reload, &server, &clients[1]);

    reload_scene_take(reload, CONFIG("", ", 'max_in_flight': 1, 'queue': 10"));
    client_open(&clients[2], reload->scene->gateway_port);
    client_get(&clients[2], "/run");
    wait_for_metric(reload, queued, 1);
    assert_int_equal(reload_scene_metric(reload, in_flight), 2);
    holding_server_let_go(&server, 0);
    end_held(&clients[0]);

    wait_for_metric(reload, in_flight, 1);
    assert_int_equal(reload_scene_metric(reload, queued), 1);
    assert_int_equal(holding_server_request_count(&server), 2);
    holding_server_let_go(&server, 1);
    end_held(&clients[1]);
    holding_server_wait_for(&server, 3);
    holding_server_let_go(&server, 2);
    end_held(&clients[2]);
    holding_server_stop(&server);
}

static void a_shorter_queue_refuses_who_comes_next(void **state)
{
    struct reload_scene *reload = *state;
    struct holding_server server;
    struct client first;
    cleanup_answer struct answer answer = ANSWER_NONE;
    start_holding(&server, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ", 'max_in_flight': 1, 'queue': 10"));
    begin_held(reload, &server, &first);

    reload_scene_take(reload, CONFIG("", ", 'max_in_flight': 1, 'queue': 0"));
    client_fetch(reload->scene->gateway_port, "/run", &answer);

    assert_problem(&answer, 503, "connection_limit_reached");
    holding_server_let_go(&server, 0);
    end_held(&first);
    holding_server_stop(&server);
}

/* ---- limits of the gateway ---- */

static void a_new_limit_of_requests_in_flight_holds_at_once(void **state)
{
    struct reload_scene *reload = *state;
    struct holding_server server;
    struct client first;
    struct client second;
    cleanup_answer struct answer answer = ANSWER_NONE;
    start_holding(&server, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ""));
    begin_held(reload, &server, &first);

    reload_scene_take(reload, CONFIG(", 'limits': {'in_flight': 1}", ""));
    client_fetch(reload->scene->gateway_port, "/run", &answer);
    assert_int_equal(answer.status, 503);
    reload_scene_take(reload, CONFIG(", 'limits': {'in_flight': 2}", ""));
    begin_held(reload, &server, &second);

    holding_server_let_go(&server, 0);
    holding_server_let_go(&server, 1);
    end_held(&first);
    end_held(&second);
    holding_server_stop(&server);
}

static void ask(struct client *client, const char *method, const char *target, const char *body, int status)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_request(client, method, target, "", body);
    client_read(client, &answer);
    assert_int_equal(answer.status, status);
}

/* The limit is that of the moment in which the request line is read; a worker that is just then at work reads it before
 * it takes the file over, for which GET /hello is the proof. */
static void a_new_limit_of_bodies_holds_on_kept_connections_too(void **state)
{
    struct reload_scene *reload = *state;
    struct client client;
    (void)config_scene_add_backend(reload->scene, OPTIONS("--delay=0ms"), NULL);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG(", 'limits': {'body_bytes': 9}", ""));
    client_open(&client, reload->scene->gateway_port);

    reload_scene_take(reload, CONFIG(", 'limits': {'body_bytes': 10}", ""));
    ask(&client, "GET", "/hello", NULL, 200);
    ask(&client, "POST", "/post", "0123456789", 200);
    reload_scene_take(reload, CONFIG(", 'limits': {'body_bytes': 9}", ""));
    ask(&client, "GET", "/hello", NULL, 200);
    ask(&client, "POST", "/post", "0123456789", 413);

    client_close(&client);
}

static void a_new_idle_timeout_holds_on_connections_that_are_idle_already(void **state)
{
    struct reload_scene *reload = *state;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    (void)config_scene_add_port(reload->scene, scene_closed_port());
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ""));
    client_open(&client, reload->scene->gateway_port);
    client_get(&client, "/hello");
    client_read(&client, &answer);

    reload_scene_take(reload, CONFIG(", 'limits': {'idle_timeout': '1s'}", ""));

    assert_true(client_sees_end(&client, TEST_PATIENCE_MS)); /* it was 75 s */
    client_close(&client);
}

static void a_new_drain_timeout_holds(void **state)
{
    struct reload_scene *reload = *state;
    struct holding_server server;
    struct client client;
    start_holding(&server, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ""));
    begin_held(reload, &server, &client);

    reload_scene_take(reload, CONFIG(", 'drain_timeout': '100ms'", ""));
    process_signal(&reload->scene->gateway, SIGTERM);

    assert_int_equal(process_wait(&reload->scene->gateway), 1); /* it was 30 s */
    client_close(&client);
    holding_server_stop(&server);
}

/* ---- connections ---- */

static void connections_that_wait_are_answered_when_a_reload_refuses_them(void **state)
{
    struct reload_scene *reload = *state;
    struct client kept;
    struct client waiting[3];
    cleanup_answer struct answer answer = ANSWER_NONE;
    (void)config_scene_add_backend(reload->scene, OPTIONS("--delay=0ms"), NULL);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG(", 'limits': {'connections': 1}", ""));
    client_open(&kept, reload->scene->gateway_port);
    client_get(&kept, "/hello");
    client_read(&kept, &answer);
    for (size_t i = 0; i < array_length(waiting); i++) {
        client_open(&waiting[i], reload->scene->gateway_port);
        client_get(&waiting[i], "/hello");
    }
    assert_false(client_sees_input(&waiting[0], 100));

    reload_scene_take(reload, CONFIG(", 'limits': {'connections': 1, 'connection_overflow': 'refuse'}", ""));

    for (size_t i = 0; i < array_length(waiting); i++) {
        client_read(&waiting[i], &answer);
        assert_int_equal(answer.status, 503);
        client_close(&waiting[i]);
    }
    reload_scene_take(reload, CONFIG(", 'limits': {'connections': 1}", ""));
    ask(&kept, "GET", "/hello", NULL, 200); /* the worker has taken the file over, too */
    client_open(&waiting[0], reload->scene->gateway_port);
    client_get(&waiting[0], "/hello");
    client_close(&kept);
    client_read(&waiting[0], &answer);
    assert_int_equal(answer.status, 200);
    client_close(&waiting[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reload_test(what_is_in_flight_at_a_backend_counts_across_a_reload),
        reload_test(more_places_let_in_who_waits_already),
        reload_test(fewer_places_hold_for_those_to_come),
        reload_test(a_shorter_queue_refuses_who_comes_next),
        reload_test(a_new_limit_of_requests_in_flight_holds_at_once),
        reload_test(a_new_limit_of_bodies_holds_on_kept_connections_too),
        reload_test(a_new_idle_timeout_holds_on_connections_that_are_idle_already),
        reload_test(a_new_drain_timeout_holds),
        reload_test(connections_that_wait_are_answered_when_a_reload_refuses_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
