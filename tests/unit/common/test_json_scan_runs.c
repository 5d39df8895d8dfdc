/* SPDX-License-Identifier: MIT */
/* Runs of alike bytes, of every length: the scanner looks at many of them at a time. */
#include <errno.h>
#include <stdlib.h>

#include "common/json_scan.h"
#include "tests/support/unit.h"

/* Long enough for all ways in which strings are looked through: by bytes, by eight, by blocks. */
enum { LONG_TEXT_BYTES = 200 };

static void fill_string(char *text, char byte)
{
    memset(text, byte, LONG_TEXT_BYTES);
    text[0] = '"';
    text[LONG_TEXT_BYTES - 1] = '"';
}

/* In memory of exactly its size, for the address sanitizer. */
static struct json_fault fault_in_long(const char *text, size_t length)
{
    cleanup_free char *exact = malloc(length);
    struct json_fault fault = { 0, "none" };

    assert_non_null(exact);
    memcpy(exact, text, length);
    (void)!json_scan_check((struct str){ exact, length }, JSON_SCAN_DEPTH, &fault);
    return fault;
}

static void assert_fault(struct json_fault fault, size_t offset, const char *reason)
{
    assert_string_equal(fault.reason, reason);
    assert_int_equal(fault.offset, offset);
}

static void json_scan_finds_a_bad_byte_at_every_place_of_a_string(void **state)
{
    const struct {
        char byte;
        const char *reason;
    } bad[] = {
        { '\0', "control byte in a string" },       { '\x1f', "control byte in a string" },
        { '\n', "control byte in a string" },       { '\x80', "not UTF-8" },
        { (char)(unsigned char)0xff, "not UTF-8" },
    };
    char text[LONG_TEXT_BYTES];
    (void)state;
    for (size_t place = 1; place < LONG_TEXT_BYTES - 1; place++) {
        for (size_t i = 0; i < array_length(bad); i++) {
            fill_string(text, 'a');
            text[place] = bad[i].byte;

            assert_fault(fault_in_long(text, sizeof text), place, bad[i].reason);
        }
    }
}

static void json_scan_finds_quotes_and_backslashes_at_every_place_of_a_string(void **state)
{
    char text[LONG_TEXT_BYTES];
    (void)state;
    for (size_t place = 1; place < LONG_TEXT_BYTES - 2; place++) {
        fill_string(text, 'a');
        text[place] = '"';
        assert_fault(fault_in_long(text, sizeof text), place + 1, "trailing bytes");
        assert_fault(fault_in_long(text, place + 1), 0, "none");
        assert_fault(fault_in_long(text, place), place, "unexpected end");

        text[place] = '\\';
        assert_fault(fault_in_long(text, sizeof text), place + 1, "bad escape");
        text[place + 1] = 'n';
        assert_fault(fault_in_long(text, sizeof text), 0, "none");
    }
}

static void json_scan_takes_every_plain_byte_at_every_place(void **state)
{
    char text[LONG_TEXT_BYTES];
    (void)state;
    for (size_t place = 1; place < LONG_TEXT_BYTES - 1; place++) {
        for (int byte = 0x20; byte < 0x80; byte++) {
            fill_string(text, ' ');
            text[place] = (char)byte;
            if (byte == '"' || byte == '\\') {
                continue;
            }

            assert_int_equal(json_scan_check((struct str){ text, sizeof text }, JSON_SCAN_DEPTH, NULL), 0);
        }
    }
}

static void json_scan_finds_the_end_of_a_number_of_any_length(void **state)
{
    (void)state;
    for (size_t digits = 1; digits < 40; digits++) {
        for (int byte = 0; byte <= 0xff; byte++) {
            char text[48];
            struct json_fault fault = { 0, "" };
            bool is_digit = byte >= '0' && byte <= '9';
            bool is_space = byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
            memset(text, '7', sizeof text);
            text[digits] = (char)byte;
            if (byte == '.' || byte == 'e' || byte == 'E') {
                continue;
            }

            int result = json_scan_check((struct str){ text, digits + 1 }, JSON_SCAN_DEPTH, &fault);

            assert_int_equal(result, is_digit || is_space ? 0 : -EINVAL);
            assert_int_equal(json_scan_check((struct str){ text, sizeof text }, JSON_SCAN_DEPTH, &fault),
                             is_digit ? 0 : -EINVAL);
            assert_int_equal(fault.offset, is_digit ? 0 : digits + is_space);
        }
    }
}

static void json_scan_takes_lines_however_far_they_are_indented(void **state)
{
    (void)state;
    for (size_t blanks = 0; blanks < 40; blanks++) {
        for (int byte = 0; byte <= 0xff; byte++) {
            char text[64];
            struct json_fault fault = { 0, "" };
            bool is_space = byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
            memset(text, ' ', sizeof text);
            text[0] = '[';
            text[1] = '\n';
            text[blanks + 2] = (char)byte;
            text[63] = ']';

            int result = json_scan_check((struct str){ text, sizeof text }, JSON_SCAN_DEPTH, &fault);

            assert_int_equal(result, is_space || (byte >= '0' && byte <= '9') ? 0 : -EINVAL);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_scan_finds_a_bad_byte_at_every_place_of_a_string),
        cmocka_unit_test(json_scan_finds_quotes_and_backslashes_at_every_place_of_a_string),
        cmocka_unit_test(json_scan_takes_every_plain_byte_at_every_place),
        cmocka_unit_test(json_scan_finds_the_end_of_a_number_of_any_length),
        cmocka_unit_test(json_scan_takes_lines_however_far_they_are_indented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
