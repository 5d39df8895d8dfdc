/* SPDX-License-Identifier: MIT */
/*
 * How words and variables become a struct, and what is refused. Help: test_options_help; misspelt names:
 * test_options_values.
 */
#include "common/options.h"

#include "common/log.h"
#include "tests/support/unit.h"
#include "tests/unit/common/options_fixture.h"

static void options_start_from_their_defaults(void **state)
{
    struct run run = with(NULL, NULL, NULL);
    (void)state;

    enum options_result result = run_as(&program, &run);

    assert_int_equal(result, OPTIONS_RUN);
    assert_string_equal(run.parsed.listen.host, "127.0.0.1");
    assert_int_equal(run.parsed.listen.port, 8080);
    assert_string_equal(run.parsed.backend.authority, "127.0.0.1:9000");
    assert_int_equal(run.parsed.delay_us, 10000000);
    assert_int_equal(run.parsed.workers, 1);
    assert_false(run.parsed.is_open);
    assert_int_equal(run.parsed.mode, 1);
    assert_null(run.parsed.blocking);
    assert_int_equal(run.parsed.log.format, LOG_TEXT);
    assert_int_equal(run.parsed.log.level, LOG_INFO);
    assert_int_equal(run.operands.count, 0);
}

static void options_take_a_value_in_the_same_word_or_the_next(void **state)
{
    struct run same = with("--delay=250ms", "--blocking=a=b", NULL);
    struct run next = with("--delay", "250ms", NULL);
    (void)state;

    assert_int_equal(run_as(&program, &same), OPTIONS_RUN);
    assert_int_equal(run_as(&program, &next), OPTIONS_RUN);

    assert_int_equal(same.parsed.delay_us, 250000);
    assert_string_equal(same.parsed.blocking, "a=b");
    assert_int_equal(next.parsed.delay_us, 250000);
}

static void options_let_the_last_of_a_repeated_flag_win(void **state)
{
    struct run run = with("--workers=2", "--workers", "3");
    (void)state;

    assert_int_equal(run_as(&program, &run), OPTIONS_RUN);

    assert_int_equal(run.parsed.workers, 3);
}

static void options_let_a_boolean_stand_alone(void **state)
{
    const struct {
        const char *name;
        bool is_open;
    } cases[] = {
        { "--allow-mode-override", true },        { "--allow-mode-override=1", true },
        { "--allow-mode-override=true", true },   { "--allow-mode-override=0", false },
        { "--allow-mode-override=false", false },
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct run run = with(cases[i].name, "--workers=7", NULL);

        assert_case(cases[i].name, run_as(&program, &run) == OPTIONS_RUN);

        assert_case(cases[i].name, run.parsed.is_open == cases[i].is_open && run.parsed.workers == 7);
    }
}

static void options_come_from_the_environment_too(void **state)
{
    struct run delay = with_variable("FANLIGHT_DELAY=1m", NULL);
    struct run boolean = with_variable("FANLIGHT_ALLOW_MODE_OVERRIDE=true", NULL);
    struct run level = with_variable("FANLIGHT_LOG_LEVEL=debug", NULL);
    (void)state;

    assert_int_equal(run_as(&program, &delay), OPTIONS_RUN);
    assert_int_equal(run_as(&program, &boolean), OPTIONS_RUN);
    assert_int_equal(run_as(&program, &level), OPTIONS_RUN);

    assert_int_equal(delay.parsed.delay_us, 60000000);
    assert_true(boolean.parsed.is_open);
    assert_int_equal(level.parsed.log.level, LOG_DEBUG);
}

static void options_let_a_flag_win_over_the_environment(void **state)
{
    struct run run = with_variable("FANLIGHT_DELAY=1m", "--delay=2s");
    (void)state;

    assert_int_equal(run_as(&program, &run), OPTIONS_RUN);

    assert_int_equal(run.parsed.delay_us, 2000000);
}

static void options_ignore_unknown_variables(void **state)
{
    const char *const variables[] = { "FANLIGHT_DELAYS=bad", "FANLIGHT_DELA=bad", "fanlight_delay=bad", "DELAY=bad",
                                      "FANLIGHT_HELP=1",     "FANLIGHT_DELAY",    "FANLIGHT_=1" };
    (void)state;
    for (size_t i = 0; i < array_length(variables); i++) {
        struct run run = with_variable(variables[i], NULL);

        assert_case(variables[i], run_as(&program, &run) == OPTIONS_RUN);

        assert_case(variables[i], run.parsed.delay_us == 10000000);
    }
}

