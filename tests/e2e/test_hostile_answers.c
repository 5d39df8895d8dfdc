/* SPDX-License-Identifier: MIT */
/*
 * Bytes that break lines, JSON, metrics or terminals, in every place of a backend's answer: what is logged, shown and
 * answered is read back with a strict reader. Merged and passed on, in every mode.
 */
#include <stdio.h>

#include "tests/support/config_scene.h"
#include "tests/support/metrics_page.h"
#include "tests/support/scripted_server.h"
#include "tests/support/strict_reader.h"
#include "tests/support/unit.h"

#define BYTES(literal)                                                                                                 \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }

static const struct {
    const char *name;
    struct str bytes;
} hostiles[] = {
    { "nothing odd", BYTES("a") },
    { "ESC", BYTES("\x1b[2J\x1b]0;x\x07") },
    { "CR", BYTES("a\rX-Forged: 1") },
    { "LF", BYTES("a\nX-Forged: 1") },
    { "NUL", BYTES("a\0b") },
    { "DEL", BYTES("a\x7f") },
    { "quotes", BYTES("\",\"event\":\"done\",\"status\":\"200") },
    { "backslash", BYTES("a\\") },
    { "C1, bare", BYTES("\x9b"
                        "31m\x85") },
    { "C1 as UTF-8", BYTES("\xc2\x9b"
                           "31m\xc2\x85") },
    { "no UTF-8", BYTES("\xff\xfe\xc3") },
    { "overlong", BYTES("\xc0\xaf\xc0\x8a") },
    { "separators of lines", BYTES("a\xe2\x80\xa8") },
    { "right to left", BYTES("\xe2\x80\xaegnp.exe\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\xac") },
    { "markup", BYTES("<script>alert(1)</script>") },
    { "a format", BYTES("%s%n%1$s") },
};

static const struct {
    const char *name;
    const char *before;
    const char *after;
} places[] = {
    { "version", "HTTP/1.1", " 200 OK\r\nContent-Length: 2\r\n\r\n{}" },
    { "status", "HTTP/1.1 200", " OK\r\nContent-Length: 2\r\n\r\n{}" },
    { "reason", "HTTP/1.1 200 ", "\r\nContent-Length: 2\r\n\r\n{}" },
    { "reason of a failure", "HTTP/1.1 503 ", "\r\nContent-Length: 2\r\n\r\n{}" },
    { "type", "HTTP/1.1 200 OK\r\nContent-Type: text/", "\r\nContent-Length: 2\r\n\r\n{}" },
    { "name of a field", "HTTP/1.1 200 OK\r\nX", ": 1\r\nContent-Length: 2\r\n\r\n{}" },
    { "field", "HTTP/1.1 200 OK\r\nX: ", "\r\nContent-Length: 2\r\n\r\n{}" },
    { "connection", "HTTP/1.1 200 OK\r\nConnection: ", "\r\nContent-Length: 2\r\n\r\n{}" },
    { "coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: ", "\r\n\r\n{}" },
    { "length", "HTTP/1.1 200 OK\r\nContent-Length: 2", "\r\n\r\n{}" },
    { "body", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"a\":\"", "\"}" },
    { "no JSON at all", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "" },
    { "what the next call needs", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"id\":\"", "\",\"x\":1}" },
    { "no HTTP at all", "", "\r\n\r\n" },
};

static const char config[] =
    "{'allow_explain': true, 'backends': {'b': {'servers': ['http://@0'], 'timeout': '5s'}},"
    " 'routes': ["
    "   {'path': '/merged', 'calls': {'res': {'backend': 'b', 'path': '/x'}}},"
    "   {'path': '/text', 'calls': {'res': {'backend': 'b', 'path': '/x', 'as': 'text'}}},"
    "   {'path': '/optional', 'calls': {'res': {'backend': 'b', 'path': '/x', 'required': false}}},"
    "   {'path': '/chain', 'calls': {'a': {'backend': 'b', 'path': '/x'},"
    "      'res': {'backend': 'b', 'path': '/y/{a.id}?z={a.id}', 'required': false,"
    "              'headers': {'X-Id': '{a.id}'}}}},"
    "   {'path': '/pass', 'pass': true, 'calls': {'res': {'backend': 'b', 'path': '/x'}}}]}";

