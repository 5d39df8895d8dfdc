/* SPDX-License-Identifier: MIT */
/*
 * Bytes that break lines or terminals, in what the person who starts a program writes (options, file names, a
 * configuration), and in what a server sends to the lab: what is said of them is harmless.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/json_scan.h"
#include "tests/support/scene.h"
#include "tests/support/scripted_server.h"
#include "tests/support/strict_reader.h"
#include "tests/support/unit.h"

/* No NUL: these are words of a command line. */
static const char *const hostiles[] = {
    "a",
    "\x1b[2J\x1b]0;x\x07",
    "a\nINFO: forged",
    "a\rforged",
    "a\tb\b\b",
    "a\x7f",
    "\"quoted\"\\",
    "\x9b;31m",
    "\xc2\x9b;31m",
    "\xff\xfe\xc0\xaf",
    "a\xe2\x80\xa8z",
    "\xe2\x80\xaegnp.exe\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\xac",
    "%s%n%1$s",
    "{}{{a}",
};

enum { EXIT_MOST = 2, WORD_BYTES = 512, CONFIG_BYTES = 4096 };

/* What the process said, on both sides; it has to have ended by itself, one way or the other. */
static void check_said(struct process *process)
{
    int exit_code = process_wait(process);
    cleanup_free char *errors = process_errors(process);

    assert_in_range(exit_code, 0, EXIT_MOST);
    (void)strict_read_lines(str_of(errors), 0);
    (void)strict_read_lines(buf_view(&process->text), 0);
    process_clear(process);
}

/* ---- options ---- */

static const struct {
    const char *program;
    const char *before; /* the hostile bytes follow */
    const char *more;
} words[] = {
    { "gateway", "--", "--check" },
    { "gateway", "", "--check" },
    { "gateway", "--mode=", "--check" },
    { "gateway", "--listen=", "--check" },
    { "gateway", "--listen=127.0.0.1:", "--check" },
    { "gateway", "--backend=http://", "--check" },
    { "gateway", "--backend=http://a/", "--check" },
    { "gateway", "--blocking=", "--check" },
    { "gateway", "--deadline=", "--check" },
    { "gateway", "--workers=", "--check" },
    { "gateway", "--config=", NULL },
    { "gateway", "--config=", "--check" },
    { "backend", "--delay=", NULL },
    { "backend", "--answers=", NULL },
    { "backend", "--", NULL },
    { "backend", "--log-level=", NULL },
    { "lab", "", NULL },
    { "lab", "--", NULL },
};

static void no_word_of_a_command_line_breaks_what_is_said_of_it(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(words); i++) {
        for (size_t j = 0; j < array_length(hostiles); j++) {
            char word[WORD_BYTES];
            (void)snprintf(word, sizeof word, "%s%s", words[i].before, hostiles[j]);

            process_start(&scene->gateway, words[i].program, OPTIONS(word, words[i].more));

            check_said(&scene->gateway);
        }
    }
}

static const struct {
    const char *program;
    const char *name;
} variables[] = {
    { "gateway", "FANLIGHT_MODE" },
    { "gateway", "FANLIGHT_LISTEN" },
    { "gateway", "FANLIGHT_CONFIG" },
    { "backend", "FANLIGHT_DELAY" },
};

static void no_variable_breaks_what_is_said_of_it(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(variables); i++) {
        for (size_t j = 0; j < array_length(hostiles); j++) {
            char variable[WORD_BYTES];
            (void)snprintf(variable, sizeof variable, "%s=%s", variables[i].name, hostiles[j]);

            process_start_with(&scene->gateway, variables[i].program, OPTIONS("--log-level=info"), OPTIONS(variable));

            check_said(&scene->gateway);
        }
    }
}

/* ---- a configuration ---- */

/* The bytes stand for @, as they are where JSON takes them, else as its escapes; ' stands for ". The first is no JSON,
 * whatever stands there. */
