/* SPDX-License-Identifier: MIT */
#include "gateway/http_response_line.h"

#include <stdint.h>
#include <string.h>

#include "common/http_syntax.h"

enum { STATUS_DIGITS = 3, BYTES_AT_ONCE = sizeof(uint64_t) };

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* RFC 9110 §5.6.2; called for each byte of each name. */
static bool is_token_byte(char byte)
{
    static const bool is_token[UINT8_MAX + 1] = {
        ['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true, ['\''] = true, ['*'] = true, ['+'] = true,
        ['-'] = true, ['.'] = true, ['0'] = true, ['1'] = true, ['2'] = true, ['3'] = true,  ['4'] = true, ['5'] = true,
        ['6'] = true, ['7'] = true, ['8'] = true, ['9'] = true, ['A'] = true, ['B'] = true,  ['C'] = true, ['D'] = true,
        ['E'] = true, ['F'] = true, ['G'] = true, ['H'] = true, ['I'] = true, ['J'] = true,  ['K'] = true, ['L'] = true,
        ['M'] = true, ['N'] = true, ['O'] = true, ['P'] = true, ['Q'] = true, ['R'] = true,  ['S'] = true, ['T'] = true,
        ['U'] = true, ['V'] = true, ['W'] = true, ['X'] = true, ['Y'] = true, ['Z'] = true,  ['^'] = true, ['_'] = true,
        ['`'] = true, ['a'] = true, ['b'] = true, ['c'] = true, ['d'] = true, ['e'] = true,  ['f'] = true, ['g'] = true,
        ['h'] = true, ['i'] = true, ['j'] = true, ['k'] = true, ['l'] = true, ['m'] = true,  ['n'] = true, ['o'] = true,
        ['p'] = true, ['q'] = true, ['r'] = true, ['s'] = true, ['t'] = true, ['u'] = true,  ['v'] = true, ['w'] = true,
        ['x'] = true, ['y'] = true, ['z'] = true, ['|'] = true, ['~'] = true,
    };

    return is_token[(unsigned char)byte];
}

/* The upper bit of each byte that is below 0x20 or is 0x7f, and other bits that mean nothing. */
static uint64_t find_control_bytes(const char *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    uint64_t lower = word & EACH_BYTE(0x7f);
    uint64_t is_below_blank = ~(lower + EACH_BYTE(0x60));
    uint64_t is_delete = lower + EACH_BYTE(0x01);
    return (is_below_blank | is_delete) & ~word;
}

/* Eight bytes at once, the last of them maybe twice. A tab is found too, though it is allowed: rare enough to look
 * again more closely. */
static bool has_good_bytes(struct str text)
{
    uint64_t found = 0;

    if (text.length < BYTES_AT_ONCE) {
        return http_is_field_value(text);
    }
    const char *last = text.base + text.length - BYTES_AT_ONCE;
    for (const char *bytes = text.base; bytes < last; bytes += BYTES_AT_ONCE) {
        found |= find_control_bytes(bytes);
    }
    found |= find_control_bytes(last);
    return (found & EACH_BYTE(0x80)) == 0 || http_is_field_value(text);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hexadecimal(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static size_t blank_length(struct str text)
{
    size_t length = 0;

    while (length < text.length && (text.base[length] == ' ' || text.base[length] == '\t')) {
        length++;
    }
    return length;
}

bool http_response_line_begins_status(struct str front)
{
    static const struct str version_1_1 = STR_STATIC("HTTP/1.1 ");
    static const struct str version_1_0 = STR_STATIC("HTTP/1.0 ");
    size_t length = front.length < version_1_1.length ? front.length : version_1_1.length;

    return memcmp(front.base, version_1_1.base, length) == 0 || memcmp(front.base, version_1_0.base, length) == 0;
}

bool http_response_line_is_status(struct str text)
{
    size_t start = STR("HTTP/1.1 ").length;
    size_t end = start + STATUS_DIGITS;

    if (text.length < end || !http_response_line_begins_status(text)) {
        return false;
    }
    if (!is_digit(text.base[start]) || !is_digit(text.base[start + 1]) || !is_digit(text.base[start + 2])) {
        return false;
    }
    return text.length == end || (text.base[end] == ' ' && has_good_bytes(text));
}

bool http_response_line_is_http_1_0(struct str text)
{
    return text.base[STR("HTTP/1.").length] == '0';
}

bool http_response_line_is_field(struct str text, size_t *ret_name_length)
{
    size_t length = 0;

    while (is_token_byte(text.base[length])) {
        length++; /* to the line break at most */
    }
    if (length == 0 || text.base[length] != ':') {
        return false;
    }
    *ret_name_length = length;
    return has_good_bytes(text);
}

bool http_response_line_begins_chunk(struct str front)
{
    return front.length == 0 || is_hexadecimal(front.base[0]);
}

bool http_response_line_is_chunk(struct str text)
{
    size_t length = 0;

    while (length < text.length && is_hexadecimal(text.base[length])) {
        length++;
    }
    if (length == 0) {
        return false;
    }
    struct str extensions = str_from(text, length);
    extensions = str_from(extensions, blank_length(extensions));
    return extensions.length == 0 || (extensions.base[0] == ';' && has_good_bytes(extensions));
}
