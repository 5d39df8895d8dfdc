/* SPDX-License-Identifier: MIT */
#include "lab/hello_options.h"

#include <string.h>

#include "common/clock.h"
#include "lab/task.h"

enum { REQUESTS_MOST = 1000000, DELAY_MOST_US = 10 * CLOCK_US_PER_SECOND };

/* "1..8", "4" as first and last. */
static int read_range(struct str text, uint64_t *ret_first, uint64_t *ret_last)
{
    const char *dots = text.length > 0 ? memmem(text.base, text.length, "..", 2) : NULL;
    struct str first = { text.base, dots != NULL ? (size_t)(dots - text.base) : text.length };
    struct str last = dots != NULL ? str_from(text, first.length + 2) : first;

    if (str_to_number(first, HELLO_CLIENTS_MOST, ret_first) < 0 ||
        str_to_number(last, HELLO_CLIENTS_MOST, ret_last) < 0) {
        return -1;
    }
    return *ret_first >= 1 && *ret_first <= *ret_last ? 0 : -1;
}

/* 0, or -1: they do not rise, or there are too many. */
static int add_range(struct hello_numbers *numbers, uint64_t first, uint64_t last)
{
    for (uint64_t number = first; number <= last; number++) {
        if (numbers->count == HELLO_COLUMNS_MOST ||
            (numbers->count > 0 && number <= numbers->values[numbers->count - 1])) {
            return -1;
        }
        numbers->values[numbers->count++] = (size_t)number;
    }
    return 0;
}

static int parse_clients(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct hello_numbers numbers = { .count = 0 };
    struct str rest = str_of(text);

    (void)option;
    do {
        uint64_t first = 0;
        uint64_t last = 0;
        if (read_range(str_split(&rest, ','), &first, &last) < 0 || add_range(&numbers, first, last) < 0) {
            return error_set(allowed, "1..8, or at most %d rising numbers from 1 to %d such as 1,2,4",
                             HELLO_COLUMNS_MOST, HELLO_CLIENTS_MOST);
        }
    } while (rest.length > 0 || (rest.base > text && rest.base[-1] == ','));
    *(struct hello_numbers *)target = numbers;
    return 0;
}

static int parse_delay(const struct option *option, const char *text, void *target, struct error *allowed)
{
    uint64_t delay_us = 0;

    if (options_parse_duration(option, text, &delay_us, allowed) < 0) {
        return -1;
    }
    if (delay_us == 0 || delay_us > DELAY_MOST_US) {
        return error_set(allowed, "a duration above 0 and up to 10s, such as 1ms");
    }
    *(uint64_t *)target = delay_us;
    return 0;
}

static int parse_command(const struct option *option, const char *text, void *target, struct error *allowed)
{
    (void)option;
    if (str_trim(str_of(text)).length == 0) {
        return error_set(allowed, "a command such as 'python3 client.py'");
    }
    *(const char **)target = text;
    return 0;
}

/* The two that are only flags have namesakes in `lab sweep` and `backend` that mean something else. */
const struct option hello_options[] = {
    { .name = "clients",
      .parse = parse_clients,
      .offset = offsetof(struct hello_options, clients),
      .default_value = "1..8",
      .argument = "N[..M][,...]",
      .help = "numbers of client processes: the columns",
      .is_flag_only = true },
    { .name = "requests",
      .parse = options_parse_integer,
      .offset = offsetof(struct hello_options, requests),
      .default_value = "1000",
      .argument = "N",
      .help = "requests of each client",
      .minimum = 1,
      .maximum = REQUESTS_MOST },
    { .name = "repeats",
      .parse = options_parse_integer,
      .offset = offsetof(struct hello_options, repeats),
      .default_value = "3",
      .argument = "N",
      .help = "how often all is measured; medians are shown",
      .minimum = 1,
      .maximum = HELLO_REPEATS_MOST },
    { .name = "delay",
      .parse = parse_delay,
      .offset = offsetof(struct hello_options, delay_us),
      .default_value = "1ms",
      .argument = "DURATION",
      .help = "how long the backend of the two gateways takes",
      .is_flag_only = true },
    { .name = "client-command",
      .parse = parse_command,
      .offset = offsetof(struct hello_options, client_command),
      .argument = "COMMAND",
      .help =
          "measure each server with this client, too: a program and its first words, for sh to exec; it is given a URL "
          "and a number of requests, writes \"ready\", waits for a line, makes the requests, and writes the seconds "
          "they took" },
    { .name = "only-urls",
      .parse = options_parse_boolean,
      .offset = offsetof(struct hello_options, only_urls),
      .help = "measure the given URLs and none of our own servers" },
    { .name = "json",
      .parse = options_parse_string,
      .offset = offsetof(struct hello_options, json),
      .argument = "FILE",
      .help = "write the results for other programs" },
    { .name = "report",
      .parse = options_parse_string,
      .offset = offsetof(struct hello_options, report),
      .argument = "FILE.html",
      .help = "write a page with the table and its curves" },
};

const size_t hello_option_count = array_length(hello_options);

/* ---- servers that run already ---- */

/* "aiohttp=http://…": a name in front of the URL. */
static struct str split_name(struct str *text)
{
    size_t equals = str_find(*text, '=');
    struct str name = { text->base, equals };

    if (equals == text->length || !task_is_name(name)) {
        return (struct str){ text->base, 0 };
    }
    *text = str_from(*text, equals + 1);
    return name;
}

/* Names of our own rows. */
static bool is_taken(const struct hello_options *parsed, const char *name)
{
    static const char *const own[] = { "published", "hello", "sync", "async" };

    for (size_t i = 0; i < array_length(own); i++) {
        if (strcmp(name, own[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < parsed->target_count; i++) {
        if (strcmp(name, parsed->targets[i].name) == 0) {
            return true;
        }
    }
    return false;
}

static int add_target(struct hello_options *parsed, const char *operand, struct error *error)
{
    struct hello_target target = { .url = NULL };
    struct error allowed = { { '\0' } };
    struct str text = str_of(operand);
    struct url url;

    struct str name = split_name(&text);
    if (url_parse(text, &url, &allowed) < 0) {
        return error_set(error, "%.100s: expected %.300s", operand, allowed.text);
    }
    if (url.is_tls) {
        return error_set(error, "%.100s: expected an http URL: the light client speaks no TLS", operand);
    }
    if (name.length == 0) {
        (void)snprintf(target.name, sizeof target.name, "%.40s%.20s", url.authority, url.path);
    } else {
        (void)snprintf(target.name, sizeof target.name, "%.*s", STR_ARGUMENTS(name));
    }
    if (is_taken(parsed, target.name)) {
        return error_set(error, "%.100s: expected a name that is not taken yet, as in NAME=URL", operand);
    }
    if (parsed->target_count == HELLO_TARGETS_MOST) {
        return error_set(error, "at most %d URLs are allowed", HELLO_TARGETS_MOST);
    }
    target.url = text.base;
    parsed->targets[parsed->target_count++] = target;
    return 0;
}

int hello_options_complete(struct hello_options *parsed, const struct options_operands *operands, struct error *error)
{
    for (int i = 0; i < operands->count; i++) {
        if (add_target(parsed, operands->values[i], error) < 0) {
            return -1;
        }
    }
    if (parsed->only_urls && parsed->target_count == 0) {
        return error_set(error, "--only-urls: a URL is missing, as in: lab hello --only-urls http://127.0.0.1:8080/");
    }
    return 0;
}
