/* SPDX-License-Identifier: MIT */
#include "gateway/config_check.h"

#include <errno.h>

#include "common/clock.h"
#include "common/duration.h"
#include "gateway/config_check_internal.h"
#include "gateway/config_text.h"

enum { ARENA_BYTES = 256 * 1024 * 1024, DURATION_BYTES = 32 };

/* ---- words ---- */

void check_add_duration(struct buf *text, const char *before, uint64_t duration_us)
{
    char duration[DURATION_BYTES];

    duration_format(duration_us, duration, sizeof duration);
    (void)buf_add_format(text, "%s%s", before, duration);
}

void check_add_count(struct buf *text, size_t count, const char *what)
{
    (void)buf_add_format(text, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

/* ---- the first line ---- */

static bool may_be_mixed(const struct config *config)
{
    bool may_be = config->settings.mode == MODE_MIXED || config->settings.allow_mode_override;

    for (size_t i = 0; i < config->backend_count; i++) {
        may_be = may_be || config->backends[i].mode == MODE_MIXED;
    }
    for (size_t i = 0; i < config->route_count; i++) {
        const struct route *route = &config->routes[i];
        may_be = may_be || route->mode == MODE_MIXED;
        for (size_t k = 0; k < route->plan.call_count; k++) {
            may_be = may_be || route->plan.calls[k].mode == MODE_MIXED;
        }
    }
    return may_be;
}

static void add_addresses(struct buf *text, const struct settings *settings, const struct tls_settings *tls)
{
    (void)buf_add_text(text, "listen ");
    config_text_add_address(text, &settings->listen);
    (void)buf_add_text(text, tls != NULL ? " (TLS)" : "");
    (void)buf_add_text(text, "   admin ");
    if (settings->has_admin) {
        config_text_add_address(text, &settings->admin);
    } else {
        (void)buf_add_text(text, "off");
    }
}

static void add_settings(struct buf *text, const struct config *config)
{
    const struct settings *settings = &config->settings;

    add_addresses(text, settings, config->tls);
    (void)buf_add_format(text, "   mode %s%s", mode_names[settings->mode],
                         settings->allow_mode_override ? ", or as a request says" : "");
    if (may_be_mixed(config) && str_of(settings->blocking).length > 0) {
        (void)buf_add_text(text, "   blocking ");
        (void)buf_add_escaped(text, str_of(settings->blocking));
    }
    (void)buf_add_text(text, "   ");
    check_add_count(text, (size_t)settings->workers, "worker");
    if (config_needs_threads(config)) {
        (void)buf_add_text(text, "   ");
        check_add_count(text, (size_t)settings->threads, "thread");
    }
    check_add_duration(text, "   deadline ", settings->deadline_us);
    if (settings->name_servers[0] != '\0' && strcmp(settings->name_servers, SETTINGS_NAME_SERVERS_OF_SYSTEM) != 0) {
        (void)buf_add_format(text, "   name servers %s", settings->name_servers);
    }
    (void)buf_add_byte(text, '\n');
}

/* ---- backends ---- */

static void add_file(struct buf *cell, const char *before, const struct tls_file *file)
{
    if (file->path != NULL) {
        (void)buf_add_text(cell, before);
        (void)buf_add_escaped(cell, str_of(file->path));
    }
}

static void add_tls(struct buf *cell, const struct tls_settings *tls)
{
    if (tls == NULL) {
        return;
    }
    add_file(cell, ", trusts ", &tls->ca);
    add_file(cell, ", is ", &tls->certificate);
    if (tls->server_name != NULL) {
        (void)buf_add_format(cell, ", as %s", tls->server_name);
    }
}

static void add_backend_limits(struct buf *cell, const struct config *config, const struct config_backend *backend)
{
    if (backend->timeout_us == CLOCK_NEVER_US) {
        (void)buf_add_text(cell, "no timeout");
    } else {
        check_add_duration(cell, "timeout ", backend->timeout_us);
    }
    check_add_duration(cell, ", connect ", backend->connect_timeout_us);
    if (backend->mode != MODE_INHERITED && backend->mode != config->settings.mode) {
        (void)buf_add_format(cell, ", mode %s", mode_names[backend->mode]);
    }
    add_tls(cell, backend->tls);
    if (backend->max_in_flight == SIZE_MAX) {
        return;
    }
    (void)buf_add_format(cell, ", at most %zu in flight", backend->max_in_flight);
    if (backend->queue == 0) {
        (void)buf_add_text(cell, ", none in line");
        return;
    }
    (void)buf_add_format(cell, ", %zu in line", backend->queue);
    if (backend->queue_timeout_us != CLOCK_NEVER_US) {
        check_add_duration(cell, " for ", backend->queue_timeout_us);
    }
}

/* One row for each server. */
static void add_backend_rows(const struct check *check, struct check_table *table, struct buf *text)
{
    for (size_t i = 0; i < check->config->backend_count; i++) {
        const struct config_backend *backend = &check->config->backends[i];
        (void)buf_add_escaped(&table->cells[0], backend->name);
        add_backend_limits(&table->cells[2], check->config, backend);
        for (size_t k = 0; k < backend->server_count; k++) {
            config_text_add_url(&table->cells[1], &backend->servers[k].url);
            check_table_end_row(table, text);
        }
    }
}

/* ---- all ---- */

static int prepare(struct check *check)
{
    const struct config *config = check->config;

    check->times = arena_allocate_array(&check->arena, config->route_count, sizeof check->times[0]);
    check->trees = arena_allocate_array(&check->arena, config->route_count, sizeof check->trees[0]);
    if (check->times == NULL || check->trees == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < config->route_count; i++) {
        const struct route *route = &config->routes[i];
        if (route->kind != ROUTE_CALLS) {
            continue;
        }
        if (check_time_measure(&check->arena, config, route, &check->times[i]) < 0 ||
            check_tree_build(&check->arena, &route->plan, &check->times[i], &check->trees[i]) < 0) {
            return -ENOMEM;
        }
    }
    return 0;
}

static void add_table(const struct check *check, check_rows_fn *add_rows, const size_t *widest, struct buf *text)
{
    struct check_table table;

    check_table_init(&table, widest, text->limit);
    add_rows(check, &table, NULL);
    add_rows(check, &table, text);
    text->failed = text->failed || table.has_failed;
    check_table_clear(&table);
}

int config_check_render(const struct config *config, struct buf *text)
{
    static const size_t widest_of_routes[CHECK_COLUMNS] = { 40, 32, 64, 0 };
    static const size_t widest_of_backends[CHECK_COLUMNS] = { 40, 48, 0, 0 };
    struct check check = { .config = config };

    arena_init(&check.arena, ARENA_BYTES);
    int result = prepare(&check);
    if (result == 0) {
        add_settings(text, config);
        (void)buf_add_byte(text, '\n');
        add_table(&check, check_add_route_rows, widest_of_routes, text);
        (void)buf_add_text(text, "\nbackends\n");
        add_table(&check, add_backend_rows, widest_of_backends, text);
        result = text->failed ? -ENOBUFS : 0;
    }
    arena_clear(&check.arena);
    return result;
}
