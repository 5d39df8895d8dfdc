/* SPDX-License-Identifier: MIT */
/*
 * Wrong use is answered with one line on standard error that names it and says what is allowed, and an exit code.
 */
#include "tests/support/scene.h"
#include "tests/support/unit.h"

struct wrong_case {
    const char *name;
    const char *program;
    const char *words[4];
    const char *parts[3]; /* of the line */
};

static const struct wrong_case wrong_cases[] = {
    { "misspelt option", "gateway", { "--treads=4" }, { "--treads", "did you mean --threads" } },
    { "misspelt option of the backend", "backend", { "--dealy=1s" }, { "--dealy", "did you mean --delay" } },
    { "unknown option", "gateway", { "--xyzzy" }, { "--xyzzy", "--mode" } },
    { "bad duration", "gateway", { "--deadline=10" }, { "--deadline=10", "250ms" } },
    { "bad delay", "backend", { "--delay=fast" }, { "--delay=fast", "250ms" } },
    { "no time at all", "gateway", { "--deadline=0s" }, { "--deadline=0s", "at least 1ms" } },
    { "bad distribution", "backend", { "--delay=uniform(2s,1s)" }, { "uniform(2s,1s)", "uniform(50ms,150ms)" } },
    { "bad URL", "gateway", { "--backend=127.0.0.1:9000" }, { "--backend=127.0.0.1:9000", "http://" } },
    { "URL with a query", "gateway", { "--backend=http://a/?x" }, { "--backend", "without a query" } },
    { "bad address", "gateway", { "--listen=8080" }, { "--listen=8080", "127.0.0.1:" } },
    { "port out of range", "gateway", { "--listen=127.0.0.1:70000" }, { "70000" } },
    { "bad admin address", "gateway", { "--admin=none" }, { "--admin=none", "off" } },
    { "unknown mode", "gateway", { "--mode=asynch" }, { "--mode=asynch", "sync", "threads" } },
    { "too many workers", "gateway", { "--workers=257" }, { "--workers=257", "256" } },
    { "no worker", "gateway", { "--workers=0" }, { "--workers=0", "1" } },
    { "not a number", "gateway", { "--threads=many" }, { "--threads=many" } },
    { "missing value", "gateway", { "--mode" }, { "--mode" } },
    { "operand", "gateway", { "task1" }, { "task1", "--help" } },
    { "short option", "gateway", { "-m", "sync" }, { "-m" } },
    { "mode that does not exist", "gateway", { "--mode=wires" }, { "--mode=wires", "wire" } },
    { "configuration that is not there", "gateway", { "--config=x.json" }, { "x.json", "No such file" } },
    { "the same, with --check", "gateway", { "--config=x.json", "--check" }, { "x.json", "No such file" } },
    { "bytes that a terminal would obey", "gateway", { "--mode=\033[2J" }, { "x1" } },
};

static void assert_one_line(const char *text, const char *case_name)
{
    size_t length = strlen(text);

    assert_case(case_name, length > 0 && text[length - 1] == '\n');
    assert_case(case_name, strchr(text, '\n') == text + length - 1);
    assert_case(case_name, strchr(text, '\033') == NULL);
}

static void assert_parts(const struct wrong_case *wrong, const char *text)
{
    for (size_t i = 0; i < array_length(wrong->parts) && wrong->parts[i] != NULL; i++) {
        if (strstr(text, wrong->parts[i]) == NULL) {
            fail_msg("case \"%s\": \"%s\" is not in: %s", wrong->name, wrong->parts[i], text);
        }
    }
}

static void wrong_use_is_one_line_that_names_it_and_exit_code_2(void **state)
{
    struct scene *scene = *state;
    struct process *process = &scene->gateway;

    for (size_t i = 0; i < array_length(wrong_cases); i++) {
        const struct wrong_case *wrong = &wrong_cases[i];
        process_start(process, wrong->program, wrong->words);

        int exit_code = process_wait(process);

        char *errors = process_errors(process);
        char *output = process_output(process);
        assert_case(wrong->name, exit_code == 2);
        assert_case(wrong->name, output[0] == '\0');
        assert_one_line(errors, wrong->name);
        assert_parts(wrong, errors);
        free(errors);
        free(output);
        process_clear(process);
    }
}

static const struct {
    const char *program;
    const char *option; /* with a port that is taken */
} taken_ports[] = {
    { "gateway", "--listen=127.0.0.1:%u" },
    { "gateway", "--admin=127.0.0.1:%u" },
    { "backend", "--listen=127.0.0.1:%u" },
};

