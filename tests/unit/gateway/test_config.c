/* SPDX-License-Identifier: MIT */
#include "gateway/config.h"

#include "common/clock.h"
#include "gateway/mode.h"
#include "tests/support/unit.h"

enum { ARENA_BYTES = 4096 };

static struct url url_of(const char *text)
{
    struct url url = { .port = 0 };
    struct error error = { "" };

    if (url_parse(str_of(text), &url, &error) < 0) {
        fail_msg("%s: %s", text, error.text);
    }
    return url;
}

static struct settings settings_for(const char *backend)
{
    return (struct settings){ .mode = MODE_ASYNC, .backend = url_of(backend), .blocking = "task1", .workers = 1 };
}

/* ---- a server ---- */

static void config_server_is_named_and_ready_for_a_target_to_follow(void **state)
{
    static const struct {
        const char *name; /* the URL */
        const char *path;
        const char *server;
        const char *authority;
    } cases[] = {
        { "http://127.0.0.1:9000", "", "127.0.0.1:9000", "127.0.0.1:9000" },
        { "http://127.0.0.1:9000/", "", "127.0.0.1:9000", "127.0.0.1:9000" },
        { "http://h/base", "/base", "h:80", "h" },
        { "http://h/base/", "/base", "h:80", "h" },
        { "http://h/a/b/", "/a/b", "h:80", "h" },
        { "https://h", "", "h:443", "h" },
        { "https://[::1]/x/", "/x", "[::1]:443", "[::1]" },
        { "http://[2001:db8::1]:81", "", "[2001:db8::1]:81", "[2001:db8::1]:81" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct url url = url_of(cases[i].name);
        struct config_server server = { .name = NULL };
        struct arena arena;
        arena_init(&arena, ARENA_BYTES);

        assert_case(cases[i].name, config_server_set(&arena, &url, &server) == 0);

        assert_string_equal(server.url.path, cases[i].path);
        assert_string_equal(server.name, cases[i].server);
        assert_string_equal(server.url.authority, cases[i].authority);
        assert_case(cases[i].name, server.url.is_tls == url.is_tls && server.url.port == url.port);
        arena_clear(&arena);
    }
}

static void config_server_stays_as_it_was_when_the_arena_is_full(void **state)
{
    struct url url = url_of("http://h/base/");
    struct config_server server = { .name = "before" };
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);

    assert_true(config_server_set(&arena, &url, &server) < 0);

    assert_string_equal(server.name, "before");
    assert_string_equal(server.url.path, "");
    assert_string_equal(url.path, "/base/");
    arena_clear(&arena);
}

/* ---- the built-in one ---- */

static void config_built_in_has_one_backend(void **state)
{
    struct settings settings = settings_for("https://backend.test:8443/base/");
    (void)state;

    struct config *config = config_built_in(&settings);

    assert_non_null(config);
    assert_int_equal(config->backend_count, 1);
    const struct config_backend *backend = &config->backends[0];
    assert_text(backend->name, "default");
    assert_int_equal(backend->server_count, 1);
    assert_string_equal(backend->servers[0].name, "backend.test:8443");
    assert_string_equal(backend->servers[0].url.path, "/base");
    assert_true(backend->servers[0].url.is_tls);
    assert_int_equal(backend->mode, MODE_INHERITED);
    assert_true(backend->timeout_us == CLOCK_NEVER_US);
    assert_true(backend->queue_timeout_us == CLOCK_NEVER_US);
    assert_true(backend->max_in_flight == SIZE_MAX);
    assert_int_equal(backend->connect_timeout_us, 5 * CLOCK_US_PER_SECOND);
    assert_int_equal(backend->response_bytes, 1024 * 1024);
    assert_int_equal(backend->response_header_bytes, 16 * 1024);
    config_release(config);
}

