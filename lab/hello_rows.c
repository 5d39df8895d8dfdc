/* SPDX-License-Identifier: MIT */
#include "lab/hello_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"

/* Adds the row, and the same with the other client. */
static void add_server(const struct hello_config *config, struct hello_result *result, struct hello_row row)
{
    row.client = HELLO_CLIENT_LIGHT;
    result->rows[result->row_count++] = row;
    if (config->client_command != NULL) {
        row.client = HELLO_CLIENT_COMMAND;
        result->rows[result->row_count++] = row;
    }
}

static struct hello_row named(const char *name, const char *label, const char *title)
{
    struct hello_row row = { .name = "" };

    (void)snprintf(row.name, sizeof row.name, "%s", name);
    (void)snprintf(row.label, sizeof row.label, "%s", label);
    (void)snprintf(row.title, sizeof row.title, "%s", title);
    return row;
}

static struct hello_row gateway_row(const struct hello_config *config, enum mode mode, const struct url *server)
{
    char delay[32];
    struct hello_row row = { .is_ours = true, .is_gateway = true, .mode = mode };

    duration_format(config->delay_us, delay, sizeof delay);
    (void)snprintf(row.url, sizeof row.url, "http://%s/task1", server->authority);
    (void)snprintf(row.name, sizeof row.name, "%s", mode_names[mode]);
    (void)snprintf(row.label, sizeof row.label, "gateway %s, %s", mode_names[mode], delay);
    (void)snprintf(row.title, sizeof row.title, "The gateway in %s, calling a backend of %s", mode_names[mode], delay);
    return row;
}

static void add_hello(const struct hello_config *config, const struct hello_own *own, struct hello_result *result)
{
    struct hello_row hello = named("hello", "Fanlight /hello", "Fanlight /hello");

    (void)snprintf(hello.url, sizeof hello.url, "http://%s/hello", own->async.authority);
    hello.is_ours = true;
    add_server(config, result, hello);
}

static void add_gateways(const struct hello_config *config, const struct hello_own *own, struct hello_result *result)
{
    add_server(config, result, gateway_row(config, MODE_SYNC, &own->sync));
    add_server(config, result, gateway_row(config, MODE_ASYNC, &own->async));
}

int hello_rows_make(const struct hello_config *config, const struct hello_own *own, struct hello_result *result)
{
    result->rows = calloc(HELLO_ROWS_MOST, sizeof *result->rows);
    if (result->rows == NULL) {
        return -ENOMEM;
    }
    if (config->client_command != NULL) {
        hello_rows_client_label(config->client_command, result->client_label, sizeof result->client_label);
    }
    struct hello_row published = named("published", "published", "aiohttp, as published in the note");
    published.client = HELLO_CLIENT_PUBLISHED;
    result->rows[result->row_count++] = published;
    if (!config->only_targets) {
        add_hello(config, own, result);
    }
    for (size_t i = 0; i < config->target_count; i++) {
        const struct hello_target *target = &config->targets[i];
        struct hello_row row = named(target->name, target->name, target->name);
        (void)snprintf(row.url, sizeof row.url, "%s", target->url);
        add_server(config, result, row);
    }
    if (!config->only_targets) {
        add_gateways(config, own, result);
    }
    return 0;
}

void hello_rows_client_label(const char *command, char *label, size_t size)
{
    struct str rest = str_trim(str_of(command));
    struct str word = rest;

    while (rest.length > 0) {
        word = str_split(&rest, ' ');
    }
    rest = word;
    while (str_find(rest, '/') < rest.length) {
        (void)str_split(&rest, '/');
    }
    struct str stem = { rest.base, str_find(rest, '.') };
    struct str shown = stem.length > 0 ? stem : rest;
    bool is_plain = shown.length > 0 && str_is_visible(shown);
    (void)snprintf(label, size, "%.*s", is_plain ? (int)shown.length : 7, is_plain ? shown.base : "command");
}
