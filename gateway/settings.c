/* SPDX-License-Identifier: MIT */
#include "gateway/settings.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/clock.h"
#include "gateway/mode.h"

static int parse_admin(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct settings *settings = container_of(target, struct settings, admin);

    settings->has_admin = strcmp(text, "off") != 0;
    if (!settings->has_admin) {
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

/* ADDRESS, ADDRESS:PORT, [IPV6] or [IPV6]:PORT */
static bool is_name_server(struct str text)
{
    char with_port[INET6_ADDRSTRLEN + sizeof "[]:65535:53"];
    struct address address = { .port = 0 };
    struct in_addr ignored;
    struct error unused;

    if (text.length > INET6_ADDRSTRLEN + sizeof "[]:65535") {
        return false;
    }
    bool has_port = text.length > 0 && text.base[text.length - 1] != ']' &&
                    (text.base[0] == '[' || str_find(text, ':') < text.length);
    (void)snprintf(with_port, sizeof with_port, "%.*s%s", STR_ARGUMENTS(text), has_port ? "" : ":53");
    return address_parse(str_of(with_port), &address, &unused) == 0 && address.port != 0 &&
           (address.is_ipv6 || inet_pton(AF_INET, address.host, &ignored) == 1);
}

static int parse_name_servers(const struct option *option, const char *text, void *target, struct error *allowed)
{
    struct str rest = str_of(text);
    bool is_list = rest.length > 0 && rest.length < SETTINGS_NAME_SERVERS_BYTES && text[rest.length - 1] != ',';

    (void)option;
    if (strcmp(text, SETTINGS_NAME_SERVERS_OF_SYSTEM) != 0) {
        while (is_list && rest.length > 0) {
            is_list = is_name_server(str_split(&rest, ','));
        }
        if (!is_list) {
            return error_set(allowed, "addresses such as 192.0.2.53 or [2001:db8::53]:5353 with commas between them, "
                                      "or system");
        }
    }
    (void)snprintf(target, SETTINGS_NAME_SERVERS_BYTES, "%s", text);
    return 0;
}

const struct option settings_options[] = {
    { .name = "config",
      .parse = options_parse_string,
      .offset = offsetof(struct settings, config_file),
      .argument = "FILE",
      .help = "backends and routes (docs/configuration.md); SIGHUP reads it again" },
    { .name = "check",
      .parse = options_parse_boolean,
      .offset = offsetof(struct settings, check),
      .default_value = "false",
      .help = "print what the configuration amounts to, or every fault of it, and exit 0 or 2" },
    { .name = "mode",
      .parse = options_parse_choice,
      .offset = offsetof(struct settings, mode),
      .default_value = "async",
      .argument = "sync|threads|async|mixed|wire",
      .help = "how calls are made",
      .choices = mode_names },
    { .name = "listen",
      .parse = options_parse_address,
      .offset = offsetof(struct settings, listen),
      .default_value = "127.0.0.1:8080",
      .argument = "HOST:PORT",
      .help = "where clients connect; port 0 picks a free one" },
    { .name = "admin",
      .parse = parse_admin,
      .offset = offsetof(struct settings, admin),
      .default_value = "127.0.0.1:9901",
      .argument = "HOST:PORT|off",
      .help = "health, metrics, requests and events, in a thread of its own" },
    { .name = "backend",
      .parse = parse_backend,
      .offset = offsetof(struct settings, backend),
      .default_value = "http://127.0.0.1:9000",
      .argument = "URL",
      .help = "the service that is called, where there is no --config" },
    { .name = "workers",
      .parse = options_parse_integer,
      .offset = offsetof(struct settings, workers),
      .default_value = "1",
      .argument = "N",
      .help = "threads with an event loop each, sharing the port",
      .minimum = 1,
      .maximum = 256 },
    { .name = "threads",
      .parse = options_parse_integer,
      .offset = offsetof(struct settings, threads),
      .default_value = "16",
      .argument = "N",
      .help = "threads that make the calls in mode threads",
      .minimum = 1,
      .maximum = 4096 },
    { .name = "blocking",
      .parse = options_parse_string,
      .offset = offsetof(struct settings, blocking),
      .default_value = "task1",
      .argument = "NAMES",
      .help = "calls that block in mode mixed, separated by commas" },
    { .name = "deadline",
      .parse = options_parse_duration,
      .offset = offsetof(struct settings, deadline_us),
      .default_value = "60s",
      .argument = "DURATION",
      .help = "the longest a request may take",
      .minimum = CLOCK_US_PER_MS },
    { .name = "drain-timeout",
      .parse = options_parse_duration,
      .offset = offsetof(struct settings, drain_timeout_us),
      .default_value = "30s",
      .argument = "DURATION",
      .help = "how long a stop waits for requests in flight" },
    { .name = "allow-mode-override",
      .parse = options_parse_boolean,
      .offset = offsetof(struct settings, allow_mode_override),
      .default_value = "false",
      .help = "a request's header Fanlight-Mode chooses its mode" },
    { .name = "allow-explain",
      .parse = options_parse_boolean,
      .offset = offsetof(struct settings, allow_explain),
      .default_value = "false",
      .help = "a request's header Fanlight-Explain: 1 puts its account into the answer" },
    { .name = "name-servers",
      .parse = parse_name_servers,
      .offset = offsetof(struct settings, name_servers),
      .default_value = SETTINGS_NAME_SERVERS_OF_SYSTEM,
      .argument = "ADDR[:PORT],…|system",
      .help = "who is asked for the addresses of backends that have a name" },
    OPTIONS_LOG_ROWS(offsetof(struct settings, log)),
};
const size_t settings_option_count = array_length(settings_options);

/* Flags about the process itself. */
static const char *const not_in_the_file[] = { "config", "check", "backend", "log-format", "log-level" };

static bool is_for_the_file(const struct option *option)
{
    for (size_t i = 0; i < array_length(not_in_the_file); i++) {
        if (strcmp(option->name, not_in_the_file[i]) == 0) {
            return false;
        }
    }
    return true;
}

/* "drain_timeout" and "drain-timeout" */
static bool is_key_of(struct str key, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < length && i < key.length; i++) {
        if (key.base[i] != (name[i] == '-' ? '_' : name[i])) {
            return false;
        }
    }
    return key.length == length;
}

const struct option *settings_option_of_key(struct str key)
{
    for (size_t i = 0; i < settings_option_count; i++) {
        if (is_for_the_file(&settings_options[i]) && is_key_of(key, settings_options[i].name)) {
            return &settings_options[i];
        }
    }
    return NULL;
}

bool settings_is_given(const struct settings *settings, const struct option *option)
{
    return (settings->given >> (option - settings_options) & 1) != 0;
}