static void a_port_in_use_is_one_line_and_exit_code_1(void **state)
{
    struct scene *scene = *state;
    char option[64];
    scene_start_backend(scene, OPTIONS("--delay=0ms"));

    for (size_t i = 0; i < array_length(taken_ports); i++) {
        /* Formats of the table above, each with one %u. */
        size_t front = strcspn(taken_ports[i].option, "%");
        (void)snprintf(option, sizeof option, "%.*s%u", (int)front, taken_ports[i].option,
                       (unsigned)scene->backend_port);
        bool is_admin = strncmp(option, "--admin", 7) == 0;
        process_start(&scene->gateway, taken_ports[i].program,
                      OPTIONS(option, is_admin ? "--listen=127.0.0.1:0" : NULL));

        int exit_code = process_wait(&scene->gateway);

        char *errors = process_errors(&scene->gateway);
        assert_int_equal(exit_code, 1);
        assert_one_line(errors, option);
        assert_non_null(strstr(errors, "Address already in use"));
        assert_int_equal(process_count_lines(&scene->gateway, "listening on"), 0);
        free(errors);
        process_clear(&scene->gateway);
    }
}

static void help_and_version_are_printed_and_exit_with_0(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *program;
        const char *option;
        const char *parts[9];
    } cases[] = {
        { "gateway", "--help", { "--drain-timeout", "127.0.0.1:8080", "sync|threads|async|mixed" } },
        { "gateway",
          "--version",
          { "fanlight-gateway ", FANLIGHT_VERSION, " (libmicrohttpd ", ", GnuTLS 3.", ", libcurl ", ", OpenSSL 3.",
            ", c-ares 1.", ", http_parser 2.9.", ", cJSON 1." } },
        { "backend", "--help", { "--concurrency", "close-mid", "127.0.0.1:9000" } },
        { "backend", "--version", { "fanlight-backend ", "libmicrohttpd " } },
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        process_start(&scene->gateway, cases[i].program, OPTIONS(cases[i].option));

        int exit_code = process_wait(&scene->gateway);

        char *output = process_output(&scene->gateway);
        assert_int_equal(exit_code, 0);
        for (size_t j = 0; j < array_length(cases[i].parts) && cases[i].parts[j] != NULL; j++) {
            assert_non_null(strstr(output, cases[i].parts[j]));
        }
        free(output);
        process_clear(&scene->gateway);
    }
}

/* ---- the environment ---- */

static void start_with_variables(struct scene *scene, const char *const *options, const char *const *variables)
{
    const char *words[8] = { "--listen=127.0.0.1:0", "--admin=off" };

    for (size_t i = 0; options[i] != NULL; i++) {
        words[2 + i] = options[i];
    }
    process_start_with(&scene->gateway, "gateway", words, variables);
}

static void the_environment_sets_an_option_and_a_flag_wins(void **state)
{
    struct scene *scene = *state;
    static const struct {
        const char *options[2];
        const char *mode;
    } cases[] = { { { NULL }, "sync" }, { { "--mode=threads" }, "threads" } };

    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        start_with_variables(scene, cases[i].options, OPTIONS("FANLIGHT_MODE=sync", "FANLIGHT_XYZZY=1"));
        uint16_t port = process_port(&scene->gateway, "listening on ");

        client_fetch(port, "/hello", &answer);

        assert_text(answer_header(&answer, "Fanlight-Mode"), cases[i].mode);
        assert_int_equal(process_stop(&scene->gateway), 0);
        process_clear(&scene->gateway);
    }
}

static void a_bad_variable_is_named(void **state)
{
    struct scene *scene = *state;
    start_with_variables(scene, OPTIONS(NULL), OPTIONS("FANLIGHT_DRAIN_TIMEOUT=soon"));

    int exit_code = process_wait(&scene->gateway);

    char *errors = process_errors(&scene->gateway);
    assert_int_equal(exit_code, 2);
    assert_one_line(errors, "variable");
    assert_non_null(strstr(errors, "FANLIGHT_DRAIN_TIMEOUT=soon"));
    free(errors);
    process_clear(&scene->gateway);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(wrong_use_is_one_line_that_names_it_and_exit_code_2),
        scene_test(a_port_in_use_is_one_line_and_exit_code_1),
        scene_test(help_and_version_are_printed_and_exit_with_0),
        scene_test(the_environment_sets_an_option_and_a_flag_wins),
        scene_test(a_bad_variable_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
