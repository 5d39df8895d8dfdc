/* SPDX-License-Identifier: MIT */
#include "tests/unit/common/options_fixture.h"

#include "common/log.h"
#include "tests/support/unit.h"

static const char *const mode_names[] = { "sync", "async", "mixed", "threads", NULL };

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

const struct options_program program = {
    .name = "fanlight-gateway",
    .synopsis = "gateway [OPTIONS]",
    .summary = "A fan-out gateway.",
    .options = rows,
    .option_count = array_length(rows),
    .libraries = "libmicrohttpd 0.9.75, libcurl 7.88.1",
};

enum options_result run_as(const struct options_program *as, struct run *run)
{
    int count = 1;

    run->arguments[0] = (char *)(uintptr_t) "gateway";
    while (run->arguments[count] != NULL) {
        count++;
    }
    return options_parse(as, count, run->arguments, run->environment, &run->parsed, &run->operands, &run->error);
}

struct run with(const char *first, const char *second, const char *third)
{
    struct run run = { 0 };

    run.arguments[1] = (char *)(uintptr_t)first;
    run.arguments[2] = (char *)(uintptr_t)second;
    run.arguments[3] = (char *)(uintptr_t)third;
    return run;
}

struct run with_variable(const char *variable, const char *word)
{
    struct run run = with(word, NULL, NULL);

    run.environment[0] = (char *)(uintptr_t) "PATH=/bin";
    run.environment[1] = (char *)(uintptr_t)variable;
    return run;
}
