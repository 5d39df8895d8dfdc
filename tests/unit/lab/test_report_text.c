/* SPDX-License-Identifier: MIT */
#include "lab/report_text.h"

#include <errno.h>

#include "tests/support/unit.h"

typedef int add_fn(struct buf *buf, struct str text);

struct text_case {
    const char *name;
    const char *bytes;
    size_t length;
    const char *expected;
};

#define BYTES(literal) literal, sizeof(literal) - 1

static void check(add_fn *add, const struct text_case *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cleanup_buf struct buf buf = { .base = NULL };
        buf_init(&buf, 4096);

        assert_case(rows[i].name, add(&buf, (struct str){ rows[i].bytes, rows[i].length }) == 0);

        if (!str_equal(buf_view(&buf), str_of(rows[i].expected))) {
            fail_msg("case \"%s\": %.*s", rows[i].name, STR_ARGUMENTS(buf_view(&buf)));
        }
    }
}

static void html_text_is_text_whatever_it_holds(void **state)
{
    static const struct text_case rows[] = {
        { "markup", BYTES("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;" },
        { "what is a reference already", BYTES("&lt;"), "&amp;lt;" },
        { "a script", BYTES("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;" },
        { "UTF-8", BYTES("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f" },
        { "control bytes, and bytes that are no text", BYTES("a\nb\0\xff"), "a\\x0Ab\\x00\\xFF" },
        { "nothing", BYTES(""), "" },
    };

    (void)state;
    check(report_text_add_html, rows, array_length(rows));
}

static void no_text_in_json_ends_its_script_element(void **state)
{
    static const struct text_case rows[] = {
        { "the end of the element", BYTES("\"</script>\""), "\"\\u003c/script\\u003e\"" },
        { "in capitals, with a blank", BYTES("\"</SCRIPT >\""), "\"\\u003c/SCRIPT \\u003e\"" },
        { "a comment and a script in it", BYTES("\"<!--<script>\""), "\"\\u003c!--\\u003cscript\\u003e\"" },
        { "an ampersand", BYTES("\"&lt;\""), "\"\\u0026lt;\"" },
        { "what is no UTF-8", BYTES("\"\xff\xc0\""), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "the rest of JSON", BYTES("{\"a\":[1.5,true,\"\\n\xc3\xbc\"]}"), "{\"a\":[1.5,true,\"\\n\xc3\xbc\"]}" },
    };

    (void)state;
    check(report_text_add_script_json, rows, array_length(rows));
}

static void a_csv_cell_stays_one_cell_and_no_formula(void **state)
{
    static const struct text_case rows[] = {
        { "a word", BYTES("task1"), "task1" },
        { "a comma", BYTES("a,b"), "\"a,b\"" },
        { "quotes", BYTES("say \"a\""), "\"say \"\"a\"\"\"" },
        { "a formula", BYTES("=1+1"), "'=1+1" },
        { "a command, with a quote", BYTES("=cmd|' /C calc'!A0,\""), "\"'=cmd|' /C calc'!A0,\"\"\"" },
        { "plus", BYTES("+1"), "'+1" },
        { "minus", BYTES("-1"), "'-1" },
        { "at", BYTES("@SUM(A1)"), "'@SUM(A1)" },
        { "a tab in front", BYTES("\t=1"), "\\x09=1" },
        { "line breaks", BYTES("a\r\nb"), "a\\x0D\\x0Ab" },
        { "a sign inside", BYTES("a=b"), "a=b" },
        { "nothing", BYTES(""), "" },
    };

    (void)state;
    check(report_text_add_csv, rows, array_length(rows));
}

static void text_that_does_not_fit_is_refused(void **state)
{
    static add_fn *const functions[] = { report_text_add_html, report_text_add_script_json, report_text_add_csv };

    (void)state;
    for (size_t i = 0; i < array_length(functions); i++) {
        cleanup_buf struct buf buf = { .base = NULL };
        buf_init(&buf, 3);

        assert_int_equal(functions[i](&buf, STR("four")), -ENOBUFS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_text_is_text_whatever_it_holds),
        cmocka_unit_test(no_text_in_json_ends_its_script_element),
        cmocka_unit_test(a_csv_cell_stays_one_cell_and_no_formula),
        cmocka_unit_test(text_that_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
