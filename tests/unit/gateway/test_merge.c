/* SPDX-License-Identifier: MIT */
#include "gateway/merge.h"

#include <errno.h>

#include "common/json_scan.h"
#include "tests/support/unit.h"

enum { LIMIT = 4096 };

#define JSON(name, bytes)                                                                                              \
    {                                                                                                                  \
        STR_STATIC(name), MERGE_JSON, STR_STATIC(bytes), NULL, 0                                                       \
    }
#define TEXT(name, bytes)                                                                                              \
    {                                                                                                                  \
        STR_STATIC(name), MERGE_TEXT, STR_STATIC(bytes), NULL, 0                                                       \
    }
#define LIST(name, elements)                                                                                           \
    {                                                                                                                  \
        STR_STATIC(name), MERGE_LIST, STR_STATIC(""), elements, array_length(elements)                                 \
    }

/* An element that failed has no bytes. */
static const struct str holes[] = { STR_STATIC(""), STR_STATIC(" {\"a\": 1.10}\n"), STR_STATIC(" \r\n\t"),
                                    STR_STATIC("[ ]"), STR_STATIC("") };
static const struct str one[] = { STR_STATIC("9007199254740993") };
static const struct str hole[] = { STR_STATIC("") };

struct row {
    const char *name;
    struct merge_member members[3];
    size_t count;
    struct str tail;
    const char *body;
};

static const struct row rows[] = {
    { "no member", { JSON("", "") }, 0, STR_STATIC(""), "{}" },
    { "one member",
      { JSON("res", "{\"message\":\"success\"}") },
      1,
      STR_STATIC(""),
      "{\"res\":{\"message\":\"success\"}}" },
    { "the order given",
      { JSON("b", "1"), JSON("a", "2"), JSON("c", "3") },
      3,
      STR_STATIC(""),
      "{\"b\":1,\"a\":2,\"c\":3}" },
    { "numbers that a double cannot hold",
      { JSON("res", "{\"id\":9007199254740993,\"price\":1.10}") },
      1,
      STR_STATIC(""),
      "{\"res\":{\"id\":9007199254740993,\"price\":1.10}}" },
    { "numbers as they came",
      { JSON("id", "18446744073709551615"), JSON("price", "1.10"), JSON("e", "1E+2") },
      3,
      STR_STATIC(""),
      "{\"id\":18446744073709551615,\"price\":1.10,\"e\":1E+2}" },
    { "white space around a body goes, that inside stays",
      { JSON("a", " \r\n\t{ \"x\" :\n1 } \n"), JSON("b", "\"\\u00e9 \"") },
      2,
      STR_STATIC(""),
      "{\"a\":{ \"x\" :\n1 },\"b\":\"\\u00e9 \"}" },
    { "members that stand twice in a body",
      { JSON("a", "{\"x\":1,\"x\":2}") },
      1,
      STR_STATIC(""),
      "{\"a\":{\"x\":1,\"x\":2}}" },
    { "no bytes are null", { JSON("a", ""), JSON("b", " \n\t\r") }, 2, STR_STATIC(""), "{\"a\":null,\"b\":null}" },
    { "a text", { TEXT("a", " two words\n") }, 1, STR_STATIC(""), "{\"a\":\" two words\\u000a\"}" },
    { "an empty text is no null", { TEXT("a", "") }, 1, STR_STATIC(""), "{\"a\":\"\"}" },
    { "a text with quotes", { TEXT("a", "\"\\/\"") }, 1, STR_STATIC(""), "{\"a\":\"\\\"\\\\/\\\"\"}" },
    { "a text that is JSON", { TEXT("a", "{\"x\":1}") }, 1, STR_STATIC(""), "{\"a\":\"{\\\"x\\\":1}\"}" },
    { "a text with control bytes",
      { TEXT("a", "\0\x01\x1f\x7f\x1b[2J") },
      1,
      STR_STATIC(""),
      "{\"a\":\"\\u0000\\u0001\\u001f\\u007f\\u001b[2J\"}" },
    { "a text in UTF-8",
      { TEXT("a", "caf\xc3\xa9 \xf0\x9f\x98\x80") },
      1,
      STR_STATIC(""),
      "{\"a\":\"caf\xc3\xa9 \xf0\x9f\x98\x80\"}" },
    { "a text that is not UTF-8",
      { TEXT("a", "\xff"
                  "a\xc3(\xed\xa0\x80\xc3") },
      1,
      STR_STATIC(""),
      "{\"a\":\"\\ufffda\\ufffd(\\ufffd\\ufffd\\ufffd\\ufffd\"}" },
    { "a list with holes", { LIST("a", holes) }, 1, STR_STATIC(""), "{\"a\":[null,{\"a\": 1.10},null,[ ],null]}" },
    { "a list of one", { LIST("a", one) }, 1, STR_STATIC(""), "{\"a\":[9007199254740993]}" },
    { "a list of a hole", { LIST("a", hole) }, 1, STR_STATIC(""), "{\"a\":[null]}" },
    { "a list of none", { { STR_STATIC("a"), MERGE_LIST, STR_STATIC(""), NULL, 0 } }, 1, STR_STATIC(""), "{\"a\":[]}" },
    { "all forms side by side",
      { LIST("l", one), TEXT("t", "x"), JSON("j", "true") },
      3,
      STR_STATIC(""),
      "{\"l\":[9007199254740993],\"t\":\"x\",\"j\":true}" },
    { "a tail",
      { JSON("a", "1") },
      1,
      STR_STATIC("\"_errors\":[],\"_explain\":{}"),
      "{\"a\":1,\"_errors\":[],\"_explain\":{}}" },
    { "a tail alone", { JSON("", "") }, 0, STR_STATIC("\"_errors\":[]"), "{\"_errors\":[]}" },
};

