/* SPDX-License-Identifier: MIT */
#include "common/buf.h"

#include "tests/unit/gateway/template_scene.h"

static const char *const source_names[] = {
    [TEMPLATE_TEXT] = "text", [TEMPLATE_CAPTURE] = "capture", [TEMPLATE_QUERY] = "query",
    [TEMPLATE_CALL] = "call", [TEMPLATE_EACH] = "each",
};

/* "text(/users/) capture0(id) call1(segment)!": the mark says that it is a whole value. */
static void show_parts(const struct template *template, struct buf *shown)
{
    for (size_t i = 0; i < template->part_count; i++) {
        const struct template_part *part = &template->parts[i];
        bool has_index = part->source == TEMPLATE_CAPTURE || part->source == TEMPLATE_CALL;
        (void)buf_add_format(shown, "%s%s", i > 0 ? " " : "", source_names[part->source]);
        if (has_index) {
            (void)buf_add_format(shown, "%zu", part->index);
        }
        (void)buf_add_format(shown, "(%.*s)%s", STR_ARGUMENTS(part->text), part->is_whole ? "!" : "");
    }
}

struct good_row {
    const char *text;
    const char *parts;
};

static void check_parts(scene_parse_fn *parse, const struct good_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scene scene;
        cleanup_buf struct buf shown;
        scene_init(&scene);
        buf_init(&shown, 4096);

        int result = parse(&scene.arena, str_of(rows[i].text), &scene_names, &scene.template, &scene.fault);
        show_parts(&scene.template, &shown);

        if (result < 0) {
            fail_msg("\"%s\": %zu: %s", rows[i].text, scene.fault.offset, scene.fault.error.text);
        }
        assert_text(buf_view(&shown), rows[i].parts);
        scene_clear(&scene);
    }
}

static void template_parse_cuts_text_into_parts(void **state)
{
    static const struct good_row rows[] = {
        { "", "" },
        { "/", "text(/)" },
        { "/users/{id}", "text(/users/) capture0(id)" },
        { "{id}", "capture0(id)" },
        { "{id}{shop_name}", "capture0(id) capture1(shop_name)" },
        { "/a?b={query.page}&c=d", "text(/a?b=) query(page) text(&c=d)" },
        { "{query.a.b\"c}", "query(a.b\"c)" },
        { "{query.a\\u0062}", "query(a\\u0062)" },
        { "{each}/", "each() text(/)" },
        { "{user}", "call0()" },
        { "{user.id}", "call0(id)" },
        { "{user.profile.emails.0}", "call0(profile.emails.0)" },
        { "a{{b}}c", "text(a{b}c)" },
        { "{{id}}", "text({id})" },
        { "{{{id}}}", "text({) capture0(id) text(})" },
        { "{{}}", "text({})" },
        { "{id}}}{{", "capture0(id) text(}{)" },
        { "\\u007b\"\\", "text(\\u007b\"\\)" },
    };
    (void)state;

    check_parts(template_parse, rows, array_length(rows));
}

static void template_parse_prefers_the_longest_call_that_ends_at_a_dot(void **state)
{
    static const struct good_row rows[] = {
        { "{user.more}", "call1()" },       { "{user.more.id}", "call1(id)" },  { "{user.mor}", "call0(mor)" },
        { "{user.mores}", "call0(mores)" }, { "{orders.0.id}", "call2(0.id)" },
    };
    (void)state;

    check_parts(template_parse, rows, array_length(rows));
}

static void template_parse_knows_which_name_comes_first(void **state)
{
    static const struct str captures[] = { STR_STATIC("each"), STR_STATIC("query.a"), STR_STATIC("user.id") };
    static const struct str calls[] = { STR_STATIC("query"), STR_STATIC("each"), STR_STATIC("user") };
    static const struct {
        const char *text;
        bool has_each;
        enum template_source source;
    } cases[] = {
        { "{each}", true, TEMPLATE_EACH },      { "{each}", false, TEMPLATE_CAPTURE },
        { "{each.x}", true, TEMPLATE_CALL },    { "{query.a}", true, TEMPLATE_QUERY },
        { "{query}", true, TEMPLATE_CALL },     { "{user.id}", true, TEMPLATE_CAPTURE },
        { "{user.name}", true, TEMPLATE_CALL },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct template_names names = { captures, 3, calls, 3, cases[i].has_each };
        struct scene scene;
        scene_init(&scene);

        int result = template_parse(&scene.arena, str_of(cases[i].text), &names, &scene.template, &scene.fault);

        assert_case(cases[i].text, result == 0 && scene.template.parts[0].source == cases[i].source);
        scene_clear(&scene);
    }
}

