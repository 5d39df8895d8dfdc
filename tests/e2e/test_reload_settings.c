/* SPDX-License-Identifier: MIT */
/*
 * What a reload changes beside the routes: modes, limits, places at a backend; and what it cannot change.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/reload_scene.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

/* `settings` and `backend` begin with a comma, or are empty. */
#define CONFIG(settings, backend)                                                                                      \
    "{'backends': {'b': {'servers': ['http://@0']" backend "}}" settings ", 'routes': ["                               \
    " {'path': '/run', 'calls': {'run': {'backend': 'b', 'path': '/run'}}},"                                           \
    " {'path': '/two', 'calls': {'one': {'backend': 'b', 'path': '/1'}, 'two': {'backend': 'b', 'path': '/2'}}},"      \
    " {'path': '/post', 'methods': ['POST'], 'calls': {'run': {'backend': 'b', 'path': '/run'}}},"                     \
    " {'path': '/hello', 'respond': {'text': 'hello'}}]}"

enum { HELD_CALLS = 3 };

/* A backend that holds its first calls, each until its own gate opens. */
struct hold {
    struct gate gates[HELD_CALLS];
    struct scripted_step steps[HELD_CALLS + 1];
    struct scripted_server *server;
};

static void hold_begin(struct hold *hold, struct config_scene *scene)
{
    for (size_t i = 0; i < HELD_CALLS; i++) {
        gate_init(&hold->gates[i]);
        hold->steps[i] = (struct scripted_step){ .before = &hold->gates[i], .json = "\"held\"" };
    }
    hold->steps[HELD_CALLS] = (struct scripted_step){ .json = "\"free\"" };
    hold->server = scripted_server_start(hold->steps, array_length(hold->steps));
    (void)config_scene_add_port(scene, scripted_server_port(hold->server));
}

static void hold_end(struct hold *hold)
{
    scripted_server_stop(hold->server);
    for (size_t i = 0; i < HELD_CALLS; i++) {
        gate_clear(&hold->gates[i]);
    }
}

/* On a connection of its own; it has arrived at the backend. */
static void begin_held(struct reload_scene *reload, struct hold *hold, struct client *client)
{
    size_t count = scripted_server_request_count(hold->server);

    client_open(client, reload->scene->gateway_port);
    client_get(client, "/run");
    scripted_server_wait_for_requests(hold->server, count + 1);
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
    uint64_t start_us = clock_monotonic_us();

    while (reload_scene_metric(reload, beginning) != value) {
        if (gate_milliseconds_left(start_us, TEST_PATIENCE_MS) == 0) {
            fail_msg("%s is not %llu", beginning, (unsigned long long)value);
        }
        (void)poll(NULL, 0, 5);
    }
}

static void assert_setting(struct reload_scene *reload, const char *name, const char *text)
{
    cJSON *config = reload_scene_config(reload);

    assert_string_equal(json_text(config, name), text);
    cJSON_Delete(config);
}

/* ---- places at a backend ---- */

static const char queued[] = "fanlight_calls_queued{backend=\"b\"} ";
static const char in_flight[] = "fanlight_calls_in_flight{backend=\"b\"} ";

static void what_is_in_flight_at_a_backend_counts_across_a_reload(void **state)
{
    struct reload_scene *reload = *state;
    struct hold hold;
    struct client first;
    struct client second;
    hold_begin(&hold, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ", 'max_in_flight': 1, 'queue': 10"));
    begin_held(reload, &hold, &first);

    reload_scene_take(reload, CONFIG(", 'deadline': '50s'", ", 'max_in_flight': 1, 'queue': 10"));
    client_open(&second, reload->scene->gateway_port);
    client_get(&second, "/run");
    wait_for_metric(reload, queued, 1);

    assert_int_equal(reload_scene_metric(reload, in_flight), 1);
    assert_int_equal(scripted_server_request_count(hold.server), 1);
    gate_open(&hold.gates[0]);
    end_held(&first);
    scripted_server_wait_for_requests(hold.server, 2);
    gate_open(&hold.gates[1]);
    end_held(&second);
    hold_end(&hold);
}