static const char *const configs[] = {
    "@",
    "{'@': 1}",
    "{'mode': '@'}",
    "{'listen': '@'}",
    "{'deadline': '@'}",
    "{'blocking': '@', 'mode': 'mixed'}",
    "{'blocking': ['@'], 'mode': 'mixed'}",
    "{'limits': {'@': 1}}",
    "{'backends': {'@': {'servers': ['http://a']}}}",
    "{'backends': {'b': {'servers': ['@']}}}",
    "{'backends': {'b': {'servers': ['http://@']}}}",
    "{'backends': {'b': {'servers': ['http://a/@']}}}",
    "{'backends': {'b': {'servers': ['http://a'], '@': 1}}}",
    "{'backends': {'b': {'servers': ['http://a']}}, 'routes': [{'path': '/@', 'respond': {'text': 'x'}}]}",
    "{'backends': {'b': {'servers': ['http://a']}}, 'routes': [{'path': '/{@}', 'respond': {'text': 'x'}}]}",
    "{'routes': [{'path': '/x', 'respond': {'text': '@'}}]}",
    "{'routes': [{'path': '/x', 'respond': {'text': 'x', 'headers': {'@': '1'}}}]}",
    "{'routes': [{'path': '/x', 'respond': {'text': 'x', 'headers': {'X': '@'}}}]}",
    "{'routes': [{'path': '/x', 'methods': ['@'], 'respond': {'text': 'x'}}]}",
    "{'backends': {'b': {'servers': ['http://a']}}, 'routes': [{'path': '/x', 'calls': {'@': {'backend': 'b', 'path': "
    "'/'}}}]}",
    "{'backends': {'b': {'servers': ['http://a']}}, 'routes': [{'path': '/x', 'calls': {'a': {'backend': '@', 'path': "
    "'/'}}}]}",
    "{'backends': {'b': {'servers': ['http://a']}}, 'routes': [{'path': '/x', 'calls': {'a': {'backend': 'b', 'path': "
    "'/@'}}}]}",
    "{'backends': {'b': {'servers': ['http://a']}}, 'routes': [{'path': '/x', 'calls': {'a': {'backend': 'b', 'path': "
    "'/{query.@}'}}}]}",
    "{'backends': {'b': {'servers': ['http://a']}}, 'routes': [{'path': '/x', 'calls': {'a': {'backend': 'b', 'path': "
    "'/', 'headers': {'X': '@'}}}}]}",
    "{'backends': {'b': {'servers': ['http://a']}}, 'routes': [{'path': '/x', 'calls': {'a': {'backend': 'b', 'path': "
    "'/', 'forward_headers': ['@']}}}]}",
    "{'backends': {'b': {'servers': ['http://a']}}, 'routes': [{'path': '/x', 'calls': {'a': {'backend': 'b', 'path': "
    "'/', 'body': {'@': '@'}}}}]}",
    "{'backends': {'b': {'servers': ['http://a']}}, 'routes': [{'path': '/x', 'calls': {'a': {'backend': 'b', 'path': "
    "'/', 'required': false, 'default': '@'}}}]}",
};

static void add_bytes(struct buf *text, const char *bytes, bool is_escaped)
{
    for (; *bytes != '\0'; bytes++) {
        if (is_escaped) {
            (void)buf_add_format(text, "\\u%04x", (unsigned char)*bytes);
        } else {
            (void)buf_add_byte(text, *bytes);
        }
    }
}

static void render_config(const char *config, const char *bytes, bool is_escaped, struct buf *text)
{
    for (; *config != '\0'; config++) {
        if (*config == '@') {
            add_bytes(text, bytes, is_escaped);
        } else {
            (void)buf_add_byte(text, *config == '\'' ? '"' : *config);
        }
    }
}

/* It may stand in a JSON string as it is. */
static bool is_json_text(const char *bytes)
{
    cleanup_buf struct buf json;

    buf_init(&json, CONFIG_BYTES);
    (void)buf_add_format(&json, "\"%s\"", bytes);
    return json_scan_check(buf_view(&json), 1, NULL) == 0;
}

