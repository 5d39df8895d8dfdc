/* SPDX-License-Identifier: MIT */
#include "common/json_scan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* One bit for each open value: set for an object. */
struct scanner {
    const char *base;
    const char *at;
    const char *end;
    const char *reason; /* of the fault at `at` */
    unsigned depth;
    unsigned maximum_depth;
    uint64_t is_object[JSON_SCAN_DEPTH / 64];
};

/* What the grammar wants next. */
enum due { DUE_VALUE, DUE_VALUE_OR_END, DUE_NAME, DUE_NAME_OR_END, DUE_COMMA_OR_END, DUE_NOTHING };

static bool fail(struct scanner *scanner, const char *reason)
{
    scanner->reason = scanner->at == scanner->end ? "unexpected end" : reason;
    return false;
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

static void skip_space(struct scanner *scanner)
{
    while (scanner->at < scanner->end && is_space(*scanner->at)) {
        scanner->at++;
    }
}

/* The byte here, or NUL at the end: no token contains a NUL. */
static char peek(const struct scanner *scanner)
{
    return scanner->at < scanner->end ? *scanner->at : '\0';
}

static bool skip_byte(struct scanner *scanner, char byte)
{
    if (peek(scanner) != byte) {
        return false;
    }
    scanner->at++;
    return true;
}

/* A byte that stands for itself: no quote, no backslash, no control byte, nothing beyond ASCII. */
static bool is_plain(char byte)
{
    unsigned char value = (unsigned char)byte;

    return value >= 0x20 && value < 0x80 && value != '"' && value != '\\';
}

/* Plain bytes, eight at a time while there are eight. Each line marks in the highest bit of a byte what it looks for; a
 * borrow can only mark too much. */
static void skip_plain_bytes(struct scanner *scanner)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t highest_bits = UINT64_C(0x8080808080808080);

    while (scanner->end - scanner->at >= 8) {
        uint64_t bytes = 0;
        memcpy(&bytes, scanner->at, sizeof bytes);
        uint64_t quotes = bytes ^ (ones * '"');
        uint64_t backslashes = bytes ^ (ones * '\\');
        uint64_t special = bytes | (bytes - ones * 0x20) | (quotes - ones) | (backslashes - ones);
        if ((special & highest_bits) != 0) {
            break;
        }
        scanner->at += 8;
    }
    while (scanner->at < scanner->end && is_plain(*scanner->at)) {
        scanner->at++;
    }
}

static bool scan_escape(struct scanner *scanner)
{
    scanner->at++;
    char kind = peek(scanner);
    if (kind == '\0' || strchr("\"\\/bfnrtu", kind) == NULL) {
        return fail(scanner, "bad escape");
    }
    scanner->at++;
    for (int i = 0; kind == 'u' && i < 4; i++) {
        if (!is_hexadecimal(peek(scanner))) {
            return fail(scanner, "bad escape");
        }
        scanner->at++;
    }
    return true;
}

/* Behind the opening quote. */
static bool scan_string(struct scanner *scanner)
{
    for (;;) {
        skip_plain_bytes(scanner);
        char byte = peek(scanner);
        if (byte == '"') {
            scanner->at++;
            return true;
        }
        if (byte == '\\') {
            if (!scan_escape(scanner)) {
                return false;
            }
            continue;
        }
        if ((unsigned char)byte < 0x20) {
            return fail(scanner, "control byte in a string");
        }
        size_t length = str_utf8_length((struct str){ scanner->at, (size_t)(scanner->end - scanner->at) });
        if (length == 0) {
            return fail(scanner, "not UTF-8");
        }
        scanner->at += length;
    }
}

static bool scan_digits(struct scanner *scanner)
{
    if (!is_digit(peek(scanner))) {
        return fail(scanner, "bad number");
    }
    while (is_digit(peek(scanner))) {
        scanner->at++;
    }
    return true;
}

static bool scan_number(struct scanner *scanner)
{
    (void)skip_byte(scanner, '-');
    if (skip_byte(scanner, '0')) {
        if (is_digit(peek(scanner))) {
            return fail(scanner, "bad number");
        }
    } else if (!scan_digits(scanner)) {
        return false;
    }
    if (skip_byte(scanner, '.') && !scan_digits(scanner)) {
        return false;
    }
    if (skip_byte(scanner, 'e') || skip_byte(scanner, 'E')) {
        if (!skip_byte(scanner, '+')) {
            (void)skip_byte(scanner, '-');
        }
        return scan_digits(scanner);
    }
    return true;
}

static bool scan_word(struct scanner *scanner, const char *word)
{
    for (; *word != '\0'; word++) {
        if (!skip_byte(scanner, *word)) {
            return fail(scanner, "unexpected byte");
        }
    }
    return true;
}

