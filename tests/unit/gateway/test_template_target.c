/* SPDX-License-Identifier: MIT */
#include "tests/unit/gateway/template_scene.h"

static void check(const struct scene_row *rows, size_t count)
{
    scene_check(template_parse, template_render_target, rows, count);
}

static void template_target_puts_encoded_values_in_their_places(void **state)
{
    static const struct scene_row rows[] = {
        { "/", TEMPLATE_DONE, "/" },
        { "/users/{id}", TEMPLATE_DONE, "/users/42" },
        { "/{id}/{shop_name}/x", TEMPLATE_DONE, "/42/caf%C3%A9%2Fbar/x" },
        { "/a{id}b{id}", TEMPLATE_DONE, "/a42b42" },
        { "/{{{id}}}", TEMPLATE_DONE, "/{42}" },
        { "/o?user={id}&page={query.page}", TEMPLATE_DONE, "/o?user=42&page=2" },
        { "/o?a%20b=c+d&{id}={id}#", TEMPLATE_DONE, "/o?a%20b=c+d&42=42#" },
        { "/{user.id}/{user.price}/{user.ok}", TEMPLATE_DONE, "/9223372036854775807/1.10/true" },
        { "/{user.name}", TEMPLATE_DONE, "/J%C3%B6rg%20%22x%22" },
        { "/{user.more}/{orders.0.id}", TEMPLATE_DONE, "/whole/o1" },
        { "/items/{each}", TEMPLATE_DONE, "/items/e%2F1" },
        { "/{user.slash}", TEMPLATE_DONE, "/a%2F..%2Fb%3Fc%26d%3De" },
        { "/o?a={user.slash}&b=1", TEMPLATE_DONE, "/o?a=a%2F..%2Fb%3Fc%26d%3De&b=1" },
        { "/o?a={user.crlf}", TEMPLATE_DONE, "/o?a=a%0D%0AX%3A%20b" },
    };
    (void)state;

    check(rows, array_length(rows));
}

static void template_target_takes_the_first_query_parameter_of_a_name_decoded(void **state)
{
    static const struct scene_row rows[] = {
        { "/{query.page}", TEMPLATE_DONE, "/2" },
        { "/{query.q}", TEMPLATE_DONE, "/a%20b" },
        { "/{query.name}", TEMPLATE_DONE, "/x" },
        { "/{query.plus}", TEMPLATE_DONE, "/a%2Bb" },
        { "/{query.euro}", TEMPLATE_DONE, "/%E2%82%AC" },
        { "/{query.pag}", TEMPLATE_BAD_REQUEST, "The query parameter pag is missing." },
        { "/{query.%6eame}", TEMPLATE_BAD_REQUEST, "The query parameter %6eame is missing." },
        { "/{query.\"}", TEMPLATE_BAD_REQUEST, "The query parameter \\x22 is missing." },
    };
    (void)state;

    check(rows, array_length(rows));
}

static void template_target_refuses_a_query_value_that_is_badly_encoded(void **state)
{
    static const char sentence[] = "The query parameter bad has a \"%\" without two hexadecimal digits behind it.";
    static const struct scene_row rows[] = {
        { "/{query.bad}", TEMPLATE_BAD_REQUEST, sentence },
        { "/o?a={query.bad}", TEMPLATE_BAD_REQUEST, sentence },
        { "/o?a=b{query.bad}", TEMPLATE_BAD_REQUEST, sentence },
        { "/o?a={query.page}", TEMPLATE_DONE, "/o?a=2" },
    };
    (void)state;

    check(rows, array_length(rows));
}

