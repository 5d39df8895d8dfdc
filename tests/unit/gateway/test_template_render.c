/* SPDX-License-Identifier: MIT */
#include "common/json_scan.h"
#include "common/json_view.h"

#include "tests/unit/gateway/template_scene.h"

static void template_header_keeps_a_value_on_its_line(void **state)
{
    static const struct scene_row rows[] = {
        { "", TEMPLATE_DONE, "" },
        { "plain ~ %", TEMPLATE_DONE, "plain ~ %" },
        { "id {id}; {query.q}", TEMPLATE_DONE, "id 42; a b" },
        { "{user.name}", TEMPLATE_DONE, "J%C3%B6rg \"x\"" },
        { "{user.crlf}", TEMPLATE_DONE, "a%0D%0AX: b" },
        { "{user.slash}", TEMPLATE_DONE, "a/../b?c&d=e" },
        { "{shop_name}{each}", TEMPLATE_DONE, "caf%C3%A9/bare/1" },
        { "{query.no}", TEMPLATE_DONE, "" },
        { "a{query.no}b{user.empty}", TEMPLATE_DONE, "ab" },
        { "{user.price} {user.ok}", TEMPLATE_DONE, "1.10 true" },
        { "{query.bad}", TEMPLATE_BAD_REQUEST,
          "The query parameter bad has a \"%\" without two hexadecimal digits behind it." },
        { "{user.none}", TEMPLATE_BAD_INPUT, "user.none is null, not a string, number or boolean" },
        { "{user.no}", TEMPLATE_BAD_INPUT, "user.no is missing in the answer of the call user" },
    };
    (void)state;

    scene_check(template_parse, template_render_header, rows, array_length(rows));
}

static const struct scene_row json_rows[] = {
    { "{\"a\": 1.10, \"b\":9223372036854775807}", TEMPLATE_DONE, "{\"a\": 1.10, \"b\":9223372036854775807}" },
    { "{\"a\":\"{user.id}\"}", TEMPLATE_DONE, "{\"a\":9223372036854775807}" },
    { "[\"{user.price}\",\"{user.ok}\",\"{user.none}\"]", TEMPLATE_DONE, "[1.10,true,null]" },
    { "[\"{user.tags}\",\"{user.profile}\"]", TEMPLATE_DONE, "[[\"a\",\"b c\"],{\"age\":7}]" },
    { "[\"{user.name}\"]", TEMPLATE_DONE, "[\"J\\u00f6rg \\\"x\\\"\"]" },
    { "\"{orders}\"", TEMPLATE_DONE, "[{\"id\":\"o1\"}, [ ]]" },
    { "[\"{id}\",\"{shop_name}\"]", TEMPLATE_DONE, "[\"42\",\"caf\xc3\xa9/bar\"]" },
    { "[\"{query.q}\",\"{query.empty}\",\"{query.no}\"]", TEMPLATE_DONE, "[\"a b\",\"\",null]" },
    { "[\"{each}\"]", TEMPLATE_DONE, "[\"e\\u002f1\"]" },
    { "{\"say\":\"Hello {user.name}, {id}{query.no}!\"}", TEMPLATE_DONE,
      "{\"say\":\"Hello J\xc3\xb6rg \\\"x\\\", 42!\"}" },
    { "[\" {user.id} {user.price} {user.ok} {each}\"]", TEMPLATE_DONE, "[\" 9223372036854775807 1.10 true e/1\"]" },
    { "[\" {user.crlf}\"]", TEMPLATE_DONE, "[\" a\\u000d\\u000aX: b\"]" },
    { "[\" {user.empty}\",\"{{{id}}}\",\"{{}}\"]", TEMPLATE_DONE, "[\" \",\"{42}\",\"{}\"]" },
    { "{\"{id}\":\"\\u00e9\"}", TEMPLATE_DONE, "{\"{id}\":\"\\u00e9\"}" },
};

static void template_json_puts_values_in_as_json(void **state)
{
    (void)state;

    scene_check(template_parse_json, template_render_json, json_rows, array_length(json_rows));
    for (size_t i = 0; i < array_length(json_rows); i++) {
        assert_case(json_rows[i].template, json_scan_check(str_of(json_rows[i].outcome), JSON_SCAN_DEPTH, NULL) == 0);
    }
}

static void template_json_refuses_what_is_no_value(void **state)
{
    static const struct scene_row rows[] = {
        { "[\"{user.no}\"]", TEMPLATE_BAD_INPUT, "user.no is missing in the answer of the call user" },
        { "[\" {user.no}\"]", TEMPLATE_BAD_INPUT, "user.no is missing in the answer of the call user" },
        { "[\" {user.none}\"]", TEMPLATE_BAD_INPUT, "user.none is null, not a string, number or boolean" },
        { "[\" {user.tags}\"]", TEMPLATE_BAD_INPUT, "user.tags is an array, not a string, number or boolean" },
        { "[\"{user}{user}\"]", TEMPLATE_BAD_INPUT, "user is an object, not a string, number or boolean" },
        { "[\"{query.bad}\"]", TEMPLATE_BAD_REQUEST,
          "The query parameter bad has a \"%\" without two hexadecimal digits behind it." },
    };
    (void)state;

    scene_check(template_parse_json, template_render_json, rows, array_length(rows));
}