static const char *const targets[] = { "/merged", "/text", "/optional", "/chain", "/pass" };

enum { STEP_COUNT = (int)(array_length(hostiles) * array_length(places)) };

/* One for each byte in each place; all of them close the connection, so that no answer is cut by another's rest. */
static void build_steps(struct scripted_step *steps, struct buf *texts)
{
    for (size_t i = 0; i < STEP_COUNT; i++) {
        size_t place = i % array_length(places);
        buf_init(&texts[i], 1024);
        (void)buf_add_text(&texts[i], places[place].before);
        (void)buf_add_str(&texts[i], hostiles[i / array_length(places)].bytes);
        (void)buf_add_text(&texts[i], places[place].after);
        assert_false(texts[i].failed);
        steps[i] = (struct scripted_step){ .bytes = texts[i].base, .length = texts[i].length, .after = SCRIPTED_CLOSE };
    }
}

/* A merged answer holds the backend's body byte for byte; the rest of it is ours. */
static void check_answer(const struct answer *answer, const char *target)
{
    bool is_passed = strcmp(target, "/pass") == 0;
    struct str type = answer_header(answer, "Content-Type");

    assert_in_range(answer->status, 200, 599);
    assert_true(answer->is_complete);
    strict_read_head(buf_view(&answer->head), is_passed);
    if (str_equal(type, STR("application/problem+json")) || strcmp(target, "/text") == 0) {
        strict_read_json(answer_body(answer));
    }
}

/* A request of the gateway's own that a value from a backend could have broken. */
static void check_requests(struct scripted_server *server)
{
    size_t count = scripted_server_request_count(server);

    for (size_t i = 0; i < count; i++) {
        struct str rest = str_of(scripted_server_request(server, i));
        struct str first = str_split(&rest, '\n');
        assert_true(str_starts_with(first, STR("GET /x HTTP/1.1\r")) || str_starts_with(first, STR("GET /y/")));
        assert_null(strstr(scripted_server_request(server, i), "X-Forged"));
        while (rest.length > 0) {
            struct str line = str_split(&rest, '\n');
            assert_true(line.length > 0 && line.base[line.length - 1] == '\r');
            line.length--;
            strict_read_line(line);
        }
    }
}

static void check(struct config_scene *scene, const char *mode, const char *target, const struct scripted_step *steps)
{
    struct scripted_server *server = scripted_server_start(steps, STEP_COUNT);
    char mode_option[32];
    (void)snprintf(mode_option, sizeof mode_option, "--mode=%s", mode);
    scene->backend_count = 0;
    (void)config_scene_add_port(scene, scripted_server_port(server));
    config_scene_start(scene, OPTIONS("--threads=2", "--workers=1", mode_option), config);

    while (scripted_server_request_count(server) < STEP_COUNT) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        config_scene_ask(scene, NULL, "GET", target, "Fanlight-Explain: 1\r\n", NULL, &answer);
        check_answer(&answer, target);
    }

    cleanup_answer struct answer metrics = ANSWER_NONE;
    cleanup_answer struct answer requests = ANSWER_NONE;
    client_fetch(scene->admin_port, "/metrics", &metrics);
    strict_read_metrics(answer_body(&metrics));
    client_fetch(scene->admin_port, "/requests", &requests);
    strict_read_json(answer_body(&requests));
    assert_int_equal(process_stop(&scene->gateway), 0);
    (void)strict_read_json_log(buf_view(&scene->gateway.text));
    process_clear(&scene->gateway);
    check_requests(server);
    scripted_server_stop(server);
}

static void no_byte_of_an_answer_breaks_a_log_a_page_or_an_answer(void **state)
{
    struct config_scene *scene = *state;
    struct scripted_step steps[STEP_COUNT];
    struct buf texts[STEP_COUNT];
    build_steps(steps, texts);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(targets); i++) {
            check(scene, *mode, targets[i], steps);
        }
    }

    for (size_t i = 0; i < STEP_COUNT; i++) {
        buf_clear(&texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(no_byte_of_an_answer_breaks_a_log_a_page_or_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
