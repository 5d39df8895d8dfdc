/* SPDX-License-Identifier: MIT */
#include "lab/printable.h"

#include <errno.h>

#include "tests/support/unit.h"

/* STR() is no constant expression. */
#define BYTES(literal)                                                                                                 \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }

static const struct {
    const char *name;
    struct str bytes;
    const char *expected;
} cases[] = {
    { "nothing", BYTES(""), "" },
    { "a JSON body reads as it was sent", BYTES("{\"res\":{\"message\":\"success\"}}"),
      "{\"res\":{\"message\":\"success\"}}" },
    { "escapes inside JSON stay", BYTES("{\"a\":\"x\\ny\\\\ \\u00e9\"}"), "{\"a\":\"x\\ny\\\\ \\u00e9\"}" },
    { "UTF-8 stays", BYTES("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\x8d"),
      "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\x8d" },
    { "line breaks would make two lines", BYTES("a\r\nb"), "a\\x0D\\x0Ab" },
    { "NUL and DEL", BYTES("a\0b\x7f"), "a\\x00b\\x7F" },
    { "the terminal is not talked to", BYTES("\x1b[2J\x1b]0;x\x07"), "\\x1B[2J\\x1B]0;x\\x07" },
    { "nor in 8-bit controls as UTF-8",
      BYTES("\xc2\x9b"
            "31m"),
      "\\xC2\\x9B31m" },
    { "nor as bare bytes",
      BYTES("\x9b"
            "31m"),
      "\\x9B31m" },
    { "line separators of Unicode", BYTES("a\xe2\x80\xa8z\xe2\x80\xa9"), "a\\xE2\\x80\\xA8z\\xE2\\x80\\xA9" },
    { "what turns the direction of text", BYTES("\xe2\x80\xaegnp\xe2\x80\xac\xe2\x81\xa6.\xe2\x81\xa9"),
      "\\xE2\\x80\\xAEgnp\\xE2\\x80\\xAC\\xE2\\x81\\xA6.\\xE2\\x81\\xA9" },
    { "a cut sequence", BYTES("\xe2\x82"), "\\xE2\\x82" },
    { "a cut sequence before a letter",
      BYTES("\xe2\x82"
            "a"),
      "\\xE2\\x82a" },
    { "overlong forms", BYTES("\xc0\xaf\xe0\x80\xaf"), "\\xC0\\xAF\\xE0\\x80\\xAF" },
    { "a surrogate", BYTES("\xed\xa0\x80"), "\\xED\\xA0\\x80" },
    { "beyond U+10FFFF", BYTES("\xf4\x90\x80\x80\xff"), "\\xF4\\x90\\x80\\x80\\xFF" },
    { "what looks like an escape is one", BYTES("\\x0A"), "\\x5Cx0A" },
    { "a backslash at the end", BYTES("a\\"), "a\\" },
};

static void printable_makes_one_harmless_line_of_any_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_buf struct buf text = { .base = NULL };
        buf_init(&text, 1024);

        assert_case(cases[i].name, printable_add(&text, cases[i].bytes) == 0);

        assert_case(cases[i].name, str_equal(buf_view(&text), str_of(cases[i].expected)));
    }
}

static void printable_says_when_there_is_no_room(void **state)
{
    cleanup_buf struct buf text = { .base = NULL };

    (void)state;
    buf_init(&text, 3);

    assert_int_equal(printable_add(&text, STR("\n")), -ENOBUFS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printable_makes_one_harmless_line_of_any_bytes),
        cmocka_unit_test(printable_says_when_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
