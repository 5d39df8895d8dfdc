/* SPDX-License-Identifier: MIT */
#include "gateway/call_message.h"

#include <errno.h>
#include <string.h>
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

enum { OWN_LINES = 8 };

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
static const char *make_line(struct arena *arena, const char *name, struct str value)
{
    const struct str pieces[] = { str_of(name), value.length == 0 ? STR(";") : STR(": "), value };

    return arena_join(arena, pieces, array_length(pieces));
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

    if (http_exchange_header(exchange, "Connection").base == NULL) {
        return false;
    }
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
};

static void forward_line(void *context, struct str name, struct str value)
{
    struct forwarding *forwarding = context;

    if (str_equal_ignoring_case(name, str_of(forwarding->name))) {
        add_line(forwarding->fields, make_line(forwarding->fields->arena, forwarding->name, value));
    }
}

static void forward(struct fields *fields, const char *name)
{
    struct forwarding forwarding = { .fields = fields, .name = name };

    if (!is_connection_option(fields->exchange, name)) {
        http_exchange_each_header(fields->exchange, forward_line, &forwarding);
    }
}

/* ---- all of them ---- */

static void add_own_lines(struct fields *fields, const struct call_scope *scope, struct call_message_lines *made)
{
    add_own(fields, "Accept", "Accept: application/json");
    add_own(fields, "Accept-Encoding", "Accept-Encoding: identity");
    add_line(fields, "Via: 1.1 fanlight");
    if (made->request_id == NULL) {
        made->request_id = make_line(fields->arena, "X-Request-Id", str_of(scope->request_id));
    }
    add_line(fields, made->request_id);
    made->parent_at = fields->count;
    add_line(fields, "");
    if (scope->trace_state == NULL) {
        return;
    }
    if (made->trace_state == NULL) {
        made->trace_state = make_line(fields->arena, "tracestate", str_of(scope->trace_state));
    }
    add_line(fields, made->trace_state);
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
            add_own(fields, "Content-Type", make_line(fields->arena, "Content-Type", type));
        }
        break;
    }
}

/* Those whose value is the same in every call. */
static void add_configured(struct fields *fields, struct call_message_lines *made)
{
    made->first_header_at = fields->count;
    for (size_t i = 0; i < fields->planned->header_count; i++) {
        const struct plan_header *header = &fields->planned->headers[i];
        struct str value = { NULL, 0 };
        if (template_is_constant(&header->value, &value)) {
            add_line(fields, make_line(fields->arena, header->name, value));
        } else {
            fields->lines[fields->count++] = NULL;
        }
    }
}

struct line_count {
    const struct plan_call *planned;
    size_t count;
};

static void count_if_forwarded(void *context, struct str name, struct str value)
{
    struct line_count *lines = context;

    (void)value;
    for (const char *const *forward = lines->planned->forward_headers; *forward != NULL; forward++) {
        lines->count += str_equal_ignoring_case(name, str_of(*forward));
    }
}

/* As often as the client repeats them: its head has a limit. */
static size_t count_forwarded_lines(const struct plan_call *planned, const struct http_exchange *exchange)
{
    struct line_count lines = { .planned = planned };

    if (planned->forward_headers != NULL) {
        http_exchange_each_header(exchange, count_if_forwarded, &lines);
    }
    return lines.count;
}

/* What is only named by the plan, and by nothing that the client sends. */
static bool is_plain(const struct plan_call *planned)
{
    return planned->header_count == 0 && planned->forward_headers == NULL && planned->body_kind == PLAN_BODY_NONE;
}

static bool are_made_for(const struct call_message_lines *made, const struct plan_call *planned)
{
    return made->planned == planned || (made->planned != NULL && is_plain(made->planned) && is_plain(planned));
}

/* All but what is the call's own. 0 or -ENOMEM. */
static int make_lines(const struct call_scope *scope, const struct plan_call *planned)
{
    struct call_message_lines *made = scope->lines;
    struct fields fields = {
        .arena = scope->arena,
        .planned = planned,
        .exchange = scope->exchange,
        .capacity = (size_t)OWN_LINES + planned->header_count + count_forwarded_lines(planned, scope->exchange),
    };

    made->planned = NULL;
    fields.lines = arena_allocate_unset(scope->arena, fields.capacity * sizeof fields.lines[0]);
    if (fields.lines == NULL) {
        return -ENOMEM;
    }
    add_own_lines(&fields, scope, made);
    add_content_type(&fields);
    for (const char *const *name = planned->forward_headers; name != NULL && *name != NULL; name++) {
        forward(&fields, *name);
    }
    add_configured(&fields, made);
    if (fields.has_failed) {
        return -ENOMEM;
    }
    made->planned = planned;
    made->lines = fields.lines;
    made->count = fields.count;
    return 0;
}

/* A span of its own for each call. */
static const char *make_parent_line(const struct call_scope *scope)
{
    static const char name[] = "traceparent: ";
    char *line = arena_allocate_unset(scope->arena, sizeof name + TRACEPARENT_LENGTH);

    if (line != NULL) {
        memcpy(line, name, sizeof name - 1);
        trace_format_parent(scope->trace, scope->random, scope->span_key, line + sizeof name - 1);
    }
    return line;
}

/* Headers whose values differ from call to call. */
static enum template_verdict render_headers(const struct call_scope *scope, const struct plan_call *planned,
                                            const struct template_values *values, const char **lines,
                                            struct error *error)
{
    for (size_t i = 0; i < planned->header_count; i++) {
        const struct plan_header *header = &planned->headers[i];
        struct str value = { NULL, 0 };
        if (lines[i] != NULL) {
            continue;
        }
        enum template_verdict verdict = template_render_header(&header->value, values, scope->arena, &value, error);
        if (verdict != TEMPLATE_DONE) {
            return verdict;
        }
        lines[i] = make_line(scope->arena, header->name, value);
        if (lines[i] == NULL) {
            return TEMPLATE_NO_MEMORY;
        }
    }
    return TEMPLATE_DONE;
}

static enum template_verdict build_fields(const struct call_scope *scope, const struct plan_call *planned,
                                          const struct template_values *values, struct call_message *message,
                                          struct error *error)
{
    const struct call_message_lines *made = scope->lines;

    if (!are_made_for(made, planned) && make_lines(scope, planned) < 0) {
        return TEMPLATE_NO_MEMORY;
    }
    const char **lines = arena_allocate_unset(scope->arena, (made->count + 1) * sizeof lines[0]);
    const char *parent = make_parent_line(scope);
    if (lines == NULL || parent == NULL) {
        return TEMPLATE_NO_MEMORY;
    }
    memcpy(lines, made->lines, made->count * sizeof lines[0]);
    lines[made->parent_at] = parent;
    lines[made->count] = NULL;
    message->fields = lines;
    return render_headers(scope, planned, values, lines + made->first_header_at, error);
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
    if (verdict == TEMPLATE_DONE) {
        *ret_message = message;
    }
    return verdict;
}
