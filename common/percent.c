/* SPDX-License-Identifier: MIT */
#include "common/percent.h"

#include <errno.h>

static int hexadecimal_digit(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The byte that "%41" at the front of `text` stands for; -1: there is none. */
static int decode_escape(struct str text)
{
    if (text.length < 3) {
        return -1;
    }
    int high = hexadecimal_digit(text.base[1]);
    int low = hexadecimal_digit(text.base[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

int percent_decode(struct str text, char *decoded, size_t *ret_length)
{
    size_t length = 0;

    while (text.length > 0) {
        bool is_escape = text.base[0] == '%';
        int byte = is_escape ? decode_escape(text) : text.base[0];
        if (is_escape && byte < 0) {
            return -EINVAL;
        }
        decoded[length++] = (char)byte;
        text = str_from(text, is_escape ? 3 : 1);
    }
    *ret_length = length;
    return 0;
}
