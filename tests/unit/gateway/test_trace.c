/* SPDX-License-Identifier: MIT */
#include "gateway/trace.h"

#include <inttypes.h>
#include <string.h>

#include "tests/support/unit.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"
#define ZEROS_8 "00000000"
#define KEY UINT64_C(0x0123456789abcdef)

static struct random_source fixed_source(void)
{
    return (struct random_source){ { 1, 2, 3, 4 } };
}

static bool is_lower_hex(const char *text, size_t length)
{
    return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

/* ---- the generator ---- */

/* The first four outputs of xoshiro256** from the state 1, 2, 3, 4: 11520, 0, 1509978240, 1215971899390074240. */
static void trace_random_hex_is_xoshiro256_star_star(void **state)
{
    struct random_source source = fixed_source();
    char text[65];
    (void)state;

    trace_random_hex(&source, text, 64);

    assert_string_equal(text, "0000000000002d00"
                              "0000000000000000"
                              "000000005a007080"
                              "10e0000000009d80");
}

static void trace_random_hex_writes_numbers_as_printf_does(void **state)
{
    struct random_source source;
    struct random_source same;
    (void)state;
    random_source_seed(&source, 7);
    random_source_seed(&same, 7);

    for (int i = 0; i < 1000; i++) {
        char text[17];
        char expected[17];
        trace_random_hex(&source, text, 16);
        (void)snprintf(expected, sizeof expected, "%016" PRIx64, random_source_next(&same));

        assert_string_equal(text, expected);
    }
}

static void trace_random_hex_has_the_length_asked_for(void **state)
{
    struct random_source source = fixed_source();
    char text[TRACE_ID_LENGTH + 2];
    (void)state;

    for (size_t length = 0; length <= TRACE_ID_LENGTH; length++) {
        memset(text, '#', sizeof text);

        trace_random_hex(&source, text, length);

        assert_true(is_lower_hex(text, length));
        assert_int_equal(text[length + 1], '#');
    }
}

static void trace_random_hex_is_never_all_zero(void **state)
{
    struct random_source source = { { 0, 0, 0, 0 } };
    char text[SPAN_ID_LENGTH + 1];
    (void)state;

    trace_random_hex(&source, text, SPAN_ID_LENGTH);

    assert_string_equal(text, "0000000000000001");
}

static void trace_sources_differ_from_each_other(void **state)
{
    struct random_source a;
    struct random_source b;
    char text_a[TRACE_ID_LENGTH + 1];
    char text_b[TRACE_ID_LENGTH + 1];
    (void)state;

    random_source_seed_from_system(&a);
    random_source_seed_from_system(&b);
    trace_random_hex(&a, text_a, TRACE_ID_LENGTH);
    trace_random_hex(&b, text_b, TRACE_ID_LENGTH);

    assert_string_not_equal(text_a, text_b);
}

/* ---- traceparent ---- */

struct taken_row {
    const char *name;
    const char *traceparent;
    const char *flags;
};

static const struct taken_row taken_rows[] = {
    { "sampled", "00-" TRACE "-" SPAN "-01", "01" },
    { "not sampled", "00-" TRACE "-" SPAN "-00", "00" },
    { "sampled and random", "00-" TRACE "-" SPAN "-03", "03" },
    { "flags without a meaning are sent as zero", "00-" TRACE "-" SPAN "-ff", "03" },
    { "a later version", "01-" TRACE "-" SPAN "-01", "01" },
    { "a later version with more behind it", "cc-" TRACE "-" SPAN "-01-what-comes", "01" },
    { "a later version with an empty addition", "cc-" TRACE "-" SPAN "-00-", "00" },
    { "a later version's other flags", "01-" TRACE "-" SPAN "-fe", "00" },
};

static void trace_goes_on_where_the_client_began(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(taken_rows); i++) {
        struct random_source source = fixed_source();
        struct trace trace;

        trace_begin(&trace, &source, str_of(taken_rows[i].traceparent));

        if (!trace.is_from_client || strcmp(trace.trace_id, TRACE) != 0 ||
            strcmp(trace.flags, taken_rows[i].flags) != 0) {
            fail_msg("%s: %d %s %s", taken_rows[i].name, trace.is_from_client, trace.trace_id, trace.flags);
        }
    }
}

struct refused_row {
    const char *name;
    struct str traceparent;
};

#define VIEW(literal)                                                                                                  \
    {                                                                                                                  \
        "" literal, sizeof(literal) - 1                                                                                \
    }

