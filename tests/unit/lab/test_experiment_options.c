/* SPDX-License-Identifier: MIT */
#include "lab/experiment_options.h"

#include "tests/support/unit.h"

enum { ARGUMENTS_MOST = 8 };

/* Parses as the command does; the flags and operands of one command line, NULL-terminated. */
static int parse(const char *const *arguments, struct experiment_options *parsed, struct error *error)
{
    static const struct options_program program = {
        .name = "fanlight-lab",
        .synopsis = "lab experiment",
        .summary = "",
        .options = experiment_options,
        .operand_name = "MODE=URL",
    };
    struct options_program with_count = program;
    struct options_operands operands = { .count = 0 };
    char *argv[ARGUMENTS_MOST + 2] = { (char *)(uintptr_t) "experiment" };
    int argc = 1;

    with_count.option_count = experiment_option_count;
    for (; arguments[argc - 1] != NULL; argc++) {
        argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
    }
    *parsed = (struct experiment_options){ .delay_us = 0 };
    if (options_parse(&with_count, argc, argv, NULL, parsed, &operands, error) != OPTIONS_RUN) {
        return -1;
    }
    return experiment_options_complete(parsed, &operands, error);
}

static void options_have_the_defaults_of_the_notes(void **state)
{
    static const char *const none[] = { NULL };
    struct experiment_options parsed;
    struct error error;

    (void)state;

    assert_int_equal(parse(none, &parsed, &error), 0);

    assert_int_equal(parsed.delay_us, 2000000);
    assert_int_equal(parsed.tasks.count, 2);
    assert_string_equal(parsed.tasks.names[0], "task1");
    assert_string_equal(parsed.tasks.names[1], "task2");
    assert_int_equal(parsed.modes.count, 4);
    assert_null(parsed.svg);
    assert_false(parsed.has_events);
    assert_int_equal(parsed.modes.modes[0].mode, MODE_SYNC);
    assert_int_equal(parsed.modes.modes[1].mode, MODE_ASYNC);
    assert_int_equal(parsed.modes.modes[2].mode, MODE_MIXED);
    assert_int_equal(parsed.modes.modes[3].mode, MODE_THREADS);
    assert_int_equal(parsed.threads, 16);
    assert_string_equal(parsed.blocking, "task1");
    assert_null(parsed.json);
}

static void options_lists_replace_their_defaults(void **state)
{
    static const char *const arguments[] = { "--tasks=a,b.c,d-e", "--modes", "async,sync", "--delay=250ms", NULL };
    struct experiment_options parsed;
    struct error error;

    (void)state;

    assert_int_equal(parse(arguments, &parsed, &error), 0);

    assert_int_equal(parsed.tasks.count, 3);
    assert_string_equal(parsed.tasks.names[1], "b.c");
    assert_int_equal(parsed.modes.count, 2);
    assert_int_equal(parsed.modes.modes[0].mode, MODE_ASYNC);
    assert_false(parsed.modes.modes[0].is_running);
    assert_int_equal(parsed.delay_us, 250000);
}

static void options_gateways_are_gathered_from_flags_commas_and_operands(void **state)
{
    static const char *const arguments[] = { "--gateway=sync=http://127.0.0.1:1,threads=http://127.0.0.1:2",
                                             "--gateway", "async=http://gateway:3/api", "mixed=http://[::1]:4", NULL };
    struct experiment_options parsed;
    struct error error;

    (void)state;

    assert_int_equal(parse(arguments, &parsed, &error), 0);

    assert_int_equal(parsed.modes.count, 4);
    assert_int_equal(parsed.modes.modes[0].mode, MODE_SYNC);
    assert_true(parsed.modes.modes[0].is_running);
    assert_int_equal(parsed.modes.modes[1].gateway.port, 2);
    assert_string_equal(parsed.modes.modes[2].gateway.path, "/api");
    assert_true(parsed.modes.modes[3].gateway.is_ipv6);
}

static void options_of_the_same_mode_take_the_later_gateway(void **state)
{
    static const char *const arguments[] = { "--gateway=sync=http://127.0.0.1:1", "--gateway=sync=http://127.0.0.1:2",
                                             NULL };
    struct experiment_options parsed;
    struct error error;

    (void)state;

    assert_int_equal(parse(arguments, &parsed, &error), 0);

    assert_int_equal(parsed.modes.count, 1);
    assert_int_equal(parsed.modes.modes[0].gateway.port, 2);
}

static void options_that_are_wrong_are_refused_with_what_is_allowed(void **state)
{
    static const struct {
        const char *arguments[ARGUMENTS_MOST];
        const char *expected; /* in the sentence */
    } rows[] = {
        { { "--delay=0s" }, "--delay=0s: expected a duration above 0" },
        { { "--delay=2" }, "--delay=2: expected a duration such as" },
        { { "--tasks=" }, "--tasks=: expected names" },
        { { "--tasks=a," }, "--tasks=a,: expected names" },
        { { "--tasks=a,_b" }, "--tasks=a,_b: expected names" },
        { { "--modes=" }, "--modes=: expected one of" },
        { { "--modes=sync,asnyc" }, "did you mean async?" },
        { { "--modes=wired" }, "expected one of sync" },
        { { "--threads=0" }, "a number from 1 to" },
        { { "--gateway=sync" }, "expected MODE=URL" },
        { { "--gateway=snyc=http://127.0.0.1:1" }, "did you mean sync?" },
        { { "--gateway=sync=127.0.0.1:1" }, "expected http://" },
        { { "--gateway=sync=http://127.0.0.1:1/?a=b" }, "without a query" },
        { { "--gateway=sync=http://127.0.0.1:1", "--modes=sync" }, "give one of them" },
        { { "--gateway=sync=http://127.0.0.1:1", "nonsense" }, "nonsense: expected MODE=URL" },
        { { "sync=http://127.0.0.1:1" }, "unexpected \"sync=http://127.0.0.1:1\"" },
        { { "--taks=a" }, "did you mean --tasks?" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct experiment_options parsed;
        struct error error = { { '\0' } };

        assert_case(rows[i].expected, parse(rows[i].arguments, &parsed, &error) < 0);

        if (strstr(error.text, rows[i].expected) == NULL) {
            fail_msg("\"%s\" does not say \"%s\"", error.text, rows[i].expected);
        }
    }
}

static void options_take_so_many_tasks_and_no_more(void **state)
{
    char most[2 * EXPERIMENT_TASKS_MOST + 32] = "--tasks=a";
    struct experiment_options parsed;
    struct error error;
    size_t length = strlen(most);

    (void)state;
    for (unsigned i = 1; i < EXPERIMENT_TASKS_MOST; i++) {
        most[length++] = ',';
        most[length++] = 'a';
    }
    most[length] = '\0';
    const char *const arguments[] = { most, NULL };
    assert_int_equal(parse(arguments, &parsed, &error), 0);
    assert_int_equal(parsed.tasks.count, EXPERIMENT_TASKS_MOST);

    most[length++] = ',';
    most[length++] = 'a';
    most[length] = '\0';

    assert_true(parse(arguments, &parsed, &error) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_have_the_defaults_of_the_notes),
        cmocka_unit_test(options_lists_replace_their_defaults),
        cmocka_unit_test(options_gateways_are_gathered_from_flags_commas_and_operands),
        cmocka_unit_test(options_of_the_same_mode_take_the_later_gateway),
        cmocka_unit_test(options_that_are_wrong_are_refused_with_what_is_allowed),
        cmocka_unit_test(options_take_so_many_tasks_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