static int render(const struct row *row, struct buf *body)
{
    return merge_render(row->members, row->count, row->tail, body);
}

static void merge_keeps_every_byte_and_the_order(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_buf struct buf body;
        buf_init(&body, LIMIT);

        int result = render(&rows[i], &body);

        assert_case(rows[i].name, result == 0);
        if (!str_equal(buf_view(&body), str_of(rows[i].body))) {
            fail_msg("%s: %.*s", rows[i].name, STR_ARGUMENTS(buf_view(&body)));
        }
        assert_case(rows[i].name, json_scan_check(buf_view(&body), JSON_SCAN_DEPTH, NULL) == 0);
    }
}

/* However much room was thought to be needed beforehand. */
static void merge_fails_exactly_where_the_answer_would_not_fit(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        struct str expected = str_of(rows[i].body);
        for (size_t limit = 0; limit < expected.length + 40; limit++) {
            cleanup_buf struct buf body;
            buf_init(&body, limit);

            int result = render(&rows[i], &body);

            assert_case(rows[i].name, result == (limit < expected.length ? -ENOBUFS : 0));
            assert_case(rows[i].name, body.length <= limit);
            assert_case(rows[i].name, result < 0 || str_equal(buf_view(&body), expected));
        }
    }
}

static void merge_escapes_a_name_as_it_does_a_text(void **state)
{
    const struct merge_member members[] = { JSON("a\"b\\\n", "1") };
    cleanup_buf struct buf body;
    (void)state;
    buf_init(&body, LIMIT);

    assert_int_equal(merge_render(members, 1, STR(""), &body), 0);

    assert_text(buf_view(&body), "{\"a\\\"b\\\\\\u000a\":1}");
}

static void merge_can_be_done_again_after_it_did_not_fit(void **state)
{
    const struct merge_member members[] = { JSON("a", "[1]") };
    cleanup_buf struct buf body;
    (void)state;
    buf_init(&body, 8);
    assert_int_equal(merge_render(members, 1, STR(""), &body), -ENOBUFS);

    buf_reset(&body);
    body.limit = LIMIT;

    assert_int_equal(merge_render(members, 1, STR(""), &body), 0);
    assert_text(buf_view(&body), "{\"a\":[1]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge_keeps_every_byte_and_the_order),
        cmocka_unit_test(merge_fails_exactly_where_the_answer_would_not_fit),
        cmocka_unit_test(merge_escapes_a_name_as_it_does_a_text),
        cmocka_unit_test(merge_can_be_done_again_after_it_did_not_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