static void template_target_leaves_out_a_parameter_that_the_client_did_not_send(void **state)
{
    static const struct scene_row rows[] = {
        { "/o?a={query.no}", TEMPLATE_DONE, "/o" },
        { "/o?a={query.no}&b={query.no}", TEMPLATE_DONE, "/o" },
        { "/o?a={query.no}&b=1", TEMPLATE_DONE, "/o?b=1" },
        { "/o?a={query.no}&b={query.no}&c=1&d={query.no}", TEMPLATE_DONE, "/o?c=1" },
        { "/o?a=1&b={query.no}", TEMPLATE_DONE, "/o?a=1" },
        { "/o?a=1&b={query.no}&c={query.no}&d=4", TEMPLATE_DONE, "/o?a=1&d=4" },
        { "/o?a={id}&b={query.no}&c={id}", TEMPLATE_DONE, "/o?a=42&c=42" },
        { "/o?{id}={query.no}&b=1", TEMPLATE_DONE, "/o?b=1" },
        { "/o?b=1&{id}x={query.no}", TEMPLATE_DONE, "/o?b=1" },
        { "/o?={query.no}", TEMPLATE_DONE, "/o" },
        { "/o?&a={query.no}", TEMPLATE_DONE, "/o?" },
        { "/o?a={query.no}&", TEMPLATE_DONE, "/o?" },
        { "/{id}?a={query.no}", TEMPLATE_DONE, "/42" },
        { "?a={query.no}", TEMPLATE_DONE, "" },
    };
    (void)state;

    check(rows, array_length(rows));
}

static void template_target_keeps_a_parameter_that_is_there_in_any_form(void **state)
{
    static const struct scene_row rows[] = {
        { "/o?a={query.empty}&b=1", TEMPLATE_DONE, "/o?a=&b=1" },
        { "/o?a={query.flag}", TEMPLATE_DONE, "/o?a=" },
        { "/o?a={query.page}&b={query.no}", TEMPLATE_DONE, "/o?a=2" },
    };
    (void)state;

    check(rows, array_length(rows));
}

static void template_target_takes_a_missing_parameter_for_empty_where_there_is_more(void **state)
{
    static const struct scene_row rows[] = {
        { "/o?a=x{query.no}", TEMPLATE_DONE, "/o?a=x" },
        { "/o?a={query.no}x", TEMPLATE_DONE, "/o?a=x" },
        { "/o?a={query.no}={id}", TEMPLATE_DONE, "/o?a==42" },
        { "/o?a={query.no}{query.no}", TEMPLATE_DONE, "/o?a=" },
        { "/o?a={query.no}{query.page}", TEMPLATE_DONE, "/o?a=2" },
        { "/o?a={query.empty}{query.no}", TEMPLATE_DONE, "/o?a=" },
        { "/o?a=b={query.no}", TEMPLATE_DONE, "/o?a=b=" },
        { "/o?a={id}={query.no}", TEMPLATE_DONE, "/o?a=42=" },
        { "/o?a={id}x{id}={query.no}", TEMPLATE_DONE, "/o?a=42x42=" },
        { "/o?{query.no}", TEMPLATE_DONE, "/o?" },
        { "/o?{query.no}=1", TEMPLATE_DONE, "/o?=1" },
        { "/o?a={query.no}?b", TEMPLATE_DONE, "/o?a=?b" },
    };
    (void)state;

    check(rows, array_length(rows));
}

#define WOULD(reference, what) "The value of " reference " would give the path of a call " what "."

