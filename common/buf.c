/* SPDX-License-Identifier: MIT */
#include "common/buf.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

enum { FIRST_CAPACITY = 256, SMALL_CAPACITY = 4096, DUE_FACTOR = 15 /* and what is there */ };

void buf_init(struct buf *buf, size_t limit)
{
    *buf = (struct buf){ .limit = limit };
}

void buf_init_on(struct buf *buf, char *room, size_t room_bytes, size_t limit)
{
    *buf = (struct buf){ .base = room, .capacity = room_bytes, .limit = limit, .is_borrowed = true };
}

void buf_clear(struct buf *buf)
{
    if (buf->base != NULL && !buf->is_borrowed) {
        free(buf->base);
    }
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

/* So much more than before that a run of additions copies each byte once or twice; what somebody asks for at once and
 * is more than that is all there will be. */
static size_t choose_capacity(const struct buf *buf, size_t needed)
{
    size_t factor = buf->capacity < SMALL_CAPACITY ? 4 : 2;
    size_t capacity = buf->capacity > SIZE_MAX / 2 ? needed : buf->capacity * factor;

    capacity = capacity > FIRST_CAPACITY ? capacity : FIRST_CAPACITY;
    return capacity > needed ? capacity : needed;
}

static int grow(struct buf *buf, size_t needed)
{
    bool is_own = buf->base != NULL && !buf->is_borrowed;
    size_t capacity = choose_capacity(buf, needed);
    char *base = is_own ? realloc(buf->base, capacity) : malloc(capacity);

    if (base == NULL) {
        return refuse(buf, -ENOMEM);
    }
    if (buf->base != NULL && !is_own) {
        memcpy(base, buf->base, buf->length);
    }
    buf->base = base;
    buf->capacity = capacity;
    buf->is_borrowed = false;
    return 0;
}

char *buf_reserve_slowly(struct buf *buf, size_t count)
{
    if (count > buf->limit - buf->length) {
        (void)refuse(buf, -ENOBUFS);
        return NULL;
    }
    if (buf->length + count + 1 > buf->capacity && grow(buf, buf->length + count + 1) < 0) {
        return NULL;
    }
    return buf->base + buf->length;
}

char *buf_reserve_due_slowly(struct buf *buf, size_t count, uint64_t due)
{
    size_t allowed = buf->limit - buf->length;
    size_t earned = buf->length <= allowed / DUE_FACTOR ? buf->length * DUE_FACTOR : allowed;
    size_t wanted = due < earned ? (size_t)due : earned;

    return buf_reserve_slowly(buf, wanted > count ? wanted : count);
}

int buf_add_slowly(struct buf *buf, const void *bytes, size_t count)
{
    if (count == 0) {
        return 0;
    }
    char *room = buf_reserve_slowly(buf, count);
    if (room == NULL) {
        return count > buf->limit - buf->length ? -ENOBUFS : -ENOMEM;
    }
    memcpy(room, bytes, count);
    buf->length += count;
    return 0;
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
    char byte = character.base[0];

    if (byte == '"' || byte == '\\') {
        (void)buf_add_byte(buf, '\\');
        (void)buf_add_byte(buf, byte);
    } else if (str_printable_length(character) == 0) {
        (void)buf_add_format(buf, "\\u%04x", (unsigned)str_code_point(character));
    } else {
        (void)buf_add_str(buf, character);
    }
}

int buf_add_number(struct buf *buf, uint64_t number)
{
    /* Two digits at a time, because a division costs more than all else here. */
    static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                                "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    char digits[20];
    char *start = digits + sizeof digits;

    while (number >= 10) {
        start -= 2;
        memcpy(start, &pairs[number % 100 * 2], 2);
        number /= 100;
    }
    if (number > 0 || start == digits + sizeof digits) {
        *--start = (char)('0' + number);
    }
    return buf_add(buf, start, (size_t)(digits + sizeof digits - start));
}

/* It stands for itself in a JSON string, in a log line and on a terminal. */
static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Eight bytes, the first of them the lowest, as marks in the highest bit of those that are not plain: each term looks
 * for one thing. What a byte carries or borrows goes only up and only from one that is marked: the lowest mark is
 * right. */
static uint64_t mark_not_plain(const char *bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word = 0;

    memcpy(&word, bytes, sizeof word);
    word = le64toh(word);
    uint64_t quotes = word ^ (ones * '"');
    uint64_t backslashes = word ^ (ones * '\\');
    return (word | (word + ones) | (word - ones * 0x20) | (quotes - ones) | (backslashes - ones)) & (ones * 0x80);
}

static size_t plain_length(struct str text)
{
    size_t length = 0;

    while (length + 8 <= text.length) {
        uint64_t marks = mark_not_plain(text.base + length);
        if (marks != 0) {
            return length + lowest_bit(marks) / 8;
        }
        length += 8;
    }
    /* Once more those that were good, so that there are eight up to the end. */
    if (length > 0 && mark_not_plain(text.base + text.length - 8) == 0) {
        return text.length;
    }
    while (length < text.length && is_plain((unsigned char)text.base[length])) {
        length++;
    }
    return length;
}

/* Behind the plain bytes at its front. */
static void add_rest_of_json_string(struct buf *buf, struct str text)
{
    while (text.length > 0) {
        size_t length = str_utf8_length(text);
        if (length == 0) {
            (void)buf_add_text(buf, "\\ufffd");
            length = 1;
        } else {
            add_json_character(buf, (struct str){ text.base, length });
        }
        text = str_from(text, length);
        size_t plain = plain_length(text);
        (void)buf_add(buf, text.base, plain);
        text = str_from(text, plain);
    }
}

int buf_add_json_string(struct buf *buf, struct str text)
{
    size_t plain = plain_length(text);

    (void)buf_add_byte(buf, '"');
    (void)buf_add(buf, text.base, plain);
    if (plain < text.length) {
        add_rest_of_json_string(buf, str_from(text, plain));
    }
    (void)buf_add_byte(buf, '"');
    return buf->failed ? -ENOBUFS : 0;
}

int buf_add_escaped(struct buf *buf, struct str text)
{
    while (text.length > 0) {
        size_t plain = plain_length(text);
        (void)buf_add(buf, text.base, plain);
        text = str_from(text, plain);
        if (text.length > 0) {
            (void)buf_add_format(buf, "\\x%02X", (unsigned char)text.base[0]);
            text = str_from(text, 1);
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
    if ((buf->base == NULL || buf->is_borrowed) && grow(buf, buf->length + 1) < 0) {
        return NULL;
    }
    *ret_length = buf->length;
    buf->base[buf->length] = '\0';
    char *taken = buf->base;
    buf_init(buf, buf->limit);
    return taken;
}
