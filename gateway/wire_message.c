/* SPDX-License-Identifier: MIT */
#include "gateway/wire_message.h"

#include <string.h>

#include "common/clock.h"
#include "common/sixteen.h"

/* All additions to a buffer are checked once, at the end. */

static struct sixteen mark_line_breaks(const char *at)
{
    struct sixteen text = sixteen_load(at);

    text.bytes = (text.bytes == '\r') | (text.bytes == '\n');
    return text;
}

/* Of every line of every request: so sixteen bytes at once, the last of them maybe twice. */
static bool has_line_break(struct str text)
{
    if (text.length < SIXTEEN) {
        return str_find(text, '\r') < text.length || str_find(text, '\n') < text.length;
    }
    const char *last = text.base + text.length - SIXTEEN;
    struct sixteen marks = mark_line_breaks(last);
    for (const char *at = text.base; at < last; at += SIXTEEN) {
        marks.bytes |= mark_line_breaks(at).bytes;
    }
    return sixteen_any(marks);
}

static void add_line_end(struct buf *bytes)
{
    (void)buf_add_str(bytes, STR("\r\n"));
}

static bool add_request_line(struct buf *bytes, const struct attempt *attempt)
{
    struct str method = str_of(attempt->method);
    struct str path = str_of(attempt->server->path);
    struct str target = attempt->target;
    char first = path.length > 0 ? path.base[0] : target.length > 0 ? target.base[0] : '\0';

    if (method.length == 0 || !str_is_visible(method) || !str_is_visible(path) || !str_is_visible(target)) {
        return false;
    }
    (void)buf_add_str(bytes, method);
    (void)buf_add_byte(bytes, ' ');
    if (first != '/') {
        (void)buf_add_byte(bytes, '/');
    }
    (void)buf_add_str(bytes, path);
    (void)buf_add_str(bytes, target);
    (void)buf_add_str(bytes, STR(" HTTP/1.1\r\nHost: "));
    (void)buf_add_text(bytes, attempt->server->authority);
    add_line_end(bytes);
    return true;
}

static void add_line(struct buf *bytes, struct str line)
{
    char *room = buf_reserve(bytes, line.length + 2);

    if (room != NULL) {
        memcpy(room, line.base, line.length);
        room[line.length] = '\r';
        room[line.length + 1] = '\n';
        bytes->length += line.length + 2;
    }
}

/* "Name;", as libcurl has it, is a field without a value. */
static bool add_field(struct buf *bytes, struct str line)
{
    size_t name_length = str_find(line, ':');

    if (has_line_break(line)) {
        return false;
    }
    if (name_length < line.length) {
        add_line(bytes, line);
        return name_length > 0;
    }
    name_length = str_find(line, ';');
    if (name_length == 0 || name_length + 1 != line.length) {
        return false;
    }
    (void)buf_add(bytes, line.base, name_length);
    (void)buf_add_str(bytes, STR(":\r\n"));
    return true;
}

static bool add_fields(struct buf *bytes, const char *const *fields)
{
    for (const char *const *line = fields; *line != NULL; line++) {
        if (!add_field(bytes, str_of(*line))) {
            return false;
        }
    }
    return true;
}

static void add_number_field(struct buf *bytes, struct str name, uint64_t number)
{
    (void)buf_add_str(bytes, name);
    (void)buf_add_str(bytes, STR(": "));
    (void)buf_add_number(bytes, number);
    add_line_end(bytes);
}

static void add_deadline_field(struct buf *bytes, const struct attempt *attempt, uint64_t now_us)
{
    uint64_t left_us = attempt->deadline_us > now_us ? attempt->deadline_us - now_us : 0;

    if (attempt->deadline_field != NULL) {
        add_number_field(bytes, str_of(attempt->deadline_field), left_us / CLOCK_US_PER_MS);
    }
}

static struct str add_body(struct buf *bytes, struct str body, size_t bytes_copied)
{
    if (body.length > bytes_copied) {
        return body;
    }
    (void)buf_add_str(bytes, body);
    return STR("");
}

enum call_error wire_message_write(struct buf *bytes, const struct attempt *attempt, uint64_t now_us,
                                   size_t body_bytes_copied, struct str *ret_body)
{
    buf_reset(bytes);
    if (!add_request_line(bytes, attempt) || !add_fields(bytes, attempt->fields)) {
        return CALL_PROXY_INTERNAL_ERROR;
    }
    add_deadline_field(bytes, attempt, now_us);
    if (attempt_has_length(attempt)) {
        add_number_field(bytes, STR("Content-Length"), attempt->body.length);
    }
    add_line_end(bytes);
    struct str body = add_body(bytes, attempt->body, body_bytes_copied);
    if (bytes->failed) {
        return CALL_PROXY_INTERNAL_ERROR;
    }
    *ret_body = body;
    return CALL_OK;
}
