/* SPDX-License-Identifier: MIT */
#include "common/options.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/log.h"
#include "common/url.h"
#include "tests/support/unit.h"

static const char *const mode_names[] = { "sync", "async", "mixed", "threads", NULL };

struct parsed {
    struct address listen;
    struct url backend;
    uint64_t delay_us;
    long workers;
    bool is_open;
    int mode;
    const char *blocking;
    struct log_options log;
};

static const struct option rows[] = {
    { .name = "listen",
      .parse = options_parse_address,
      .offset = offsetof(struct parsed, listen),
      .default_value = "127.0.0.1:8080",
      .argument = "HOST:PORT",
      .help = "where to listen" },
    { .name = "backend",
      .parse = options_parse_url,
      .offset = offsetof(struct parsed, backend),
      .default_value = "http://127.0.0.1:9000",
      .argument = "URL",
      .help = "the slow service that is called for every task, and some more words so that the line has to be broken" },
    { .name = "delay",
      .parse = options_parse_duration,
      .offset = offsetof(struct parsed, delay_us),
      .default_value = "10s",
      .argument = "DURATION",
      .help = "how long to wait" },
    { .name = "workers",
      .parse = options_parse_integer,
      .offset = offsetof(struct parsed, workers),
      .default_value = "1",
      .argument = "N",
      .help = "threads with an event loop each",
      .minimum = 1,
      .maximum = 256 },
    { .name = "allow-mode-override",
      .parse = options_parse_boolean,
      .offset = offsetof(struct parsed, is_open),
      .help = "let requests choose" },
    { .name = "mode",
      .parse = options_parse_choice,
      .offset = offsetof(struct parsed, mode),
      .default_value = "async",
      .argument = "sync|async|mixed|threads",
      .help = "how calls are made",
      .choices = mode_names },
    { .name = "blocking",
      .parse = options_parse_string,
      .offset = offsetof(struct parsed, blocking),
      .argument = "NAMES",
      .help = "calls that block" },
    OPTIONS_LOG_ROWS(offsetof(struct parsed, log)),
};

static const struct options_program program = {
    .name = "fanlight-gateway",
    .synopsis = "gateway [OPTIONS]",
    .summary = "A fan-out gateway.",
    .options = rows,
    .option_count = array_length(rows),
    .libraries = "libmicrohttpd 0.9.75, libcurl 7.88.1",
};

enum { MOST_WORDS = 8 };

/* One run: what was given, and what came of it. */
struct run {
    char *arguments[MOST_WORDS + 1];
    char *environment[MOST_WORDS + 1];
    struct parsed parsed;
    struct options_operands operands;
    struct error error;
};

static enum options_result run_as(const struct options_program *as, struct run *run)
{
    int count = 1;

    run->arguments[0] = (char *)(uintptr_t) "gateway";
    while (run->arguments[count] != NULL) {
        count++;
    }
    return options_parse(as, count, run->arguments, run->environment, &run->parsed, &run->operands, &run->error);
}

/* A run with up to three words. */
static struct run with(const char *first, const char *second, const char *third)
{
    struct run run = { 0 };

    run.arguments[1] = (char *)(uintptr_t)first;
    run.arguments[2] = (char *)(uintptr_t)second;
    run.arguments[3] = (char *)(uintptr_t)third;
    return run;
}

static struct run with_variable(const char *variable, const char *word)
{
    struct run run = with(word, NULL, NULL);

    run.environment[0] = (char *)(uintptr_t) "PATH=/bin";
    run.environment[1] = (char *)(uintptr_t)variable;
    return run;
}

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

/* Runs with standard output in a file, whose content is returned. */
static enum options_result run_and_capture(struct run *run, char *output, size_t size)
{
    cleanup_close int file = memfd_create("stdout", MFD_CLOEXEC);
    cleanup_close int saved = dup(STDOUT_FILENO);
    assert_true(file >= 0 && saved >= 0);
    (void)fflush(stdout);
    assert_true(dup2(file, STDOUT_FILENO) >= 0);

    enum options_result result = run_as(&program, run);

    (void)fflush(stdout);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    ssize_t count = pread(file, output, size - 1, 0);
    assert_true(count >= 0);
    output[count] = '\0';
    return result;
}

static void options_print_the_version_and_the_libraries(void **state)
{
    struct run run = with("--version", NULL, NULL);
    char output[4096];
    (void)state;

    enum options_result result = run_and_capture(&run, output, sizeof output);

    assert_int_equal(result, OPTIONS_DONE);
    assert_string_equal(output, "fanlight-gateway " FANLIGHT_VERSION " (libmicrohttpd 0.9.75, libcurl 7.88.1)\n");
}