static void more_places_let_in_who_waits_already(void **state)
{
    struct reload_scene *reload = *state;
    struct hold hold;
    struct client clients[3];
    hold_begin(&hold, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ", 'max_in_flight': 1, 'queue': 10"));
    begin_held(reload, &hold, &clients[0]);
    for (size_t i = 1; i < 3; i++) {
        client_open(&clients[i], reload->scene->gateway_port);
        client_get(&clients[i], "/run");
        wait_for_metric(reload, queued, i);
    }

    reload_scene_take(reload, CONFIG("", ", 'max_in_flight': 2, 'queue': 10"));
    scripted_server_wait_for_requests(hold.server, 2);

    wait_for_metric(reload, queued, 1);
    assert_int_equal(reload_scene_metric(reload, in_flight), 2);
    reload_scene_take(reload, CONFIG("", ""));
    scripted_server_wait_for_requests(hold.server, 3);
    for (size_t i = 0; i < 3; i++) {
        gate_open(&hold.gates[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        end_held(&clients[i]);
    }
    hold_end(&hold);
}

static void fewer_places_hold_for_those_to_come(void **state)
{
    struct reload_scene *reload = *state;
    struct hold hold;
    struct client clients[3];
    hold_begin(&hold, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ", 'max_in_flight': 2, 'queue': 10"));
    begin_held(reload, &hold, &clients[0]);
    begin_held(reload, &hold, &clients[1]);

    reload_scene_take(reload, CONFIG("", ", 'max_in_flight': 1, 'queue': 10"));
    client_open(&clients[2], reload->scene->gateway_port);
    client_get(&clients[2], "/run");
    wait_for_metric(reload, queued, 1);
    assert_int_equal(reload_scene_metric(reload, in_flight), 2);
    gate_open(&hold.gates[0]);
    end_held(&clients[0]);

    wait_for_metric(reload, in_flight, 1);
    assert_int_equal(reload_scene_metric(reload, queued), 1);
    assert_int_equal(scripted_server_request_count(hold.server), 2);
    gate_open(&hold.gates[1]);
    end_held(&clients[1]);
    scripted_server_wait_for_requests(hold.server, 3);
    gate_open(&hold.gates[2]);
    end_held(&clients[2]);
    hold_end(&hold);
}

static void a_shorter_queue_refuses_who_comes_next(void **state)
{
    struct reload_scene *reload = *state;
    struct hold hold;
    struct client first;
    cleanup_answer struct answer answer = ANSWER_NONE;
    hold_begin(&hold, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ", 'max_in_flight': 1, 'queue': 10"));
    begin_held(reload, &hold, &first);

    reload_scene_take(reload, CONFIG("", ", 'max_in_flight': 1, 'queue': 0"));
    client_fetch(reload->scene->gateway_port, "/run", &answer);

    assert_problem(&answer, 503, "connection_limit_reached");
    gate_open(&hold.gates[0]);
    end_held(&first);
    hold_end(&hold);
}

/* ---- limits of the gateway ---- */

static void a_new_limit_of_requests_in_flight_holds_at_once(void **state)
{
    struct reload_scene *reload = *state;
    struct hold hold;
    struct client first;
    struct client second;
    cleanup_answer struct answer answer = ANSWER_NONE;
    hold_begin(&hold, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ""));
    begin_held(reload, &hold, &first);

    reload_scene_take(reload, CONFIG(", 'limits': {'in_flight': 1}", ""));
    client_fetch(reload->scene->gateway_port, "/run", &answer);
    assert_int_equal(answer.status, 503);
    reload_scene_take(reload, CONFIG(", 'limits': {'in_flight': 2}", ""));
    begin_held(reload, &hold, &second);

    gate_open(&hold.gates[0]);
    gate_open(&hold.gates[1]);
    end_held(&first);
    end_held(&second);
    hold_end(&hold);
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
    struct hold hold;
    struct client client;
    hold_begin(&hold, reload->scene);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ""));
    begin_held(reload, &hold, &client);

    reload_scene_take(reload, CONFIG(", 'drain_timeout': '100ms'", ""));
    process_signal(&reload->scene->gateway, SIGTERM);

    assert_int_equal(process_wait(&reload->scene->gateway), 1); /* it was 30 s */
    client_close(&client);
    hold_end(&hold);
}

/* ---- modes ---- */

static void fetch_in_mode(const struct reload_scene *reload, const char *fields, const char *mode)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_open(&client, reload->scene->gateway_port);
    client_request(&client, "GET", "/run", fields, NULL);
    client_read(&client, &answer);
    assert_int_equal(answer.status, 200);
    assert_text(answer_header(&answer, "Fanlight-Mode"), mode);
    client_close(&client);
}

static void the_mode_can_change_to_any_other(void **state)
{
    static const struct {
        const char *config;
        const char *mode;
    } rows[] = {
        { CONFIG(", 'mode': 'async'", ""), "async" },
        { CONFIG(", 'mode': 'sync'", ""), "sync" },
        { CONFIG(", 'mode': 'threads'", ""), "threads" },
        { CONFIG(", 'mode': 'mixed', 'blocking': 'run'", ""), "mixed" },
        { CONFIG("", ""), "async" },
    };
    struct reload_scene *reload = *state;
    (void)config_scene_add_backend(reload->scene, OPTIONS("--delay=0ms"), NULL);
    reload_scene_start(reload, OPTIONS("--workers=1"), CONFIG("", ""));

    for (size_t i = 0; i < array_length(rows); i++) {
        reload_scene_take(reload, rows[i].config);
        fetch_in_mode(reload, "", rows[i].mode);
    }
    assert_int_equal(process_count_lines(&reload->scene->gateway, "until a restart"), 0);
}

