/* SPDX-License-Identifier: MIT */
/* What options_parse() remembers of where values came from. */
#include "common/options.h"
#include "tests/support/unit.h"

static const char *const mode_names[] = { "sync", "async", NULL };

struct parsed {
    uint64_t delay_us;
    bool is_open;
    int mode;
    const char *name;
    uint64_t given;
};

/* The rows by number, as the bits are. */
enum { DELAY = 1U << 0, IS_OPEN = 1U << 1, MODE = 1U << 2, NAME = 1U << 3 };

static const struct option rows[] = {
    { .name = "delay",
      .parse = options_parse_duration,
      .offset = offsetof(struct parsed, delay_us),
      .default_value = "10s",
      .argument = "DURATION" },
    { .name = "is-open",
      .parse = options_parse_boolean,
      .offset = offsetof(struct parsed, is_open),
      .default_value = "false" },
    { .name = "mode",
      .parse = options_parse_choice,
      .offset = offsetof(struct parsed, mode),
      .default_value = "async",
      .argument = "sync|async",
      .choices = mode_names },
    { .name = "name", .parse = options_parse_string, .offset = offsetof(struct parsed, name), .argument = "NAME" },
};

static const struct options_program program = {
    .name = "fanlight-gateway",
    .options = rows,
    .option_count = array_length(rows),
    .has_given = true,
    .given_offset = offsetof(struct parsed, given),
};

enum { WORDS = 3 };

/* Up to three words; *parsed may be filled before. */
static enum options_result parse(const struct options_program *as, const char *variable, const char *const *words,
                                 struct parsed *parsed)
{
    char *arguments[WORDS + 2] = { (char *)(uintptr_t) "gateway" };
    char *environment[] = { (char *)(uintptr_t)variable, NULL };
    struct error error;
    int count = 1;

    for (; count <= WORDS && words[count - 1] != NULL; count++) {
        arguments[count] = (char *)(uintptr_t)words[count - 1];
    }
    return options_parse(as, count, arguments, environment, parsed, NULL, &error);
}

static void options_remember_which_rows_were_given(void **state)
{
    static const struct {
        const char *name;
        const char *variable;
        const char *words[WORDS];
        unsigned given;
    } cases[] = {
        { "nothing", NULL, { NULL }, 0 },
        { "a flag", NULL, { "--name=x" }, NAME },
        { "a flag with its value in the next word", NULL, { "--delay", "2s" }, DELAY },
        { "a flag that says what would be anyway", NULL, { "--delay=10s" }, DELAY },
        { "a boolean that stands alone", NULL, { "--is-open" }, IS_OPEN },
        { "a boolean that says no", NULL, { "--is-open=false" }, IS_OPEN },
        { "an empty value", NULL, { "--name=" }, NAME },
        { "a flag given twice", NULL, { "--mode=sync", "--mode=async" }, MODE },
        { "several", NULL, { "--mode=sync", "--name=x", "--is-open" }, MODE | NAME | IS_OPEN },
        { "a variable", "FANLIGHT_MODE=sync", { NULL }, MODE },
        { "a variable that says what would be anyway", "FANLIGHT_IS_OPEN=0", { NULL }, IS_OPEN },
        { "a variable and a flag of the same row", "FANLIGHT_MODE=sync", { "--mode=async" }, MODE },
        { "a variable and a flag of two rows", "FANLIGHT_DELAY=1s", { "--mode=sync" }, DELAY | MODE },
        { "a variable that nobody knows", "FANLIGHT_DELAYS=1s", { NULL }, 0 },
        { "words that are another's value", NULL, { "--name", "-mode=sync" }, NAME },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct parsed parsed = { 0 };

        assert_case(cases[i].name, parse(&program, cases[i].variable, cases[i].words, &parsed) == OPTIONS_RUN);

        assert_case(cases[i].name, parsed.given == cases[i].given);
    }
}

static void options_remember_nothing_where_nobody_asks(void **state)
{
    static const char *const words[WORDS] = { "--mode=sync", "--is-open", "--delay=1s" };
    struct options_program forgetful = program;
    struct parsed parsed = { .given = 77 };
    (void)state;
    forgetful.has_given = false;

    assert_int_equal(parse(&forgetful, NULL, words, &parsed), OPTIONS_RUN);

    assert_int_equal(parsed.given, 77);
    assert_int_equal(parsed.delay_us, 1000000);
}

static void options_remember_the_last_of_64_rows(void **state)
{
    enum { COUNT = 64 };
    static const char *const words[WORDS] = { "--row63=x", "--row31=x" };
    static char names[COUNT][8];
    static struct option many[COUNT];
    struct options_program crowded = program;
    struct parsed parsed = { 0 };
    (void)state;
    crowded.options = many;
    crowded.option_count = COUNT;
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(names[i], sizeof names[i], "row%zu", i);
        many[i] =
            (struct option){ .name = names[i], .parse = options_parse_string, .offset = offsetof(struct parsed, name) };
    }

    assert_int_equal(parse(&crowded, NULL, words, &parsed), OPTIONS_RUN);

    assert_true(parsed.given == (UINT64_C(1) << 63 | UINT64_C(1) << 31));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_remember_which_rows_were_given),
        cmocka_unit_test(options_remember_nothing_where_nobody_asks),
        cmocka_unit_test(options_remember_the_last_of_64_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
