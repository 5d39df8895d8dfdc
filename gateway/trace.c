/* SPDX-License-Identifier: MIT */
#include "gateway/trace.h"

#include <stdio.h>
#include <string.h>

enum { REQUEST_ID_MAXIMUM = 128 };
/* Where the fields of a traceparent stand: "00-<trace id>-<span id>-<flags>". */
enum { TRACE_ID_AT = 3, SPAN_ID_AT = 36, FLAGS_AT = 53 };
/* Flags that have a meaning: sampled, and since Level 2 "the trace id is random". All others must be sent as zero
 * (§3.2.2.5). */
enum { FLAG_SAMPLED = 0x01, FLAG_RANDOM = 0x02 };

static const char hexadecimal_digits[] = "0123456789abcdef";

void trace_random_hex(struct random_source *source, char *text, size_t length)
{
    uint64_t bits = 0;
    bool is_zero = true;

    for (size_t i = 0; i < length; i++) {
        if (i % 16 == 0) {
            bits = random_source_next(source);
        }
        text[i] = hexadecimal_digits[bits >> 60];
        is_zero = is_zero && text[i] == '0';
        bits <<= 4;
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
        if (text.base[i] == '\0' || strchr(hexadecimal_digits, text.base[i]) == NULL) {
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
    int known = str_starts_with(traceparent, STR("00")) ? FLAG_SAMPLED | FLAG_RANDOM : FLAG_SAMPLED;
    const char *low = strchr(hexadecimal_digits, traceparent.base[FLAGS_AT + 1]);

    trace->flags[0] = '0';
    trace->flags[1] = hexadecimal_digits[(low - hexadecimal_digits) & known];
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

void trace_format_parent(const struct trace *trace, struct random_source *source, char text[TRACEPARENT_LENGTH + 1])
{
    char span_id[SPAN_ID_LENGTH + 1];

    trace_random_hex(source, span_id, SPAN_ID_LENGTH);
    (void)snprintf(text, TRACEPARENT_LENGTH + 1, "00-%s-%s-%s", trace->trace_id, span_id, trace->flags);
}

/* ---- X-Request-Id ---- */

bool trace_is_request_id(struct str text)
{
    static const char others[] = "._-";

    for (size_t i = 0; i < text.length; i++) {
        char byte = text.base[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool is_digit = byte >= '0' && byte <= '9';
        if (!is_letter && !is_digit && (byte == '\0' || strchr(others, byte) == NULL)) {
            return false;
        }
    }
    return text.length > 0 && text.length <= REQUEST_ID_MAXIMUM;
}
