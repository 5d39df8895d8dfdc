/* SPDX-License-Identifier: MIT */
#include "gateway/call_message.h"

#include <strings.h>

#include "common/http_server.h"
#include "gateway/call.h"

/* Lines in the making. */
struct fields {
    struct arena *arena;
    const struct plan_call *planned;
    const struct http_exchange *exchange;
    const char **lines;
    size_t count;
    size_t capacity;
    bool has_failed; /* the arena is full */
};

enum { OWN_LINES = 8, REPEATS_AT_MOST = 64 };

/* ---- lines ---- */

static void add_line(struct fields *fields, const char *line)
{
    if (line == NULL || fields->count + 1 >= fields->capacity) {
        fields->has_failed = true;
        return;
    }
    fields->lines[fields->count++] = line;
}

/* "Name;" is libcurl's way to write a field without a value. */
static const char *format_line(struct arena *arena, const char *name, struct str value)
{
    return value.length == 0 ? arena_format(arena, "%s;", name)
                             : arena_format(arena, "%s: %.*s", name, STR_ARGUMENTS(value));
}

static bool is_configured(const struct plan_call *planned, const char *name)
{
    for (size_t i = 0; i < planned->header_count; i++) {
        if (strcasecmp(planned->headers[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- the client's ---- */

struct connection_options {
    struct str name;
    bool is_named;
};

static void look_for_option(void *context, struct str name, struct str value)
{
    struct connection_options *options = context;

    if (!str_equal_ignoring_case(name, STR("Connection"))) {
        return;
    }
    while (value.length > 0) {
        if (str_equal_ignoring_case(str_trim(str_split(&value, ',')), options->name)) {
            options->is_named = true;
        }
    }
}

static bool is_connection_option(const struct http_exchange *exchange, const char *name)
{
    struct connection_options options = { .name = str_of(name) };

    http_exchange_each_header(exchange, look_for_option, &options);
    return options.is_named;
}

static bool is_forwarded(const struct fields *fields, const char *name)
{
    for (const char *const *forward = fields->planned->forward_headers; forward != NULL && *forward != NULL;
         forward++) {
        if (strcasecmp(*forward, name) == 0) {
            return http_exchange_header(fields->exchange, name).base != NULL &&
                   !is_connection_option(fields->exchange, name);
        }
    }
    return false;
}

/* One of ours, unless the configuration has another value for it. */
static void add_own(struct fields *fields, const char *name, const char *line)
{
    if (!is_configured(fields->planned, name) && !is_forwarded(fields, name)) {
        add_line(fields, line);
    }
}

struct forwarding {
    struct fields *fields;
    const char *name;
    size_t count;
};

static void forward_line(void *context, struct str name, struct str value)
{
    struct forwarding *forwarding = context;

    if (!str_equal_ignoring_case(name, str_of(forwarding->name)) || forwarding->count == REPEATS_AT_MOST) {
        return;
    }
    forwarding->count++;
    add_line(forwarding->fields, format_line(forwarding->fields->arena, forwarding->name, value));
}

static void forward(struct fields *fields, const char *name)
{
    struct forwarding forwarding = { .fields = fields, .name = name };

    if (!is_connection_option(fields->exchange, name)) {
        http_exchange_each_header(fields->exchange, forward_line, &forwarding);
    }
}

/* ---- all of them ---- */

static void add_own_lines(struct fields *fields, const struct call_scope *scope)
{
    char parent[TRACEPARENT_LENGTH + 1];

    trace_format_parent(scope->trace, scope->random, parent);
    add_own(fields, "Accept", "Accept: application/json");
    add_own(fields, "Accept-Encoding", "Accept-Encoding: identity");
    add_line(fields, "Via: 1.1 fanlight");
    add_line(fields, arena_format(fields->arena, "X-Request-Id: %s", scope->request_id));
    add_line(fields, arena_format(fields->arena, "traceparent: %s", parent));
    if (scope->trace_state != NULL) {
        add_line(fields, arena_format(fields->arena, "tracestate: %s", scope->trace_state));
    }
}

/* A body is nothing without the name of what it is. */
static void add_content_type(struct fields *fields)
{
    struct str type;

    switch (fields->planned->body_kind) {
    case PLAN_BODY_NONE:
        break;
    case PLAN_BODY_TEMPLATE:
        add_own(fields, "Content-Type", "Content-Type: application/json");
        break;
    case PLAN_BODY_REQUEST:
        type = http_exchange_header(fields->exchange, "Content-Type");
        if (type.length > 0) {
            add_own(fields, "Content-Type", arena_format(fields->arena, "Content-Type: %.*s", STR_ARGUMENTS(type)));
        }
        break;
    }
}

static enum template_verdict add_configured(struct fields *fields, const struct template_values *values,
                                            struct error *error)
{
    for (size_t i = 0; i < fields->planned->header_count; i++) {
        const struct plan_header *header = &fields->planned->headers[i];
        struct str value = { NULL, 0 };
        enum template_verdict verdict = template_render_header(&header->value, values, fields->arena, &value, error);
        if (verdict != TEMPLATE_DONE) {
            return verdict;
        }
        add_line(fields, format_line(fields->arena, header->name, value));
    }
    return TEMPLATE_DONE;
}

static size_t count_forwarded(const struct plan_call *planned)
{
    size_t count = 0;

    for (const char *const *name = planned->forward_headers; name != NULL && *name != NULL; name++) {
        count++;
    }
    return count;
}

static enum template_verdict build_fields(const struct call_scope *scope, const struct plan_call *planned,
                                          const struct template_values *values, struct call_message *message,
                                          struct error *error)
{
    size_t forwarded_count = count_forwarded(planned);
    struct fields fields = {
        .arena = scope->arena,
        .planned = planned,
        .exchange = scope->exchange,
        .capacity = (size_t)OWN_LINES + planned->header_count + forwarded_count * REPEATS_AT_MOST,
    };

    fields.lines = arena_allocate_array(scope->arena, fields.capacity, sizeof fields.lines[0]);
    if (fields.lines == NULL) {
        return TEMPLATE_NO_MEMORY;
    }
    add_own_lines(&fields, scope);
    add_content_type(&fields);
    for (size_t i = 0; i < forwarded_count; i++) {
        forward(&fields, planned->forward_headers[i]);
    }
    enum template_verdict verdict = add_configured(&fields, values, error);
    if (verdict != TEMPLATE_DONE) {
        return verdict;
    }
    message->fields = fields.lines;
    return fields.has_failed ? TEMPLATE_NO_MEMORY : TEMPLATE_DONE;
}

static enum template_verdict build_body(const struct call_scope *scope, const struct plan_call *planned,
                                        const struct template_values *values, struct call_message *message,
                                        struct error *error)
{
    switch (planned->body_kind) {
    case PLAN_BODY_NONE:
        break;
    case PLAN_BODY_REQUEST:
        message->body = scope->request_body;
        break;
    case PLAN_BODY_TEMPLATE:
        return template_render_json(&planned->body, values, scope->arena, &message->body, error);
    }
    return TEMPLATE_DONE;
}

enum template_verdict call_message_build(const struct call_scope *scope, const struct plan_call *planned,
                                         const struct template_values *values, struct call_message *ret_message,
                                         struct error *error)
{
    struct call_message message = { .method = planned->method };

    enum template_verdict verdict =
        template_render_target(&planned->target, values, scope->arena, &message.target, error);
    if (verdict == TEMPLATE_DONE) {
        verdict = build_fields(scope, planned, values, &message, error);
    }
    if (verdict == TEMPLATE_DONE) {
        verdict = build_body(scope, planned, values, &message, error);
    }
    *ret_message = message;
    return verdict;
}