/* A capture or a query parameter can be any bytes once it is decoded. */
static void template_json_stays_json_whatever_the_client_sent(void **state)
{
    static const struct str values[] = { STR_STATIC("\",\"b\":\""),
                                         STR_STATIC("\\"),
                                         STR_STATIC("\0\x01\x1f\x7f"),
                                         STR_STATIC("\xff\xc3"),
                                         STR_STATIC("{id}"),
                                         STR_STATIC(""),
                                         { NULL, 0 } };
    static const char *const templates[] = { "[\"{id}\"]", "[\"{id}{id}\"]", "{\"a\":\"x {id} \\\\\"}" };
    (void)state;

    for (size_t i = 0; i < array_length(values) * array_length(templates); i++) {
        const char *template = templates[i % array_length(templates)];
        struct scene scene;
        scene_init(&scene);
        scene.captures[0] = values[i / array_length(templates)];

        scene_play(&scene, template_parse_json, template_render_json, template);

        assert_case(template, scene.verdict == TEMPLATE_DONE);
        assert_case(template, json_scan_check(scene.text, JSON_SCAN_DEPTH, NULL) == 0);
        assert_case(template, json_count(scene.text) == 1);
        scene_clear(&scene);
    }
}

static void template_find_array_gives_the_bytes_of_an_array(void **state)
{
    static const struct scene_row rows[] = {
        { "{user.tags}", TEMPLATE_DONE, "[\"a\",\"b c\"]" },
        { "{orders}", TEMPLATE_DONE, "[{\"id\":\"o1\"}, [ ]]" },
        { "{orders.1}", TEMPLATE_DONE, "[ ]" },
        { "{user.profile}", TEMPLATE_BAD_INPUT, "user.profile is an object, not an array" },
        { "{user.none}", TEMPLATE_BAD_INPUT, "user.none is null, not an array" },
        { "{user.name}", TEMPLATE_BAD_INPUT, "user.name is a string, not an array" },
        { "{user.no}", TEMPLATE_BAD_INPUT, "user.no is missing in the answer of the call user" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        struct scene scene;
        scene_init(&scene);
        assert_int_equal(
            template_parse(&scene.arena, str_of(rows[i].template), &scene_names, &scene.template, &scene.fault), 0);

        scene.verdict = template_find_array(&scene.template.parts[0], &scene.values, &scene.text, &scene.error);

        assert_case(rows[i].template, scene.verdict == rows[i].verdict);
        assert_text(scene.verdict == TEMPLATE_DONE ? scene.text : str_of(scene.error.text), rows[i].outcome);
        scene_clear(&scene);
    }
}

/* With every limit from none on, it is refused, until the text and its NUL fit. */
static void template_json_and_header_are_bounded_by_the_arena(void **state)
{
    static const struct {
        scene_parse_fn *parse;
        scene_render_fn *render;
        const char *template;
    } cases[] = {
        { template_parse_json, template_render_json, "[\"{user.tags}\",\"x{user.name}{query.q}\",\"{shop_name}\"]" },
        { template_parse, template_render_header, "x {user.name} {query.q} {user.crlf}" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct scene scene;
        size_t limit = 0;
        scene_init(&scene);
        scene_play(&scene, cases[i].parse, cases[i].render, cases[i].template);
        assert_int_equal(scene.verdict, TEMPLATE_DONE);
        struct str expected = scene.text;

        for (scene.verdict = TEMPLATE_NO_MEMORY; scene.verdict == TEMPLATE_NO_MEMORY; limit++) {
            struct arena small;
            arena_init(&small, limit);
            scene.verdict = cases[i].render(&scene.template, &scene.values, &small, &scene.text, &scene.error);
            assert_true(str_equal(scene.text, expected));
            arena_clear(&small);
        }

        assert_int_equal(scene.verdict, TEMPLATE_DONE);
        assert_in_range(limit, expected.length + 1, expected.length + 32);
        scene_clear(&scene);
    }
}

static void template_that_needs_no_rendering_is_not_copied(void **state)
{
    static scene_render_fn *const renders[] = { template_render_header, template_render_json };
    (void)state;

    for (size_t i = 0; i < array_length(renders); i++) {
        struct scene scene;
        scene_init(&scene);
        scene_play(&scene, template_parse_json, renders[i], "[ 1.10 ]");

        assert_int_equal(scene.verdict, TEMPLATE_DONE);
        assert_ptr_equal(scene.text.base, scene.template.parts[0].text.base);
        scene_clear(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_header_keeps_a_value_on_its_line),
        cmocka_unit_test(template_json_puts_values_in_as_json),
        cmocka_unit_test(template_json_refuses_what_is_no_value),
        cmocka_unit_test(template_json_stays_json_whatever_the_client_sent),
        cmocka_unit_test(template_find_array_gives_the_bytes_of_an_array),
        cmocka_unit_test(template_json_and_header_are_bounded_by_the_arena),
        cmocka_unit_test(template_that_needs_no_rendering_is_not_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
