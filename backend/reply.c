/* SPDX-License-Identifier: MIT */
#include "backend/reply.h"

#include <errno.h>
#include <string.h>

/* ---- padded ---- */

struct frame {
    struct str front;
    struct str back;
};

static struct frame frame_of(uint64_t total_bytes)
{
    struct frame object = { STR("{\"message\":\"success\",\"padding\":\""), STR("\"}") };
    struct frame string = { STR("\""), STR("\"") };

    if (total_bytes == 1) {
        return (struct frame){ STR("0"), STR("") };
    }
    return total_bytes < object.front.length + object.back.length ? string : object;
}

static char padded_byte(const struct frame *frame, uint64_t total_bytes, uint64_t offset)
{
    if (offset < frame->front.length) {
        return frame->front.base[offset];
    }
    uint64_t back_offset = total_bytes - frame->back.length;
    if (offset >= back_offset) {
        return frame->back.base[offset - back_offset];
    }
    return 'x';
}

/* How much of what is left at `offset` is nothing but padding. */
static uint64_t padding_left(const struct frame *frame, uint64_t total_bytes, uint64_t offset)
{
    uint64_t end = total_bytes - frame->back.length;

    return offset >= frame->front.length && offset < end ? end - offset : 0;
}

size_t reply_padded(uint64_t total_bytes, uint64_t offset, char *buffer, size_t capacity)
{
    struct frame frame = frame_of(total_bytes);
    size_t written = 0;

    while (written < capacity && offset < total_bytes) {
        uint64_t padding = padding_left(&frame, total_bytes, offset);
        size_t count = padding < capacity - written ? (size_t)padding : capacity - written;
        if (padding > 0) {
            memset(buffer + written, 'x', count);
        } else {
            count = 1;
            buffer[written] = padded_byte(&frame, total_bytes, offset);
        }
        written += count;
        offset += count;
    }
    return written;
}

/* ---- echo ---- */

static bool stands_earlier(const struct reply_request *request, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (str_equal_ignoring_case(request->headers[i].name, request->headers[index].name)) {
            return true;
        }
    }
    return false;
}

static void add_header(const struct reply_request *request, size_t index, struct buf *body)
{
    cleanup_buf struct buf value;

    buf_init(&value, body->limit);
    (void)buf_add_str(&value, request->headers[index].value);
    for (size_t i = index + 1; i < request->header_count; i++) {
        if (str_equal_ignoring_case(request->headers[i].name, request->headers[index].name)) {
            (void)buf_add_text(&value, ", ");
            (void)buf_add_str(&value, request->headers[i].value);
        }
    }
    (void)buf_add_json_string(body, request->headers[index].name);
    (void)buf_add_byte(body, ':');
    (void)buf_add_json_string(body, buf_view(&value));
    body->failed = body->failed || value.failed;
}

static void add_headers(const struct reply_request *request, struct buf *body)
{
    const char *separator = "";

    for (size_t i = 0; i < request->header_count; i++) {
        if (!stands_earlier(request, i)) {
            (void)buf_add_text(body, separator);
            add_header(request, i, body);
            separator = ",";
        }
    }
}

int reply_echo(const struct reply_request *request, struct buf *body)
{
    (void)buf_add_text(body, "{\"method\":");
    (void)buf_add_json_string(body, request->method);
    (void)buf_add_text(body, ",\"path\":");
    (void)buf_add_json_string(body, request->target);
    (void)buf_add_text(body, ",\"headers\":{");
    add_headers(request, body);
    (void)buf_add_text(body, "},\"body\":");
    (void)buf_add_json_string(body, request->body);
    (void)buf_add_byte(body, '}');
    return body->failed ? -ENOBUFS : 0;
}