static bool scan_scalar(struct scanner *scanner)
{
    switch (peek(scanner)) {
    case '"':
        scanner->at++;
        return scan_string(scanner);
    case 't':
        return scan_word(scanner, "true");
    case 'f':
        return scan_word(scanner, "false");
    case 'n':
        return scan_word(scanner, "null");
    default:
        if (peek(scanner) == '-' || is_digit(peek(scanner))) {
            return scan_number(scanner);
        }
        return fail(scanner, "unexpected byte");
    }
}

static bool is_in_object(const struct scanner *scanner)
{
    unsigned index = scanner->depth - 1;

    return (scanner->is_object[index / 64] >> (index % 64) & 1) != 0;
}

static bool open_value(struct scanner *scanner, bool is_object)
{
    unsigned index = scanner->depth;
    uint64_t bit = UINT64_C(1) << (index % 64);

    if (index >= scanner->maximum_depth) {
        return fail(scanner, "nested too deep");
    }
    scanner->is_object[index / 64] &= ~bit;
    scanner->is_object[index / 64] |= is_object ? bit : 0;
    scanner->depth++;
    scanner->at++;
    return true;
}

static enum due due_after_value(const struct scanner *scanner)
{
    return scanner->depth == 0 ? DUE_NOTHING : DUE_COMMA_OR_END;
}

/* A value is due here. */
static bool scan_value(struct scanner *scanner, enum due *due)
{
    char byte = peek(scanner);

    if (byte == '{' || byte == '[') {
        *due = byte == '{' ? DUE_NAME_OR_END : DUE_VALUE_OR_END;
        return open_value(scanner, byte == '{');
    }
    *due = due_after_value(scanner);
    return scan_scalar(scanner);
}

static bool scan_name(struct scanner *scanner, enum due *due)
{
    if (!skip_byte(scanner, '"')) {
        return fail(scanner, "a member's name is due");
    }
    if (!scan_string(scanner)) {
        return false;
    }
    skip_space(scanner);
    if (!skip_byte(scanner, ':')) {
        return fail(scanner, "a colon is due");
    }
    *due = DUE_VALUE;
    return true;
}

/* The bracket that ends the innermost open value, if it is here. */
static bool skip_end(struct scanner *scanner, enum due *due)
{
    if (!skip_byte(scanner, is_in_object(scanner) ? '}' : ']')) {
        return false;
    }
    scanner->depth--;
    *due = due_after_value(scanner);
    return true;
}

static bool scan_comma(struct scanner *scanner, enum due *due)
{
    if (!skip_byte(scanner, ',')) {
        return fail(scanner, "a comma or an end is due");
    }
    *due = is_in_object(scanner) ? DUE_NAME : DUE_VALUE;
    return true;
}

static bool scan_token(struct scanner *scanner, enum due *due)
{
    bool may_end = *due == DUE_VALUE_OR_END || *due == DUE_NAME_OR_END || *due == DUE_COMMA_OR_END;

    if (may_end && skip_end(scanner, due)) {
        return true;
    }
    switch (*due) {
    case DUE_VALUE:
    case DUE_VALUE_OR_END:
        return scan_value(scanner, due);
    case DUE_NAME:
    case DUE_NAME_OR_END:
        return scan_name(scanner, due);
    case DUE_COMMA_OR_END:
        return scan_comma(scanner, due);
    case DUE_NOTHING:
        break;
    }
    return fail(scanner, "trailing bytes");
}

static bool scan_text(struct scanner *scanner)
{
    enum due due = DUE_VALUE;
    struct str text = { scanner->base, (size_t)(scanner->end - scanner->base) };

    if (str_starts_with(text, STR("\xef\xbb\xbf"))) {
        return fail(scanner, "byte order mark");
    }
    skip_space(scanner);
    while (due != DUE_NOTHING) {
        if (!scan_token(scanner, &due)) {
            return false;
        }
        skip_space(scanner);
    }
    return scanner->at == scanner->end || fail(scanner, "trailing bytes");
}

int json_scan_check(struct str text, unsigned maximum_depth, struct json_fault *ret_fault)
{
    const char *base = text.length > 0 ? text.base : "";
    struct scanner scanner = { .base = base, .at = base, .end = base + text.length };

    scanner.maximum_depth = maximum_depth < JSON_SCAN_DEPTH ? maximum_depth : JSON_SCAN_DEPTH;
    if (scan_text(&scanner)) {
        return 0;
    }
    if (ret_fault != NULL) {
        *ret_fault = (struct json_fault){ (size_t)(scanner.at - scanner.base), scanner.reason };
    }
    return -EINVAL;
}

struct str json_scan_trim(struct str text)
{
    while (text.length > 0 && is_space(text.base[0])) {
        text = str_from(text, 1);
    }
    while (text.length > 0 && is_space(text.base[text.length - 1])) {
        text.length--;
    }
    return text;
}
