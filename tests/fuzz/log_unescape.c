/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/log_unescape.h"

#include <string.h>

static int digit_of(char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *found = byte != '\0' ? strchr(digits, byte) : NULL;

    return found != NULL ? (int)(found - digits) : -1;
}

static bool is_escape(struct str text)
{
    return text.length >= 4 && text.base[0] == '\\' && text.base[1] == 'x' && digit_of(text.base[2]) >= 0 &&
           digit_of(text.base[3]) >= 0;
}

void log_unescape(struct str escaped, bool has_bare_backslashes, struct buf *ret_bytes)
{
    while (escaped.length > 0) {
        bool is_one = is_escape(escaped);
        char byte = is_one ? (char)(digit_of(escaped.base[2]) * 16 + digit_of(escaped.base[3])) : escaped.base[0];
        fuzz_check(is_one || byte != '\\' || has_bare_backslashes);
        fuzz_check(buf_add_byte(ret_bytes, byte) == 0);
        escaped = str_from(escaped, is_one ? 4 : 1);
    }
}

/* Written as the bytes that must not be there, and not as code points, so that it is another way to the same. */
void log_check_harmless(struct str text)
{
    static const char *const sequences[] = { "\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f" };

    fuzz_check(fuzz_is_utf8(text));
    for (size_t i = 0; i < text.length; i++) {
        struct str rest = str_from(text, i);
        unsigned char byte = (unsigned char)rest.base[0];
        unsigned char second = rest.length > 1 ? (unsigned char)rest.base[1] : 0;
        unsigned char third = rest.length > 2 ? (unsigned char)rest.base[2] : 0;
        fuzz_check(byte >= 0x20 && byte != 0x7f);
        fuzz_check(byte != 0xc2 || second >= 0xa0);
        fuzz_check(byte != 0xe2 || second != 0x80 || third < 0xa8 || third > 0xae);
        fuzz_check(byte != 0xe2 || second != 0x81 || third < 0xa6 || third > 0xa9);
        for (size_t j = 0; j < array_length(sequences); j++) {
            fuzz_check(!str_starts_with(rest, str_of(sequences[j])));
        }
    }
}

void log_make_utf8(struct str bytes, struct buf *ret_text)
{
    while (bytes.length > 0) {
        size_t length = str_utf8_length(bytes);
        struct str character = length > 0 ? (struct str){ bytes.base, length } : STR("\xef\xbf\xbd");
        fuzz_check(buf_add_str(ret_text, character) == 0);
        bytes = str_from(bytes, length > 0 ? length : 1);
    }
}