static void template_parse_keeps_what_was_written_and_ends_texts_with_a_nul(void **state)
{
    struct scene scene;
    char text[] = "/a/{user.profile.age}/b";
    (void)state;
    scene_init(&scene);

    assert_int_equal(template_parse(&scene.arena, str_of(text), &scene_names, &scene.template, &scene.fault), 0);
    memset(text, 'x', sizeof text); /* nothing of it is needed any more */

    assert_int_equal(scene.template.part_count, 3);
    assert_string_equal(scene.template.parts[0].text.base, "/a/");
    assert_text(scene.template.parts[1].written, "{user.profile.age}");
    assert_text(scene.template.parts[1].text, "profile.age");
    assert_string_equal(scene.template.parts[2].text.base, "/b");
    scene_clear(&scene);
}

struct bad_row {
    const char *text;
    size_t offset;
    const char *sentence;
};

static void check_faults(scene_parse_fn *parse, const struct bad_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct scene scene;
        scene_init(&scene);

        int result = parse(&scene.arena, str_of(rows[i].text), &scene_names, &scene.template, &scene.fault);

        assert_case(rows[i].text, result == -1 && scene.template.parts == NULL);
        if (scene.fault.offset != rows[i].offset || strcmp(scene.fault.error.text, rows[i].sentence) != 0) {
            fail_msg("\"%s\": %zu: %s", rows[i].text, scene.fault.offset, scene.fault.error.text);
        }
        scene_clear(&scene);
    }
}

#define KNOWN                                                                                                          \
    "; known are {query.PARAMETER}, {each}, {id}, {shop_name}, {query}, {user.FIELD}, {user.more.FIELD}, "             \
    "{orders.FIELD}"
#define BAD_PARAMETER                                                                                                  \
    "the name of a query parameter is 1 to 64 visible ASCII characters without braces, as in {query.page}"
#define UNCLOSED "\"{\" is not closed; a brace itself is written \"{{\""
#define LONE "\"}\" closes nothing; a brace itself is written \"}}\""
#define EMPTY "\"{}\" names nothing; braces themselves are written \"{{\" and \"}}\""

static void template_parse_refuses_and_says_where_and_what_is_known(void **state)
{
    static const struct bad_row rows[] = {
        { "/a/{", 3, UNCLOSED },
        { "/a/{id", 3, UNCLOSED },
        { "{id{id}", 0, UNCLOSED },
        { "{{{id", 2, UNCLOSED },
        { "/a/}b", 3, LONE },
        { "{id}}", 4, LONE },
        { "}}}", 2, LONE },
        { "/{}", 1, EMPTY },
        { "/{nothing}", 1, "unknown reference \"{nothing}\"" KNOWN },
        { "{ID}", 0, "unknown reference \"{ID}\"" KNOWN },
        { "{ idea }", 0, "unknown reference \"{ idea }\"" KNOWN },
        { "{\xc3\xa9\"}", 0, "unknown reference \"{\\xC3\\xA9\\x22}\"" KNOWN },
        { "{user.}", 0, "reference \"{user.}\" has an empty name between its dots" },
        { "{user..id}", 0, "reference \"{user..id}\" has an empty name between its dots" },
        { "{user.id.}", 0, "reference \"{user.id.}\" has an empty name between its dots" },
        { "{query.}", 0, "reference \"{query.}\": " BAD_PARAMETER },
        { "{query.a b}", 0, "reference \"{query.a b}\": " BAD_PARAMETER },
        { "{query.\xc3\xa9}", 0, "reference \"{query.\\xC3\\xA9}\": " BAD_PARAMETER },
    };
    (void)state;

    check_faults(template_parse, rows, array_length(rows));
}

static void template_parse_asks_whether_another_name_was_meant(void **state)
{
    static const struct bad_row rows[] = {
        { "{usr}", 0, "unknown reference \"{usr}\"" KNOWN "; did you mean \"{user}\"?" },
        { "/{usr.segment}", 1, "unknown reference \"{usr.segment}\"" KNOWN "; did you mean \"{user.segment}\"?" },
        { "{order.0.id}", 0, "unknown reference \"{order.0.id}\"" KNOWN "; did you mean \"{orders.0.id}\"?" },
        { "{qeury.page}", 0, "unknown reference \"{qeury.page}\"" KNOWN "; did you mean \"{query.page}\"?" },
        { "{shopname}", 0, "unknown reference \"{shopname}\"" KNOWN "; did you mean \"{shop_name}\"?" },
        { "{shop.name}", 0, "unknown reference \"{shop.name}\"" KNOWN "; did you mean \"{shop_name}\"?" },
        { "{eahc}", 0, "unknown reference \"{eahc}\"" KNOWN "; did you mean \"{each}\"?" },
    };
    (void)state;

    check_faults(template_parse, rows, array_length(rows));
}

