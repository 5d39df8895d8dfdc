/* SPDX-License-Identifier: MIT */
#include "lab/serve_api.h"

#include <string.h>

#include "common/percent.h"
#include "lab/assets.h"
#include "lab/run_limits.h"
#include "lab/serve_answer.h"

static void show_limits(struct serve_api *api, const struct serve_request *request)
{
    cleanup_buf struct buf text = { .base = NULL };

    (void)api;
    buf_init(&text, SERVE_BODY_BYTES);
    if (run_limits_add_json(&text) < 0) {
        serve_refuse_plainly(request->exchange, 500, "There is no memory for an answer.");
        return;
    }
    serve_answer_json(request->exchange, 200, buf_view(&text));
}

/* ---- what there is ---- */

struct resource {
    const char *path;                                                         /* "*": the number of a run */
    void (*read)(struct serve_api *api, const struct serve_request *request); /* GET and HEAD; NULL: not possible */
    void (*post)(struct serve_api *api, const struct serve_request *request);
};

static const struct resource resources[] = {
    { "/api/limits", show_limits, NULL },
    { "/api/runs", serve_api_list_runs, serve_api_start_run },
    { "/api/runs/*", serve_api_show_document, NULL },
    { "/api/runs/*/cancel", NULL, serve_api_cancel_run },
    { "/api/runs/*/report.html", serve_api_show_report, NULL },
    { "/api/runs/*/table.csv", serve_api_show_table, NULL },
    { "/api/events", serve_api_stream_events, NULL },
    { "/api/watch", serve_api_stream_watch, NULL },
};

/* Segment for segment; what stands for the asterisk is in *ret_run. */
static bool is_at(const struct resource *resource, struct str path, struct str *ret_run)
{
    struct str pattern = str_of(resource->path);
    struct str rest = path;
    struct str run = { "", 0 };

    while (pattern.length > 0 && rest.length > 0) {
        struct str expected = str_split(&pattern, '/');
        struct str segment = str_split(&rest, '/');
        if (str_equal(expected, STR("*"))) {
            run = segment;
        } else if (!str_equal(expected, segment)) {
            return false;
        }
    }
    bool ends_with_slash = path.length > 0 && path.base[path.length - 1] == '/';
    *ret_run = run;
    return pattern.length == 0 && rest.length == 0 && !ends_with_slash;
}

static const struct resource *find_resource(struct str path, struct str *ret_run)
{
    for (size_t i = 0; i < array_length(resources); i++) {
        if (is_at(&resources[i], path, ret_run)) {
            return &resources[i];
        }
    }
    return NULL;
}

/* ---- methods ---- */

static bool only_reads(struct str method)
{
    return str_equal(method, STR("GET")) || str_equal(method, STR("HEAD"));
}

/* No header of it says that anybody else may ask: a browser that asks for another site's page hears no. */
static void answer_options(struct http_exchange *exchange, const char *allow)
{
    struct serve_fields fields;

    serve_fields_init(&fields, NULL);
    serve_fields_add(&fields, "Allow", allow);
    serve_answer(exchange, 204, &fields, STR(""), HTTP_BODY_CONSTANT);
}

static void answer_other_method(struct http_exchange *exchange, struct str method, const char *allow)
{
    if (str_equal(method, STR("OPTIONS"))) {
        answer_options(exchange, allow);
        return;
    }
    const struct serve_refusal refusal = {
        .status = 405,
        .detail = "That method is not possible here; the header Allow says which are.",
        .allow = allow,
    };
    serve_refuse(exchange, &refusal);
}

static const char *allowed_methods(const struct resource *resource)
{
    if (resource->post == NULL) {
        return "GET, HEAD, OPTIONS";
    }
    return resource->read != NULL ? "GET, HEAD, OPTIONS, POST" : "OPTIONS, POST";
}

static void answer_resource(struct serve_api *api, const struct resource *resource, const struct serve_request *request)
{
    struct str method = http_exchange_method(request->exchange);

    if (resource->read != NULL && only_reads(method)) {
        resource->read(api, request);
    } else if (resource->post != NULL && str_equal(method, STR("POST"))) {
        resource->post(api, request);
    } else {
        answer_other_method(request->exchange, method, allowed_methods(resource));
    }
}

static void answer_asset(struct http_exchange *exchange, const struct asset *asset)
{
    struct serve_fields fields;

    if (!only_reads(http_exchange_method(exchange))) {
        answer_other_method(exchange, http_exchange_method(exchange), "GET, HEAD, OPTIONS");
        return;
    }
    serve_fields_init(&fields, asset->content_type);
    serve_answer(exchange, 200, &fields, asset->content, HTTP_BODY_CONSTANT);
}

/* ---- whoever asks ---- */

static void on_header(void *context, struct str name, struct str value)
{
    serve_guard_header(context, name, value);
}

static int judge(const struct serve_api *api, const struct serve_request *request, const char **ret_reason)
{
    struct serve_guard_request asked = {
        .method = http_exchange_method(request->exchange),
        .path = request->path,
    };

    http_exchange_each_header(request->exchange, on_header, &asked);
    return serve_guard_judge(&api->guard, &asked, ret_reason);
}

void serve_api_answer(struct serve_api *api, struct http_exchange *exchange)
{
    struct serve_request request = { .exchange = exchange, .query = http_exchange_target(exchange) };
    const char *reason = NULL;

    request.path = str_split(&request.query, '?');
    int status = judge(api, &request, &reason);
    if (status != 0) { /* a stranger is not to hold one of our connections */
        serve_refuse(exchange, &(struct serve_refusal){ .status = status, .detail = reason, .close = true });
        return;
    }
    const struct asset *asset = asset_find(request.path);
    const struct resource *resource = find_resource(request.path, &request.run);
    if (asset != NULL) {
        answer_asset(exchange, asset);
    } else if (resource != NULL) {
        answer_resource(api, resource, &request);
    } else {
        serve_refuse_plainly(exchange, 404, "There is nothing of that name here.");
    }
}

bool serve_api_parameter(const struct serve_request *request, const char *name, char *text, size_t size)
{
    struct str rest = request->query;

    while (rest.length > 0) {
        struct str value = str_split(&rest, '&');
        struct str key = str_split(&value, '=');
        size_t length = 0;
        if (!str_equal(key, str_of(name))) {
            continue;
        }
        if (value.length >= size || percent_decode(value, text, &length) < 0 || memchr(text, '\0', length) != NULL) {
            return false;
        }
        text[length] = '\0';
        return true;
    }
    return false;
}
