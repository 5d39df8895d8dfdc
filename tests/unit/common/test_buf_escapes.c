/* SPDX-License-Identifier: MIT */
/* What foreign bytes become, in JSON and in a line of text. */
#include "common/buf.h"

#include "tests/support/unit.h"

static void buf_json_strings_are_escaped(void **state)
{
    const struct {
        const char *name;
        struct str text;
        const char *json;
    } cases[] = {
        { "empty", STR(""), "\"\"" },
        { "nothing", { NULL, 0 }, "\"\"" },
        { "quote and backslash", STR("a\"b\\c"), "\"a\\\"b\\\\c\"" },
        { "control bytes", STR("\0\n\x1f\x7f"), "\"\\u0000\\u000a\\u001f\\u007f\"" },
        { "UTF-8", STR("\xc3\xa9\xf0\x9f\x98\x80"), "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
        { "not UTF-8", STR("a\xff\xc3"), "\"a\\ufffd\\ufffd\"" },
        { "a surrogate", STR("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"" },
        { "controls of two bytes", STR("\xc2\x9b\x33m\xc2\xa0"), "\"\\u009b3m\xc2\xa0\"" },
        { "separators of lines", STR("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\"" },
        { "what turns the direction of text", STR("\xe2\x80\xaelive\xe2\x80\xac\xd8\x9c"),
          "\"\\u202elive\\u202c\\u061c\"" },
        { "a slash stays", STR("</script>"), "\"</script>\"" },
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_buf struct buf buf;
        buf_init(&buf, 1000);

        int result = buf_add_json_string(&buf, cases[i].text);

        assert_case(cases[i].name, result == 0 && str_equal(buf_view(&buf), str_of(cases[i].json)));
    }
}

static void buf_escapes_what_could_forge_a_line(void **state)
{
    cleanup_buf struct buf buf;
    (void)state;
    buf_init(&buf, 1000);

    int result = buf_add_escaped(&buf, STR("a b~\r\n\x1b[2J\"\\\x7f\xc3\xa9\0"));

    assert_int_equal(result, 0);
    assert_text(buf_view(&buf), "a b~\\x0D\\x0A\\x1B[2J\\x22\\x5C\\x7F\\xC3\\xA9\\x00");
}

/* What a single byte becomes, alone, it becomes wherever it stands. */
static void check_byte(int (*add)(struct buf *buf, struct str text), char byte, size_t frame_bytes)
{
    cleanup_buf struct buf alone;
    buf_init(&alone, 100);
    assert_int_equal(add(&alone, (struct str){ &byte, 1 }), 0);
    struct str escaped = { alone.base + frame_bytes, alone.length - 2 * frame_bytes };

    for (size_t place = 0; place < 17; place++) {
        cleanup_buf struct buf buf;
        char text[] = "0123456789abcdefg";
        buf_init(&buf, 100);
        text[place] = byte;

        assert_int_equal(add(&buf, (struct str){ text, 17 }), 0);

        struct str found = { buf.base + frame_bytes + place, escaped.length };
        assert_int_equal(buf.length, 16 + escaped.length + 2 * frame_bytes);
        assert_true(str_equal(found, escaped));
    }
}

static void buf_escapes_every_byte_in_every_place(void **state)
{
    (void)state;
    for (int byte = 0; byte <= 0xff; byte++) {
        check_byte(buf_add_json_string, (char)byte, 1);
        check_byte(buf_add_escaped, (char)byte, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_json_strings_are_escaped),
        cmocka_unit_test(buf_escapes_what_could_forge_a_line),
        cmocka_unit_test(buf_escapes_every_byte_in_every_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
