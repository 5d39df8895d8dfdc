/* SPDX-License-Identifier: MIT */
#include "common/http_syntax.h"

#include "common/compiler.h"

#include "tests/support/unit.h"

static void http_syntax_knows_every_byte_of_a_token(void **state)
{
    const struct str separators = STR("\"(),/:;<=>?@[\\]{}");
    (void)state;

    for (int byte = 0; byte < 256; byte++) {
        char text[] = { 'a', (char)byte, 'b' };
        bool is_separator = byte != 0 && str_find(separators, (char)byte) < separators.length;
        bool is_visible = byte > 0x20 && byte < 0x7f;

        assert_true(http_is_token((struct str){ text, sizeof text }) == (is_visible && !is_separator));
    }
    assert_false(http_is_token(STR("")));
}

static void http_syntax_knows_every_byte_of_a_field_value(void **state)
{
    (void)state;

    for (int byte = 0; byte < 256; byte++) {
        char text[] = { (char)byte };
        bool is_control = (byte < 0x20 && byte != '\t') || byte == 0x7f;

        assert_true(http_is_field_value((struct str){ text, 1 }) != is_control);
    }
    assert_true(http_is_field_value(STR("")));
}

static void http_syntax_knows_every_byte_of_a_host_and_every_digit(void **state)
{
    const struct str marks = STR("-._~!$&'()*+,;=");
    (void)state;

    for (int byte = 0; byte < 256; byte++) {
        bool is_digit = byte >= '0' && byte <= '9';
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool is_mark = byte != 0 && str_find(marks, (char)byte) < marks.length;
        bool is_hexadecimal = is_digit || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');

        assert_true(http_byte_is((char)byte, HTTP_BYTE_HOST) == (is_digit || is_letter || is_mark));
        assert_true(http_byte_is((char)byte, HTTP_BYTE_HEXADECIMAL) == is_hexadecimal);
    }
}

static void http_syntax_knows_the_fields_of_a_connection_in_either_case(void **state)
{
    const char *const hop_by_hop[] = { "Connection", "content-length",    "KEEP-ALIVE", "Proxy-Connection",
                                       "te",         "Transfer-Encoding", "Trailer",    "upgrade" };
    const char *const end_to_end[] = { "", "Content-Type", "Connection2", "Accept", "Cookie", "Trailers", "Connectio" };
    (void)state;

    for (size_t i = 0; i < array_length(hop_by_hop); i++) {
        assert_case(hop_by_hop[i], http_is_hop_by_hop(str_of(hop_by_hop[i])));
    }
    for (size_t i = 0; i < array_length(end_to_end); i++) {
        assert_case(end_to_end[i], !http_is_hop_by_hop(str_of(end_to_end[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_syntax_knows_every_byte_of_a_token),
        cmocka_unit_test(http_syntax_knows_every_byte_of_a_field_value),
        cmocka_unit_test(http_syntax_knows_every_byte_of_a_host_and_every_digit),
        cmocka_unit_test(http_syntax_knows_the_fields_of_a_connection_in_either_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
