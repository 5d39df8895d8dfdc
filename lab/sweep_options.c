/* SPDX-License-Identifier: MIT */
#include "lab/sweep_options.h"

#include <string.h>

#include "common/clock.h"
#include "lab/sweep_cases.h"
#include "lab/task.h"

enum {
    CLIENTS_MOST = 10000, /* connections that a gateway takes without being told more */
    CLIENTS_IN_AN_OPEN_LOOP = 1000,
    FAN_OUT_MOST = 256, /* the gateway's own limit */
    CALLS_MOST = 20000, /* clients x fan-out: each may be a connection to the backend */
    RATE_MOST = 100000,
    THREADS_MOST = 4096,
    WORKERS_MOST = 64,
    SEED_MOST = 1000000000,
    DURATION_LEAST_US = 100 * CLOCK_US_PER_MS,
    DURATION_MOST_US = 60 * CLOCK_US_PER_SECOND,
    WARM_UP_MOST_US = 10 * CLOCK_US_PER_SECOND,
    DELAY_MOST_US = 10 * CLOCK_US_PER_SECOND,
};

/* ---- lists ---- */

/* Whether another element follows: a comma at the end is followed by an empty one, which is refused. */
static bool is_more(const char *text, struct str rest)
{
    return rest.length > 0 || (rest.base > text && rest.base[-1] == ',');
}

static bool has_number(const struct sweep_numbers *numbers, uint64_t value)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (numbers->values[i] == value) {
            return true;
        }
    }
    return false;
}

static int parse_numbers(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct sweep_numbers numbers = { .count = 0 };
    struct str rest = str_of(text);

    do {
        uint64_t value = 0;
        bool is_number = str_to_number(str_split(&rest, ','), (uint64_t)option->maximum, &value) == 0;
        if (!is_number || value < (uint64_t)option->minimum) {
            return error_set(allowed, "numbers from %ld to %ld with commas between them", option->minimum,
                             option->maximum);
        }
        if (numbers.count == SWEEP_VALUES_MOST || has_number(&numbers, value)) {
            return error_set(allowed, "at most %d different numbers", SWEEP_VALUES_MOST);
        }
        numbers.values[numbers.count++] = (unsigned)value;
    } while (is_more(text, rest));
    *(struct sweep_numbers *)target = numbers;
    return 0;
}

static int parse_modes(const struct option *option, const char *text, void *target, struct error *allowed)
{
    const struct option choice = { .choices = mode_names };
    struct sweep_modes modes = { .count = 0 };
    struct str rest = str_of(text);

    (void)option;
    do {
        char name[32];
        int index = 0;
        struct str one = str_split(&rest, ',');
        (void)snprintf(name, sizeof name, "%.*s", STR_ARGUMENTS(one));
        if (options_parse_choice(&choice, name, &index, allowed) < 0) {
            return -1;
        }
        for (size_t i = 0; i < modes.count; i++) {
            if (modes.modes[i] == (enum mode)index) {
                return error_set(allowed, "each mode once");
            }
        }
        modes.modes[modes.count++] = (enum mode)index;
    } while (is_more(text, rest));
    *(struct sweep_modes *)target = modes;
    return 0;
}

/* Up to the next comma that stands in no parentheses. */
static struct str split_delay(struct str *rest)
{
    size_t depth = 0;
    size_t length = 0;

    for (; length < rest->length && (depth > 0 || rest->base[length] != ','); length++) {
        depth += rest->base[length] == '(';
        depth -= rest->base[length] == ')' && depth > 0;
    }
    struct str delay = { rest->base, length };
    *rest = str_from(*rest, length < rest->length ? length + 1 : length);
    return delay;
}

