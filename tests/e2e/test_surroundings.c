/* SPDX-License-Identifier: MIT */
/*
 * Nothing but the configuration says where calls go: no proxy and no credentials from the environment or from files in
 * a home directory, no redirect, nothing of what a client sends. The kernel is asked, too: what was connect() called
 * with? Without strace the program ends with 77, which ctest takes for skipped.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/config_scene.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

#define STRACE "/usr/bin/strace"

enum { VARIABLE_BYTES = 128, VARIABLES_AT_MOST = 32, EXIT_SKIPPED = 77 };

/* A place that nobody is to go to, and a backend that sends everybody there. */
struct trap {
    struct scripted_server *server;
    struct scripted_server *redirecting;
    char redirect[160];
    struct scripted_step redirect_step;
    char home[64];
    char variables[VARIABLES_AT_MOST][VARIABLE_BYTES];
    const char *list[VARIABLES_AT_MOST + 1];
    size_t count;
};

static void add_variable(struct trap *trap, const char *name, const char *value)
{
    assert_true(trap->count < VARIABLES_AT_MOST);
    (void)snprintf(trap->variables[trap->count], VARIABLE_BYTES, "%s=%s", name, value);
    trap->list[trap->count] = trap->variables[trap->count];
    trap->count++;
}

static void write_file(const struct trap *trap, const char *name, const char *text)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", trap->home, name);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(descriptor);
}

static void set_variables(struct trap *trap, const char *proxy)
{
    static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY",  "all_proxy",
                                         "ALL_PROXY",  "socks_proxy", "ftp_proxy",   "SOCKS_SERVER" };

    for (size_t i = 0; i < array_length(names); i++) {
        add_variable(trap, names[i], proxy);
    }
    add_variable(trap, "no_proxy", "");
    add_variable(trap, "NO_PROXY", "example.invalid");
    add_variable(trap, "HOME", trap->home);
    add_variable(trap, "CURL_HOME", trap->home);
    add_variable(trap, "XDG_CONFIG_HOME", trap->home);
    add_variable(trap, "NETRC", "/.netrc");
}

static void set_trap(struct trap *trap)
{
    static const struct scripted_step step = { .json = "\"trapped\"" };
    char proxy[64];
    char text[160];

    *trap = (struct trap){ .count = 0 };
    trap->server = scripted_server_start(&step, 1);
    (void)snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", (unsigned)scripted_server_port(trap->server));
    (void)snprintf(trap->redirect, sizeof trap->redirect,
                   "HTTP/1.1 307 Temporary Redirect\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n", proxy);
    trap->redirect_step = (struct scripted_step){ .bytes = trap->redirect };
    trap->redirecting = scripted_server_start(&trap->redirect_step, 1);
    (void)snprintf(trap->home, sizeof trap->home, "/tmp/fanlight-home-XXXXXX");
    assert_non_null(mkdtemp(trap->home));
    (void)snprintf(text, sizeof text, "proxy = %s\n", proxy);
    write_file(trap, ".curlrc", text);
    write_file(trap, ".netrc", "default login trapped password trapped\n");
    set_variables(trap, proxy);
}

static void clear_trap(struct trap *trap)
{
    static const char *const names[] = { ".curlrc", ".netrc" };
    char path[128];

    for (size_t i = 0; i < array_length(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", trap->home, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(trap->home);
    scripted_server_stop(trap->redirecting);
    scripted_server_stop(trap->server);
}

/* ---- a gateway among them ---- */

static void describe_redirecting(const struct trap *trap, char option[64])
{
    (void)snprintf(option, 64, "--backend=http://127.0.0.1:%u", (unsigned)scripted_server_port(trap->redirecting));
}

static void note_ports(struct config_scene *scene)
{
    scene->admin_port = process_port(&scene->gateway, "admin on ");
    scene->gateway_port = process_port(&scene->gateway, "listening on ");
}

static void start_gateway(struct config_scene *scene, struct trap *trap, const char *backend)
{
    process_start_with(&scene->gateway, "gateway",
                       OPTIONS("--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--log-format=json",
                               "--allow-mode-override", "--blocking=res", backend),
                       trap->list);
    note_ports(scene);
}

static void no_proxy_and_no_credentials_come_from_the_surroundings(void **state)
{
    struct config_scene *scene = *state;
    struct trap trap;
    char backend[64];
    set_trap(&trap);
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    (void)snprintf(backend, sizeof backend, "--backend=http://127.0.0.1:%u", (unsigned)scene->backend_ports[0]);
    start_gateway(scene, &trap, backend);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/task1?echo=1", &answer);

        assert_int_equal(answer.status, 200);
        cJSON *json = answer_json(&answer);
        cleanup_free char *text = cJSON_PrintUnformatted(json);
        assert_null(strcasestr(text, "authorization"));
        assert_null(strcasestr(text, "proxy"));
        assert_null(strstr(text, "trapped"));
        cJSON_Delete(json);
    }
    assert_int_equal(scripted_server_connection_count(trap.server), 0);
    clear_trap(&trap);
}

static void a_redirect_is_an_answer_and_nobody_follows_it(void **state)
{
    struct config_scene *scene = *state;
    struct trap trap;
    char redirecting[64];
    set_trap(&trap);
    describe_redirecting(&trap, redirecting);
    start_gateway(scene, &trap, redirecting);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/task1", &answer);

        assert_problem(&answer, 502, "http_response_status");
        assert_text(answer_header(&answer, "Proxy-Status"),
                    "fanlight; error=http_response_status; received-status=307");
    }
    assert_int_equal(scripted_server_connection_count(trap.server), 0);
    clear_trap(&trap);
}

