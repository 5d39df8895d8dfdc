/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/json_leaf.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

static const char decimal[] = "0123456789";
static const char hexadecimal[] = "0123456789abcdefABCDEF";

/* Takes up to `most` bytes of the set off the front; how many there were. */
static size_t take(struct str *rest, size_t most, const char *set)
{
    size_t length = 0;

    while (length < most && length < rest->length && rest->base[length] != '\0' &&
           strchr(set, rest->base[length]) != NULL) {
        length++;
    }
    *rest = str_from(*rest, length);
    return length;
}

/* [ "-" ] ( "0" / digits without a zero in front ) [ "." digits ] [ "e" [ sign ] digits ] */
bool json_leaf_is_number(struct str text)
{
    struct str rest = text;

    (void)take(&rest, 1, "-");
    if (take(&rest, 1, "0") == 0 && take(&rest, SIZE_MAX, decimal) == 0) {
        return false;
    }
    if (take(&rest, 1, ".") == 1 && take(&rest, SIZE_MAX, decimal) == 0) {
        return false;
    }
    if (take(&rest, 1, "eE") == 1) {
        (void)take(&rest, 1, "+-");
        if (take(&rest, SIZE_MAX, decimal) == 0) {
            return false;
        }
    }
    return rest.length == 0;
}

static bool take_escape(struct str *rest)
{
    if (take(rest, 1, "u") == 1) {
        return take(rest, 4, hexadecimal) == 4;
    }
    return take(rest, 1, "\"\\/bfnrt") == 1;
}

bool json_leaf_is_string(struct str text)
{
    if (text.length < 2 || text.base[0] != '"' || text.base[text.length - 1] != '"' || !fuzz_is_utf8(text)) {
        return false;
    }
    struct str rest = { text.base + 1, text.length - 2 };
    while (rest.length > 0) {
        if (take(&rest, 1, "\\") == 1) {
            if (!take_escape(&rest)) {
                return false;
            }
            continue;
        }
        if (rest.base[0] == '"' || (unsigned char)rest.base[0] < 0x20) {
            return false;
        }
        rest = str_from(rest, 1);
    }
    return true;
}

/* ---- what a string says ---- */

/* Of "\u00e9" at the front; -1: something else is there. */
static int unit_at(struct str text)
{
    char digits[5] = "";

    if (text.length < 6 || text.base[0] != '\\' || text.base[1] != 'u') {
        return -1;
    }
    memcpy(digits, text.base + 2, 4);
    return (int)strtol(digits, NULL, 16);
}

static void add_utf8(struct buf *text, int code)
{
    if (code < 0x80) {
        (void)buf_add_byte(text, (char)code);
    } else if (code < 0x800) {
        (void)buf_add_byte(text, (char)(0xc0 | code >> 6));
        (void)buf_add_byte(text, (char)(0x80 | (code & 0x3f)));
    } else if (code < 0x10000) {
        (void)buf_add_byte(text, (char)(0xe0 | code >> 12));
        (void)buf_add_byte(text, (char)(0x80 | (code >> 6 & 0x3f)));
        (void)buf_add_byte(text, (char)(0x80 | (code & 0x3f)));
    } else {
        (void)buf_add_byte(text, (char)(0xf0 | code >> 18));
        (void)buf_add_byte(text, (char)(0x80 | (code >> 12 & 0x3f)));
        (void)buf_add_byte(text, (char)(0x80 | (code >> 6 & 0x3f)));
        (void)buf_add_byte(text, (char)(0x80 | (code & 0x3f)));
    }
}

/* Both of a pair, or one unit. How many bytes of the string it was. */
static size_t add_unicode(struct buf *text, struct str rest)
{
    int high = unit_at(rest);
    int low = unit_at(str_from(rest, 6));
    bool is_high = high >= 0xd800 && high <= 0xdbff;
    bool is_low = low >= 0xdc00 && low <= 0xdfff;

    if (is_high && is_low) {
        add_utf8(text, 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff));
        return 12;
    }
    add_utf8(text, high >= 0xd800 && high <= 0xdfff ? 0xfffd : high);
    return 6;
}

void json_leaf_read_string(struct str text, struct buf *ret_text)
{
    static const char letters[] = "bfnrt";
    static const char bytes[] = "\b\f\n\r\t";
    struct str rest = { text.base + 1, text.length - 2 };

    while (rest.length > 0) {
        size_t length = 1;
        if (rest.base[0] != '\\') {
            (void)buf_add_byte(ret_text, rest.base[0]);
        } else if (rest.base[1] == 'u') {
            length = add_unicode(ret_text, rest);
        } else {
            const char *letter = strchr(letters, rest.base[1]);
            (void)buf_add_byte(ret_text, letter != NULL ? bytes[letter - letters] : rest.base[1]);
            length = 2;
        }
        rest = str_from(rest, length);
    }
}