static void a_request_may_choose_its_mode_as_soon_as_the_file_allows_it(void **state)
{
    struct reload_scene *reload = *state;
    (void)config_scene_add_backend(reload->scene, OPTIONS("--delay=0ms"), NULL);
    reload_scene_start(reload, OPTIONS("--mode=async"), CONFIG("", ""));
    fetch_in_mode(reload, "Fanlight-Mode: threads\r\n", "async");

    reload_scene_take(reload, CONFIG(", 'allow_mode_override': true", ""));
    fetch_in_mode(reload, "Fanlight-Mode: threads\r\n", "threads");

    reload_scene_take(reload, CONFIG("", ""));
    fetch_in_mode(reload, "Fanlight-Mode: threads\r\n", "async");
}

static void threads_are_started_when_a_file_needs_them(void **state)
{
    struct reload_scene *reload = *state;
    struct process *gateway = &reload->scene->gateway;
    struct hold hold;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    hold_begin(&hold, reload->scene);
    reload_scene_start(reload, OPTIONS("--workers=2"), CONFIG("", ""));
    size_t threads = process_thread_count(gateway);

    reload_scene_take(reload, CONFIG(", 'threads': 2", ", 'mode': 'threads'"));
    assert_int_equal(process_thread_count(gateway), threads + 2);
    client_open(&client, reload->scene->gateway_port);
    client_get(&client, "/two");
    scripted_server_wait_for_requests(hold.server, 2); /* both at once */
    gate_open(&hold.gates[0]);
    gate_open(&hold.gates[1]);
    client_read(&client, &answer);
    assert_answer(&answer, 200, "{'one':'held','two':'held'}");
    assert_int_equal(process_count_lines(gateway, "until a restart"), 0);

    reload_scene_take(reload, CONFIG(", 'threads': 3", ", 'mode': 'threads'"));
    (void)process_wait_for(gateway, "until a restart these stay as they were: threads\"");
    reload_scene_take(reload, CONFIG(", 'threads': 3", ""));
    (void)process_wait_for(gateway, "until a restart these stay as they were: threads\"");
    reload_scene_take(reload, CONFIG(", 'threads': 2", ""));

    assert_int_equal(process_thread_count(gateway), threads + 2);
    assert_int_equal(process_count_lines(gateway, "until a restart"), 2);
    client_close(&client);
    hold_end(&hold);
}

/* ---- what stays ---- */

#define AS_STARTED                                                                                                     \
    ", 'listen': '127.0.0.1:0', 'admin': '127.0.0.1:0', 'mode': 'threads', 'workers': 2, 'threads': 3,"                \
    "  'limits': {'connections': 50, 'header_bytes': 4096}"

static const struct {
    const char *config;
    const char *names;
} kept_cases[] = {
    { CONFIG(", 'listen': '127.0.0.1:1', 'admin': 'off', 'mode': 'threads', 'workers': 4, 'threads': 5,"
             "  'limits': {'connections': 60, 'header_bytes': 8192}",
             ""),
      "listen, admin, workers, threads, limits.connections, limits.header_bytes" },
    { CONFIG(", 'listen': 'localhost:0', 'admin': '127.0.0.1:0', 'mode': 'threads', 'workers': 2, 'threads': 3,"
             "  'limits': {'connections': 50, 'header_bytes': 4096}",
             ""),
      "listen" },
    { CONFIG(", 'listen': '127.0.0.1:0', 'admin': '127.0.0.1:1', 'mode': 'threads', 'workers': 2, 'threads': 3,"
             "  'limits': {'connections': 50, 'header_bytes': 4096}",
             ""),
      "admin" },
    { CONFIG(", 'listen': '127.0.0.1:0', 'admin': '127.0.0.1:0', 'mode': 'async', 'workers': 1, 'threads': 3,"
             "  'limits': {'connections': 50, 'header_bytes': 4096}",
             ""),
      "workers" },
    { CONFIG(", 'listen': '127.0.0.1:0', 'admin': '127.0.0.1:0', 'mode': 'async', 'workers': 2, 'threads': 2,"
             "  'limits': {'connections': 50, 'header_bytes': 4096}",
             ""),
      "threads" },
    { CONFIG(", 'listen': '127.0.0.1:0', 'admin': '127.0.0.1:0', 'mode': 'threads', 'workers': 2, 'threads': 3,"
             "  'limits': {'connections': 49, 'header_bytes': 4096}",
             ""),
      "limits.connections" },
    { CONFIG(", 'listen': '127.0.0.1:0', 'admin': '127.0.0.1:0', 'mode': 'threads', 'workers': 2, 'threads': 3,"
             "  'limits': {'connections': 50}",
             ""),
      "limits.header_bytes" },
};

