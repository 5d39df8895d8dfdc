/* SPDX-License-Identifier: MIT */
/*
 * What is told as it happens: runs, and running gateways.
 */
#include <errno.h>
#include <stdio.h>

#include "lab/loopback.h"
#include "lab/serve_answer.h"
#include "lab/serve_api.h"

enum { TARGET_BYTES = 512 };

static const char busy[] = "As many as may be are looking on already.";

static ssize_t read_nothing(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    (void)context;
    (void)offset;
    (void)buffer;
    (void)capacity;
    return HTTP_STREAM_END;
}

/* Nobody looks on by a HEAD. True: it was one. */
static bool answer_head(struct http_exchange *exchange, const struct serve_fields *fields)
{
    const struct http_answer answer = { .status = 200, .fields = fields->fields, .field_count = fields->count };

    if (!str_equal(http_exchange_method(exchange), STR("HEAD"))) {
        return false;
    }
    (void)http_exchange_stream(exchange, &answer, HTTP_LENGTH_UNKNOWN, read_nothing, NULL);
    return true;
}

void serve_api_stream_events(struct serve_api *api, const struct serve_request *request)
{
    struct serve_fields fields;

    serve_fields_init(&fields, "text/event-stream");
    if (answer_head(request->exchange, &fields)) {
        return;
    }
    if (!runs_open_stream(&api->runs, request->exchange, fields.fields, fields.count)) {
        serve_refuse_plainly(request->exchange, 503, busy);
    }
}

/* False: it has its answer already. */
static bool read_target(const struct serve_request *request, char target[WATCH_TARGET_BYTES])
{
    char text[TARGET_BYTES];
    struct address address;
    struct error allowed = { { '\0' } };
    struct error error;

    if (!serve_api_parameter(request, "admin", text, sizeof text)) {
        text[0] = '\0';
    }
    if (loopback_parse(str_of(text), &address, &allowed) == 0) {
        loopback_format(&address, target, WATCH_TARGET_BYTES);
        return true;
    }
    (void)error_set(&error, "admin must be %s.", allowed.text);
    const struct serve_refusal refusal = { .status = 400, .detail = error.text, .field = "admin" };
    serve_refuse(request->exchange, &refusal);
    return false;
}

void serve_api_stream_watch(struct serve_api *api, const struct serve_request *request)
{
    char target[WATCH_TARGET_BYTES];
    struct serve_fields fields;

    serve_fields_init(&fields, "text/event-stream");
    if (!read_target(request, target) || answer_head(request->exchange, &fields)) {
        return;
    }
    int result = watch_list_open(&api->watches, target, request->exchange, fields.fields, fields.count);
    if (result == -EBUSY) {
        serve_refuse_plainly(request->exchange, 503, busy);
    } else if (result < 0) {
        serve_refuse_plainly(request->exchange, 500, "There is no memory for that.");
    }
}
