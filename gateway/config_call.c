/* SPDX-License-Identifier: MIT */
/*
 * config_call - reads one call of a route, without its templates: those are for config_templates.c, once all calls are
 * known.
 */
#include <stdlib.h>

#include "gateway/config_sections.h"
#include "gateway/mode.h"

enum { EACH_DEFAULT = 50 };

/* ---- keys ---- */

static void read_backend(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                         void *field)
{
    const struct config *config = reader->config;
    struct str name = { NULL, 0 };

    (void)key;
    if (!config_read_text(reader, value, "the name of a backend", &name)) {
        return;
    }
    for (size_t i = 0; i < config->backend_count; i++) {
        if (str_equal(config->backends[i].name, name)) {
            *(size_t *)field = i;
            return;
        }
    }
    cleanup_free const char **names = calloc(config->backend_count + 1, sizeof(const char *));
    for (size_t i = 0; names != NULL && i < config->backend_count; i++) {
        names[i] = config->backends[i].name.base;
    }
    if (names != NULL && reader->knows_backends) {
        config_unknown(reader, value, value->json.base, "backend", names);
    }
}

static void read_method(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                        void *field)
{
    static const char *const names[] = { "GET", "POST", "PUT", "PATCH", "DELETE", NULL };
    int index = config_read_choice(reader, value, names);

    (void)key;
    if (index >= 0) {
        *(const char **)field = names[index];
    }
}

static void read_required(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                          void *field)
{
    bool *is_optional = field;
    bool is_required = !*is_optional;

    config_read_boolean(reader, key, value, &is_required);
    *is_optional = !is_required;
}

/* The bytes of the file. */
static void read_default(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                         void *field)
{
    const char *copy = config_copy(reader, value->json);

    (void)key;
    if (copy != NULL) {
        *(struct str *)field = (struct str){ copy, value->json.length };
    }
}

static void read_as(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                    void *field)
{
    static const char *const names[] = { "json", "text", NULL };

    (void)key;
    *(bool *)field = config_read_choice(reader, value, names) == 1;
}

static void read_maximum(struct config_reader *reader, const struct config_key *key, const struct config_value *value,
                         void *field)
{
    struct config_key bounded = *key;

    bounded.maximum = reader->config->limits.fan_out;
    *(size_t *)field = 1; /* if it is wrong: then the sum of all calls is not wrong as well */
    config_read_size(reader, &bounded, value, field);
}

/* Those without a function are for config_templates.c. */
static const struct config_key call_keys[CALL_KEYS] = {
    [CALL_BACKEND] = { .name = "backend",
                       .read = read_backend,
                       .offset = offsetof(struct plan_call, backend),
                       .is_required = true },
    [CALL_PATH] = { .name = "path", .is_required = true },
    [CALL_METHOD] = { .name = "method", .read = read_method, .offset = offsetof(struct plan_call, method) },
    [CALL_FORWARD_HEADERS] = { .name = "forward_headers",
                               .read = config_read_forward_headers,
                               .offset = offsetof(struct plan_call, forward_headers),
                               .maximum = CONFIG_HEADERS_MAXIMUM },
    [CALL_HEADERS] = { .name = "headers" },
    [CALL_BODY] = { .name = "body" },
    [CALL_TIMEOUT] = CONFIG_DURATION_ROW("timeout", struct plan_call, timeout_us, CLOCK_US_PER_MS),
    [CALL_REQUIRED] = { .name = "required", .read = read_required, .offset = offsetof(struct plan_call, is_optional) },
    [CALL_DEFAULT] = { .name = "default", .read = read_default, .offset = offsetof(struct plan_call, default_json) },
    [CALL_AS] = { .name = "as", .read = read_as, .offset = offsetof(struct plan_call, is_text) },
    [CALL_EACH] = { .name = "each" },
    [CALL_MAX] = { .name = "max",
                   .read = read_maximum,
                   .offset = offsetof(struct plan_call, each_maximum),
                   .minimum = 1 },
    [CALL_MODE] = CONFIG_MODE_ROW(struct plan_call, mode),
};