static double number_of(const cJSON *config, const char *name)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(config, name));
}

/* What /config says is what holds. */
static void assert_as_started(struct reload_scene *reload)
{
    cJSON *config = reload_scene_config(reload);
    const cJSON *limits = cJSON_GetObjectItemCaseSensitive(config, "limits");

    assert_string_equal(json_text(config, "listen"), "127.0.0.1:0");
    assert_string_equal(json_text(config, "admin"), "127.0.0.1:0");
    assert_int_equal((int)number_of(config, "workers"), 2);
    assert_int_equal((int)number_of(config, "threads"), 3);
    assert_int_equal((int)number_of(limits, "connections"), 50);
    assert_int_equal((int)number_of(limits, "header_bytes"), 4096);
    cJSON_Delete(config);
}

static void assert_head_of_5000_bytes_is_refused(const struct reload_scene *reload)
{
    char fields[5000];
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;

    memset(fields, 'x', sizeof fields);
    memcpy(fields, "X: ", 3);
    memcpy(fields + sizeof fields - 3, "\r\n", 3);
    client_open(&client, reload->scene->gateway_port);
    client_request(&client, "GET", "/hello", fields, NULL);
    client_read(&client, &answer);
    assert_int_equal(answer.status, 431);
    client_close(&client);
}

static void what_needs_a_restart_stays_and_is_named(void **state)
{
    struct reload_scene *reload = *state;
    struct process *gateway = &reload->scene->gateway;
    (void)config_scene_add_port(reload->scene, scene_closed_port());
    reload_scene_start_bare(reload, OPTIONS("--log-format=text"), NULL, CONFIG(AS_STARTED, ""));
    size_t threads = process_thread_count(gateway);

    for (size_t i = 0; i < array_length(kept_cases); i++) {
        char line[160];
        reload_scene_take(reload, kept_cases[i].config);
        (void)snprintf(line, sizeof line, " - until a restart these stay as they were: %s", kept_cases[i].names);
        const char *said = process_wait_for(gateway, "until a restart");
        assert_string_equal(said + strlen("2026-01-02 03:04:05,678"), line);
        assert_as_started(reload);
    }
    reload_scene_take(reload, CONFIG(AS_STARTED, ", 'timeout': '1s'"));

    assert_as_started(reload);
    assert_head_of_5000_bytes_is_refused(reload);
    assert_int_equal(process_thread_count(gateway), threads);
    assert_int_equal(process_count_lines(gateway, "until a restart"), array_length(kept_cases));
}

static void flags_and_variables_win_over_the_file_after_a_reload_as_before_it(void **state)
{
    static const char *const variables[] = { "FANLIGHT_DEADLINE=7s", NULL };
    struct reload_scene *reload = *state;
    (void)config_scene_add_backend(reload->scene, OPTIONS("--delay=0ms"), NULL);
    reload_scene_start_bare(
        reload, OPTIONS("--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--mode=sync", "--allow-mode-override=false"),
        variables, CONFIG(", 'mode': 'async', 'drain_timeout': '10s'", ""));
    fetch_in_mode(reload, "", "sync");

    reload_scene_take(reload, CONFIG(", 'listen': '127.0.0.1:1', 'admin': 'off', 'mode': 'mixed', 'deadline': '8s',"
                                     "  'drain_timeout': '20s', 'allow_mode_override': true",
                                     ""));

    fetch_in_mode(reload, "Fanlight-Mode: async\r\n", "sync");
    assert_setting(reload, "mode", "sync");
    assert_setting(reload, "deadline", "7s");
    assert_setting(reload, "listen", "127.0.0.1:0");
    assert_setting(reload, "drain_timeout", "20s"); /* nothing but the file says it */
    assert_int_equal(process_count_lines(&reload->scene->gateway, "until a restart"), 0);
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
        reload_test(the_mode_can_change_to_any_other),
        reload_test(a_request_may_choose_its_mode_as_soon_as_the_file_allows_it),
        reload_test(threads_are_started_when_a_file_needs_them),
        reload_test(what_needs_a_restart_stays_and_is_named),
        reload_test(flags_and_variables_win_over_the_file_after_a_reload_as_before_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