static void template_parse_takes_parameter_names_of_up_to_64_bytes(void **state)
{
    char text[128];
    struct scene scene;
    (void)state;
    scene_init(&scene);

    (void)snprintf(text, sizeof text, "{query.%064d}", 0);
    assert_int_equal(template_parse(&scene.arena, str_of(text), &scene_names, &scene.template, &scene.fault), 0);
    (void)snprintf(text, sizeof text, "{query.%065d}", 0);
    assert_int_equal(template_parse(&scene.arena, str_of(text), &scene_names, &scene.template, &scene.fault), -1);

    scene_clear(&scene);
}

/* `query` is known in front of a dot only. */
static void template_parse_asks_nothing_where_no_name_is_near(void **state)
{
    static const char *const texts[] = { "{queri}", "{queri.x}", "{us}", "{each}", "{nothing.like.it}" };
    struct template_names names = { scene_captures, 2, scene_calls, 3, false };
    (void)state;

    for (size_t i = 0; i < array_length(texts); i++) {
        struct scene scene;
        scene_init(&scene);

        int result = template_parse(&scene.arena, str_of(texts[i]), &names, &scene.template, &scene.fault);

        bool is_asked = strstr(scene.fault.error.text, "did you mean") != NULL;
        assert_case(texts[i], result == -1 && is_asked == (strcmp(texts[i], "{queri.x}") == 0));
        scene_clear(&scene);
    }
}

/* However long the names are, what is cut is the list, and the question behind it is whole. */
static void template_parse_cuts_a_long_list_of_names(void **state)
{
    enum { COUNT = 100, LONGEST = 60 };
    char name[LONGEST + 1];
    char text[LONGEST + 4];
    char question[LONGEST + 64];
    struct str calls[COUNT];
    (void)state;

    for (int length = 3; length <= LONGEST; length++) {
        struct template_names names = { scene_captures, 3, calls, COUNT, true };
        struct scene scene;
        scene_init(&scene);
        (void)snprintf(name, sizeof name, "%0*d", length, 0);
        (void)snprintf(text, sizeof text, "{%s0}", name);
        (void)snprintf(question, sizeof question, ".FIELD}, ...; did you mean \"{%s}\"?", name);
        for (size_t i = 0; i < COUNT; i++) {
            calls[i] = str_of(name);
        }

        int result = template_parse(&scene.arena, str_of(text), &names, &scene.template, &scene.fault);

        struct str sentence = str_of(scene.fault.error.text);
        assert_case(text, result == -1 && sentence.length > 300);
        assert_text(str_from(sentence, sentence.length - strlen(question)), question);
        scene_clear(&scene);
    }
}

static void template_parse_takes_256_parts_and_not_one_more(void **state)
{
    char text[4 * 257 + 1];
    struct scene scene;
    (void)state;
    scene_init(&scene);
    for (size_t i = 0; i < 257; i++) {
        memcpy(text + 4 * i, "{id}", 4);
    }

    int most = template_parse(&scene.arena, (struct str){ text, 4 * 256 }, &scene_names, &scene.template, &scene.fault);
    assert_int_equal(most, 0);
    assert_int_equal(scene.template.part_count, 256);

    int more = template_parse(&scene.arena, (struct str){ text, 4 * 257 }, &scene_names, &scene.template, &scene.fault);
    assert_int_equal(more, -1);
    assert_int_equal(scene.fault.offset, 4 * 256);
    assert_string_equal(scene.fault.error.text,
                        "more than 256 parts, which are references and the pieces of text between them");
    scene_clear(&scene);
}

static void template_parse_says_so_when_the_arena_is_full(void **state)
{
    static const char text[] = "/a/{id}/b/{user.id}?c={query.d}";
    (void)state;

    size_t limit = 0;
    for (int result = -1; result < 0; limit++) {
        struct scene scene;
        scene_init(&scene);
        scene.arena.limit_bytes = limit;

        result = template_parse(&scene.arena, str_of(text), &scene_names, &scene.template, &scene.fault);

        assert_true(result == 0 || strcmp(scene.fault.error.text, "the template takes more memory than there is") == 0);
        scene_clear(&scene);
    }
    assert_in_range(limit, sizeof(struct template_part), 4096);
}

/* ---- JSON ---- */

