/* SPDX-License-Identifier: MIT */
/*
 * config_backends - reads `backends`: who is called, where, and within which bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/config_sections.h"

enum { SERVERS_MAXIMUM = 64, GIB = 1024 * 1024 * 1024 };

/* ---- servers ---- */

static bool is_same_place(const struct url *a, const struct url *b)
{
    return a->is_tls == b->is_tls && a->port == b->port && strcmp(a->path, b->path) == 0 &&
           str_equal_ignoring_case(str_of(a->host), str_of(b->host));
}

static const char url_allowed[] = "an http or https URL without a query, such as http://127.0.0.1:9000";

static bool read_server(struct config_reader *reader, const struct config_value *value, struct config_server *server)
{
    struct str text = { NULL, 0 };
    struct url url = { .port = 0 };
    struct error allowed = { { '\0' } };

    if (!config_read_text(reader, value, url_allowed, &text)) {
        return false;
    }
    if (url_parse(text, &url, &allowed) < 0) {
        config_expected(reader, value, allowed.text);
        return false;
    }
    if (strchr(url.path, '?') != NULL) {
        config_expected(reader, value, url_allowed);
        return false;
    }
    if (config_server_set(&reader->config->arena, &url, server) < 0) {
        config_refuse_size(reader);
        return false;
    }
    return true;
}

static void add_server(struct config_reader *reader, const struct config_value *value, struct config_backend *backend,
                       struct config_server *servers)
{
    struct config_server server;

    if (!read_server(reader, value, &server)) {
        return;
    }
    for (size_t i = 0; i < backend->server_count; i++) {
        if (is_same_place(&servers[i].url, &server.url)) {
            config_fault(reader, value, "is the same server as another one before it");
            return;
        }
    }
    servers[backend->server_count++] = server;
}

static void read_servers(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                         void *field)
{
    struct config_backend *backend = field;
    struct json_walk walk = json_walk_begin(value->json);
    struct config_value element = { .outer = NULL };

    if (!config_is_list(reader, value, key, "servers")) {
        return;
    }
    struct config_server *servers = config_allocate(reader, json_count(value->json), sizeof servers[0]);
    while (servers != NULL && config_next_element(value, &walk, &element)) {
        add_server(reader, &element, backend, servers);
    }
    backend->servers = servers;
}

/* ---- one backend ---- */

enum backend_key {
    BACKEND_SERVERS,
    BACKEND_TIMEOUT,
    BACKEND_CONNECT_TIMEOUT,
    BACKEND_RESPONSE_BYTES,
    BACKEND_RESPONSE_HEADER_BYTES,
    BACKEND_MAX_IN_FLIGHT,
    BACKEND_QUEUE,
    BACKEND_QUEUE_TIMEOUT,
    BACKEND_MODE,
    BACKEND_TLS,
    BACKEND_KEYS
};

static const struct config_key backend_keys[BACKEND_KEYS] = {
    [BACKEND_SERVERS] = { .name = "servers",
                          .read = read_servers,
                          .minimum = 1,
                          .maximum = SERVERS_MAXIMUM,
                          .is_required = true },
    [BACKEND_TIMEOUT] = CONFIG_DURATION_ROW("timeout", struct config_backend, timeout_us, CLOCK_US_PER_MS),
    [BACKEND_CONNECT_TIMEOUT] =
        CONFIG_DURATION_ROW("connect_timeout", struct config_backend, connect_timeout_us, CLOCK_US_PER_MS),
    [BACKEND_RESPONSE_BYTES] = CONFIG_SIZE_ROW("response_bytes", struct config_backend, response_bytes, 1, GIB),
    [BACKEND_RESPONSE_HEADER_BYTES] =
        CONFIG_SIZE_ROW("response_header_bytes", struct config_backend, response_header_bytes, 256, 65536),
    [BACKEND_MAX_IN_FLIGHT] = CONFIG_SIZE_ROW("max_in_flight", struct config_backend, max_in_flight, 1, 1000000),
    [BACKEND_QUEUE] = CONFIG_SIZE_ROW("queue", struct config_backend, queue, 0, 1000000),
    [BACKEND_QUEUE_TIMEOUT] =
        CONFIG_DURATION_ROW("queue_timeout", struct config_backend, queue_timeout_us, CLOCK_US_PER_MS),
    [BACKEND_MODE] = CONFIG_MODE_ROW(struct config_backend, mode),
    [BACKEND_TLS] = { .name = "tls", .read = config_read_backend_tls, .offset = offsetof(struct config_backend, tls) },
};

static void refuse_queue(struct config_reader *reader, const struct config_value *value)
{
    if (config_is_given(value)) {
        config_fault(reader, value, "has no effect without \"max_in_flight\"");
    }
}

static bool has_secured_server(const struct config_backend *backend)
{
    for (size_t i = 0; i < backend->server_count; i++) {
        if (backend->servers[i].url.is_tls) {
            return true;
        }
    }
    return false;
}

static void read_backend(struct config_reader *reader, const struct config_member *member,
                         struct config_backend *backend)
{
    struct config_value values[BACKEND_KEYS];

    *backend = config_backend_default;
    backend->name = member->name;
    if (!plan_is_name(member->name)) {
        config_fault_at(reader, &member->value, member->value.key.base, "a name must be " CONFIG_NAME_RULE);
    }
    config_read_object(reader, &member->value, &(struct config_table){ backend_keys, BACKEND_KEYS }, backend, values);
    if (!config_is_given(&values[BACKEND_MAX_IN_FLIGHT])) {
        refuse_queue(reader, &values[BACKEND_QUEUE]);
        refuse_queue(reader, &values[BACKEND_QUEUE_TIMEOUT]);
    }
    if (config_is_given(&values[BACKEND_TLS]) && backend->server_count > 0 && !has_secured_server(backend)) {
        config_fault(reader, &values[BACKEND_TLS], "has no effect without an https:// server");
    }
}

/* ---- all of them ---- */

/* None at all is right where no route has calls; config_file.c looks at that. */
void config_read_backends(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                          void *field)
{
    struct config *config = field;
    size_t count = 0;
    cleanup_free struct config_member *members = config_list_members(reader, value, key, "backends", &count);

    if (members == NULL) {
        return;
    }
    struct config_backend *backends = config_allocate(reader, count, sizeof backends[0]);
    if (backends == NULL) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        read_backend(reader, &members[i], &backends[i]);
    }
    config->backends = backends;
    config->backend_count = count;
    reader->knows_backends = count > 0;
}
