/* SPDX-License-Identifier: MIT */
#include "gateway/wire_message.h"

#include "gateway/attempt_fields.h"

/* All additions to a buffer are checked once, at the end. */

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

static void add_length(struct buf *bytes, const struct attempt *attempt)
{
    if (attempt_has_length(attempt)) {
        (void)buf_add_str(bytes, STR("Content-Length: "));
        (void)buf_add_number(bytes, attempt->body.length);
        add_line_end(bytes);
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
    if (!add_request_line(bytes, attempt) || !attempt_fields_add(bytes, attempt, now_us)) {
        return CALL_PROXY_INTERNAL_ERROR;
    }
    add_length(bytes, attempt);
    add_line_end(bytes);
    struct str body = add_body(bytes, attempt->body, body_bytes_copied);
    if (bytes->failed) {
        return CALL_PROXY_INTERNAL_ERROR;
    }
    *ret_body = body;
    return CALL_OK;
}
