/* SPDX-License-Identifier: MIT */
#include "gateway/attempt_fields.h"

#include <stdio.h>

#include "common/clock.h"
#include "tests/support/unit.h"

enum { BYTES_MAXIMUM = 4096, NOW_US = 1000 * 1000 };

static const char *const no_fields[] = { NULL };

static bool add(struct buf *bytes, const char *const *fields)
{
    const struct attempt attempt = { .fields = fields };

    buf_init(bytes, BYTES_MAXIMUM);
    return attempt_fields_add(bytes, &attempt, NOW_US);
}

struct field_case {
    const char *name;
    const char *line;
    const char *sent; /* NULL: refused */
};

static const struct field_case field_cases[] = {
    { "a field", "X: y", "X: y\r\n" },
    { "a field as it is", "x-Y:  a ; b:c \t", "x-Y:  a ; b:c \t\r\n" },
    { "without a blank", "X:y", "X:y\r\n" },
    { "bytes from 0x80 on", "X: \xc3\xa4", "X: \xc3\xa4\r\n" },
    { "an empty field", "X;", "X:\r\n" },
    { "a value that ends with a semicolon", "X: y;", "X: y;\r\n" },
    { "a field without a value", "X:", "X:\r\n" },
    { "a field of blanks", "X: \t ", "X: \t \r\n" },
    { "two fields in one", "X: y\r\nZ: 1", NULL },
    { "a line feed", "X: y\nZ: 1", NULL },
    { "a carriage return", "X: y\rZ: 1", NULL },
    { "a line break at the end", "X: y\r\n", NULL },
    { "a line break at the front", "\r\nX: y", NULL },
    { "a line break in an empty field", "X\r\n;", NULL },
    { "the end of the head", "", NULL },
    { "no colon", "X", NULL },
    { "no name", ": y", NULL },
    { "no name of an empty field", ";", NULL },
    { "a semicolon for a colon", "X;y", NULL },
};

static void a_field_is_one_line(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(field_cases); i++) {
        const struct field_case *row = &field_cases[i];
        const char *const fields[] = { "First: 1", row->line, "Last: 2", NULL };
        cleanup_buf struct buf bytes;
        char expected[256];

        bool is_added = add(&bytes, fields);

        assert_case(row->name, is_added == (row->sent != NULL));
        if (row->sent != NULL) {
            (void)snprintf(expected, sizeof expected, "First: 1\r\n%sLast: 2\r\n", row->sent);
            assert_text(buf_view(&bytes), expected);
        }
    }
}

static void a_line_break_is_found_at_every_place_of_a_field(void **state)
{
    (void)state;

    for (size_t length = 4; length < 70; length++) {
        for (size_t place = 0; place < length; place++) {
            cleanup_free char *line = malloc(length + 1); /* of exactly its size, for the address sanitizer */
            cleanup_buf struct buf whole;
            cleanup_buf struct buf broken;
            assert_non_null(line);
            memset(line, '\xc3', length);
            memcpy(line, "X: ", 3);
            line[length] = '\0';
            const char *const fields[] = { line, NULL };

            assert_true(add(&whole, fields));
            line[place] = place % 2 == 0 ? '\r' : '\n';

            assert_false(add(&broken, fields));
        }
    }
}

static void the_time_left_is_told_in_whole_milliseconds(void **state)
{
    static const struct {
        const char *name;
        uint64_t deadline_us;
        const char *field;
    } rows[] = {
        { "some", NOW_US + 1500 * CLOCK_US_PER_MS, "Left-Ms: 1500\r\n" },
        { "less than a millisecond more", NOW_US + 2 * CLOCK_US_PER_MS - 1, "Left-Ms: 1\r\n" },
        { "none", NOW_US, "Left-Ms: 0\r\n" },
        { "past", NOW_US - 1, "Left-Ms: 0\r\n" },
    };
    struct attempt attempt = { .fields = no_fields, .deadline_field = "Left-Ms" };
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_buf struct buf bytes;
        buf_init(&bytes, BYTES_MAXIMUM);
        attempt.deadline_us = rows[i].deadline_us;

        assert_case(rows[i].name, attempt_fields_add(&bytes, &attempt, NOW_US));

        assert_text(buf_view(&bytes), rows[i].field);
    }
}

static void no_time_is_told_where_no_field_is_named_for_it(void **state)
{
    cleanup_buf struct buf bytes;
    (void)state;

    assert_true(add(&bytes, no_fields));

    assert_int_equal(bytes.length, 0);
}

static void fields_that_do_not_fit_are_known_by_the_buffer(void **state)
{
    static const char *const fields[] = { "X: 0123456789", "Empty;", NULL };
    const struct attempt attempt = { .fields = fields, .deadline_field = "Left-Ms", .deadline_us = NOW_US };
    size_t length = strlen("X: 0123456789\r\nEmpty:\r\nLeft-Ms: 0\r\n");
    (void)state;

    for (size_t limit = 0; limit <= length; limit++) {
        cleanup_buf struct buf bytes;
        buf_init(&bytes, limit);

        assert_true(attempt_fields_add(&bytes, &attempt, NOW_US));

        assert_int_equal(bytes.failed, limit < length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_one_line),
        cmocka_unit_test(a_line_break_is_found_at_every_place_of_a_field),
        cmocka_unit_test(the_time_left_is_told_in_whole_milliseconds),
        cmocka_unit_test(no_time_is_told_where_no_field_is_named_for_it),
        cmocka_unit_test(fields_that_do_not_fit_are_known_by_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