static void config_built_in_has_the_limits_of_the_reference(void **state)
{
    struct settings settings = settings_for("http://127.0.0.1:9000");
    (void)state;

    struct config *config = config_built_in(&settings);

    assert_non_null(config);
    assert_int_equal(config->limits.connections, 10000);
    assert_int_equal(config->limits.connection_overflow, OVERFLOW_WAIT);
    assert_int_equal(config->limits.in_flight, 10000);
    assert_int_equal(config->limits.header_bytes, 16384);
    assert_int_equal(config->limits.body_bytes, 1048576);
    assert_int_equal(config->limits.answer_bytes, 8388608);
    assert_int_equal(config->limits.fan_out, 256);
    assert_int_equal(config->limits.header_timeout_us, 10 * CLOCK_US_PER_SECOND);
    assert_int_equal(config->limits.body_timeout_us, 30 * CLOCK_US_PER_SECOND);
    assert_int_equal(config->limits.idle_timeout_us, 75 * CLOCK_US_PER_SECOND);
    assert_int_equal(config->limits.send_timeout_us, 30 * CLOCK_US_PER_SECOND);
    config_release(config);
}

static void config_built_in_knows_its_routes(void **state)
{
    static const struct {
        const char *name; /* the path */
        const char *method;
        enum route_kind kind;
    } cases[] = {
        { "/hello", "GET", ROUTE_RESPOND },
        { "/fanout", "GET", ROUTE_FANOUT },
        { "/fanout", "POST", ROUTE_FANOUT_POST },
        { "/task1", "GET", ROUTE_TASK },
    };
    struct settings settings = settings_for("http://127.0.0.1:9000");
    struct arena arena;
    (void)state;
    arena_init(&arena, ARENA_BYTES);

    struct config *config = config_built_in(&settings);

    assert_non_null(config);
    assert_int_equal(config->route_count, 4);
    assert_non_null(config->route_table);
    for (size_t i = 0; i < array_length(cases); i++) {
        struct route_match match;
        assert_case(cases[i].name, route_match(config->route_table, &arena, str_of(cases[i].method),
                                               str_of(cases[i].name), &match) == 0);
        assert_case(cases[i].name, match.route != NULL && match.route->kind == cases[i].kind);
    }
    config_release(config);
    arena_clear(&arena);
}

/* ---- settings ---- */

/* argv, the environment and the file's text may be gone before the configuration is. */
static void config_keeps_copies_of_the_settings_strings(void **state)
{
    char blocking[] = "task1,task2";
    char file[] = "gateway.json";
    struct settings settings = settings_for("http://127.0.0.1:9000");
    (void)state;
    settings.blocking = blocking;
    settings.config_file = file;
    settings.given = 5;

    struct config *config = config_new(&settings);
    memset(blocking, 'x', sizeof blocking - 1);
    memset(file, 'x', sizeof file - 1);

    assert_non_null(config);
    assert_string_equal(config->settings.blocking, "task1,task2");
    assert_string_equal(config->settings.config_file, "gateway.json");
    assert_int_equal(config->settings.given, 5);
    config_release(config);
}

static void config_does_without_strings_in_the_settings(void **state)
{
    const struct settings settings = { .workers = 3 };
    (void)state;

    struct config *config = config_new(&settings);

    assert_non_null(config);
    assert_null(config->settings.blocking);
    assert_null(config->settings.config_file);
    assert_int_equal(config->settings.workers, 3);
    assert_int_equal(config->backend_count, 0);
    assert_int_equal(config->route_count, 0);
    assert_memory_equal(&config->limits, &config_limits_default, sizeof config->limits);
    config_release(config);
}

/* ---- references ---- */

static void config_lives_as_long_as_somebody_holds_it(void **state)
{
    struct settings settings = settings_for("http://127.0.0.1:9000");
    (void)state;

    struct config *config = config_built_in(&settings);
    assert_non_null(config);
    assert_int_equal(atomic_load(&config->references), 1);
    assert_ptr_equal(config_hold(config), config);
    assert_int_equal(atomic_load(&config->references), 2);
    config_release(config);

    assert_text(config->backends[0].name, "default");
    assert_string_equal(config->settings.blocking, "task1");
    config_release(config);
    config_release(NULL);
}

