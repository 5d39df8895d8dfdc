/* SPDX-License-Identifier: MIT */
#include "gateway/config_json.h"

#include <errno.h>

#include "common/clock.h"
#include "common/duration.h"
#include "common/json_scan.h"
#include "gateway/config_text.h"
#include "gateway/json_writer.h"
#include "gateway/mode.h"

/* A file has 64 levels, and four of them are around a response's JSON. */
enum { DURATION_BYTES = 32, BODY_DEPTH = 60 };

/* ---- values ---- */

struct rendering {
    struct json_writer writer;
    struct buf text; /* for what is first made as text, and then a string */
};

/* Without the member, there is no bound. */
static void add_duration(struct rendering *rendering, struct str name, uint64_t duration_us)
{
    char duration[DURATION_BYTES];

    if (duration_us != CLOCK_NEVER_US) {
        duration_format(duration_us, duration, sizeof duration);
        json_writer_add_string(&rendering->writer, name, str_of(duration));
    }
}

/* Without the member, the level above decides. */
static void add_mode(struct rendering *rendering, int mode)
{
    if (mode != MODE_INHERITED) {
        json_writer_add_string(&rendering->writer, STR("mode"), str_of(mode_names[mode]));
    }
}

/* For what is first made as text, and then a string. */
static struct buf *begin_text(struct rendering *rendering)
{
    buf_reset(&rendering->text);
    return &rendering->text;
}

static void add_text(struct rendering *rendering, struct str name)
{
    json_writer_add_string(&rendering->writer, name, buf_view(&rendering->text));
    rendering->writer.json->failed = rendering->writer.json->failed || rendering->text.failed;
}

/* ---- the top ---- */

static void add_addresses(struct rendering *rendering, const struct settings *settings)
{
    config_text_add_address(begin_text(rendering), &settings->listen);
    add_text(rendering, STR("listen"));
    if (settings->has_admin) {
        config_text_add_address(begin_text(rendering), &settings->admin);
        add_text(rendering, STR("admin"));
    } else {
        json_writer_add_string(&rendering->writer, STR("admin"), STR("off"));
    }
}

static void add_settings(struct rendering *rendering, const struct settings *settings)
{
    add_addresses(rendering, settings);
    add_mode(rendering, settings->mode);
    json_writer_add_number(&rendering->writer, STR("workers"), (size_t)settings->workers);
    json_writer_add_number(&rendering->writer, STR("threads"), (size_t)settings->threads);
    json_writer_add_string(&rendering->writer, STR("blocking"), str_of(settings->blocking));
    add_duration(rendering, STR("deadline"), settings->deadline_us);
    add_duration(rendering, STR("drain_timeout"), settings->drain_timeout_us);
    json_writer_add_boolean(&rendering->writer, STR("allow_mode_override"), settings->allow_mode_override);
    json_writer_add_boolean(&rendering->writer, STR("allow_explain"), settings->allow_explain);
    json_writer_add_string(&rendering->writer, STR("name_servers"), str_of(settings->name_servers));
}

static void add_limits(struct rendering *rendering, const struct config_limits *limits)
{
    json_writer_open(&rendering->writer, STR("limits"), '{');
    json_writer_add_number(&rendering->writer, STR("connections"), limits->connections);
    json_writer_add_string(&rendering->writer, STR("connection_overflow"),
                           str_of(connection_overflow_names[limits->connection_overflow]));
    json_writer_add_number(&rendering->writer, STR("in_flight"), limits->in_flight);
    json_writer_add_number(&rendering->writer, STR("header_bytes"), limits->header_bytes);
    json_writer_add_number(&rendering->writer, STR("body_bytes"), limits->body_bytes);
    json_writer_add_number(&rendering->writer, STR("answer_bytes"), limits->answer_bytes);
    json_writer_add_number(&rendering->writer, STR("fan_out"), limits->fan_out);
    add_duration(rendering, STR("header_timeout"), limits->header_timeout_us);
    add_duration(rendering, STR("body_timeout"), limits->body_timeout_us);
    add_duration(rendering, STR("idle_timeout"), limits->idle_timeout_us);
    add_duration(rendering, STR("send_timeout"), limits->send_timeout_us);
    json_writer_close(&rendering->writer, '}');
}

/* ---- TLS ---- */

/* The files' names; nothing of what is in them. */
static void add_tls_file(struct rendering *rendering, struct str name, const struct tls_file *file)
{
    if (file->path != NULL) {
        json_writer_add_string(&rendering->writer, name, str_of(file->path));
    }
}

