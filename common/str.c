/* SPDX-License-Identifier: MIT */
#include "common/str.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

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

struct str str_trim(struct str text)
{
    while (text.length > 0 && (text.base[0] == ' ' || text.base[0] == '\t')) {
        text = str_from(text, 1);
    }
    while (text.length > 0 && (text.base[text.length - 1] == ' ' || text.base[text.length - 1] == '\t')) {
        text.length--;
    }
    return text;
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