static int parse_delays(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct sweep_delays *delays = target;
    struct str rest = str_of(text);

    (void)option;
    delays->count = 0;
    do {
        struct str one = str_trim(split_delay(&rest));
        if (delays->count == SWEEP_DELAYS_MOST) {
            return error_set(allowed, "at most %d delays", SWEEP_DELAYS_MOST);
        }
        struct sweep_delay *delay = &delays->delays[delays->count++];
        if (one.length >= sizeof delay->text) {
            return error_set(allowed, "delays of at most %d characters", SWEEP_DELAY_BYTES - 1);
        }
        if (delay_parse(one, &delay->delay, allowed) < 0) {
            return -1;
        }
        if (delay_mean_us(&delay->delay) > DELAY_MOST_US) {
            return error_set(allowed, "delays of at most 10s on average");
        }
        (void)snprintf(delay->text, sizeof delay->text, "%.*s", STR_ARGUMENTS(one));
    } while (is_more(text, rest));
    return 0;
}

static int parse_duration(const struct option *option, const char *text, void *target, struct error *allowed)
{
    uint64_t duration_us = 0;

    if (options_parse_duration(option, text, &duration_us, allowed) < 0) {
        return -1;
    }
    if (duration_us > (uint64_t)option->maximum) {
        return error_set(allowed, "a duration of at most %lds", option->maximum / CLOCK_US_PER_SECOND);
    }
    *(uint64_t *)target = duration_us;
    return 0;
}

static int parse_names(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct str rest = str_of(text);

    (void)option;
    do {
        if (!task_is_name(str_split(&rest, ','))) {
            return error_set(allowed, "names with commas between them, each " TASK_NAME_ALLOWED);
        }
    } while (is_more(text, rest));
    *(const char **)target = text;
    return 0;
}

/* ---- the table ---- */

#define FIELD(name) offsetof(struct sweep_options, name)

const struct option sweep_options[] = {
    { .name = "modes",
      .parse = parse_modes,
      .offset = FIELD(modes),
      .default_value = "sync,async,mixed,threads",
      .argument = "MODE[,MODE...]",
      .help = "gateways to measure, turn and turn about: sync, threads, async, mixed, wire" },
    { .name = "clients",
      .parse = parse_numbers,
      .offset = FIELD(clients),
      .default_value = "1,2,4,8,16,32,64,128,256",
      .argument = "N[,N...]",
      .help = "clients that each send the next request when the last is answered; with --rate: connections to be used "
              "at most (default then: 1000)",
      .minimum = 1,
      .maximum = CLIENTS_MOST },
    { .name = "delay",
      .parse = parse_delays,
      .offset = FIELD(delays),
      .default_value = "50ms",
      .argument = "DELAY[,DELAY...]",
      .help = "how long the backend takes; durations and distributions, as backend --delay has them" },
    { .name = "fan-out",
      .parse = parse_numbers,
      .offset = FIELD(fan_out),
      .default_value = "1,10",
      .argument = "N[,N...]",
      .help = "calls a request makes",
      .minimum = 1,
      .maximum = FAN_OUT_MOST },
    { .name = "rate",
      .parse = parse_numbers,
      .offset = FIELD(rates),
      .argument = "R[,R...]",
      .help = "open loop: so many requests a second, whatever became of those before; latency counts from when a "
              "request was due",
      .minimum = 1,
      .maximum = RATE_MOST },
    { .name = "duration",
      .parse = parse_duration,
      .offset = FIELD(duration_us),
      .default_value = "1s",
      .argument = "DURATION",
      .help = "what is counted of each point; longer (up to 3s) where answers are rare",
      .minimum = DURATION_LEAST_US,
      .maximum = DURATION_MOST_US },
    { .name = "warm-up",
      .parse = parse_duration,
      .offset = FIELD(warm_up_us),
      .default_value = "250ms",
      .argument = "DURATION",
      .help = "what is sent before, and not counted",
      .maximum = WARM_UP_MOST_US },
    { .name = "repeats",
      .parse = options_parse_integer,
      .offset = FIELD(repeats),
      .default_value = "3",
      .argument = "N",
      .help = "rounds through all points; figures are medians",
      .minimum = 1,
      .maximum = SWEEP_REPEATS_MOST },
    { .name = "threads",
      .parse = options_parse_integer,
      .offset = FIELD(threads),
      .default_value = "16",
      .argument = "N",
      .help = "threads that make the calls in mode threads",
      .minimum = 1,
      .maximum = THREADS_MOST },
    { .name = "workers",
      .parse = options_parse_integer,
      .offset = FIELD(workers),
      .default_value = "1",
      .argument = "N",
      .help = "event loops of the gateway",
      .minimum = 1,
      .maximum = WORKERS_MOST },
    { .name = "blocking",
      .parse = parse_names,
      .offset = FIELD(blocking),
      .default_value = "task1",
      .argument = "NAME[,NAME...]",
      .help = "calls that block in mode mixed (they are named task1, task2, ...)" },
    { .name = "seed",
      .parse = options_parse_integer,
      .offset = FIELD(seed),
      .default_value = "1",
      .argument = "N",
      .help = "of the backend's delays; each repeat has the next one",
      .minimum = 0,
      .maximum = SEED_MOST },
    { .name = "case",
      .parse = options_parse_choice,
      .offset = FIELD(case_choice),
      .argument = "NAME|all",
      .help = "a case where not blocking does not win, instead of --modes, --clients, --delay, --fan-out and --rate: "
              "one-client, cpu-bound, backend-limit",
      .choices = sweep_case_choices },
    { .name = "json",
      .parse = options_parse_string,
      .offset = FIELD(json),
      .argument = "FILE",
      .help = "write the results for other programs" },
    { .name = "csv",
      .parse = options_parse_string,
      .offset = FIELD(csv),
      .argument = "FILE",
      .help = "write the results for a spreadsheet" },
    { .name = "report",
      .parse = options_parse_string,
      .offset = FIELD(report),
      .argument = "FILE.html",
      .help = "write a page with curves and tables" },
    { .name = "events",
      .parse = options_parse_boolean,
      .offset = FIELD(events),
      .help = "write what happens to standard output as it does, one JSON object a line, instead of tables" },
    OPTIONS_LOG_ROWS(offsetof(struct sweep_options, log)),
};