static void add_tls(struct rendering *rendering, const struct tls_settings *tls)
{
    if (tls == NULL) {
        return;
    }
    json_writer_open(&rendering->writer, STR("tls"), '{');
    add_tls_file(rendering, STR("ca"), &tls->ca);
    add_tls_file(rendering, STR("certificate"), &tls->certificate);
    add_tls_file(rendering, STR("key"), &tls->key);
    if (tls->server_name != NULL) {
        json_writer_add_string(&rendering->writer, STR("server_name"), str_of(tls->server_name));
    }
    json_writer_close(&rendering->writer, '}');
}

/* ---- backends ---- */

static void add_backend(struct rendering *rendering, const struct config_backend *backend)
{
    json_writer_open(&rendering->writer, backend->name, '{');
    json_writer_open_list(&rendering->writer, STR("servers"));
    for (size_t i = 0; i < backend->server_count; i++) {
        config_text_add_url(begin_text(rendering), &backend->servers[i].url);
        add_text(rendering, JSON_WRITER_NO_NAME);
    }
    json_writer_close(&rendering->writer, ']');
    add_duration(rendering, STR("timeout"), backend->timeout_us);
    add_duration(rendering, STR("connect_timeout"), backend->connect_timeout_us);
    json_writer_add_number(&rendering->writer, STR("response_bytes"), backend->response_bytes);
    json_writer_add_number(&rendering->writer, STR("response_header_bytes"), backend->response_header_bytes);
    if (backend->max_in_flight != SIZE_MAX) {
        json_writer_add_number(&rendering->writer, STR("max_in_flight"), backend->max_in_flight);
        json_writer_add_number(&rendering->writer, STR("queue"), backend->queue);
        add_duration(rendering, STR("queue_timeout"), backend->queue_timeout_us);
    }
    add_mode(rendering, backend->mode);
    add_tls(rendering, backend->tls);
    json_writer_close(&rendering->writer, '}');
}

/* ---- calls ---- */

static void add_headers(struct rendering *rendering, const struct plan_call *call)
{
    json_writer_open_list(&rendering->writer, STR("forward_headers"));
    for (size_t i = 0; call->forward_headers != NULL && call->forward_headers[i] != NULL; i++) {
        json_writer_add_string(&rendering->writer, JSON_WRITER_NO_NAME, str_of(call->forward_headers[i]));
    }
    json_writer_close(&rendering->writer, ']');
    json_writer_open(&rendering->writer, STR("headers"), '{');
    for (size_t i = 0; i < call->header_count; i++) {
        const struct plan_header *header = &call->headers[i];
        config_text_add_header(begin_text(rendering), header->name, &header->value);
        add_text(rendering, str_of(header->name));
    }
    json_writer_close(&rendering->writer, '}');
}

static void add_body(struct rendering *rendering, const struct plan_call *call)
{
    if (call->body_kind == PLAN_BODY_REQUEST) {
        json_writer_add_string(&rendering->writer, STR("body"), STR("request"));
    } else if (call->body_kind == PLAN_BODY_TEMPLATE) {
        json_writer_begin_value(&rendering->writer, STR("body"));
        config_text_add_json(rendering->writer.json, &call->body);
    }
}

static void add_failure(struct rendering *rendering, const struct plan_call *call)
{
    json_writer_add_boolean(&rendering->writer, STR("required"), !call->is_optional);
    if (call->is_optional) {
        json_writer_add_json(&rendering->writer, STR("default"),
                             call->default_json.length > 0 ? call->default_json : STR("null"));
    }
}

/* A route that passes the answer on has no "as". */
static void add_call(struct rendering *rendering, const struct config *config, const struct route *route,
                     const struct plan_call *call)
{
    json_writer_open(&rendering->writer, call->name, '{');
    json_writer_add_string(&rendering->writer, STR("backend"), config->backends[call->backend].name);
    config_text_add_target(begin_text(rendering), &call->target);
    add_text(rendering, STR("path"));
    json_writer_add_string(&rendering->writer, STR("method"), str_of(call->method));
    add_headers(rendering, call);
    add_body(rendering, call);
    add_duration(rendering, STR("timeout"), call->timeout_us);
    add_failure(rendering, call);
    if (!route->is_pass) {
        json_writer_add_string(&rendering->writer, STR("as"), call->is_text ? STR("text") : STR("json"));
    }
    if (call->has_each) {
        json_writer_add_string(&rendering->writer, STR("each"), call->each.written);
        json_writer_add_number(&rendering->writer, STR("max"), call->each_maximum);
    }
    add_mode(rendering, call->mode);
    json_writer_close(&rendering->writer, '}');
}