static void options_that_are_flags_only_have_no_variable(void **state)
{
    static const struct option flag_rows[] = {
        { .name = "workers",
          .parse = options_parse_integer,
          .offset = offsetof(struct parsed, workers),
          .default_value = "1",
          .argument = "N",
          .help = "threads",
          .minimum = 1,
          .maximum = 8,
          .is_flag_only = true },
    };
    static const struct options_program flags = {
        .name = "x", .synopsis = "x", .summary = "x", .options = flag_rows, .option_count = array_length(flag_rows)
    };
    struct run variable = with_variable("FANLIGHT_WORKERS=bad", NULL);
    struct run flag = with_variable("FANLIGHT_WORKERS=2", "--workers=3");
    cleanup_buf struct buf help = { .base = NULL };
    (void)state;
    buf_init(&help, 65536);

    assert_int_equal(run_as(&flags, &variable), OPTIONS_RUN);
    assert_int_equal(run_as(&flags, &flag), OPTIONS_RUN);
    options_add_help(&flags, &help);
    (void)buf_add_byte(&help, '\0');

    assert_int_equal(variable.parsed.workers, 1);
    assert_int_equal(flag.parsed.workers, 3);
    assert_non_null(strstr(help.base, "[default: 1; no variable]\n"));
}

static void options_do_without_an_environment(void **state)
{
    struct run run = with("--delay=1s", NULL, NULL);
    (void)state;

    enum options_result result = options_parse(&program, 2, run.arguments, NULL, &run.parsed, NULL, &run.error);

    assert_int_equal(result, OPTIONS_RUN);
    assert_int_equal(run.parsed.delay_us, 1000000);
}

static const struct {
    const char *name;
    const char *next;
    const char *error;
} wrong[] = {
    { "--delay=10", NULL, "--delay=10: expected a duration such as 250ms, 2s or 1m" },
    { "--delay", "10", "--delay=10: expected a duration such as 250ms, 2s or 1m" },
    { "--delay=", NULL, "--delay=: expected a duration such as 250ms, 2s or 1m" },
    { "--delay=25h", NULL, "--delay=25h: expected a duration of at most 24h" },
    { "--delay=1s\n\x1b[2J", NULL, "--delay=1s\\x0A\\x1B[2J: expected a duration such as 250ms, 2s or 1m" },
    { "--delay=\xc3\xa9", NULL, "--delay=\\xC3\\xA9: expected a duration such as 250ms, 2s or 1m" },
    { "--delay", NULL, "--delay: a value is missing, as in --delay=DURATION" },
    { "--delay", "--workers=1", "--delay: a value is missing, as in --delay=DURATION" },
    { "--delay", "--", "--delay: a value is missing, as in --delay=DURATION" },
    { "--workers=0", NULL, "--workers=0: expected a number from 1 to 256" },
    { "--workers=257", NULL, "--workers=257: expected a number from 1 to 256" },
    { "--workers", "-1", "--workers=-1: expected a number from 1 to 256" },
    { "--workers=1.0", NULL, "--workers=1.0: expected a number from 1 to 256" },
    { "--workers=two", NULL, "--workers=two: expected a number from 1 to 256" },
    { "--workers=", NULL, "--workers=: expected a number from 1 to 256" },
    { "--workers=-", NULL, "--workers=-: expected a number from 1 to 256" },
    { "--workers=99999999999999999999", NULL, "--workers=99999999999999999999: expected a number from 1 to 256" },
    { "--mode=asinc", NULL, "--mode=asinc: expected one of sync, async, mixed, threads; did you mean async?" },
    { "--mode=wire", NULL, "--mode=wire: expected one of sync, async, mixed, threads" },
    { "--mode=", NULL, "--mode=: expected one of sync, async, mixed, threads" },
    { "--mode=ASYNC", NULL, "--mode=ASYNC: expected one of sync, async, mixed, threads" },
    { "--allow-mode-override=yes", NULL, "--allow-mode-override=yes: expected 1, true, 0 or false" },
    { "--allow-mode-override=", NULL, "--allow-mode-override=: expected 1, true, 0 or false" },
    { "--allow-mode-override", "false", "unexpected \"false\"; only options are allowed, see --help" },
    { "--listen=8080", NULL, "--listen=8080: expected HOST:PORT such as 127.0.0.1:8080 or [::1]:8080" },
    { "--backend=ftp://a", NULL, "--backend=ftp://a: expected http://HOST[:PORT][/PATH] (or https)" },
    { "--workrs", NULL, "unknown option --workrs; did you mean --workers?" },
    { "--workrs=2", NULL, "unknown option --workrs; did you mean --workers?" },
    { "--owrkers", NULL, "unknown option --owrkers; did you mean --workers?" },
    { "--work", NULL, "unknown option --work; did you mean --workers?" },
    { "--allow_mode_override", NULL, "unknown option --allow_mode_override; did you mean --allow-mode-override?" },
    { "--hlep", NULL, "unknown option --hlep; did you mean --help?" },
    { "-workers", NULL, "unknown option -workers; did you mean --workers?" },
    { "-h", NULL, "unknown option -h; did you mean --help?" },
    { "--zzz\n", NULL,
      "unknown option --zzz\\x0A; allowed: --listen, --backend, --delay, --workers, --allow-mode-override, --mode, "
      "--blocking, --log-format, --log-level, --help, --version" },
    { "-z", NULL,
      "unknown option -z; allowed: --listen, --backend, --delay, --workers, --allow-mode-override, --mode, "
      "--blocking, --log-format, --log-level, --help, --version" },
    { "--=1", NULL,
      "unknown option --; allowed: --listen, --backend, --delay, --workers, --allow-mode-override, --mode, "
      "--blocking, --log-format, --log-level, --help, --version" },
    { "--help=1", NULL, "--help takes no value" },
    { "--version=", NULL, "--version takes no value" },
    { "task1", NULL, "unexpected \"task1\"; only options are allowed, see --help" },
    { "-", NULL, "unexpected \"-\"; only options are allowed, see --help" },
    { "", NULL, "unexpected \"\"; only options are allowed, see --help" },
    { "--", "--delay=1s", "unexpected \"--delay=1s\"; only options are allowed, see --help" },
};

