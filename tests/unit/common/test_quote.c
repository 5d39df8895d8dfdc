/* SPDX-License-Identifier: MIT */
#include "common/quote.h"

#include <stdlib.h>
#include <string.h>

#include "common/compiler.h"

#include "tests/support/unit.h"

#define BYTES_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
    const char *text;
    size_t bytes_at_most;
    const char *bare;
    const char *in_marks;
} rows[] = {
    { "", 8, "", "\"\"" },
    { "name", 8, "name", "\"name\"" },
    { "12345678", 8, "12345678", "\"12345678\"" },
    { "123456789", 8, "12345678...", "\"12345678...\"" },
    { "a\"b\\c", 8, "a\\x22b\\x5Cc", "\"a\\x22b\\x5Cc\"" },
    { "\033[2J\n", 8, "\\x1B[2J\\x0A", "\"\\x1B[2J\\x0A\"" },
    { "\xc3\xa9", 8, "\\xC3\\xA9", "\"\\xC3\\xA9\"" },
    { BYTES_64 "x", 1000, BYTES_64 "...", "\"" BYTES_64 "...\"" },
};

static void quote_escapes_and_cuts(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        struct str text = str_of(rows[i].text);

        assert_string_equal(quote_bare(text, rows[i].bytes_at_most).text, rows[i].bare);
        assert_string_equal(quote_in_marks(text, rows[i].bytes_at_most).text, rows[i].in_marks);
    }
}

static void quote_has_room_for_the_longest_escapes(void **state)
{
    char worst[QUOTE_BYTES_AT_MOST + 1];
    (void)state;
    memset(worst, 0x01, sizeof worst);

    struct quote quote = quote_in_marks((struct str){ worst, sizeof worst }, QUOTE_BYTES_AT_MOST);

    assert_int_equal(strlen(quote.text), 4 * QUOTE_BYTES_AT_MOST + strlen("\"...\""));
    assert_string_equal(quote.text + strlen(quote.text) - 8, "\\x01...\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quote_escapes_and_cuts),
        cmocka_unit_test(quote_has_room_for_the_longest_escapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
