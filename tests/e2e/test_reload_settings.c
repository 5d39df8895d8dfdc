/* SPDX-License-Identifier: MIT */
/*
 * SIGHUP and settings: which of them change, which cannot, and who wins over the file.
 */
#include "tests/support/holding_server.h"
#include "tests/support/reload_scene.h"
#include "tests/support/unit.h"

/* `settings` and `backend` begin with a comma, or are empty. */
#define CONFIG(settings, backend)                                                                                      \
    "{'backends': {'b': {'servers': ['http://@0']" backend "}}" settings ", 'routes': ["                               \
    " {'path': '/run', 'calls': {'run': {'backend': 'b', 'path': '/run'}}},"                                           \
    " {'path': '/two', 'calls': {'one': {'backend': 'b', 'path': '/1'}, 'two': {'backend': 'b', 'path': '/2'}}},"      \
    " {'path': '/post', 'methods': ['POST'], 'calls': {'run': {'backend': 'b', 'path': '/run'}}},"                     \
    " {'path': '/hello', 'respond': {'text': 'hello'}}]}"

static void assert_setting(struct reload_scene *reload, const char *name, const char *text)
{
    cJSON *config = reload_scene_config(reload);

    assert_string_equal(json_text(config, name), text);
    cJSON_Delete(config);
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
    struct holding_server server;
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    holding_server_start(&server);
    (void)config_scene_add_port(reload->scene, holding_server_port(&server));
    reload_scene_start(reload, OPTIONS("--workers=2"), CONFIG("", ""));
    size_t threads = process_thread_count(gateway);

    reload_scene_take(reload, CONFIG(", 'threads': 2", ", 'mode': 'threads'"));
    assert_int_equal(process_thread_count(gateway), threads + 2);
    client_open(&client, reload->scene->gateway_port);
    client_get(&client, "/two");
    holding_server_wait_for(&server, 2); /* both at once */
    holding_server_let_go(&server, 0);
    holding_server_let_go(&server, 1);
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
    holding_server_stop(&server);
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
        reload_test(the_mode_can_change_to_any_other),
        reload_test(a_request_may_choose_its_mode_as_soon_as_the_file_allows_it),
        reload_test(threads_are_started_when_a_file_needs_them),
        reload_test(what_needs_a_restart_stays_and_is_named),
        reload_test(flags_and_variables_win_over_the_file_after_a_reload_as_before_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
