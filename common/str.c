/* SPDX-License-Identifier: MIT */
#include "common/str.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/compiler.h"

struct str str_of(const char *text)
{
    if (text == NULL) {
        return (struct str){ "", 0 };
    }
    return (struct str){ text, strlen(text) };
}

bool str_equal(struct str a, struct str b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.base, b.base, a.length) == 0);
}

bool str_equal_ignoring_case(struct str a, struct str b)
{
    return a.length == b.length && (a.length == 0 || strncasecmp(a.base, b.base, a.length) == 0);
}

bool str_starts_with(struct str text, struct str prefix)
{
    return text.length >= prefix.length && (prefix.length == 0 || memcmp(text.base, prefix.base, prefix.length) == 0);
}

size_t str_find(struct str text, char byte)
{
    const char *found = text.length > 0 ? memchr(text.base, byte, text.length) : NULL;

    return found != NULL ? (size_t)(found - text.base) : text.length;
}

struct str str_from(struct str text, size_t start)
{
    if (start > text.length) {
        start = text.length;
    }
    return (struct str){ text.base + start, text.length - start };
}

struct str str_split(struct str *rest, char separator)
{
    size_t end = str_find(*rest, separator);
    struct str front = { rest->base, end };

    *rest = str_from(*rest, end + 1);
    return front;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

struct str str_trim(struct str text)
{
    while (text.length > 0 && is_blank(text.base[0])) {
        text.base++;
        text.length--;
    }
    while (text.length > 0 && is_blank(text.base[text.length - 1])) {
        text.length--;
    }
    return text;
}

bool str_is_visible(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.base[i];
        if (byte <= 0x20 || byte >= 0x7f) {
            return false;
        }
    }
    return true;
}

static size_t utf8_announced_length(unsigned char byte)
{
    if (byte < 0x80) {
        return 1;
    }
    if (byte < 0xc2 || byte > 0xf4) {
        return 0;
    }
    return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

size_t str_utf8_length(struct str text)
{
    const unsigned char *byte = (const unsigned char *)text.base;

    if (text.length == 0) {
        return 0;
    }
    size_t length = utf8_announced_length(byte[0]);
    if (length == 0 || length > text.length) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xed && byte[1] > 0x9f) ||
        (byte[0] == 0xf0 && byte[1] < 0x90) || (byte[0] == 0xf4 && byte[1] > 0x8f)) {
        return 0;
    }
    return length;
}

uint32_t str_code_point(struct str text)
{
    const unsigned char *byte = (const unsigned char *)text.base;
    size_t length = utf8_announced_length(byte[0]);
    uint32_t code_point = length == 1 ? byte[0] : byte[0] & (0x7fU >> length);

    for (size_t i = 1; i < length; i++) {
        code_point = code_point << 6 | (byte[i] & 0x3fU);
    }
    return code_point;
}

static bool is_harmful(uint32_t code_point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0, 0x1f }, { 0x7f, 0x9f }, { 0x61c, 0x61c }, { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 },
    };

    for (size_t i = 0; i < array_length(ranges); i++) {
        if (code_point >= ranges[i].first && code_point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

size_t str_printable_length(struct str text)
{
    size_t length = str_utf8_length(text);

    return length > 0 && !is_harmful(str_code_point(text)) ? length : 0;
}

int str_to_number(struct str text, uint64_t maximum, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (text.length == 0) {
        return -EINVAL;
    }
    for (size_t i = 0; i < text.length; i++) {
        if (text.base[i] < '0' || text.base[i] > '9') {
            return -EINVAL;
        }
        uint64_t digit = (uint64_t)(text.base[i] - '0');
        if (number > (UINT64_MAX - digit) / 10) {
            return -ERANGE;
        }
        number = number * 10 + digit;
    }
    if (number > maximum) {
        return -ERANGE;
    }
    *ret_number = number;
    return 0;
}