/* ---- threads ---- */

/* Where a configuration has its one mode that differs. */
struct modes {
    int gateway;
    int second_backend;
    int second_route;
    int second_call;
    bool allow_mode_override;
};

static bool needs_threads(const struct modes *modes)
{
    const struct settings settings = { .mode = modes->gateway, .allow_mode_override = modes->allow_mode_override };
    const struct config_backend backends[] = { { .mode = MODE_INHERITED }, { .mode = modes->second_backend } };
    struct plan_call calls[] = { { .mode = MODE_INHERITED }, { .mode = modes->second_call } };
    const struct route routes[] = {
        { .mode = MODE_INHERITED },
        { .mode = modes->second_route, .plan = { .call_count = array_length(calls), .calls = calls } },
    };
    struct config *config = config_new(&settings);
    assert_non_null(config);
    config->backends = backends;
    config->backend_count = array_length(backends);
    config->routes = routes;
    config->route_count = array_length(routes);

    bool needs = config_needs_threads(config);

    config_release(config);
    return needs;
}

static void config_needs_threads_where_some_call_may_be_made_by_one(void **state)
{
    static const struct {
        const char *name;
        struct modes modes;
        bool needs;
    } cases[] = {
        { "nobody says so", { MODE_ASYNC, MODE_INHERITED, MODE_INHERITED, MODE_INHERITED, false }, false },
        { "other modes everywhere", { MODE_SYNC, MODE_ASYNC, MODE_MIXED, MODE_SYNC, false }, false },
        { "mixed has no threads", { MODE_MIXED, MODE_MIXED, MODE_MIXED, MODE_MIXED, false }, false },
        { "the gateway", { MODE_THREADS, MODE_INHERITED, MODE_INHERITED, MODE_INHERITED, false }, true },
        { "a backend", { MODE_ASYNC, MODE_THREADS, MODE_INHERITED, MODE_INHERITED, false }, true },
        { "a route", { MODE_ASYNC, MODE_INHERITED, MODE_THREADS, MODE_INHERITED, false }, true },
        { "a call", { MODE_ASYNC, MODE_INHERITED, MODE_INHERITED, MODE_THREADS, false }, true },
        { "whoever asks", { MODE_ASYNC, MODE_INHERITED, MODE_INHERITED, MODE_INHERITED, true }, true },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        assert_case(cases[i].name, needs_threads(&cases[i].modes) == cases[i].needs);
    }
}

static void config_built_in_needs_threads_in_their_mode_only(void **state)
{
    (void)state;

    for (int mode = 0; mode < MODE_COUNT; mode++) {
        struct settings settings = settings_for("http://127.0.0.1:9000");
        settings.mode = mode;
        struct config *config = config_built_in(&settings);
        assert_non_null(config);

        assert_case(mode_names[mode], config_needs_threads(config) == (mode == MODE_THREADS));

        config_release(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_server_is_named_and_ready_for_a_target_to_follow),
        cmocka_unit_test(config_server_stays_as_it_was_when_the_arena_is_full),
        cmocka_unit_test(config_built_in_has_one_backend),
        cmocka_unit_test(config_built_in_has_the_limits_of_the_reference),
        cmocka_unit_test(config_built_in_knows_its_routes),
        cmocka_unit_test(config_keeps_copies_of_the_settings_strings),
        cmocka_unit_test(config_does_without_strings_in_the_settings),
        cmocka_unit_test(config_lives_as_long_as_somebody_holds_it),
        cmocka_unit_test(config_needs_threads_where_some_call_may_be_made_by_one),
        cmocka_unit_test(config_built_in_needs_threads_in_their_mode_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