static void options_refuse_in_one_line_that_says_what_is_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(wrong); i++) {
        struct run run = with(wrong[i].name, wrong[i].next, NULL);

        enum options_result result = run_as(&program, &run);

        assert_case(wrong[i].name, result == OPTIONS_WRONG);
        assert_string_equal(run.error.text, wrong[i].error);
    }
}

static void options_name_the_variable_a_bad_value_came_from(void **state)
{
    struct run run = with_variable("FANLIGHT_DELAY=10", NULL);
    struct run empty = with_variable("FANLIGHT_MODE=", NULL);
    struct run boolean = with_variable("FANLIGHT_ALLOW_MODE_OVERRIDE=maybe", NULL);
    (void)state;

    assert_int_equal(run_as(&program, &run), OPTIONS_WRONG);
    assert_int_equal(run_as(&program, &empty), OPTIONS_WRONG);
    assert_int_equal(run_as(&program, &boolean), OPTIONS_WRONG);

    assert_string_equal(run.error.text, "FANLIGHT_DELAY=10: expected a duration such as 250ms, 2s or 1m");
    assert_string_equal(empty.error.text, "FANLIGHT_MODE=: expected one of sync, async, mixed, threads");
    assert_string_equal(boolean.error.text, "FANLIGHT_ALLOW_MODE_OVERRIDE=maybe: expected 1, true, 0 or false");
}

static void options_cut_a_value_that_is_too_long_for_a_line(void **state)
{
    char word[4096] = "--delay=";
    struct run run = with(word, NULL, NULL);
    (void)state;
    memset(word + 8, '\n', sizeof word - 9);

    assert_int_equal(run_as(&program, &run), OPTIONS_WRONG);

    assert_null(strchr(run.error.text, '\n'));
    assert_non_null(strstr(run.error.text, "...: expected a duration such as 250ms, 2s or 1m"));
}

static void options_take_operands_anywhere(void **state)
{
    struct options_program sender = program;
    struct run run = with("task1", "--workers", "2");
    (void)state;
    sender.operand_name = "TASK";
    run.arguments[4] = (char *)(uintptr_t) "task2";
    run.arguments[5] = (char *)(uintptr_t) "-";
    run.arguments[6] = (char *)(uintptr_t) "--";
    run.arguments[7] = (char *)(uintptr_t) "--delay=x";

    assert_int_equal(run_as(&sender, &run), OPTIONS_RUN);

    assert_int_equal(run.parsed.workers, 2);
    assert_int_equal(run.parsed.delay_us, 10000000);
    assert_int_equal(run.operands.count, 4);
    assert_string_equal(run.operands.values[0], "task1");
    assert_string_equal(run.operands.values[1], "task2");
    assert_string_equal(run.operands.values[2], "-");
    assert_string_equal(run.operands.values[3], "--delay=x");
}

static void options_take_help_behind_the_end_as_an_operand(void **state)
{
    struct options_program sender = program;
    struct run run = with("--", "--help", NULL);
    (void)state;
    sender.operand_name = "TASK";

    assert_int_equal(run_as(&sender, &run), OPTIONS_RUN);

    assert_string_equal(run.operands.values[0], "--help");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_start_from_their_defaults),
        cmocka_unit_test(options_take_a_value_in_the_same_word_or_the_next),
        cmocka_unit_test(options_let_the_last_of_a_repeated_flag_win),
        cmocka_unit_test(options_let_a_boolean_stand_alone),
        cmocka_unit_test(options_come_from_the_environment_too),
        cmocka_unit_test(options_let_a_flag_win_over_the_environment),
        cmocka_unit_test(options_ignore_unknown_variables),
        cmocka_unit_test(options_that_are_flags_only_have_no_variable),
        cmocka_unit_test(options_do_without_an_environment),
        cmocka_unit_test(options_refuse_in_one_line_that_says_what_is_allowed),
        cmocka_unit_test(options_name_the_variable_a_bad_value_came_from),
        cmocka_unit_test(options_cut_a_value_that_is_too_long_for_a_line),
        cmocka_unit_test(options_take_operands_anywhere),
        cmocka_unit_test(options_take_help_behind_the_end_as_an_operand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
