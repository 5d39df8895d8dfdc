/* SPDX-License-Identifier: MIT */
#include "common/json_view.h"

#include "common/json_scan.h"

#include "tests/support/unit.h"

enum { SHOWN_BYTES = 4096 };

/* "name=value;" for each member, "value;" for each element. */
static void show_members(struct str object, struct buf *shown)
{
    struct json_walk walk = json_walk_begin(object);
    struct str name;
    struct str value;

    while (json_walk_member(&walk, &name, &value)) {
        (void)buf_add_str(shown, name);
        (void)buf_add_byte(shown, '=');
        (void)buf_add_str(shown, value);
        (void)buf_add_byte(shown, ';');
    }
}

static void show_elements(struct str array, struct buf *shown)
{
    struct json_walk walk = json_walk_begin(array);
    struct str value;

    while (json_walk_element(&walk, &value)) {
        (void)buf_add_str(shown, value);
        (void)buf_add_byte(shown, ';');
    }
}

static const struct {
    const char *text;
    const char *shown;
    size_t count;
} arrays[] = {
    { "[]", "", 0 },
    { " [ ] ", "", 0 },
    { "[1]", "1;", 1 },
    { "[ 1 ,\n\t\"a\" , true,null ]", "1;\"a\";true;null;", 4 },
    { "[1.10,9223372036854775807,-0.5e+3]", "1.10;9223372036854775807;-0.5e+3;", 3 },
    { "[[1,2],{\"a\":[3]},[]]", "[1,2];{\"a\":[3]};[];", 3 },
    { "[\"]\",\"[\",\"\\\"]\",\"\\\\\"]", "\"]\";\"[\";\"\\\"]\";\"\\\\\";", 4 },
    { "[[ 1 , [ \"}\" ] ] ,2]", "[ 1 , [ \"}\" ] ];2;", 2 },
};

static void json_view_walks_an_array_as_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(arrays); i++) {
        cleanup_buf struct buf shown;
        buf_init(&shown, SHOWN_BYTES);
        assert_case(arrays[i].text, json_scan_check(str_of(arrays[i].text), JSON_SCAN_DEPTH, NULL) == 0);

        show_elements(str_of(arrays[i].text), &shown);

        assert_text(buf_view(&shown), arrays[i].shown);
        assert_case(arrays[i].text, json_count(str_of(arrays[i].text)) == arrays[i].count);
    }
}

static const struct {
    const char *text;
    const char *shown;
    size_t count;
} objects[] = {
    { "{}", "", 0 },
    { "{ }", "", 0 },
    { "{\"a\":1}", "\"a\"=1;", 1 },
    { " { \"a\" : 1 , \"b\" : { \"c\" : 2 } } ", "\"a\"=1;\"b\"={ \"c\" : 2 };", 2 },
    { "{\"a\":\"b\",\"c\":\"d\"}", "\"a\"=\"b\";\"c\"=\"d\";", 2 },
    { "{\"a\":1,\"a\":2,\"\":3}", "\"a\"=1;\"a\"=2;\"\"=3;", 3 },
    { "{\"\\\"}\":[\"}\",\"{\"],\"\\\\\":0}", "\"\\\"}\"=[\"}\",\"{\"];\"\\\\\"=0;", 2 },
};

static void json_view_walks_an_object_as_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(objects); i++) {
        cleanup_buf struct buf shown;
        buf_init(&shown, SHOWN_BYTES);
        assert_case(objects[i].text, json_scan_check(str_of(objects[i].text), JSON_SCAN_DEPTH, NULL) == 0);

        show_members(str_of(objects[i].text), &shown);

        assert_text(buf_view(&shown), objects[i].shown);
        assert_case(objects[i].text, json_count(str_of(objects[i].text)) == objects[i].count);
    }
}

static void json_view_finds_nothing_in_what_is_no_container(void **state)
{
    const char *const cases[] = { "", " ", "1", "\"[1]\"", "null", "true", "]", "}" };
    struct str name;
    struct str value;
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct json_walk walk = json_walk_begin(str_of(cases[i]));

        assert_case(cases[i], !json_walk_element(&walk, &value) && !json_walk_member(&walk, &name, &value));
        assert_case(cases[i], json_count(str_of(cases[i])) == 0);
    }
}

static void json_view_does_not_take_members_for_elements(void **state)
{
    struct json_walk members = json_walk_begin(STR("{\"a\":1}"));
    struct json_walk elements = json_walk_begin(STR("[\"a\",1]"));
    struct str name;
    struct str value;
    (void)state;

    assert_false(json_walk_element(&members, &value));
    assert_false(json_walk_member(&elements, &name, &value));
}