/* ---- routes ---- */

static void add_methods(struct rendering *rendering, unsigned methods)
{
    json_writer_open_list(&rendering->writer, STR("methods"));
    for (size_t i = 0; i < config_text_method_count; i++) {
        if ((methods & 1U << i) != 0) {
            json_writer_add_string(&rendering->writer, JSON_WRITER_NO_NAME, str_of(config_text_methods[i]));
        }
    }
    json_writer_close(&rendering->writer, ']');
}

/* Whether the bytes were given as text or as JSON is not kept: what says that it is JSON, and is, is shown as that. */
static bool is_json(const struct route_respond *respond)
{
    return str_starts_with(str_of(respond->content_type), STR("application/json")) &&
           json_scan_check(respond->body, BODY_DEPTH, NULL) == 0;
}

static void add_response_headers(struct rendering *rendering, const struct route_respond *respond)
{
    struct str own_type = is_json(respond) ? STR("application/json") : STR("text/plain; charset=utf-8");
    struct str type = str_of(respond->content_type);

    json_writer_open(&rendering->writer, STR("headers"), '{');
    if (!str_equal(type, own_type)) {
        json_writer_add_string(&rendering->writer, STR("Content-Type"), type);
    }
    for (size_t i = 0; i < respond->field_count; i++) {
        struct str name = str_of(respond->fields[i].name);
        bool is_secret = config_text_is_secret(name);
        json_writer_add_string(&rendering->writer, name,
                               str_of(is_secret ? CONFIG_TEXT_COVERED : respond->fields[i].value));
    }
    json_writer_close(&rendering->writer, '}');
}

static void add_respond(struct rendering *rendering, const struct route_respond *respond)
{
    json_writer_open(&rendering->writer, STR("respond"), '{');
    if (is_json(respond)) {
        json_writer_add_json(&rendering->writer, STR("json"), respond->body);
    } else {
        json_writer_add_string(&rendering->writer, STR("text"), respond->body);
    }
    json_writer_add_number(&rendering->writer, STR("status"), (size_t)respond->status);
    add_response_headers(rendering, respond);
    json_writer_close(&rendering->writer, '}');
}

static void add_calls(struct rendering *rendering, const struct config *config, const struct route *route)
{
    json_writer_add_boolean(&rendering->writer, STR("pass"), route->is_pass);
    json_writer_open(&rendering->writer, STR("calls"), '{');
    for (size_t i = 0; i < route->plan.call_count; i++) {
        add_call(rendering, config, route, &route->plan.calls[i]);
    }
    json_writer_close(&rendering->writer, '}');
}

static void add_route(struct rendering *rendering, const struct config *config, const struct route *route)
{
    json_writer_open(&rendering->writer, JSON_WRITER_NO_NAME, '{');
    json_writer_add_string(&rendering->writer, STR("path"), str_of(route->path));
    add_methods(rendering, route->methods);
    add_duration(rendering, STR("deadline"), route->deadline_us);
    add_mode(rendering, route->mode);
    if (route->kind == ROUTE_RESPOND) {
        add_respond(rendering, &route->respond);
    } else if (route->kind == ROUTE_CALLS) {
        add_calls(rendering, config, route);
    }
    json_writer_close(&rendering->writer, '}');
}

/* ---- all ---- */

static void add_config(struct rendering *rendering, const struct config *config)
{
    json_writer_open(&rendering->writer, JSON_WRITER_NO_NAME, '{');
    add_settings(rendering, &config->settings);
    add_limits(rendering, &config->limits);
    add_tls(rendering, config->tls);
    json_writer_open(&rendering->writer, STR("backends"), '{');
    for (size_t i = 0; i < config->backend_count; i++) {
        add_backend(rendering, &config->backends[i]);
    }
    json_writer_close(&rendering->writer, '}');
    json_writer_open(&rendering->writer, STR("routes"), '[');
    for (size_t i = 0; i < config->route_count; i++) {
        add_route(rendering, config, &config->routes[i]);
    }
    json_writer_close(&rendering->writer, ']');
    json_writer_close(&rendering->writer, '}');
    (void)buf_add_byte(rendering->writer.json, '\n');
}

int config_json_render(const struct config *config, struct buf *json)
{
    struct rendering rendering;

    json_writer_init(&rendering.writer, json);
    buf_init(&rendering.text, json->limit);
    add_config(&rendering, config);
    buf_clear(&rendering.text);
    return json->failed ? -ENOBUFS : 0;
}
