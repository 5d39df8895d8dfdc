/* SPDX-License-Identifier: MIT */
#include "gateway/trace.h"

#include <endian.h>
#include <string.h>

enum { REQUEST_ID_MAXIMUM = 128 };
/* Where the fields of a traceparent stand: "00-<trace id>-<span id>-<flags>". */
enum { TRACE_ID_AT = 3, SPAN_ID_AT = 36, FLAGS_AT = 53 };
/* Flags that have a meaning: sampled, and since Level 2 "the trace id is random". All others must be sent as zero
 * (§3.2.2.5). */
enum { FLAG_SAMPLED = 0x01, FLAG_RANDOM = 0x02 };

/* ---- hex ---- */

/* All eight digits at once: every nibble gets a byte of its own, and those over 9 go on to the letters. */
static void write_eight_digits(uint32_t bits, char *text)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t nibbles = bits;

    nibbles = (nibbles | nibbles << 16) & UINT64_C(0x0000ffff0000ffff);
    nibbles = (nibbles | nibbles << 8) & UINT64_C(0x00ff00ff00ff00ff);
    nibbles = (nibbles | nibbles << 4) & (ones * 0x0f);
    uint64_t is_letter = ((nibbles + ones * 6) >> 4) & ones;
    uint64_t digits = htobe64(nibbles + ones * '0' + is_letter * ('a' - '0' - 10));
    memcpy(text, &digits, sizeof digits);
}

/* Of a lower-case digit. */
static unsigned digit_value(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

void trace_random_hex(struct random_source *source, char *text, size_t length)
{
    char digits[16];
    bool is_zero = true;

    for (size_t done = 0; done < length; done += sizeof digits) {
        size_t count = length - done < sizeof digits ? length - done : sizeof digits;
        uint64_t bits = random_source_next(source);
        write_eight_digits((uint32_t)(bits >> 32), digits);
        write_eight_digits((uint32_t)bits, digits + 8);
        memcpy(text + done, digits, count);
        is_zero = is_zero && bits >> (64 - 4 * count) == 0;
    }
    if (is_zero && length > 0) {
        text[length - 1] = '1';
    }
    text[length] = '\0';
}

/* ---- traceparent ---- */

static bool is_lower_hexadecimal(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.base[i];
        if (!(byte >= '0' && byte <= '9') && !(byte >= 'a' && byte <= 'f')) {
            return false;
        }
    }
    return true;
}

static bool is_all_zero(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.base[i] != '0') {
            return false;
        }
    }
    return true;
}

static bool is_id(struct str text)
{
    return is_lower_hexadecimal(text) && !is_all_zero(text);
}

/* The length and the dashes. Version 00 ends after the flags; what a later one adds comes behind one more dash (§4). */
static bool has_form(struct str text)
{
    if (text.length < TRACEPARENT_LENGTH) {
        return false;
    }
    if (text.base[TRACE_ID_AT - 1] != '-' || text.base[SPAN_ID_AT - 1] != '-' || text.base[FLAGS_AT - 1] != '-') {
        return false;
    }
    if (text.length == TRACEPARENT_LENGTH) {
        return true;
    }
    return !str_starts_with(text, STR("00")) && text.base[TRACEPARENT_LENGTH] == '-';
}

static bool is_traceparent(struct str text)
{
    if (!has_form(text) || str_starts_with(text, STR("ff"))) {
        return false;
    }
    return is_lower_hexadecimal((struct str){ text.base, 2 }) &&
           is_id((struct str){ text.base + TRACE_ID_AT, TRACE_ID_LENGTH }) &&
           is_id((struct str){ text.base + SPAN_ID_AT, SPAN_ID_LENGTH }) &&
           is_lower_hexadecimal((struct str){ text.base + FLAGS_AT, 2 });
}

/* What we send is version 00: of a later one's flags only those that mean the same go along. */
static void take_flags(struct trace *trace, struct str traceparent)
{
    unsigned known = str_starts_with(traceparent, STR("00")) ? FLAG_SAMPLED | FLAG_RANDOM : FLAG_SAMPLED;

    trace->flags[0] = '0';
    trace->flags[1] = (char)('0' + (digit_value(traceparent.base[FLAGS_AT + 1]) & known));
    trace->flags[2] = '\0';
}

void trace_begin(struct trace *trace, struct random_source *source, struct str traceparent)
{
    *trace = (struct trace){ .flags = "01" };
    if (!is_traceparent(traceparent)) {
        trace_random_hex(source, trace->trace_id, TRACE_ID_LENGTH);
        return;
    }
    memcpy(trace->trace_id, traceparent.base + TRACE_ID_AT, TRACE_ID_LENGTH);
    take_flags(trace, traceparent);
    trace->is_from_client = true;
}

/* ---- spans of our own ---- */

/* What stands behind a span id's first half: one round of splitmix64, whose bits all depend on all of the key's. */
static uint32_t mark_of(uint32_t half, uint64_t span_key)
{
    uint64_t mixed = span_key + half * UINT64_C(0x9e3779b97f4a7c15);

    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(mixed >> 32);
}

static void write_span_id(struct random_source *source, uint64_t span_key, char *text)
{
    uint32_t half = (uint32_t)(random_source_next(source) >> 32);

    half += half == 0 ? 1 : 0; /* never all zero */
    write_eight_digits(half, text);
    write_eight_digits(mark_of(half, span_key), text + SPAN_ID_LENGTH / 2);
}

bool trace_is_own_span(struct str traceparent, uint64_t span_key)
{
    char expected[SPAN_ID_LENGTH / 2];
    uint32_t half = 0;

    if (!is_traceparent(traceparent)) {
        return false;
    }
    const char *span_id = traceparent.base + SPAN_ID_AT;
    for (size_t i = 0; i < sizeof expected; i++) {
        half = half << 4 | digit_value(span_id[i]);
    }
    write_eight_digits(mark_of(half, span_key), expected);
    return memcmp(span_id + sizeof expected, expected, sizeof expected) == 0;
}

void trace_format_parent(const struct trace *trace, struct random_source *source, uint64_t span_key,
                         char text[TRACEPARENT_LENGTH + 1])
{
    memcpy(text, "00-", TRACE_ID_AT);
    memcpy(text + TRACE_ID_AT, trace->trace_id, TRACE_ID_LENGTH);
    text[SPAN_ID_AT - 1] = '-';
    write_span_id(source, span_key, text + SPAN_ID_AT);
    text[FLAGS_AT - 1] = '-';
    memcpy(text + FLAGS_AT, trace->flags, sizeof trace->flags);
}

/* ---- X-Request-Id ---- */

bool trace_is_request_id(struct str text)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.base[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool is_digit = byte >= '0' && byte <= '9';
        if (!is_letter && !is_digit && byte != '.' && byte != '_' && byte != '-') {
            return false;
        }
    }
    return text.length > 0 && text.length <= REQUEST_ID_MAXIMUM;
}