static void template_target_lets_no_value_empty_or_climb_a_segment(void **state)
{
    static const struct scene_row rows[] = {
        { "/{user.dots}", TEMPLATE_BAD_INPUT, WOULD("{user.dots}", "the segment \"..\"") },
        { "/a/{user.dots}/b", TEMPLATE_BAD_INPUT, WOULD("{user.dots}", "the segment \"..\"") },
        { "/a/{user.dots}?b", TEMPLATE_BAD_INPUT, WOULD("{user.dots}", "the segment \"..\"") },
        { "/a/{user.empty}", TEMPLATE_BAD_INPUT, WOULD("{user.empty}", "an empty segment") },
        { "/a/{user.empty}/b", TEMPLATE_BAD_INPUT, WOULD("{user.empty}", "an empty segment") },
        { "/a/{user.empty}?b", TEMPLATE_BAD_INPUT, WOULD("{user.empty}", "an empty segment") },
        { "/a/.{user.empty}/b", TEMPLATE_BAD_INPUT, WOULD("{user.empty}", "the segment \".\"") },
        { "/a/.{user.empty}./b", TEMPLATE_BAD_INPUT, WOULD("{user.empty}", "the segment \"..\"") },
        { "/a/%2e{user.empty}%2E/b", TEMPLATE_BAD_INPUT, WOULD("{user.empty}", "the segment \"..\"") },
        { "/a/{query.empty}", TEMPLATE_BAD_REQUEST, WOULD("{query.empty}", "an empty segment") },
        { "/a/{query.flag}/b", TEMPLATE_BAD_REQUEST, WOULD("{query.flag}", "an empty segment") },
        { "/a/{query.empty}{user.empty}", TEMPLATE_BAD_INPUT, WOULD("{user.empty}", "an empty segment") },
        { "/a/{user.empty}{query.empty}", TEMPLATE_BAD_REQUEST, WOULD("{query.empty}", "an empty segment") },
        { "/{id}/{user.dots}{query.empty}/c", TEMPLATE_BAD_REQUEST, WOULD("{query.empty}", "the segment \"..\"") },
        { "/a/{user.dots}x", TEMPLATE_DONE, "/a/..x" },
        { "/a/{user.dots}{user.dots}/b", TEMPLATE_DONE, "/a/..../b" },
        { "/a/x{user.empty}/b", TEMPLATE_DONE, "/a/x/b" },
        { "/a//{id}/./b/../{id}/", TEMPLATE_DONE, "/a//42/./b/../42/" },
        { "/a?b={user.dots}/{user.empty}/", TEMPLATE_DONE, "/a?b=..//" },
    };
    (void)state;

    check(rows, array_length(rows));
}