static void json_view_tells_kinds_by_name(void **state)
{
    static const struct {
        const char *text;
        enum json_kind kind;
        const char *name;
    } cases[] = {
        { "null", JSON_NULL, "null" },
        { "true", JSON_BOOLEAN, "a boolean" },
        { "false", JSON_BOOLEAN, "a boolean" },
        { "0", JSON_NUMBER, "a number" },
        { "-1.5", JSON_NUMBER, "a number" },
        { "\"\"", JSON_STRING, "a string" },
        { "[1]", JSON_ARRAY, "an array" },
        { "{}", JSON_OBJECT, "an object" },
        { "", JSON_NULL, "null" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        enum json_kind kind = json_kind(str_of(cases[i].text));

        assert_case(cases[i].text, kind == cases[i].kind && strcmp(json_kind_name(kind), cases[i].name) == 0);
    }
}

static const char tree[] =
    " { \"id\" : 9223372036854775807 , \"profile\": {\"emails\":[\"a@b\", {\"x\": [ ] }],\"n\\u0061me\":null},"
    "\"id\":2,\"\":{\"\":\"e\"},\"list\":[0,1,2,3,4,5,6,7,8,9,10.50,[[\"deep\"]]]} ";

static const struct {
    const char *path;
    const char *value; /* NULL: there is none */
} paths[] = {
    { "id", "9223372036854775807" },
    { "profile.emails.0", "\"a@b\"" },
    { "profile.emails", "[\"a@b\", {\"x\": [ ] }]" },
    { "profile.emails.1", "{\"x\": [ ] }" },
    { "profile.emails.1.x", "[ ]" },
    { "profile.name", "null" },
    { "list.10", "10.50" },
    { "list.11.0.0", "\"deep\"" },
    { ".", "\"e\"" },
    { "nothing", NULL },
    { "i", NULL },
    { "idx", NULL },
    { "id.x", NULL },
    { "id.", NULL },
    { "profile.name.x", NULL },
    { "profile.emails.2", NULL },
    { "profile.emails.1.x.0", NULL },
    { "profile.emails.-1", NULL },
    { "profile.emails.x", NULL },
    { "profile.emails.", NULL },
    { "profile..emails", NULL },
    { "list.010", NULL },
    { "list.18446744073709551615", NULL },
    { "list.18446744073709551616", NULL },
    { "profile.emails.0.0", NULL },
};

static void json_view_finds_a_value_by_its_path(void **state)
{
    (void)state;
    assert_int_equal(json_scan_check(str_of(tree), JSON_SCAN_DEPTH, NULL), 0);
    for (size_t i = 0; i < array_length(paths); i++) {
        struct str value = json_find(str_of(tree), str_of(paths[i].path));

        assert_case(paths[i].path, (value.base == NULL) == (paths[i].value == NULL));
        assert_case(paths[i].path, str_equal(value, str_of(paths[i].value)));
    }
}

static void json_view_finds_the_value_itself_by_no_path(void **state)
{
    (void)state;

    assert_text(json_find(STR(" 1.10 "), STR("")), "1.10");
    assert_text(json_find(STR("\n[ 1 ]\n"), STR("")), "[ 1 ]");
    assert_null(json_find(STR(" "), STR("")).base);
    assert_null(json_find((struct str){ NULL, 0 }, STR("a")).base);
}

static void json_view_finds_the_first_member_of_a_name(void **state)
{
    (void)state;

    assert_text(json_member(STR("{\"a\":1,\"b\":[2 ],\"b\":3}"), STR("b")), "[2 ]");
    assert_text(json_member(STR("{\"b.c\":1}"), STR("b.c")), "1");
    assert_text(json_member(STR("{\"\\u0062\":1}"), STR("b")), "1");
    assert_null(json_member(STR("{\"a\":{\"b\":1}}"), STR("b")).base);
    assert_null(json_member(STR("{\"a\":\"b\"}"), STR("b")).base);
    assert_null(json_member(STR("[\"b\",1]"), STR("b")).base);
    assert_null(json_member(STR("\"b\""), STR("b")).base);
}

static void json_view_tells_line_and_column_of_a_byte(void **state)
{
    /* Line 2 has two characters of two and of four bytes before the x. */
    static const char text[] = "ab\n\xc3\xa9\xf0\x9f\x98\x80x\r\n\n\ty";
    static const struct {
        size_t offset;
        size_t line, column;
    } cases[] = {
        { 0, 1, 1 },  { 1, 1, 2 },  { 2, 1, 3 },  { 3, 2, 1 },  { 4, 2, 1 },  { 5, 2, 2 },  { 8, 2, 2 },    { 9, 2, 3 },
        { 10, 2, 4 }, { 11, 2, 5 }, { 12, 3, 1 }, { 13, 4, 1 }, { 14, 4, 2 }, { 15, 4, 3 }, { 1000, 4, 3 },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct json_position position = json_position(str_of(text), cases[i].offset);

        if (position.line != cases[i].line || position.column != cases[i].column) {
            fail_msg("offset %zu: %zu:%zu", cases[i].offset, position.line, position.column);
        }
    }
}

static void use_everything(struct str text)
{
    static const char *const some_paths[] = { "", "a", "0", "a.b.c", "1.0.1", "." };
    cleanup_buf struct buf shown;

    buf_init(&shown, 64 * 1024);
    show_members(text, &shown);
    show_elements(text, &shown);
    (void)json_count(text);
    (void)json_kind(text);
    (void)json_add_text(text, &shown);
    (void)json_string_equal(text, STR("ab"));
    (void)json_position(text, text.length / 2);
    for (size_t i = 0; i < array_length(some_paths); i++) {
        struct str value = json_find(text, str_of(some_paths[i]));
        assert_true(value.base == NULL ||
                    (value.base >= text.base && value.base + value.length <= text.base + text.length));
    }
}

/* Each text, cut at every byte and in memory of exactly that size, so that the address sanitizer sees a byte read past
 * the end; none of these is JSON. */
static void json_view_stays_inside_text_that_was_not_checked(void **state)
{
    static const char *const texts[] = {
        "{\"a\":{\"b\":{\"c\":\"\\ud83d\\ude00\"}}}",
        "[[[\"\\u12\",\"\\",
        "{\"a\" \"b\":1}",
        "{\"a\"::1,}",
        "[1 2,,3]",
        "[}{]:,\"",
        "{\"a\":\"b\":\"c\"}",
        "[\"a\":1]",
        "]]]}}}",
        "\"\\u\\ud800\\u\\udc0\\x\\",
        "\\\"\\\\\xff\xc3\x80\x80\n\x80",
    };
    (void)state;

    use_everything((struct str){ NULL, 0 });
    for (size_t i = 0; i < array_length(texts); i++) {
        for (size_t length = 0; length <= strlen(texts[i]); length++) {
            cleanup_free char *exact = malloc(length > 0 ? length : 1);
            assert_non_null(exact);
            memcpy(exact, texts[i], length);

            use_everything((struct str){ exact, length });
        }
    }
}

/* A megabyte of each takes milliseconds in one pass, and hours if each level or element were walked anew. */
static void json_view_is_linear_however_deep_or_long(void **state)
{
    enum { BYTES = 1024 * 1024 };
    cleanup_free char *text = malloc(BYTES);
    (void)state;
    assert_non_null(text);

    memset(text, '[', BYTES);
    assert_int_equal(json_count((struct str){ text, BYTES }), 1);
    assert_int_equal(json_find((struct str){ text, BYTES }, STR("0.0.0")).length, BYTES - 3);

    memset(text, '\\', BYTES);
    text[0] = '"';
    assert_int_equal(json_string_length((struct str){ text, BYTES }), BYTES);

    for (size_t i = 0; i < BYTES; i++) {
        text[i] = i % 2 == 0 ? ',' : '1';
    }
    text[0] = '[';
    assert_int_equal(json_count((struct str){ text, BYTES }), BYTES / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_view_walks_an_array_as_bytes),
        cmocka_unit_test(json_view_walks_an_object_as_bytes),
        cmocka_unit_test(json_view_finds_nothing_in_what_is_no_container),
        cmocka_unit_test(json_view_does_not_take_members_for_elements),
        cmocka_unit_test(json_view_tells_kinds_by_name),
        cmocka_unit_test(json_view_finds_a_value_by_its_path),
        cmocka_unit_test(json_view_finds_the_value_itself_by_no_path),
        cmocka_unit_test(json_view_finds_the_first_member_of_a_name),
        cmocka_unit_test(json_view_tells_line_and_column_of_a_byte),
        cmocka_unit_test(json_view_stays_inside_text_that_was_not_checked),
        cmocka_unit_test(json_view_is_linear_however_deep_or_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
