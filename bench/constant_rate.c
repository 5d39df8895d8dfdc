/* SPDX-License-Identifier: MIT */
/*
 * constant_rate - requests to one URL at a constant rate, as a program: what the bench measures requests in flight
 * with.
 *
 * The open loop of lab/load: a request is due at its moment whatever became of those before it, and its latency counts
 * from then. Writes one line of JSON when all that was due has been answered or has waited for --grace:
 *
 *     {"answered":…,"refused":…,"failed":{"connection_terminated":…},"unanswered":…,"waited":…,"answered_in_window":…,
 *      "elapsed_us":…,"cpu_us":…,"p50_us":…,"p99_us":…,"longest_us":…,"lateness_p99_us":…}
 *
 * Members are those of struct load_result; the lateness is the client's own.
 *
 * Threads: one.   Exit: 0 if something was measured, whatever came of it; 1 if not; 2 for a bad option.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/descriptors.h"
#include "common/options.h"
#include "lab/load.h"

enum { RATE_MOST = 1000000, EXIT_WRONG_USE = 2 };

struct rate_options {
    struct url url;
    long rate, connections;
    uint64_t warm_up_us, duration_us, grace_us;
};

static const struct option options[] = {
    { .name = "url",
      .parse = options_parse_url,
      .offset = offsetof(struct rate_options, url),
      .default_value = "http://127.0.0.1:8080/task1",
      .argument = "URL",
      .help = "what is asked for",
      .is_flag_only = true },
    { .name = "rate",
      .parse = options_parse_integer,
      .offset = offsetof(struct rate_options, rate),
      .default_value = "2000",
      .argument = "N",
      .help = "requests a second",
      .minimum = 1,
      .maximum = RATE_MOST,
      .is_flag_only = true },
    { .name = "connections",
      .parse = options_parse_integer,
      .offset = offsetof(struct rate_options, connections),
      .default_value = "10000",
      .argument = "N",
      .help = "how many are opened at most; a request that finds none free is late",
      .minimum = 1,
      .maximum = LOAD_CONNECTIONS_MOST,
      .is_flag_only = true },
    { .name = "warm-up",
      .parse = options_parse_duration,
      .offset = offsetof(struct rate_options, warm_up_us),
      .default_value = "1s",
      .argument = "DURATION",
      .help = "requests due in it are sent and not counted",
      .is_flag_only = true },
    { .name = "duration",
      .parse = options_parse_duration,
      .offset = offsetof(struct rate_options, duration_us),
      .default_value = "3s",
      .argument = "DURATION",
      .help = "requests due in it, behind the warm-up, are counted",
      .is_flag_only = true },
    { .name = "grace",
      .parse = options_parse_duration,
      .offset = offsetof(struct rate_options, grace_us),
      .default_value = "10s",
      .argument = "DURATION",
      .help = "how long their answers are waited for after that",
      .is_flag_only = true },
};

/* ---- what came of it ---- */

static void print_failures(const struct load_result *result)
{
    const char *separator = "";

    (void)printf("\"failed\":{");
    for (int i = 0; i < CALL_ERROR_COUNT; i++) {
        if (result->failed[i] > 0) {
            (void)printf("%s\"%s\":%" PRIu64, separator, call_error_name((enum call_error)i), result->failed[i]);
            separator = ",";
        }
    }
    (void)printf("},");
}

static void print_result(struct load_result *result)
{
    (void)printf("{\"answered\":%" PRIu64 ",\"refused\":%" PRIu64 ",", result->answered, result->refused);
    print_failures(result);
    (void)printf("\"unanswered\":%" PRIu64 ",\"waited\":%" PRIu64 ",\"answered_in_window\":%" PRIu64 ",",
                 result->unanswered, result->waited, result->answered_in_window);
    (void)printf("\"elapsed_us\":%" PRIu64 ",\"cpu_us\":%" PRIu64 ",", result->elapsed_us, result->cpu_us);
    (void)printf("\"p50_us\":%" PRIu64 ",\"p99_us\":%" PRIu64 ",\"longest_us\":%" PRIu64 ",",
                 samples_percentile(&result->latency, 0.5).value_us,
                 samples_percentile(&result->latency, 0.99).value_us, samples_percentile(&result->latency, 1).value_us);
    (void)printf("\"lateness_p99_us\":%" PRIu64 "}\n", samples_percentile(&result->lateness, 0.99).value_us);
}

/* ---- running ---- */

static int measure(const struct rate_options *parsed, struct error *error)
{
    struct load load;
    struct load_result result;
    const struct load_setup setup = {
        .url = parsed->url,
        .connections = (size_t)parsed->connections,
        .rate_per_second = (double)parsed->rate,
        .warm_up_us = parsed->warm_up_us,
        .duration_us = parsed->duration_us,
        .grace_us = parsed->grace_us,
    };

    if (load_init(&load, error) < 0) {
        return -1;
    }
    int status = load_run(&load, &setup, &result, error);
    if (status == 0) {
        print_result(&result);
        load_result_clear(&result);
    }
    load_clear(&load);
    return status;
}

int main(int argc, char **argv)
{
    struct rate_options parsed = { .rate = 0 };
    struct error error = { { '\0' } };
    const struct options_program program = {
        .name = "fanlight-bench-constant-rate",
        .synopsis = "constant_rate [OPTIONS]",
        .summary = "Requests at a constant rate, with latency counted from when each was due. Writes JSON.",
        .options = options,
        .option_count = array_length(options),
    };

    switch (options_parse(&program, argc, argv, environ, &parsed, NULL, &error)) {
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        (void)fprintf(stderr, "constant_rate: %s\n", error.text);
        return EXIT_WRONG_USE;
    case OPTIONS_RUN:
        break;
    }
    (void)descriptors_raise_limit();
    if (measure(&parsed, &error) < 0) {
        (void)fprintf(stderr, "constant_rate: %s\n", error.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