/* ---- one call, without its templates ---- */

static bool is_capture(const struct config_route_scope *scope, struct str name)
{
    for (size_t i = 0; i < scope->capture_count; i++) {
        if (str_equal(scope->captures[i], name)) {
            return true;
        }
    }
    return false;
}

static void check_name(struct config_reader *reader, const struct config_route_scope *scope,
                       const struct config_value *value, struct str name)
{
    if (!plan_is_name(name)) {
        config_fault_at(reader, value, value->key.base, "a name must be " CONFIG_NAME_RULE);
    } else if (str_equal(name, STR("query")) || str_equal(name, STR("each"))) {
        config_fault_at(reader, value, value->key.base,
                        "the names each and query have a meaning of their own in references");
    } else if (is_capture(scope, name)) {
        config_fault_at(reader, value, value->key.base, "the path of the route has {%.*s}: a call needs another name",
                        STR_ARGUMENTS(name));
    }
}

static void tell_no_effect(struct config_reader *reader, const struct config_value *value, const char *why)
{
    if (config_is_given(value)) {
        config_fault(reader, value, "has no effect: %s", why);
    }
}

/* Keys that make sense beside others only. */
static void check_keys(struct config_reader *reader, const struct config_call *call)
{
    const struct config_value *values = call->values;
    bool is_odd_required =
        config_is_given(&values[CALL_REQUIRED]) && json_kind(values[CALL_REQUIRED].json) != JSON_BOOLEAN;
    bool has_method_without_body =
        str_equal(str_of(call->planned->method), STR("GET")) || str_equal(str_of(call->planned->method), STR("DELETE"));

    if (!call->planned->is_optional && !is_odd_required) {
        tell_no_effect(reader, &values[CALL_DEFAULT], "the call is required");
    }
    if (!config_is_given(&values[CALL_EACH])) {
        tell_no_effect(reader, &values[CALL_MAX], "there is no \"each\"");
    }
    if (has_method_without_body && config_is_given(&values[CALL_BODY])) {
        config_fault(reader, &values[CALL_BODY], "a %s has no body", call->planned->method);
    }
}

/* A route that passes an answer on has nothing to put in its place. */
static void check_pass(struct config_reader *reader, const struct config_call *call)
{
    static const enum config_call_key keys[] = { CALL_DEFAULT, CALL_AS, CALL_EACH };
    const struct config_value *required = &call->values[CALL_REQUIRED];

    for (size_t i = 0; i < array_length(keys); i++) {
        if (config_is_given(&call->values[keys[i]])) {
            config_fault(reader, &call->values[keys[i]], "has no place in a route with \"pass\"");
        }
    }
    if (call->planned->is_optional) {
        config_fault(reader, required, "must not be false in a route with \"pass\"");
    }
}

void config_read_call(struct config_calls *calls, const struct config_member *member, struct config_call *call)
{
    struct config_reader *reader = calls->reader;
    struct plan_call *planned = call->planned;
    size_t fan_out = reader->config->limits.fan_out;

    *planned = (struct plan_call){
        .name = member->name,
        .member = member->name,
        .timeout_us = CLOCK_NEVER_US,
        .each_maximum = fan_out < EACH_DEFAULT ? fan_out : EACH_DEFAULT,
        .mode = MODE_INHERITED,
    };
    call->value = member->value;
    check_name(reader, calls->scope, &call->value, member->name);
    config_read_object(reader, &call->value, &(struct config_table){ call_keys, CALL_KEYS }, planned, call->values);
    planned->has_each = config_is_given(&call->values[CALL_EACH]);
    if (planned->method == NULL) {
        planned->method = config_is_given(&call->values[CALL_BODY]) ? "POST" : "GET";
    }
    if (!config_is_given(&call->values[CALL_TIMEOUT]) && reader->knows_backends) {
        planned->timeout_us = reader->config->backends[planned->backend].timeout_us;
    }
    check_keys(reader, call);
    if (calls->scope->pass != NULL) {
        check_pass(reader, call);
    }
}
