/* SPDX-License-Identifier: MIT */
#include "common/buf.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void buf_init(struct buf *buf, size_t limit)
{
    *buf = (struct buf){ .limit = limit };
}

void buf_clear(struct buf *buf)
{
    free(buf->base);
    buf_init(buf, buf->limit);
}

void buf_reset(struct buf *buf)
{
    buf->length = 0;
    buf->failed = false;
}

static int refuse(struct buf *buf, int code)
{
    buf->failed = true;
    return code;
}

static int grow(struct buf *buf, size_t needed)
{
    size_t capacity = buf->capacity > 0 ? buf->capacity : FIRST_CAPACITY;
    while (capacity < needed) {
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    }
    char *base = realloc(buf->base, capacity);
    if (base == NULL) {
        return refuse(buf, -ENOMEM);
    }
    buf->base = base;
    buf->capacity = capacity;
    return 0;
}

char *buf_reserve(struct buf *buf, size_t count)
{
    if (count > buf->limit - buf->length) {
        (void)refuse(buf, -ENOBUFS);
        return NULL;
    }
    /* One byte more than asked for: buf_take() puts a NUL there. */
    if (buf->length + count + 1 > buf->capacity && grow(buf, buf->length + count + 1) < 0) {
        return NULL;
    }
    return buf->base + buf->length;
}

int buf_add(struct buf *buf, const void *bytes, size_t count)
{
    if (count == 0) {
        return 0;
    }
    char *room = buf_reserve(buf, count);
    if (room == NULL) {
        return count > buf->limit - buf->length ? -ENOBUFS : -ENOMEM;
    }
    memcpy(room, bytes, count);
    buf->length += count;
    return 0;
}

int buf_add_str(struct buf *buf, struct str text)
{
    return buf_add(buf, text.base, text.length);
}

int buf_add_text(struct buf *buf, const char *text)
{
    return buf_add(buf, text, strlen(text));
}

int buf_add_byte(struct buf *buf, char byte)
{
    return buf_add(buf, &byte, 1);
}

int buf_add_format_list(struct buf *buf, const char *format, va_list arguments)
{
    char small[256];
    va_list again;

    va_copy(again, arguments);
    int length = vsnprintf(small, sizeof small, format, arguments);
    if (length < 0) {
        va_end(again);
        return refuse(buf, -EINVAL);
    }
    size_t count = (size_t)length;
    if (count < sizeof small) {
        va_end(again);
        return buf_add(buf, small, count);
    }
    char *room = buf_reserve(buf, count);
    if (room != NULL) {
        (void)vsnprintf(room, count + 1, format, again);
        buf->length += count;
    }
    va_end(again);
    return room != NULL ? 0 : -ENOBUFS;
}

int buf_add_format(struct buf *buf, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int result = buf_add_format_list(buf, format, arguments);
    va_end(arguments);
    return result;
}

static void add_json_character(struct buf *buf, struct str character)
{
    unsigned char byte = (unsigned char)character.base[0];

    if (byte == '"' || byte == '\\') {
        (void)buf_add_byte(buf, '\\');
        (void)buf_add_byte(buf, (char)byte);
    } else if (byte < 0x20 || byte == 0x7f) {
        (void)buf_add_format(buf, "\\u%04x", byte);
    } else {
        (void)buf_add_str(buf, character);
    }
}

int buf_add_number(struct buf *buf, uint64_t number)
{
    char digits[20];
    size_t start = sizeof digits;

    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return buf_add(buf, digits + start, sizeof digits - start);
}

/* How many bytes at the front stand for themselves in a JSON string. */
static size_t plain_length(struct str text)
{
    size_t length = 0;

    while (length < text.length) {
        unsigned char byte = (unsigned char)text.base[length];
        if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') {
            break;
        }
        length++;
    }
    return length;
}

int buf_add_json_string(struct buf *buf, struct str text)
{
    (void)buf_add_byte(buf, '"');
    while (text.length > 0) {
        size_t plain = plain_length(text);
        (void)buf_add(buf, text.base, plain);
        text = str_from(text, plain);
        size_t length = str_utf8_length(text);
        if (text.length == 0) {
            break;
        }
        if (length == 0) {
            (void)buf_add_text(buf, "\\ufffd");
            length = 1;
        } else {
            add_json_character(buf, (struct str){ text.base, length });
        }
        text = str_from(text, length);
    }
    (void)buf_add_byte(buf, '"');
    return buf->failed ? -ENOBUFS : 0;
}

int buf_add_escaped(struct buf *buf, struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.base[i];
        if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') {
            (void)buf_add_format(buf, "\\x%02X", byte);
        } else {
            (void)buf_add_byte(buf, (char)byte);
        }
    }
    return buf->failed ? -ENOBUFS : 0;
}

void buf_consume(struct buf *buf, size_t count)
{
    if (count >= buf->length) {
        buf->length = 0;
        return;
    }
    memmove(buf->base, buf->base + count, buf->length - count);
    buf->length -= count;
}

struct str buf_view(const struct buf *buf)
{
    return (struct str){ buf->base != NULL ? buf->base : "", buf->length };
}

char *buf_take(struct buf *buf, size_t *ret_length)
{
    if (buf->base == NULL && grow(buf, 1) < 0) {
        return NULL;
    }
    *ret_length = buf->length;
    buf->base[buf->length] = '\0';
    char *taken = buf->base;
    buf_init(buf, buf->limit);
    return taken;
}
