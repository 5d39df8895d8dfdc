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

/* ---- in pieces ---- */

enum { LONG_BYTES = MERGE_ASIDE_BYTES, LONG_LIMIT = 64 * 1024 * 1024 };

/* A JSON string of that length, to be freed. */
static struct str long_json(size_t length, char byte)
{
    char *text = malloc(length);

    assert_non_null(text);
    memset(text, byte, length);
    text[0] = '"';
    text[length - 1] = '"';
    return (struct str){ text, length };
}

/* In pieces it is the same as whole; how many values were left where they are. */
static size_t check_pieces(const struct merge_member *members, size_t count, struct str tail)
{
    struct merge_asides asides;
    struct str pieces[MERGE_PIECES_MOST];
    cleanup_buf struct buf whole;
    cleanup_buf struct buf text;
    cleanup_buf struct buf joined;
    buf_init(&whole, LONG_LIMIT);
    buf_init(&text, LONG_LIMIT);
    buf_init(&joined, LONG_LIMIT);

    assert_int_equal(merge_render(members, count, tail, &whole), 0);
    assert_int_equal(merge_render_around(members, count, tail, &text, &asides), 0);
    size_t piece_count = merge_pieces(buf_view(&text), &asides, pieces);

    assert_int_equal(piece_count, 2 * asides.count + 1);
    for (size_t i = 0; i < piece_count; i++) {
        assert_true(pieces[i].length > 0);
        assert_int_equal(buf_add_str(&joined, pieces[i]), 0);
    }
    assert_true(str_equal(buf_view(&joined), buf_view(&whole)));
    return asides.count;
}

static void merge_copies_short_values_only(void **state)
{
    cleanup_free char *longest = without_const(long_json(LONG_BYTES, 'a').base);
    struct str value = { longest, LONG_BYTES };
    struct merge_member members[] = { { STR("a"), MERGE_JSON, value, NULL, 0 }, JSON("b", "1") };
    struct merge_asides asides;
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, 100);

    assert_int_equal(merge_render_around(members, 2, STR(""), &text, &asides), 0);

    assert_text(buf_view(&text), "{\"a\":,\"b\":1}");
    assert_true(text.capacity < 1000);
    assert_int_equal(asides.count, 1);
    assert_ptr_equal(asides.asides[0].value.base, longest);
}

static void merge_in_pieces_is_the_same_as_whole(void **state)
{
    cleanup_free char *text = without_const(long_json(LONG_BYTES + 2, 'b').base);
    struct str long_value = { text, LONG_BYTES + 2 };
    struct str list[] = { STR_STATIC("1"), long_value, long_value, STR_STATIC(""), long_value };
    const struct {
        const char *name;
        struct merge_member members[3];
        struct str tail;
        size_t asides;
    } cases[] = {
        { "none long", { JSON("a", "1"), JSON("b", "2"), JSON("c", "3") }, STR_STATIC(""), 0 },
        { "the first", { { STR("a"), MERGE_JSON, long_value, NULL, 0 }, JSON("b", "2"), JSON("c", "3") }, STR(""), 1 },
        { "the last, with a tail",
          { JSON("a", "1"), JSON("b", "2"), { STR("c"), MERGE_JSON, long_value, NULL, 0 } },
          STR_STATIC("\"_errors\":[]"),
          1 },
        { "in a list",
          { JSON("a", "1"), { STR("b"), MERGE_LIST, STR(""), list, array_length(list) }, JSON("c", "3") },
          STR_STATIC(""),
          3 },
        { "a long text is written anew",
          { { STR("a"), MERGE_TEXT, long_value, NULL, 0 },
            { STR("b"), MERGE_TEXT_LIST, STR(""), list, 5 },
            JSON("c", "3") },
          STR_STATIC(""),
          0 },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        assert_case(cases[i].name, check_pieces(cases[i].members, 3, cases[i].tail) == cases[i].asides);
    }
}

static void merge_leaves_the_white_space_around_a_long_value_out(void **state)
{
    cleanup_free char *text = malloc(LONG_BYTES + 4);
    cleanup_free char *value = without_const(long_json(LONG_BYTES, 'c').base);
    (void)state;
    assert_non_null(text);
    memcpy(text, " \n", 2);
    memcpy(text + 2, value, LONG_BYTES);
    memcpy(text + 2 + LONG_BYTES, "\n ", 2);
    const struct merge_member members[] = { { STR("a"), MERGE_JSON, { text, LONG_BYTES + 4 }, NULL, 0 } };

    assert_int_equal(check_pieces(members, 1, STR("")), 1);
}

static void merge_copies_a_value_that_is_not_quite_long_without_its_white_space(void **state)
{
    cleanup_free char *text = without_const(long_json(LONG_BYTES, 'd').base);
    (void)state;
    text[LONG_BYTES - 2] = '"';
    text[LONG_BYTES - 1] = '\n';
    const struct merge_member members[] = { { STR("a"), MERGE_JSON, { text, LONG_BYTES }, NULL, 0 } };

    assert_int_equal(check_pieces(members, 1, STR("")), 0);
}

static void merge_leaves_no_more_values_where_they_are_than_it_has_places_for(void **state)
{
    cleanup_free char *text = without_const(long_json(LONG_BYTES, 'e').base);
    struct merge_member members[MERGE_ASIDES_MOST + 2];
    (void)state;
    for (size_t i = 0; i < array_length(members); i++) {
        members[i] = (struct merge_member){ STR("x"), MERGE_JSON, { text, LONG_BYTES }, NULL, 0 };
    }

    assert_int_equal(check_pieces(members, MERGE_ASIDES_MOST - 1, STR("")), MERGE_ASIDES_MOST - 1);
    assert_int_equal(check_pieces(members, MERGE_ASIDES_MOST, STR("")), MERGE_ASIDES_MOST);
    assert_int_equal(check_pieces(members, array_length(members), STR("")), MERGE_ASIDES_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge_keeps_every_byte_and_the_order),
        cmocka_unit_test(merge_fails_exactly_where_the_answer_would_not_fit),
        cmocka_unit_test(merge_escapes_a_name_as_it_does_a_text),
        cmocka_unit_test(merge_can_be_done_again_after_it_did_not_fit),
        cmocka_unit_test(merge_copies_short_values_only),
        cmocka_unit_test(merge_in_pieces_is_the_same_as_whole),
        cmocka_unit_test(merge_leaves_the_white_space_around_a_long_value_out),
        cmocka_unit_test(merge_copies_a_value_that_is_not_quite_long_without_its_white_space),
        cmocka_unit_test(merge_leaves_no_more_values_where_they_are_than_it_has_places_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