static const struct refused_row refused_rows[] = {
    { "nothing", VIEW("") },
    { "version ff", VIEW("ff-" TRACE "-" SPAN "-01") },
    { "upper case in the version", VIEW("0A-" TRACE "-" SPAN "-01") },
    { "no hexadecimal version", VIEW("0g-" TRACE "-" SPAN "-01") },
    { "upper case in the trace id", VIEW("00-0AF7651916cd43dd8448eb211c80319c-" SPAN "-01") },
    { "upper case in the span id", VIEW("00-" TRACE "-B7ad6b7169203331-01") },
    { "upper case in the flags", VIEW("00-" TRACE "-" SPAN "-0A") },
    { "flags that are no number", VIEW("00-" TRACE "-" SPAN "-0x") },
    { "a trace id of zeros", VIEW("00-" ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 "-" SPAN "-01") },
    { "a span id of zeros", VIEW("00-" TRACE "-" ZEROS_8 ZEROS_8 "-01") },
    { "version 00 with more behind it", VIEW("00-" TRACE "-" SPAN "-01-more") },
    { "version 00 with a blank behind it", VIEW("00-" TRACE "-" SPAN "-01 ") },
    { "a later version without a dash", VIEW("01-" TRACE "-" SPAN "-01x") },
    { "one byte short", VIEW("00-" TRACE "-" SPAN "-0") },
    { "other separators", VIEW("00_" TRACE "_" SPAN "_01") },
    { "a NUL in the trace id", VIEW("00-\0af7651916cd43dd8448eb211c80319c-" SPAN "-01") },
    { "no flags in a later version", VIEW("01-" TRACE "-" SPAN) },
};

static void trace_begins_anew_when_the_traceparent_is_not_well_formed(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(refused_rows); i++) {
        struct random_source source = fixed_source();
        struct trace trace;

        trace_begin(&trace, &source, refused_rows[i].traceparent);

        if (trace.is_from_client || strcmp(trace.trace_id, TRACE) == 0 || strcmp(trace.flags, "01") != 0 ||
            !is_lower_hex(trace.trace_id, TRACE_ID_LENGTH)) {
            fail_msg("%s: %d %s %s", refused_rows[i].name, trace.is_from_client, trace.trace_id, trace.flags);
        }
    }
}

static void trace_gives_each_call_a_span_of_its_own(void **state)
{
    struct random_source source = fixed_source();
    struct trace trace;
    char first[TRACEPARENT_LENGTH + 1];
    char second[TRACEPARENT_LENGTH + 1];
    (void)state;
    random_source_seed_from_system(&source);
    trace_begin(&trace, &source, STR("00-" TRACE "-" SPAN "-00"));

    trace_format_parent(&trace, &source, KEY, first);
    trace_format_parent(&trace, &source, KEY, second);

    assert_int_equal(strlen(first), TRACEPARENT_LENGTH);
    assert_memory_equal(first, "00-" TRACE "-", 36);
    assert_string_equal(first + 52, "-00");
    assert_string_not_equal(first, second);
    assert_null(strstr(first, SPAN));
}

static void trace_that_is_sent_is_one_that_would_be_taken(void **state)
{
    struct random_source source;
    struct trace trace;
    struct trace again;
    char text[TRACEPARENT_LENGTH + 1];
    (void)state;
    random_source_seed_from_system(&source);
    trace_begin(&trace, &source, STR(""));

    trace_format_parent(&trace, &source, KEY, text);
    trace_begin(&again, &source, str_of(text));

    assert_true(again.is_from_client);
    assert_string_equal(again.trace_id, trace.trace_id);
    assert_string_equal(again.flags, trace.flags);
}

/* ---- spans of our own ---- */

static void assert_span_id(const char *traceparent)
{
    char span_id[SPAN_ID_LENGTH + 1] = "";

    memcpy(span_id, traceparent + 36, SPAN_ID_LENGTH);
    assert_true(is_lower_hex(span_id, SPAN_ID_LENGTH));
    assert_string_not_equal(span_id, ZEROS_8 ZEROS_8);
}

static void trace_knows_a_span_by_the_key_it_was_made_with(void **state)
{
    static const uint64_t keys[] = { 0, 1, KEY, UINT64_MAX };
    struct random_source source;
    struct trace trace;
    char text[TRACEPARENT_LENGTH + 1];
    (void)state;
    random_source_seed(&source, 7);
    trace_begin(&trace, &source, STR(""));

    for (size_t made = 0; made < array_length(keys); made++) {
        for (int i = 0; i < 1000; i++) {
            trace_format_parent(&trace, &source, keys[made], text);
            assert_span_id(text);
            for (size_t asked = 0; asked < array_length(keys); asked++) {
                assert_int_equal(trace_is_own_span(str_of(text), keys[asked]), asked == made);
            }
        }
    }
}