const size_t sweep_option_count = array_length(sweep_options);

/* ---- what goes together ---- */

static bool is_given(const struct sweep_options *parsed, const char *name)
{
    for (size_t i = 0; i < sweep_option_count; i++) {
        if (strcmp(sweep_options[i].name, name) == 0) {
            return (parsed->given >> i & 1) != 0;
        }
    }
    return false;
}

static int refuse_beside_case(const struct sweep_options *parsed, struct error *error)
{
    static const char *const set_by_cases[] = { "modes", "clients", "delay", "fan-out", "rate" };

    for (size_t i = 0; i < array_length(set_by_cases); i++) {
        if (is_given(parsed, set_by_cases[i])) {
            return error_set(error, "--case sets --%s itself: give one of them", set_by_cases[i]);
        }
    }
    return 0;
}

static int check_calls(const struct sweep_options *parsed, struct error *error)
{
    for (size_t i = 0; i < parsed->clients.count; i++) {
        for (size_t k = 0; k < parsed->fan_out.count; k++) {
            unsigned calls = parsed->clients.values[i] * parsed->fan_out.values[k];
            if (calls > CALLS_MOST) {
                return error_set(error, "--clients=%u with --fan-out=%u is %u calls at once: at most %d",
                                 parsed->clients.values[i], parsed->fan_out.values[k], calls, CALLS_MOST);
            }
        }
    }
    return 0;
}

/* Connections for an open loop that nobody said anything about: as many as all fan-outs allow. */
static void set_connections(struct sweep_options *parsed)
{
    unsigned most = CLIENTS_IN_AN_OPEN_LOOP;

    for (size_t i = 0; i < parsed->fan_out.count; i++) {
        unsigned allowed = CALLS_MOST / parsed->fan_out.values[i];
        most = allowed < most ? allowed : most;
    }
    parsed->clients = (struct sweep_numbers){ .values = { most }, .count = 1 };
}

int sweep_options_complete(struct sweep_options *parsed, struct error *error)
{
    if (parsed->case_choice != SWEEP_NO_CASE) {
        return refuse_beside_case(parsed, error);
    }
    if (parsed->rates.count > 0 && !is_given(parsed, "clients")) {
        set_connections(parsed);
    }
    return check_calls(parsed, error);
}