static void check_config(struct scene *scene, const char *config, const char *bytes, bool is_escaped)
{
    cleanup_buf struct buf text;
    char option[64];
    int file = memfd_create("config", MFD_CLOEXEC);
    assert_true(file >= 0);
    buf_init(&text, CONFIG_BYTES);
    render_config(config, bytes, is_escaped, &text);
    assert_int_equal(write(file, text.base, text.length), (ssize_t)text.length);
    (void)snprintf(option, sizeof option, "--config=/proc/%d/fd/%d", (int)getpid(), file);

    process_start(&scene->gateway, "gateway", OPTIONS(option, "--check"));

    check_said(&scene->gateway);
    (void)close(file);
}

static void no_byte_of_a_configuration_breaks_what_is_said_of_it(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(configs); i++) {
        for (size_t j = 0; j < array_length(hostiles); j++) {
            check_config(scene, configs[i], hostiles[j], i > 0 && !is_json_text(hostiles[j]));
        }
    }
}

/* ---- the names of files ---- */

static const char good_config[] = "{\"routes\": [{\"path\": \"/x\", \"respond\": {\"text\": \"x\"}}]}";

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void reload_twice(struct scene *scene, const char *path)
{
    process_signal(&scene->gateway, SIGHUP);
    (void)process_wait_for(&scene->gateway, "reloaded ");
    write_file(path, "{\"routes\": 1}");
    process_signal(&scene->gateway, SIGHUP);
    (void)process_wait_for(&scene->gateway, "reload refused");
    assert_int_equal(process_stop(&scene->gateway), 0);
}

/* Reloaded, and refused. */
static void no_name_of_a_file_breaks_the_log(void **state)
{
    static const char *const formats[] = { "--log-format=text", "--log-format=json" };
    struct scene *scene = *state;
    char folder[] = "/tmp/hostile-words-XXXXXX";
    assert_non_null(mkdtemp(folder));

    for (size_t i = 0; i < array_length(hostiles); i++) {
        for (size_t j = 0; j < array_length(formats); j++) {
            char path[WORD_BYTES];
            char option[WORD_BYTES + 16];
            (void)snprintf(path, sizeof path, "%s/%s", folder, hostiles[i]);
            (void)snprintf(option, sizeof option, "--config=%s", path);
            write_file(path, good_config);
            process_start(&scene->gateway, "gateway",
                          OPTIONS(option, "--listen=127.0.0.1:0", "--admin=off", formats[j]));
            (void)process_wait_for(&scene->gateway, "listening on ");

            reload_twice(scene, path);

            struct str output = buf_view(&scene->gateway.text);
            (void)(j == 0 ? strict_read_text_log(output) : strict_read_json_log(output));
            process_clear(&scene->gateway);
            assert_int_equal(unlink(path), 0);
        }
    }
    assert_int_equal(rmdir(folder), 0);
}

/* ---- the lab ---- */

static void no_byte_of_a_server_breaks_what_the_lab_prints(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i < array_length(hostiles); i++) {
        cleanup_buf struct buf text;
        char url[64];
        buf_init(&text, CONFIG_BYTES);
        (void)buf_add_format(&text, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s", hostiles[i]);
        const struct scripted_step steps[] = {
            { .bytes = text.base, .length = text.length, .after = SCRIPTED_CLOSE },
        };
        struct scripted_server *server = scripted_server_start(steps, array_length(steps));
        (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)scripted_server_port(server));
        char gateway[96];
        (void)snprintf(gateway, sizeof gateway, "--gateway=%s", url);

        process_start(&scene->gateway, "lab", OPTIONS("send", url));
        check_said(&scene->gateway);
        process_start(&scene->gateway, "lab", OPTIONS("send", gateway, "--wait=1s", "task1"));
        check_said(&scene->gateway);
        process_start(&scene->gateway, "lab", OPTIONS("send", gateway, "--wait=1s", hostiles[i]));
        check_said(&scene->gateway);

        scripted_server_stop(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(no_word_of_a_command_line_breaks_what_is_said_of_it),
        scene_test(no_variable_breaks_what_is_said_of_it),
        scene_test(no_byte_of_a_configuration_breaks_what_is_said_of_it),
        scene_test(no_name_of_a_file_breaks_the_log),
        scene_test(no_byte_of_a_server_breaks_what_the_lab_prints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
