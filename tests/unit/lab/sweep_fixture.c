/* SPDX-License-Identifier: MIT */
#include "tests/unit/lab/sweep_fixture.h"

#include "tests/support/unit.h"

enum { WORDS_MOST = 16, WORD_BYTES = 256 };

int sweep_fixture_options(const char *const *words, struct sweep_options *ret_options, struct error *error)
{
    static char *no_environment[] = { NULL };
    static char texts[WORDS_MOST][WORD_BYTES];
    char *arguments[WORDS_MOST + 1] = { NULL };
    int count = 0;
    struct options_operands operands;
    const struct options_program program = {
        .name = "lab",
        .synopsis = "lab sweep",
        .summary = "",
        .options = sweep_options,
        .option_count = sweep_option_count,
        .libraries = "",
        .has_given = true,
        .given_offset = offsetof(struct sweep_options, given),
    };

    (void)snprintf(texts[count], WORD_BYTES, "sweep");
    arguments[count] = texts[count];
    count++;
    for (; *words != NULL && count < WORDS_MOST; words++) {
        (void)snprintf(texts[count], WORD_BYTES, "%s", *words);
        arguments[count] = texts[count];
        count++;
    }
    *ret_options = (struct sweep_options){ .case_choice = SWEEP_NO_CASE };
    if (options_parse(&program, count, arguments, no_environment, ret_options, &operands, error) != OPTIONS_RUN) {
        return -1;
    }
    return sweep_options_complete(ret_options, error);
}

void sweep_fixture_open(struct sweep_fixture *fixture, const char *const *words)
{
    struct error error = { { '\0' } };

    if (sweep_fixture_options(words, &fixture->options, &error) < 0 ||
        sweep_plan_make(&fixture->plan, &fixture->options, &error) < 0) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(sweep_results_init(&fixture->results, &fixture->plan), 0);
}

void sweep_fixture_close(struct sweep_fixture *fixture)
{
    sweep_results_clear(&fixture->results);
    sweep_plan_clear(&fixture->plan);
}

struct sweep_measurement sweep_fixture_measurement(unsigned throughput, uint64_t latency_us)
{
    struct sweep_measurement measurement = {
        .answered = throughput,
        .sent_count = throughput,
        .answered_in_window = throughput,
        .throughput = throughput,
        .gateway_cpu_us_per_request = 100,
        .resident_bytes = 11 * 1024 * 1024,
        .thread_count = 3,
        .switches_per_request = 2.5,
        .usage = { .client_cores = 0.1,
                   .gateway_cores = 0.2,
                   .machine_busy_cores = 0.5,
                   .machine_cores = 2,
                   .gateway_threads = 1 },
    };

    for (size_t i = 0; i < SWEEP_PERCENTILE_COUNT; i++) {
        measurement.latency[i].value_us = latency_us;
        measurement.uncorrected[i].value_us = latency_us;
    }
    return measurement;
}

void sweep_fixture_fill(struct sweep_fixture *fixture, const struct sweep_measurement *measurement)
{
    for (size_t i = 0; i < fixture->plan.count; i++) {
        for (unsigned k = 0; k < fixture->plan.settings.repeats; k++) {
            sweep_results_add(&fixture->results, i, measurement);
        }
    }
}
