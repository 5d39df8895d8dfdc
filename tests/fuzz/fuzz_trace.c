/* SPDX-License-Identifier: MIT */
/*
 * fuzz_trace - a client's traceparent and X-Request-Id of any bytes.
 *
 * Of both either nothing goes on, or what has been looked at byte by byte.
 */
#include <string.h>

#include "gateway/trace.h"
#include "tests/fuzz/fuzz.h"

static bool is_hexadecimal(struct str text)
{
    bool is_zero = true;

    for (size_t i = 0; i < text.length; i++) {
        if (text.base[i] == '\0' || strchr("0123456789abcdef", text.base[i]) == NULL) {
            return false;
        }
        is_zero = is_zero && text.base[i] == '0';
    }
    return !is_zero;
}

/* "00-<32>-<16>-<2>", and perhaps more behind another dash in later versions; ff is none. */
static bool is_traceparent(struct str text)
{
    struct str rest = text;
    struct str version = str_split(&rest, '-');
    struct str trace_id = str_split(&rest, '-');
    struct str span_id = str_split(&rest, '-');
    struct str flags = { rest.base, str_find(rest, '-') };
    bool is_zero = str_equal(version, STR("00"));
    bool has_more = flags.length < rest.length;

    return version.length == 2 && (is_zero || is_hexadecimal(version)) && !str_equal(version, STR("ff")) &&
           trace_id.length == TRACE_ID_LENGTH && is_hexadecimal(trace_id) && span_id.length == SPAN_ID_LENGTH &&
           is_hexadecimal(span_id) && flags.length == 2 && (is_hexadecimal(flags) || str_equal(flags, STR("00"))) &&
           !(is_zero && has_more);
}

static void check_trace(struct str traceparent)
{
    struct random_source source;
    struct trace trace;
    struct trace again;
    char parent[TRACEPARENT_LENGTH + 1] = "";

    random_source_seed(&source, traceparent.length);
    trace_begin(&trace, &source, traceparent);
    trace_format_parent(&trace, &source, traceparent.length, parent);
    fuzz_check(trace.is_from_client == is_traceparent(traceparent));
    fuzz_check(strlen(parent) == TRACEPARENT_LENGTH && is_traceparent(str_of(parent)));
    fuzz_check(trace_is_own_span(str_of(parent), traceparent.length));
    fuzz_check(!trace_is_own_span(traceparent, traceparent.length) || trace.is_from_client);
    trace_begin(&again, &source, str_of(parent));
    fuzz_check(again.is_from_client && strcmp(again.trace_id, trace.trace_id) == 0);
    fuzz_check(strcmp(again.flags, trace.flags) == 0 && trace.flags[0] == '0' && trace.flags[1] <= '3');
    if (trace.is_from_client) {
        fuzz_check(memcmp(trace.trace_id, traceparent.base + 3, TRACE_ID_LENGTH) == 0);
    }
}

static void check_request_id(struct str text)
{
    static const char bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    bool is_good = text.length >= 1 && text.length <= 128;

    for (size_t i = 0; i < text.length; i++) {
        is_good = is_good && text.base[i] != '\0' && strchr(bytes, text.base[i]) != NULL;
    }
    fuzz_check(trace_is_request_id(text) == is_good);
}

void fuzz_one(struct str input)
{
    check_trace(input);
    check_request_id(input);
}
