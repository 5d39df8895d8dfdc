/* SPDX-License-Identifier: MIT */
#include "lab/hello_options.h"

#include "tests/support/unit.h"

enum { WORDS_MOST = 12 };

struct run {
    struct hello_options parsed;
    struct error error;
    char words[WORDS_MOST][128];
    char *arguments[WORDS_MOST + 2];
};

/* Words that follow "hello"; NULL at the end. `variable`: of the environment, or NULL. */
static enum options_result parse(struct run *run, const char *variable, const char *const *words)
{
    static char command[] = "hello";
    char *environment[] = { (char *)(uintptr_t)variable, NULL };
    const struct options_program program = {
        .name = "lab", .options = hello_options, .option_count = hello_option_count, .operand_name = "URL"
    };
    struct options_operands operands = { .count = 0 };
    int count = 0;

    *run = (struct run){ .arguments = { command } };
    for (; words[count] != NULL; count++) {
        (void)snprintf(run->words[count], sizeof run->words[count], "%s", words[count]);
        run->arguments[count + 1] = run->words[count];
    }
    enum options_result result =
        options_parse(&program, count + 1, run->arguments, environment, &run->parsed, &operands, &run->error);
    if (result == OPTIONS_RUN && hello_options_complete(&run->parsed, &operands, &run->error) < 0) {
        return OPTIONS_WRONG;
    }
    return result;
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void hello_measures_what_the_note_measured_unless_told_otherwise(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(parse(&run, NULL, (const char *const[]){ NULL }), OPTIONS_RUN);

    assert_int_equal(run.parsed.clients.count, 8);
    assert_int_equal(run.parsed.clients.values[0], 1);
    assert_int_equal(run.parsed.clients.values[7], 8);
    assert_int_equal(run.parsed.requests, 1000);
    assert_int_equal(run.parsed.repeats, 3);
    assert_int_equal(run.parsed.delay_us, 1000);
    assert_null(run.parsed.client_command);
    assert_false(run.parsed.only_urls);
    assert_int_equal(run.parsed.target_count, 0);
}

static void hello_takes_ranges_and_lists_of_clients(void **state)
{
    static const struct {
        const char *flag;
        size_t count, first, last;
    } rows[] = {
        { "--clients=3", 1, 3, 3 },
        { "--clients=1,2,4", 3, 1, 4 },
        { "--clients=1..4,8", 5, 1, 8 },
        { "--clients=64", 1, 64, 64 },
        { "--clients=2..2", 1, 2, 2 },
        { "--clients=1..16", 16, 1, 16 },
        { "--clients=1,2..3,10..11", 5, 1, 11 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct run run;

        assert_case(rows[i].flag, parse(&run, NULL, WORDS(rows[i].flag)) == OPTIONS_RUN);

        const struct hello_numbers *clients = &run.parsed.clients;
        assert_case(rows[i].flag, clients->count == rows[i].count);
        assert_case(rows[i].flag, clients->values[0] == rows[i].first);
        assert_case(rows[i].flag, clients->values[clients->count - 1] == rows[i].last);
    }
}

static void hello_refuses_numbers_of_clients_that_make_no_table(void **state)
{
    static const char *const flags[] = {
        "--clients=",      "--clients=0",    "--clients=65",   "--clients=1,1",    "--clients=2,1", "--clients=1,",
        "--clients=1..",   "--clients=..8",  "--clients=8..1", "--clients=1..17",  "--clients=a",   "--clients=-1",
        "--clients=1...4", "--clients=1,,2", "--clients= 1",   "--clients=1..4,3", "--clients=1.5",
    };

    (void)state;
    for (size_t i = 0; i < array_length(flags); i++) {
        struct run run;

        assert_case(flags[i], parse(&run, NULL, WORDS(flags[i])) == OPTIONS_WRONG);
        assert_case(flags[i],
                    strstr(run.error.text, "expected 1..8, or at most 16 rising numbers from 1 to 64") != NULL);
    }
}

static void hello_refuses_other_values_out_of_bounds(void **state)
{
    static const char *const flags[] = {
        "--requests=0", "--requests=1000001", "--repeats=0",      "--repeats=16",
        "--delay=0s",   "--delay=11s",        "--delay=exp(1ms)", "--client-command= ",
    };

    (void)state;
    for (size_t i = 0; i < array_length(flags); i++) {
        struct run run;

        assert_case(flags[i], parse(&run, NULL, WORDS(flags[i])) == OPTIONS_WRONG);
        assert_case(flags[i], strstr(run.error.text, "expected ") != NULL);
    }
}

static void hello_names_servers_by_what_was_said_or_by_their_address(void **state)
{
    static const struct {
        const char *operand, *name, *url;
    } rows[] = {
        { "http://127.0.0.1:8081/", "127.0.0.1:8081/", "http://127.0.0.1:8081/" },
        { "aiohttp=http://127.0.0.1:8081/x?y=1", "aiohttp", "http://127.0.0.1:8081/x?y=1" },
        { "http://127.0.0.1:8081/x?y=http://z", "127.0.0.1:8081/x?y=http://z", "http://127.0.0.1:8081/x?y=http://z" },
        { "http://[::1]:8081/a-path-that-is-too-long-to-name-it", "[::1]:8081/a-path-that-is-too-", NULL },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct run run;

        assert_case(rows[i].operand, parse(&run, NULL, WORDS(rows[i].operand)) == OPTIONS_RUN);

        const struct hello_target *target = &run.parsed.targets[0];
        assert_string_equal(target->name, rows[i].name);
        assert_string_equal(target->url, rows[i].url != NULL ? rows[i].url : rows[i].operand);
    }
}

static void hello_refuses_servers_it_cannot_measure_or_tell_apart(void **state)
{
    static const struct {
        const char *name, *first, *second, *expected;
    } rows[] = {
        { "no URL", "hello", NULL, "hello: expected an http or https URL" },
        { "TLS", "https://127.0.0.1/", NULL, "expected an http URL: the light client speaks no TLS" },
        { "twice", "http://127.0.0.1/", "http://127.0.0.1/", "expected a name that is not taken yet" },
        { "one of ours", "sync=http://127.0.0.1/", NULL, "expected a name that is not taken yet" },
        { "two of a name", "a=http://127.0.0.1/", "a=http://127.0.0.2/", "expected a name that is not taken yet" },
        { "a name alone", "a=", NULL, "a=: expected " },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct run run;

        assert_case(rows[i].name, parse(&run, NULL, WORDS(rows[i].first, rows[i].second)) == OPTIONS_WRONG);
        if (strstr(run.error.text, rows[i].expected) == NULL && i > 0) {
            fail_msg("%s: %s", rows[i].name, run.error.text);
        }
    }
}

static void hello_refuses_a_ninth_server(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(parse(&run, NULL,
                           WORDS("a=http://h/", "b=http://h/", "c=http://h/", "d=http://h/", "e=http://h/",
                                 "f=http://h/", "g=http://h/", "h=http://h/")),
                     OPTIONS_RUN);
    assert_int_equal(run.parsed.target_count, 8);

    assert_int_equal(parse(&run, NULL,
                           WORDS("a=http://h/", "b=http://h/", "c=http://h/", "d=http://h/", "e=http://h/",
                                 "f=http://h/", "g=http://h/", "h=http://h/", "i=http://h/")),
                     OPTIONS_WRONG);
    assert_string_equal(run.error.text, "at most 8 URLs are allowed");
}

static void hello_needs_a_url_when_it_is_to_measure_urls_only(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(parse(&run, NULL, WORDS("--only-urls")), OPTIONS_WRONG);
    assert_non_null(strstr(run.error.text, "a URL is missing"));
    assert_int_equal(parse(&run, NULL, WORDS("--only-urls", "http://127.0.0.1/")), OPTIONS_RUN);
    assert_true(run.parsed.only_urls);
}

/* FANLIGHT_CLIENTS is a list of connections for `lab sweep`, FANLIGHT_DELAY a distribution for `backend`. */
static void hello_ignores_variables_that_mean_something_else_elsewhere(void **state)
{
    static const char *const variables[] = { "FANLIGHT_CLIENTS=1,128", "FANLIGHT_DELAY=exp(100ms)" };
    struct run run;

    (void)state;
    for (size_t i = 0; i < array_length(variables); i++) {
        assert_case(variables[i], parse(&run, variables[i], (const char *const[]){ NULL }) == OPTIONS_RUN);
        assert_case(variables[i], run.parsed.clients.count == 8 && run.parsed.delay_us == 1000);
    }
    assert_int_equal(parse(&run, "FANLIGHT_REQUESTS=50", (const char *const[]){ NULL }), OPTIONS_RUN);
    assert_int_equal(run.parsed.requests, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_measures_what_the_note_measured_unless_told_otherwise),
        cmocka_unit_test(hello_takes_ranges_and_lists_of_clients),
        cmocka_unit_test(hello_refuses_numbers_of_clients_that_make_no_table),
        cmocka_unit_test(hello_refuses_other_values_out_of_bounds),
        cmocka_unit_test(hello_names_servers_by_what_was_said_or_by_their_address),
        cmocka_unit_test(hello_refuses_servers_it_cannot_measure_or_tell_apart),
        cmocka_unit_test(hello_refuses_a_ninth_server),
        cmocka_unit_test(hello_needs_a_url_when_it_is_to_measure_urls_only),
        cmocka_unit_test(hello_ignores_variables_that_mean_something_else_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