/* Keys that differ in one bit, wherever it is, make other spans. */
static void trace_takes_each_bit_of_the_key_into_account(void **state)
{
    struct random_source source;
    struct trace trace;
    char text[TRACEPARENT_LENGTH + 1];
    (void)state;
    random_source_seed(&source, 7);
    trace_begin(&trace, &source, STR(""));

    for (unsigned bit = 0; bit < 64; bit++) {
        trace_format_parent(&trace, &source, KEY, text);
        assert_true(trace_is_own_span(str_of(text), KEY));
        assert_false(trace_is_own_span(str_of(text), KEY ^ UINT64_C(1) << bit));
    }
}

static void trace_does_not_know_a_span_with_another_digit(void **state)
{
    struct random_source source;
    struct trace trace;
    char text[TRACEPARENT_LENGTH + 1];
    (void)state;
    random_source_seed(&source, 7);
    trace_begin(&trace, &source, STR(""));
    trace_format_parent(&trace, &source, KEY, text);

    for (size_t at = 36; at < 36 + SPAN_ID_LENGTH; at++) {
        char right = text[at];
        text[at] = right == '9' ? 'a' : right == 'f' ? '0' : (char)(right + 1);
        assert_false(trace_is_own_span(str_of(text), KEY));
        text[at] = right;
    }
    assert_true(trace_is_own_span(str_of(text), KEY));
}

/* The trace and the flags may be another's: who is in between may change them. */
static void trace_knows_its_span_in_any_well_formed_traceparent(void **state)
{
    struct random_source source;
    struct trace trace;
    char text[TRACEPARENT_LENGTH + 1];
    (void)state;
    random_source_seed(&source, 7);
    trace_begin(&trace, &source, STR("00-" TRACE "-" SPAN "-01"));
    trace_format_parent(&trace, &source, KEY, text);

    text[54] = '0';
    assert_true(trace_is_own_span(str_of(text), KEY));
    text[3] = '1';
    assert_true(trace_is_own_span(str_of(text), KEY));
    text[2] = '_';
    assert_false(trace_is_own_span(str_of(text), KEY));
    text[2] = '-';
    assert_false(trace_is_own_span((struct str){ text, TRACEPARENT_LENGTH - 1 }, KEY));
    assert_false(trace_is_own_span(STR(""), KEY));
    assert_false(trace_is_own_span((struct str){ NULL, 0 }, KEY));
}

/* The generator's second number is 0 (see above): half of such a span is not random, and it is one of ours all the
 * same. */
static void trace_makes_no_span_of_zeros(void **state)
{
    struct random_source source = fixed_source();
    struct trace trace = { .trace_id = TRACE, .flags = "01" };
    char text[TRACEPARENT_LENGTH + 1];
    (void)state;
    (void)random_source_next(&source);

    trace_format_parent(&trace, &source, KEY, text);

    assert_memory_equal(text + 36, "00000001", 8);
    assert_true(trace_is_own_span(str_of(text), KEY));
}

/* ---- X-Request-Id ---- */

static void trace_takes_request_ids_of_the_allowed_bytes(void **state)
{
    char longest[129];
    (void)state;
    memset(longest, 'x', sizeof longest);

    assert_true(trace_is_request_id(STR("a")));
    assert_true(trace_is_request_id(STR("A.z_0-9")));
    assert_true(trace_is_request_id((struct str){ longest, 128 }));
    assert_false(trace_is_request_id((struct str){ longest, 129 }));
    assert_false(trace_is_request_id(STR("")));
    assert_false(trace_is_request_id(STR("a b")));
    assert_false(trace_is_request_id(STR("a\r\nX: y")));
    assert_false(trace_is_request_id(STR("a\0")));
    assert_false(trace_is_request_id(STR("\xc3\xa9")));
    assert_false(trace_is_request_id(STR("a/b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trace_random_hex_is_xoshiro256_star_star),
        cmocka_unit_test(trace_random_hex_writes_numbers_as_printf_does),
        cmocka_unit_test(trace_random_hex_has_the_length_asked_for),
        cmocka_unit_test(trace_random_hex_is_never_all_zero),
        cmocka_unit_test(trace_sources_differ_from_each_other),
        cmocka_unit_test(trace_goes_on_where_the_client_began),
        cmocka_unit_test(trace_begins_anew_when_the_traceparent_is_not_well_formed),
        cmocka_unit_test(trace_gives_each_call_a_span_of_its_own),
        cmocka_unit_test(trace_that_is_sent_is_one_that_would_be_taken),
        cmocka_unit_test(trace_knows_a_span_by_the_key_it_was_made_with),
        cmocka_unit_test(trace_takes_each_bit_of_the_key_into_account),
        cmocka_unit_test(trace_does_not_know_a_span_with_another_digit),
        cmocka_unit_test(trace_knows_its_span_in_any_well_formed_traceparent),
        cmocka_unit_test(trace_makes_no_span_of_zeros),
        cmocka_unit_test(trace_takes_request_ids_of_the_allowed_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
