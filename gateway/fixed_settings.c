/* SPDX-License-Identifier: MIT */
#include "gateway/fixed_settings.h"

#include <stdio.h>
#include <string.h>

void fixed_settings_take(struct fixed_settings *fixed, const struct config *config)
{
    const struct settings *settings = &config->settings;

    *fixed = (struct fixed_settings){
        .listen = settings->listen,
        .admin = settings->admin,
        .has_admin = settings->has_admin,
        .is_secured = config->tls != NULL,
        .workers = settings->workers,
        .connections = config->limits.connections,
        .header_bytes = config->limits.header_bytes,
    };
    memcpy(fixed->name_servers, settings->name_servers, sizeof fixed->name_servers);
}

static bool is_same_address(const struct address *a, const struct address *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

void fixed_settings_list_others(const struct fixed_settings *fixed, const struct config *other, struct error *ret_names)
{
    const struct settings *new = &other->settings;
    const struct {
        const char *name;
        bool differs;
    } rows[] = {
        { "listen", !is_same_address(&fixed->listen, &new->listen) },
        { "admin", fixed->has_admin != new->has_admin || !is_same_address(&fixed->admin, &new->admin) },
        { "workers", fixed->workers != new->workers },
        { "threads", fixed->threads != 0 && fixed->threads != new->threads },
        { "name_servers", strcmp(fixed->name_servers, new->name_servers) != 0 },
        { "tls", fixed->is_secured != (other->tls != NULL) },
        { "limits.connections", fixed->connections != other->limits.connections },
        { "limits.header_bytes", fixed->header_bytes != other->limits.header_bytes },
    };
    size_t length = 0;

    ret_names->text[0] = '\0';
    for (size_t i = 0; i < array_length(rows); i++) {
        if (rows[i].differs) {
            length += (size_t)snprintf(ret_names->text + length, sizeof ret_names->text - length, "%s%s",
                                       length > 0 ? ", " : "", rows[i].name);
        }
    }
}

void fixed_settings_keep(const struct fixed_settings *fixed, struct config *config, const struct tls_settings *tls)
{
    struct settings *settings = &config->settings;

    settings->listen = fixed->listen;
    settings->admin = fixed->admin;
    settings->has_admin = fixed->has_admin;
    settings->workers = fixed->workers;
    settings->threads = fixed->threads != 0 ? fixed->threads : settings->threads;
    memcpy(settings->name_servers, fixed->name_servers, sizeof settings->name_servers);
    if (!fixed->is_secured) {
        config->tls = NULL;
    } else if (config->tls == NULL) {
        config_keep_tls(config, tls);
    }
    config->limits.connections = fixed->connections;
    config->limits.header_bytes = fixed->header_bytes;
}
