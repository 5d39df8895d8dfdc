/* SPDX-License-Identifier: MIT */
#include "gateway/config.h"

#include <string.h>

#include "common/clock.h"
#include "gateway/mode.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

static int parse_admin(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct config *config = container_of(target, struct config, admin);

    config->has_admin = strcmp(text, "off") != 0;
    if (!config->has_admin) {
        return 0;
    }
    if (options_parse_address(option, text, target, allowed) < 0) {
        return error_set(allowed, "HOST:PORT such as 127.0.0.1:9901, or off");
    }
    return 0;
}

/* Calls append their own target to it: there is no place for a query. */
static int parse_backend(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct url backend = { .port = 0 };

    if (options_parse_url(option, text, &backend, allowed) < 0) {
        return -1;
    }
    if (strchr(backend.path, '?') != NULL) {
        return error_set(allowed, "an http or https URL without a query, such as http://127.0.0.1:9000");
    }
    *(struct url *)target = backend;
    return 0;
}

const struct option config_options[] = {
    { .name = "mode",
      .parse = options_parse_choice,
      .offset = offsetof(struct config, mode),
      .default_value = "async",
      .argument = "sync|threads|async|mixed",
      .help = "how calls are made",
      .choices = mode_names },
    { .name = "listen",
      .parse = options_parse_address,
      .offset = offsetof(struct config, listen),
      .default_value = "127.0.0.1:8080",
      .argument = "HOST:PORT",
      .help = "where clients connect; port 0 picks a free one" },
    { .name = "admin",
      .parse = parse_admin,
      .offset = offsetof(struct config, admin),
      .default_value = "127.0.0.1:9901",
      .argument = "HOST:PORT|off",
      .help = "where /healthz and /readyz are answered, in a thread of their own" },
    { .name = "backend",
      .parse = parse_backend,
      .offset = offsetof(struct config, backend),
      .default_value = "http://127.0.0.1:9000",
      .argument = "URL",
      .help = "the service that is called" },
    { .name = "workers",
      .parse = options_parse_integer,
      .offset = offsetof(struct config, workers),
      .default_value = "1",
      .argument = "N",
      .help = "threads with an event loop each, sharing the port",
      .minimum = 1,
      .maximum = 256 },
    { .name = "threads",
      .parse = options_parse_integer,
      .offset = offsetof(struct config, threads),
      .default_value = "16",
      .argument = "N",
      .help = "threads that make the calls in mode threads",
      .minimum = 1,
      .maximum = 4096 },
    { .name = "blocking",
      .parse = options_parse_string,
      .offset = offsetof(struct config, blocking),
      .default_value = "task1",
      .argument = "NAMES",
      .help = "calls that block in mode mixed, separated by commas" },
    { .name = "deadline",
      .parse = options_parse_duration,
      .offset = offsetof(struct config, deadline_us),
      .default_value = "60s",
      .argument = "DURATION",
      .help = "the longest a request may take" },
    { .name = "drain-timeout",
      .parse = options_parse_duration,
      .offset = offsetof(struct config, drain_timeout_us),
      .default_value = "30s",
      .argument = "DURATION",
      .help = "how long a stop waits for requests in flight" },
    OPTIONS_LOG_ROWS(offsetof(struct config, log)),
};
const size_t config_option_count = array_length(config_options);

void config_complete(struct config *config)
{
    const struct url *backend = &config->backend;
    size_t length = strlen(config->backend.path);

    /* "http://host/" and "http://host" are the same place: a call's target begins with its own slash. */
    if (length > 0 && config->backend.path[length - 1] == '/') {
        config->backend.path[length - 1] = '\0';
    }
    (void)snprintf(config->backend_server, sizeof config->backend_server, backend->is_ipv6 ? "[%s]:%u" : "%s:%u",
                   backend->host, (unsigned)backend->port);
    config->limits = (struct config_limits){
        .connections = 10000,
        .header_bytes = 16 * KIB,
        .body_bytes = MIB,
        .answer_bytes = 8 * MIB,
        .response_bytes = MIB,
        .response_header_bytes = 16 * KIB,
        .fan_out = 256,
        .request_arena_bytes = 16 * MIB,
        .idle_timeout_us = 75ULL * CLOCK_US_PER_SECOND,
        .connect_timeout_us = 5ULL * CLOCK_US_PER_SECOND,
    };
}
