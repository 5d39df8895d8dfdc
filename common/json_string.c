/* SPDX-License-Identifier: MIT */
/*
 * json_string - what a JSON string says: its escapes, read.
 */
#include <errno.h>

#include "common/json_view.h"

enum { REPLACEMENT = 0xfffd, ESCAPE_LENGTH = sizeof "\\u0000" - 1, UTF8_BYTES = 4 };

static struct str without_quotes(struct str string)
{
    if (str_starts_with(string, STR("\""))) {
        string = str_from(string, 1);
    }
    if (string.length > 0 && string.base[string.length - 1] == '"') {
        string.length--;
    }
    return string;
}

static int hexadecimal_digit(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The number in "\u00e9" at the front of `text`; -1: there is none. */
static int code_unit(struct str text)
{
    int unit = 0;

    if (text.length < ESCAPE_LENGTH || text.base[0] != '\\' || text.base[1] != 'u') {
        return -1;
    }
    for (size_t i = 2; i < ESCAPE_LENGTH; i++) {
        int digit = hexadecimal_digit(text.base[i]);
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

/* Takes "\u00e9", or two of them that are a pair, off the front. */
static int take_code_point(struct str *rest)
{
    int first = code_unit(*rest);

    *rest = str_from(*rest, first < 0 ? 2 : ESCAPE_LENGTH);
    if (first >= 0 && (first < 0xd800 || first > 0xdfff)) {
        return first;
    }
    int second = code_unit(*rest);
    if (first < 0 || first > 0xdbff || second < 0xdc00 || second > 0xdfff) {
        return REPLACEMENT;
    }
    *rest = str_from(*rest, ESCAPE_LENGTH);
    return 0x10000 + (first - 0xd800) * 0x400 + (second - 0xdc00);
}

static size_t put_utf8(int code_point, char *utf8)
{
    size_t length = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const int marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    for (size_t i = length - 1; i > 0; i--) {
        utf8[i] = (char)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    utf8[0] = (char)(marks[length] | code_point);
    return length;
}

static char escaped_byte(char kind)
{
    switch (kind) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return kind;
    }
}

/* Takes the escape at the front; how many bytes it stands for. */
static size_t take_escape(struct str *rest, char *utf8)
{
    if (rest->length >= 2 && rest->base[1] == 'u') {
        return put_utf8(take_code_point(rest), utf8);
    }
    utf8[0] = rest->length >= 2 ? escaped_byte(rest->base[1]) : '\\';
    *rest = str_from(*rest, 2);
    return 1;
}

/* Takes what is at the front, which is not empty: bytes that stand for themselves, or an escape, read into `utf8`. */
static struct str take_piece(struct str *rest, char *utf8)
{
    struct str piece = { rest->base, str_find(*rest, '\\') };

    if (piece.length == 0) {
        return (struct str){ utf8, take_escape(rest, utf8) };
    }
    *rest = str_from(*rest, piece.length);
    return piece;
}

int json_add_text(struct str string, struct buf *text)
{
    struct str rest = without_quotes(string);
    size_t start = text->length;
    char utf8[UTF8_BYTES];

    while (rest.length > 0) {
        if (buf_add_str(text, take_piece(&rest, utf8)) < 0) {
            text->length = start;
            return -ENOBUFS;
        }
    }
    return 0;
}

bool json_string_equal(struct str string, struct str text)
{
    struct str rest = without_quotes(string);
    char utf8[UTF8_BYTES];

    while (rest.length > 0) {
        struct str piece = take_piece(&rest, utf8);
        if (!str_starts_with(text, piece)) {
            return false;
        }
        text = str_from(text, piece.length);
    }
    return text.length == 0;
}
