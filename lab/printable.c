/* SPDX-License-Identifier: MIT */
#include "lab/printable.h"

#include <errno.h>

/* The character at the front of `text` and the number of its bytes; 0 bytes: not UTF-8. */
static size_t decode(struct str text, uint32_t *ret_character)
{
    static const uint32_t least_of_length[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *byte = (const unsigned char *)text.base;
    size_t length = byte[0] < 0x80 ? 1 : byte[0] < 0xc0 ? 0 : byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
    uint32_t character = length == 1 ? byte[0] : byte[0] & (0x7fU >> length);

    if (length == 0 || length > text.length || byte[0] > 0xf7) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((byte[i] & 0xc0) != 0x80) {
            return 0;
        }
        character = character << 6 | (byte[i] & 0x3fU);
    }
    bool is_surrogate = character >= 0xd800 && character <= 0xdfff;
    if (character < least_of_length[length] || character > 0x10ffff || is_surrogate) {
        return 0;
    }
    *ret_character = character;
    return length;
}

static bool is_safe(uint32_t character)
{
    return character >= 0x20 && !(character >= 0x7f && character <= 0x9f) && character != 0x2028 && character != 0x2029;
}

int printable_add(struct buf *text, struct str bytes)
{
    while (bytes.length > 0) {
        uint32_t character = 0;
        size_t length = decode(bytes, &character);
        bool is_ambiguous = character == '\\' && bytes.length > 1 && bytes.base[1] == 'x';
        if (length > 0 && is_safe(character) && !is_ambiguous) {
            (void)buf_add(text, bytes.base, length);
        } else {
            length = length > 0 ? length : 1;
            for (size_t i = 0; i < length; i++) {
                (void)buf_add_format(text, "\\x%02X", (unsigned char)bytes.base[i]);
            }
        }
        bytes = str_from(bytes, length);
    }
    return text->failed ? -ENOBUFS : 0;
}