static void options_print_help_whatever_else_is_wrong(void **state)
{
    struct run run = with_variable("FANLIGHT_DELAY=bad", "--bogus");
    char output[4096];
    (void)state;
    run.arguments[2] = (char *)(uintptr_t) "--help";

    enum options_result result = run_and_capture(&run, output, sizeof output);

    assert_int_equal(result, OPTIONS_DONE);
    assert_memory_equal(output, "Usage: gateway [OPTIONS]\n", 25);
}

static void options_help_is_aligned_and_complete(void **state)
{
    cleanup_buf struct buf help;
    (void)state;
    buf_init(&help, 65536);

    options_add_help(&program, &help);

    assert_text(buf_view(&help),
                "Usage: gateway [OPTIONS]\n"
                "\n"
                "A fan-out gateway.\n"
                "\n"
                "Options:\n"
                "  --listen=HOST:PORT        where to listen\n"
                "                            [default: 127.0.0.1:8080; environment: FANLIGHT_LISTEN]\n"
                "  --backend=URL             the slow service that is called for every task, and\n"
                "                            some more words so that the line has to be broken\n"
                "                            [default: http://127.0.0.1:9000; environment: FANLIGHT_BACKEND]\n"
                "  --delay=DURATION          how long to wait\n"
                "                            [default: 10s; environment: FANLIGHT_DELAY]\n"
                "  --workers=N               threads with an event loop each\n"
                "                            [default: 1; environment: FANLIGHT_WORKERS]\n"
                "  --allow-mode-override     let requests choose\n"
                "                            [environment: FANLIGHT_ALLOW_MODE_OVERRIDE]\n"
                "  --mode=sync|async|mixed|threads\n"
                "                            how calls are made\n"
                "                            [default: async; environment: FANLIGHT_MODE]\n"
                "  --blocking=NAMES          calls that block\n"
                "                            [environment: FANLIGHT_BLOCKING]\n"
                "  --log-format=text|json    form of the log lines\n"
                "                            [default: text; environment: FANLIGHT_LOG_FORMAT]\n"
                "  --log-level=error|warn|info|debug\n"
                "                            least important lines to print; request lines are\n"
                "                            info\n"
                "                            [default: info; environment: FANLIGHT_LOG_LEVEL]\n"
                "  --help                    print this and end\n"
                "  --version                 print the versions of the program and its libraries\n"
                "                            and end\n");
}

static void options_help_ends_with_the_epilogue(void **state)
{
    const struct options_program small = { .synopsis = "s", .summary = "t", .epilogue = "Examples: none." };
    cleanup_buf struct buf help;
    (void)state;
    buf_init(&help, 65536);

    options_add_help(&small, &help);

    assert_non_null(strstr(buf_add_byte(&help, '\0') == 0 ? help.base : "", "and end\n\nExamples: none.\n"));
}

static void options_nearest_forgives_small_slips_only(void **state)
{
    const struct {
        const char *name;
        const char *nearest;
    } cases[] = {
        { "sync", "sync" },    { "sinc", "sync" },      { "snyc", "sync" },
        { "asynch", "async" }, { "thread", "threads" }, { "thraeds", "threads" },
        { "mxed", "mixed" },   { "x", NULL },           { "", NULL },
        { "blocking", NULL },  { "thr", "threads" },    { "th", NULL },
        { "wire", NULL },
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        const char *nearest = options_nearest(cases[i].name, mode_names);

        assert_case(cases[i].name, (nearest == NULL) == (cases[i].nearest == NULL));
        assert_case(cases[i].name, nearest == NULL || strcmp(nearest, cases[i].nearest) == 0);
    }
}

static void options_nearest_counts_swapped_letters_as_one_slip(void **state)
{
    const char *const names[] = { "deltas", "delay", NULL };
    (void)state;

    assert_string_equal(options_nearest("delya", names), "delay");
}

static void options_nearest_copes_with_very_long_words(void **state)
{
    char word[200];
    const char *names[] = { word, "async", NULL };
    (void)state;
    memset(word, 'a', sizeof word);
    word[sizeof word - 1] = '\0';

    assert_null(options_nearest(word, mode_names));
    assert_string_equal(options_nearest("asink", names), "async");
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
        cmocka_unit_test(options_print_the_version_and_the_libraries),
        cmocka_unit_test(options_print_help_whatever_else_is_wrong),
        cmocka_unit_test(options_help_is_aligned_and_complete),
        cmocka_unit_test(options_help_ends_with_the_epilogue),
        cmocka_unit_test(options_nearest_forgives_small_slips_only),
        cmocka_unit_test(options_nearest_counts_swapped_letters_as_one_slip),
        cmocka_unit_test(options_nearest_copes_with_very_long_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