static void template_parse_finds_references_in_the_strings_of_json(void **state)
{
    static const struct good_row rows[] = {
        { "{}", "text({})" },
        { "{\"a\":[1.10,{}]}", "text({\"a\":[1.10,{}]})" },
        { "\"{id}\"", "capture0(id)!" },
        { "{\"a\": \"{user.id}\" }", "text({\"a\": ) call0(id)! text( })" },
        { "[\"{each}\",\"{query.page}\"]", "text([) each()! text(,) query(page)! text(])" },
        { "[\"a {id} b\"]", "text([\"a ) capture0(id) text( b\"])" },
        { "[\"{id} \"]", "text([\") capture0(id) text( \"])" },
        { "[\"{id}{each}\"]", "text([\") capture0(id) each() text(\"])" },
        { "[\"{{id}}\",\"{{\"]", "text([\"{id}\",\"{\"])" },
        { "[\"\\\"{id}\\\\\"]", "text([\"\\\") capture0(id) text(\\\\\"])" },
        { "{\"{id}\" : 1, \"{\":\"{id}\"}", "text({\"{id}\" : 1, \"{\":) capture0(id)! text(})" },
        { "[\"\\u007bid\\u007D\"]", "text([) capture0(id)! text(])" },
        { "[\"\\u007b{ \\u00e9\"]", "text([\"\\u007b \\u00e9\"])" },
        { "[\"\\\\u007b\"]", "text([\"\\\\u007b\"])" },
        { "[\"{\\u0069d}\",\"{query.\\\"}\"]", "text([) capture0(id)! text(,) query(\")! text(])" },
        { "\"\"", "text(\"\")" },
    };
    (void)state;

    check_parts(template_parse_json, rows, array_length(rows));
}

static void template_parse_counts_offsets_in_the_json_text(void **state)
{
    static const struct bad_row rows[] = {
        { "{\"a\":\"{\"}", 6, UNCLOSED },
        { "{\"a\":\"\\u00e9}\"}", 12, LONE },
        { "[1,\"{}\"]", 4, EMPTY },
        { "[\"{id}\",\"x{usr.id}\"]", 10, "unknown reference \"{usr.id}\"" KNOWN "; did you mean \"{user.id}\"?" },
        { "[\"{id\",\"}\"]", 2, UNCLOSED },
        { "[\"{nothing}\"]", 2, "unknown reference \"{nothing}\"" KNOWN },
    };
    (void)state;

    check_faults(template_parse_json, rows, array_length(rows));
}

/* Each text, cut at every byte and in memory of exactly that size: the address sanitizer sees a byte read past it. */
static void template_parse_stays_inside_its_text(void **state)
{
    static const char *const texts[] = { "/a/{id}/{{}}?b={query.c}&d={user.e.f}",
                                         "{\"a\":\"{id}\",\"b\":\"\\u007bx\\\\{query.c}\\u007d\"}", "\"\\", "\"{\\" };
    (void)state;

    for (size_t i = 0; i < array_length(texts); i++) {
        for (size_t length = 0; length <= strlen(texts[i]); length++) {
            cleanup_free char *exact = malloc(length > 0 ? length : 1);
            struct str text = { exact, length };
            struct scene scene;
            scene_init(&scene);
            assert_non_null(exact);
            memcpy(exact, texts[i], length);

            int plain = template_parse(&scene.arena, text, &scene_names, &scene.template, &scene.fault);
            assert_true(plain == 0 || scene.fault.offset <= length);
            int json = template_parse_json(&scene.arena, text, &scene_names, &scene.template, &scene.fault);
            assert_true(json == 0 || scene.fault.offset <= length);

            scene_clear(&scene);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_parse_cuts_text_into_parts),
        cmocka_unit_test(template_parse_prefers_the_longest_call_that_ends_at_a_dot),
        cmocka_unit_test(template_parse_knows_which_name_comes_first),
        cmocka_unit_test(template_parse_keeps_what_was_written_and_ends_texts_with_a_nul),
        cmocka_unit_test(template_parse_refuses_and_says_where_and_what_is_known),
        cmocka_unit_test(template_parse_asks_whether_another_name_was_meant),
        cmocka_unit_test(template_parse_takes_parameter_names_of_up_to_64_bytes),
        cmocka_unit_test(template_parse_asks_nothing_where_no_name_is_near),
        cmocka_unit_test(template_parse_cuts_a_long_list_of_names),
        cmocka_unit_test(template_parse_takes_256_parts_and_not_one_more),
        cmocka_unit_test(template_parse_says_so_when_the_arena_is_full),
        cmocka_unit_test(template_parse_finds_references_in_the_strings_of_json),
        cmocka_unit_test(template_parse_counts_offsets_in_the_json_text),
        cmocka_unit_test(template_parse_stays_inside_its_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