static void template_target_judges_captures_and_elements_by_who_sent_them(void **state)
{
    static const struct {
        struct str value;
        const char *template;
        enum template_verdict verdict;
        const char *outcome;
    } cases[] = {
        { STR_STATIC("."), "/a/.{id}", TEMPLATE_BAD_REQUEST, WOULD("{id}", "the segment \"..\"") },
        { STR_STATIC(".."), "/{id}/b", TEMPLATE_BAD_REQUEST, WOULD("{id}", "the segment \"..\"") },
        { STR_STATIC("."), "/{id}/b", TEMPLATE_BAD_REQUEST, WOULD("{id}", "the segment \".\"") },
        { STR_STATIC(""), "/{id}/b", TEMPLATE_BAD_REQUEST, WOULD("{id}", "an empty segment") },
        { { NULL, 0 }, "/{id}/b", TEMPLATE_BAD_REQUEST, WOULD("{id}", "an empty segment") },
        { STR_STATIC("..."), "/{id}/b", TEMPLATE_DONE, "/.../b" },
        { STR_STATIC("%2e%2e"), "/{id}/b", TEMPLATE_DONE, "/%252e%252e/b" },
        { STR_STATIC("\0/\\"), "/{id}", TEMPLATE_DONE, "/%00%2F%5C" },
        { STR_STATIC("\"..\""), "/{each}/b", TEMPLATE_BAD_INPUT, WOULD("{each}", "the segment \"..\"") },
        { STR_STATIC(" \"\" "), "/{each}", TEMPLATE_BAD_INPUT, WOULD("{each}", "an empty segment") },
        { STR_STATIC("1.10"), "/{each}", TEMPLATE_DONE, "/1.10" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct scene scene;
        scene_init(&scene);
        scene.captures[0] = cases[i].value;
        scene.values.each = cases[i].value;

        scene_play(&scene, template_parse, template_render_target, cases[i].template);

        assert_case(cases[i].template, scene.verdict == cases[i].verdict);
        assert_text(scene.verdict == TEMPLATE_DONE ? scene.text : str_of(scene.error.text), cases[i].outcome);
        scene_clear(&scene);
    }
}

static void template_target_says_what_a_call_did_not_answer(void **state)
{
    static const struct scene_row rows[] = {
        { "/{user.segment}", TEMPLATE_BAD_INPUT, "user.segment is missing in the answer of the call user" },
        { "/{user.id.x}", TEMPLATE_BAD_INPUT, "user.id.x is missing in the answer of the call user" },
        { "/{user.more.x}", TEMPLATE_BAD_INPUT, "user.more.x is missing in the answer of the call user.more" },
        { "/{orders.9}", TEMPLATE_BAD_INPUT, "orders.9 is missing in the answer of the call orders" },
        { "/{user.tags}", TEMPLATE_BAD_INPUT, "user.tags is an array, not a string, number or boolean" },
        { "/{user.profile}", TEMPLATE_BAD_INPUT, "user.profile is an object, not a string, number or boolean" },
        { "/{user.none}", TEMPLATE_BAD_INPUT, "user.none is null, not a string, number or boolean" },
        { "/o?a={user}", TEMPLATE_BAD_INPUT, "user is an object, not a string, number or boolean" },
        { "/o?a={user.segment}", TEMPLATE_BAD_INPUT, "user.segment is missing in the answer of the call user" },
        { "/{user.\r\n\x1b}", TEMPLATE_BAD_INPUT, "user.\\x0D\\x0A\\x1B is missing in the answer of the call user" },
    };
    (void)state;

    check(rows, array_length(rows));
}

static void template_target_that_needs_no_rendering_is_not_copied(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    assert_int_equal(template_parse(&scene.arena, STR("/a?b=c"), &scene_names, &scene.template, &scene.fault), 0);
    size_t used_bytes = scene.arena.used_bytes;

    scene.verdict = template_render_target(&scene.template, &scene.values, &scene.arena, &scene.text, &scene.error);

    assert_int_equal(scene.verdict, TEMPLATE_DONE);
    assert_ptr_equal(scene.text.base, scene.template.parts[0].text.base);
    assert_string_equal(scene.text.base, "/a?b=c");
    assert_int_equal(scene.arena.used_bytes, used_bytes);
    scene_clear(&scene);
}

/* With every limit from none on, it is refused, until the text and its NUL fit. */
static void template_target_is_bounded_by_the_arena(void **state)
{
    static const char text[] = "/{shop_name}/x/{user.name}?q={query.q}&r={query.no}";
    static const char expected[] = "/caf%C3%A9%2Fbar/x/J%C3%B6rg%20%22x%22?q=a%20b";
    size_t limit = 0;
    (void)state;

    for (bool is_done = false; !is_done; limit++) {
        struct scene scene;
        struct arena small;
        scene_init(&scene);
        arena_init(&small, limit);
        scene_play(&scene, template_parse, template_render_target, text);

        scene.verdict = template_render_target(&scene.template, &scene.values, &small, &scene.text, &scene.error);

        is_done = scene.verdict == TEMPLATE_DONE;
        assert_true(is_done || scene.verdict == TEMPLATE_NO_MEMORY);
        assert_true(is_done || strstr(scene.error.text, "more memory than it may have") != NULL);
        assert_text(scene.text, expected);
        arena_clear(&small);
        scene_clear(&scene);
    }
    assert_in_range(limit, sizeof expected, sizeof expected + 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_target_puts_encoded_values_in_their_places),
        cmocka_unit_test(template_target_takes_the_first_query_parameter_of_a_name_decoded),
        cmocka_unit_test(template_target_refuses_a_query_value_that_is_badly_encoded),
        cmocka_unit_test(template_target_leaves_out_a_parameter_that_the_client_did_not_send),
        cmocka_unit_test(template_target_keeps_a_parameter_that_is_there_in_any_form),
        cmocka_unit_test(template_target_takes_a_missing_parameter_for_empty_where_there_is_more),
        cmocka_unit_test(template_target_lets_no_value_empty_or_climb_a_segment),
        cmocka_unit_test(template_target_judges_captures_and_elements_by_who_sent_them),
        cmocka_unit_test(template_target_says_what_a_call_did_not_answer),
        cmocka_unit_test(template_target_that_needs_no_rendering_is_not_copied),
        cmocka_unit_test(template_target_is_bounded_by_the_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
