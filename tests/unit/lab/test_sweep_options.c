/* SPDX-License-Identifier: MIT */
#include "lab/sweep_options.h"

#include "lab/sweep_cases.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/sweep_fixture.h"

#define WORDS(...)                                                                                                     \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

static void sweep_has_the_documented_defaults(void **state)
{
    const char *const none[] = { NULL };
    struct sweep_options options;
    struct error error = { { '\0' } };
    (void)state;

    assert_int_equal(sweep_fixture_options(none, &options, &error), 0);

    assert_int_equal(options.modes.count, 4);
    assert_int_equal(options.modes.modes[1], MODE_ASYNC);
    assert_int_equal(options.clients.count, 9);
    assert_int_equal(options.clients.values[8], 256);
    assert_int_equal(options.fan_out.count, 2);
    assert_int_equal(options.rates.count, 0);
    assert_int_equal(options.delays.count, 1);
    assert_string_equal(options.delays.delays[0].text, "50ms");
    assert_int_equal(options.duration_us, 1000000);
    assert_int_equal(options.warm_up_us, 250000);
    assert_int_equal(options.repeats, 3);
    assert_int_equal(options.threads, 16);
    assert_int_equal(options.workers, 1);
    assert_int_equal(options.seed, 1);
    assert_string_equal(options.blocking, "task1");
    assert_int_equal(options.case_choice, SWEEP_NO_CASE);
}

static void sweep_reads_lists(void **state)
{
    struct sweep_options options;
    struct error error = { { '\0' } };
    (void)state;

    int status = sweep_fixture_options(WORDS("--modes=async,threads", "--clients=3,1,10000", "--fan-out=2,1",
                                             "--delay=1ms,uniform(1ms,2ms), mix(0.5:1ms,0.5:2ms)"),
                                       &options, &error);

    assert_int_equal(status, 0);
    assert_int_equal(options.modes.count, 2);
    assert_int_equal(options.modes.modes[1], MODE_THREADS);
    assert_int_equal(options.clients.values[0], 3);
    assert_int_equal(options.clients.values[2], 10000);
    assert_int_equal(options.delays.count, 3);
    assert_string_equal(options.delays.delays[1].text, "uniform(1ms,2ms)");
    assert_int_equal(options.delays.delays[2].delay.kind, DELAY_MIX);
}

static void sweep_refuses_what_it_cannot_measure(void **state)
{
    static const struct {
        const char *word;
        const char *part; /* of the sentence */
    } refused[] = {
        { "--modes=", "expected one of" },
        { "--modes=asinc", "did you mean async?" },
        { "--modes=sync,", "expected one of" },
        { "--modes=sync,sync", "each mode once" },
        { "--clients=0", "numbers from 1 to 10000" },
        { "--clients=10001", "numbers from 1 to 10000" },
        { "--clients=1,,2", "numbers from 1 to 10000" },
        { "--clients=1,2,", "numbers from 1 to 10000" },
        { "--clients=1 2", "numbers from 1 to 10000" },
        { "--clients=-1", "numbers from 1 to 10000" },
        { "--clients=99999999999999999999", "numbers from 1 to 10000" },
        { "--clients=1,1", "at most 16 different numbers" },
        { "--clients=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "at most 16 different numbers" },
        { "--fan-out=257", "numbers from 1 to 256" },
        { "--rate=0", "numbers from 1 to 100000" },
        { "--rate=0.5", "numbers from 1 to 100000" },
        { "--delay=soon", "a duration such as" },
        { "--delay=50ms,", "a duration such as" },
        { "--delay=uniform(1ms,2ms", "a duration such as" },
        { "--delay=11s", "at most 10s on average" },
        { "--delay=lognormal(1ms,p99=1h)", "at most 10s on average" },
        { "--delay=1ms,2ms,3ms,4ms,5ms,6ms,7ms,8ms,9ms", "at most 8 delays" },
        { "--duration=99ms", "a duration of at least 100ms" },
        { "--duration=61s", "a duration of at most 60s" },
        { "--warm-up=11s", "a duration of at most 10s" },
        { "--repeats=0", "a number from 1 to 15" },
        { "--repeats=16", "a number from 1 to 15" },
        { "--threads=0", "a number from 1 to 4096" },
        { "--workers=65", "a number from 1 to 64" },
        { "--blocking=_task", "names with commas between them" },
        { "--blocking=task1,", "names with commas between them" },
        { "--case=cpubound", "did you mean cpu-bound?" },
        { "--seed=-1", "a number from 0 to" },
        { "extra", "extra" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(refused); i++) {
        struct sweep_options options;
        struct error error = { { '\0' } };

        int status = sweep_fixture_options(WORDS(refused[i].word), &options, &error);

        assert_case(refused[i].word, status == -1);
        assert_case(refused[i].word, strstr(error.text, refused[i].part) != NULL);
    }
}

static void sweep_bounds_the_calls_that_are_made_at_once(void **state)
{
    struct sweep_options options;
    struct error error = { { '\0' } };
    (void)state;

    assert_int_equal(sweep_fixture_options(WORDS("--clients=2000", "--fan-out=10"), &options, &error), 0);
    assert_int_equal(sweep_fixture_options(WORDS("--clients=1,2001", "--fan-out=10"), &options, &error), -1);

    assert_string_equal(error.text, "--clients=2001 with --fan-out=10 is 20010 calls at once: at most 20000");
}

static void sweep_in_an_open_loop_has_connections_enough(void **state)
{
    static const struct {
        const char *name, *clients, *fan_out;
        unsigned expected;
    } cases[] = {
        { "unless said", "--log-level=info", "--fan-out=1,10", 1000 },
        { "as many as the fan-out allows", "--log-level=info", "--fan-out=1,100", 200 },
        { "as said", "--clients=7", "--fan-out=1", 7 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct sweep_options options;
        struct error error;

        int status = sweep_fixture_options(WORDS("--rate=100", cases[i].clients, cases[i].fan_out), &options, &error);

        assert_case(cases[i].name, status == 0 && options.clients.count == 1);
        assert_case(cases[i].name, options.clients.values[0] == cases[i].expected);
    }
}

static void sweep_takes_a_case_or_a_grid(void **state)
{
    static const char *const beside[] = { "--modes=sync", "--clients=1", "--delay=1s", "--fan-out=1", "--rate=1" };
    struct sweep_options options;
    struct error error = { { '\0' } };
    (void)state;

    assert_int_equal(sweep_fixture_options(WORDS("--case=cpu-bound", "--repeats=1"), &options, &error), 0);
    assert_string_equal(sweep_cases[options.case_choice].name, "cpu-bound");
    for (size_t i = 0; i < array_length(beside); i++) {
        int status = sweep_fixture_options(WORDS("--case=all", beside[i]), &options, &error);

        assert_case(beside[i], status == -1);
        assert_case(beside[i], strstr(error.text, "give one of them") != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sweep_has_the_documented_defaults),
        cmocka_unit_test(sweep_reads_lists),
        cmocka_unit_test(sweep_refuses_what_it_cannot_measure),
        cmocka_unit_test(sweep_bounds_the_calls_that_are_made_at_once),
        cmocka_unit_test(sweep_in_an_open_loop_has_connections_enough),
        cmocka_unit_test(sweep_takes_a_case_or_a_grid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
