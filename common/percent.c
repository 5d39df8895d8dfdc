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

static bool is_unreserved(char byte)
{
    char lower = (char)(byte | 0x20);

    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
           byte == '_' || byte == '~';
}

static bool is_printable(char byte)
{
    return byte >= ' ' && byte <= '~';
}

/* Counted first, so that there is one addition, which is made or refused as a whole. */
static int encode(struct str text, bool (*is_kept)(char byte), struct buf *encoded)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t kept_bytes = 0;

    for (size_t i = 0; i < text.length; i++) {
        kept_bytes += is_kept(text.base[i]);
    }
    if (kept_bytes == text.length) {
        return buf_add_str(encoded, text) < 0 ? -ENOBUFS : 0;
    }
    char *room = buf_reserve(encoded, kept_bytes + 3 * (text.length - kept_bytes));
    if (room == NULL) {
        return -ENOBUFS;
    }
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.base[i];
        if (is_kept(byte)) {
            *room++ = byte;
            continue;
        }
        *room++ = '%';
        *room++ = digits[(unsigned char)byte >> 4];
        *room++ = digits[byte & 0xf];
    }
    encoded->length = (size_t)(room - encoded->base);
    return 0;
}

int percent_encode(struct str text, struct buf *encoded)
{
    return encode(text, is_unreserved, encoded);
}

int percent_encode_unprintable(struct str text, struct buf *encoded)
{
    return encode(text, is_printable, encoded);
}
