/* SPDX-License-Identifier: MIT */
#include "common/json_scan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/json_block.h"
#include "common/json_eight.h"

enum { LONG_STRING_BYTES = 64 }; /* from there on the rest is looked at in blocks */

/* One bit for each open value: set for an object. Where the scan is goes from function to function, so that it stays in
 * a register: each takes the place where its token begins, and returns the one behind it; NULL is a fault. */
struct scanner {
    const char *end;
    const char *fault_at;
    const char *reason;
    unsigned depth;
    unsigned maximum_depth;
    uint64_t is_object[JSON_SCAN_DEPTH / 64];
};

static const char *fail(struct scanner *scanner, const char *at, const char *reason)
{
    scanner->fault_at = at;
    scanner->reason = at == scanner->end ? "unexpected end" : reason;
    return NULL;
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hexadecimal(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* The byte here, or NUL at the end: no token contains a NUL. */
static char peek(const struct scanner *scanner, const char *at)
{
    return at < scanner->end ? *at : '\0';
}

/* ---- runs of bytes, eight at a time ---- */

static bool is_plain(char byte)
{
    unsigned char value = (unsigned char)byte;

    return value >= 0x20 && value < 0x80 && value != '"' && value != '\\';
}

static const char *skip_blanks(const struct scanner *scanner, const char *at)
{
    while (scanner->end - at >= 8) {
        uint64_t marks = json_eight_mark_no_blank(json_eight_load(at));
        if (marks != 0) {
            return at + lowest_bit(marks) / 8;
        }
        at += 8;
    }
    while (at < scanner->end && *at == ' ') {
        at++;
    }
    return at;
}

static const char *skip_spaces(const struct scanner *scanner, const char *at)
{
    while (at < scanner->end && is_space(*at)) {
        at = *at == '\n' ? skip_blanks(scanner, at + 1) : at + 1;
    }
    return at;
}

/* Most often there is none; else one blank, or a line break and what the next line is indented by. */
static const char *skip_space(const struct scanner *scanner, const char *at)
{
    return at == scanner->end || (unsigned char)*at > ' ' ? at : skip_spaces(scanner, at);
}

static const char *skip_digits(const struct scanner *scanner, const char *at)
{
    while (scanner->end - at >= 8) {
        uint64_t marks = json_eight_mark_no_digit(json_eight_load(at));
        if (marks != 0) {
            return at + lowest_bit(marks) / 8;
        }
        at += 8;
    }
    while (at < scanner->end && is_digit(*at)) {
        at++;
    }
    return at;
}

static const char *skip_plain_blocks(const struct scanner *scanner, const char *at)
{
    while (scanner->end - at >= JSON_BLOCK_BYTES && json_block_is_plain(at)) {
        at += JSON_BLOCK_BYTES;
    }
    return at;
}

static const char *skip_plain_bytes(const struct scanner *scanner, const char *at)
{
    const char *start = at;

    while (scanner->end - at >= 8) {
        uint64_t marks = json_eight_mark_not_plain(json_eight_load(at));
        if (marks != 0) {
            return at + lowest_bit(marks) / 8;
        }
        at += 8;
        if (at - start == LONG_STRING_BYTES) {
            at = skip_plain_blocks(scanner, at);
        }
    }
    while (at < scanner->end && is_plain(*at)) {
        at++;
    }
    return at;
}

/* ---- strings ---- */

static bool is_escape(char byte)
{
    switch (byte) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
    case 'u':
        return true;
    default:
        return false;
    }
}

/* Behind the backslash. */
static const char *scan_escape(struct scanner *scanner, const char *at)
{
    char kind = peek(scanner, at);

    if (!is_escape(kind)) {
        return fail(scanner, at, "bad escape");
    }
    at++;
    for (int i = 0; kind == 'u' && i < 4; i++) {
        if (!is_hexadecimal(peek(scanner, at))) {
            return fail(scanner, at, "bad escape");
        }
        at++;
    }
    return at;
}

/* A character beyond ASCII. */
static const char *scan_character(struct scanner *scanner, const char *at)
{
    size_t length = str_utf8_length((struct str){ at, (size_t)(scanner->end - at) });

    return length > 0 ? at + length : fail(scanner, at, "not UTF-8");
}

/* Behind the opening quote. */
static const char *scan_string(struct scanner *scanner, const char *at)
{
    while (at != NULL) {
        at = skip_plain_bytes(scanner, at);
        char byte = peek(scanner, at);
        if (byte == '"') {
            return at + 1;
        }
        if (byte == '\\') {
            at = scan_escape(scanner, at + 1);
        } else if ((unsigned char)byte < 0x20) {
            at = fail(scanner, at, "control byte in a string");
        } else {
            at = scan_character(scanner, at);
        }
    }
    return NULL;
}

/* ---- other scalars ---- */

static const char *scan_digits(struct scanner *scanner, const char *at)
{
    const char *end = skip_digits(scanner, at);

    return end > at ? end : fail(scanner, at, "bad number");
}

/* Behind the point or the "e", where there is one. */
static const char *scan_fraction(struct scanner *scanner, const char *at)
{
    if (peek(scanner, at) == '.') {
        at = scan_digits(scanner, at + 1);
    }
    if (at == NULL || (peek(scanner, at) | 0x20) != 'e') {
        return at;
    }
    char sign = peek(scanner, at + 1);
    return scan_digits(scanner, at + (sign == '+' || sign == '-' ? 2 : 1));
}

static const char *scan_number(struct scanner *scanner, const char *at)
{
    at += *at == '-';
    if (peek(scanner, at) != '0') {
        at = scan_digits(scanner, at);
    } else if (is_digit(peek(scanner, at + 1))) {
        return fail(scanner, at + 1, "bad number");
    } else {
        at++;
    }
    return at != NULL ? scan_fraction(scanner, at) : NULL;
}

static const char *scan_word(struct scanner *scanner, const char *at, const char *word)
{
    for (; *word != '\0'; word++, at++) {
        if (peek(scanner, at) != *word) {
            return fail(scanner, at, "unexpected byte");
        }
    }
    return at;
}

static const char *scan_scalar(struct scanner *scanner, const char *at)
{
    switch (peek(scanner, at)) {
    case '"':
        return scan_string(scanner, at + 1);
    case 't':
        return scan_word(scanner, at, "true");
    case 'f':
        return scan_word(scanner, at, "false");
    case 'n':
        return scan_word(scanner, at, "null");
    default:
        if (peek(scanner, at) == '-' || is_digit(peek(scanner, at))) {
            return scan_number(scanner, at);
        }
        return fail(scanner, at, "unexpected byte");
    }
}

/* ---- arrays and objects ---- */

static bool is_in_object(const struct scanner *scanner)
{
    unsigned index = scanner->depth - 1;

    return (scanner->is_object[index / 64] >> (index % 64) & 1) != 0;
}

static char innermost_end(const struct scanner *scanner)
{
    return is_in_object(scanner) ? '}' : ']';
}

/* A member's name and its colon: a value is due behind. */
static const char *scan_name(struct scanner *scanner, const char *at)
{
    if (peek(scanner, at) != '"') {
        return fail(scanner, at, "a member's name is due");
    }
    at = scan_string(scanner, at + 1);
    if (at == NULL) {
        return NULL;
    }
    at = skip_space(scanner, at);
    return peek(scanner, at) == ':' ? skip_space(scanner, at + 1) : fail(scanner, at, "a colon is due");
}

/* The bracket. */
static const char *open_value(struct scanner *scanner, const char *at, bool is_object)
{
    unsigned index = scanner->depth;
    uint64_t bit = UINT64_C(1) << (index % 64);

    if (index >= scanner->maximum_depth) {
        return fail(scanner, at, "nested too deep");
    }
    scanner->is_object[index / 64] &= ~bit;
    scanner->is_object[index / 64] |= is_object ? bit : 0;
    scanner->depth++;
    return skip_space(scanner, at + 1);
}

/* Behind a value: the ends of all that ends here, and then the comma and what else stands in front of the next value.
 * With nothing left open, the white space alone. */
static const char *scan_behind_value(struct scanner *scanner, const char *at)
{
    for (;;) {
        at = skip_space(scanner, at);
        if (scanner->depth == 0) {
            return at;
        }
        char byte = peek(scanner, at);
        if (byte == ',') {
            at = skip_space(scanner, at + 1);
            return is_in_object(scanner) ? scan_name(scanner, at) : at;
        }
        if (byte != innermost_end(scanner)) {
            return fail(scanner, at, "a comma or an end is due");
        }
        scanner->depth--;
        at++;
    }
}

/* One value, or the front of one up to where the first in it is due. */
static const char *scan_value(struct scanner *scanner, const char *at)
{
    char byte = peek(scanner, at);
    bool is_object = byte == '{';

    if (!is_object && byte != '[') {
        at = scan_scalar(scanner, at);
        return at != NULL ? scan_behind_value(scanner, at) : NULL;
    }
    at = open_value(scanner, at, is_object);
    if (at == NULL) {
        return NULL;
    }
    if (peek(scanner, at) == innermost_end(scanner)) {
        return scan_behind_value(scanner, at);
    }
    return is_object ? scan_name(scanner, at) : at;
}

static bool scan_text(struct scanner *scanner, struct str text)
{
    const char *at = text.base;

    if (str_starts_with(text, STR("\xef\xbb\xbf"))) {
        (void)fail(scanner, at, "byte order mark");
        return false;
    }
    at = skip_space(scanner, at);
    do {
        at = scan_value(scanner, at);
    } while (at != NULL && scanner->depth > 0);
    if (at != NULL && at != scanner->end) {
        at = fail(scanner, at, "trailing bytes");
    }
    return at != NULL;
}

int json_scan_check(struct str text, unsigned maximum_depth, struct json_fault *ret_fault)
{
    struct str given = { text.length > 0 ? text.base : "", text.length };
    struct scanner scanner = {
        .end = given.base + given.length,
        .maximum_depth = maximum_depth < JSON_SCAN_DEPTH ? maximum_depth : JSON_SCAN_DEPTH,
    };

    if (scan_text(&scanner, given)) {
        return 0;
    }
    if (ret_fault != NULL) {
        *ret_fault = (struct json_fault){ (size_t)(scanner.fault_at - given.base), scanner.reason };
    }
    return -EINVAL;
}

struct str json_scan_trim(struct str text)
{
    while (text.length > 0 && is_space(text.base[0])) {
        text.base++;
        text.length--;
    }
    while (text.length > 0 && is_space(text.base[text.length - 1])) {
        text.length--;
    }
    return text;
}