/* ---- what the kernel saw ---- */

/* Leaks cannot be looked for under a tracer. */
static void set_no_leak_check(void)
{
    const char *options = getenv("ASAN_OPTIONS");
    char text[512];

    (void)snprintf(text, sizeof text, "%s:detect_leaks=0", options != NULL ? options : "");
    assert_int_equal(setenv("ASAN_OPTIONS", text, 1), 0);
}

static void start_traced_gateway(struct config_scene *scene, struct trap *trap, const char *backend)
{
    static const char gateway[] = BIN_DIR "/gateway";

    set_no_leak_check();
    process_start_with(&scene->gateway, STRACE,
                       OPTIONS("-D", "-f", "-qq", "-e", "trace=connect", "-e", "signal=none", "-o", "/dev/stdout",
                               gateway, "--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--log-format=json",
                               "--allow-mode-override", "--blocking=res", backend),
                       trap->list);
    note_ports(scene);
}

/* Requests that name the trap wherever a client may name something. */
static void ask_for_the_trap(struct config_scene *scene, const struct trap *trap, const char *mode)
{
    unsigned port = scripted_server_port(trap->server);
    char target[160];
    char fields[512];
    cleanup_answer struct answer answer = ANSWER_NONE;

    (void)snprintf(target, sizeof target, "/task1?url=http://127.0.0.1:%u/&host=127.0.0.1:%u", port, port);
    (void)snprintf(fields, sizeof fields,
                   "X-Forwarded-Host: 127.0.0.1:%u\r\nForwarded: host=\"127.0.0.1:%u\"\r\n"
                   "Proxy: http://127.0.0.1:%u\r\nReferer: http://127.0.0.1:%u/\r\n"
                   "Proxy-Connection: keep-alive\r\nX-Original-URL: http://127.0.0.1:%u/\r\n",
                   port, port, port, port, port);
    config_scene_ask(scene, mode, "GET", target, fields, NULL, &answer);
    assert_problem(&answer, 502, "http_response_status");
}

static void every_connect_is_to_a_configured_server(void **state)
{
    struct config_scene *scene = *state;
    struct trap trap;
    char redirecting[64];
    char due[64];
    set_trap(&trap);
    describe_redirecting(&trap, redirecting);
    start_traced_gateway(scene, &trap, redirecting);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        ask_for_the_trap(scene, &trap, *mode);
    }
    assert_int_equal(process_stop(&scene->gateway), 0);

    (void)snprintf(due, sizeof due, "sin_port=htons(%u), sin_addr=inet_addr(\"127.0.0.1\")",
                   (unsigned)scripted_server_port(trap.redirecting));
    size_t connects = process_count_lines(&scene->gateway, "connect(");
    assert_true(connects >= 4); /* one for each way to make a call: sync, threads, async, wire */
    assert_int_equal(process_count_lines(&scene->gateway, due), connects);
    assert_int_equal(scripted_server_connection_count(trap.server), 0);
    clear_trap(&trap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(no_proxy_and_no_credentials_come_from_the_surroundings),
        config_scene_test(a_redirect_is_an_answer_and_nobody_follows_it),
    };
    const struct CMUnitTest traced_tests[] = {
        config_scene_test(every_connect_is_to_a_configured_server), /* the last one: it looks for no leaks */
    };

    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    if (access(STRACE, X_OK) != 0) {
        return failed_count > 0 ? failed_count : EXIT_SKIPPED;
    }
    return failed_count + cmocka_run_group_tests(traced_tests, NULL, NULL);
}
