/* SPDX-License-Identifier: MIT */
#include "backend/answers.h"

#include "common/buf.h"
#include "tests/support/unit.h"

#define FILE_NAME "answers.json"

static struct answers *read_good(struct str text)
{
    struct error error = { { '\0' } };
    struct answers *answers = answers_read(FILE_NAME, text, &error);

    if (answers == NULL) {
        fail_msg("refused: %s", error.text);
    }
    return answers;
}

/* ---- finding ---- */

static void answers_are_the_bytes_of_the_file(void **state)
{
    struct answers *answers = read_good(STR(" {\n \"/users/7\" : {\"id\": 9007199254740993,\n  \"price\": 1.10} ,\n"
                                            " \"/a%2Fb\":[ 1,2 ],\"/n\":null, \"/s\": \"\\u00e4 \xc3\xa4\"\r\n}\n"));
    (void)state;

    assert_text(answers_find(answers, STR("/users/7")), "{\"id\": 9007199254740993,\n  \"price\": 1.10}");
    assert_text(answers_find(answers, STR("/a%2Fb")), "[ 1,2 ]");
    assert_text(answers_find(answers, STR("/n")), "null");
    assert_text(answers_find(answers, STR("/s")), "\"\\u00e4 \xc3\xa4\"");
    answers_free(answers);
}

static const struct {
    const char *name; /* the path that is asked for */
    const char *body; /* NULL: nothing is answered there */
} found[] = {
    { "/items/1", "1" }, { "/items/12", "2" }, { "/items/123", "3" }, { "/items/", "2" },     { "/items", "4" },
    { "/item", "4" },    { "/items/1/", "3" }, { "/items/2", "2" },   { "/items/0", "2" },    { "/items/1a", "3" },
    { "/ite", NULL },    { "/", "5" },         { "", NULL },          { "*", NULL },          { "/jtems", NULL },
    { "/z/*/z", "6" },   { "/z/a/z", NULL },   { "/Items/1", NULL },  { "/%69tems/1", NULL }, { "/e\xff", NULL },
    { "/escaped", "7" }, { "/wbcx", "11" }, /* behind two that it does not begin with */
};

static void answers_are_found_by_path_then_by_the_longest_beginning(void **state)
{
    struct answers *answers = read_good(STR("{\"/items/*\": 2, \"/items/1\": 1, \"/items/1*\": 3, \"/items/12\": 2,"
                                            " \"/item*\": 4, \"/\": 5, \"/z/*/z\": 6, \"\\/esc\\u0061ped\": 7,"
                                            " \"/items/1/2/3*\": 8, \"/items/0000*\": 9, \"/items/1b*\": 10,"
                                            " \"/w*\": 11, \"/wbb*\": 12, \"/wbcd*\": 13}"));
    (void)state;

    for (size_t i = 0; i < array_length(found); i++) {
        struct str body = answers_find(answers, str_of(found[i].name));

        assert_case(found[i].name, (found[i].body == NULL) == (body.base == NULL));
        assert_case(found[i].name, body.base == NULL || str_equal(body, str_of(found[i].body)));
    }
    answers_free(answers);
}

static void answers_of_an_empty_object_are_none(void **state)
{
    struct answers *answers = read_good(STR("{}"));
    (void)state;

    assert_null(answers_find(answers, STR("/")).base);
    answers_free(answers);
    answers_free(NULL);
}

static void answers_for_all_paths_are_a_slash_and_an_asterisk(void **state)
{
    struct answers *answers = read_good(STR("{\"/*\": 1}"));
    (void)state;

    assert_text(answers_find(answers, STR("/")), "1");
    assert_text(answers_find(answers, STR("/a/b")), "1");
    answers_free(answers);
}

/* Every third beginning of one long path, so that a search goes through many of them. */
static void answers_have_the_longest_of_many_beginnings(void **state)
{
    enum { LONGEST = 60 };
    char path[LONGEST + 3] = "/";
    cleanup_buf struct buf text;
    (void)state;
    buf_init(&text, (size_t)64 * 1024);
    memset(path + 1, 'a', LONGEST);
    (void)buf_add_text(&text, "{\"/x\": 0");
    for (int length = 1; length <= LONGEST; length += 3) {
        /* The second sorts between that beginning and the paths below, and is none of theirs. */
        (void)buf_add_format(&text, ", \"%.*s*\": %d, \"%.*sb*\": 0", length + 1, path, length, length + 1, path);
    }
    (void)buf_add_byte(&text, '}');
    struct answers *answers = read_good(buf_view(&text));

    for (int length = LONGEST; length > 0; length--) {
        char expected[16];
        path[1 + length] = 'c';
        path[2 + length] = '\0';
        (void)snprintf(expected, sizeof expected, "%d", (length - 1) / 3 * 3 + 1);

        assert_text(answers_find(answers, str_of(path)), expected);
    }
    answers_free(answers);
}

/* ---- refusals ---- */

static const struct {
    const char *name; /* the text */
    const char *sentence;
} refused[] = {
    { "", ":1:1: not JSON: " },
    { "{\"/a\": 1,}", ":1:10: not JSON: " },
    { "{\"/a\": 1}\n{}", ":2:1: not JSON: trailing bytes" },
    { "{\n \"/a\": 1,\n \"/b\": 01}", ":3:9: not JSON: " },
    { "{\"/\xff\": 1}", ":1:4: not JSON: not UTF-8" },
    { " [1]", ":1:2: expected an object whose members are paths, not an array" },
    { "7", ":1:1: expected an object whose members are paths, not a number" },
    { "{\"users\": 1}", ":1:2: \"users\" is no path: expected one that begins with \"/\"" },
    { "{\"\": 1}", ":1:2: \"\" is no path: " },
    { "{\"*\": 1}", ":1:2: \"*\" is no path: " },
    { "{\"/a\": 1,\n  \"/a?b=c\": 1}", ":2:3: \"/a?b=c\" is no path: " },
    { "{\"/a#b\": 1}", ":1:2: \"/a#b\" is no path: " },
    { "{\"/a b\": 1}", ":1:2: \"/a b\" is no path: " },
    { "{\"/\xc3\xa4\": 1}", ":1:2: \"/\\xC3\\xA4\" is no path: " },
    { "{\"/\\u0000\": 1}", ":1:2: \"/\\x00\" is no path: " },
    { "{\"/\\n\\\"\": 1}", ":1:2: \"/\\x0A\\x22\" is no path: " },
    { "{\"/a\": 1,\n\"/b\": 2,\n\"/a\": 3}", ":3:1: \"/a\" stands twice, first in line 1" },
    { "{\"/a\": 1,\n\"/\\u0061\": 2}", ":2:1: \"/a\" stands twice, first in line 1" },
    { "{\"/b*\": 1,\n\"/b\": 2,\n \"/b*\": 3}", ":3:2: \"/b*\" stands twice, first in line 1" },
};

static void answers_refuse_what_is_not_of_that_form_and_say_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(refused); i++) {
        struct error error = { { '\0' } };
        char expected[256];
        (void)snprintf(expected, sizeof expected, "%s%s", FILE_NAME, refused[i].sentence);

        struct answers *answers = answers_read(FILE_NAME, str_of(refused[i].name), &error);

        if (answers != NULL || strncmp(error.text, expected, strlen(expected)) != 0) {
            fail_msg("case \"%s\": \"%s\" is not \"%s\"", refused[i].name, error.text, expected);
        }
    }
}

static void answers_refuse_a_nul_between_good_bytes(void **state)
{
    struct error error = { { '\0' } };
    (void)state;

    struct answers *answers = answers_read(FILE_NAME, STR("{\"/a\": 1}\0"), &error);

    assert_null(answers);
    assert_non_null(strstr(error.text, FILE_NAME ":1:10: not JSON"));
}

static void answers_show_a_name_that_a_terminal_would_obey_escaped_and_cut(void **state)
{
    char name[300] = "";
    struct error error = { { '\0' } };
    (void)state;
    memset(name, 'a', sizeof name - 6);
    (void)snprintf(name + sizeof name - 6, 6, "\033[2J\n");

    assert_null(answers_read(name, STR("7"), &error));
    assert_null(strchr(error.text, '\033'));
    assert_null(strchr(error.text, '\n'));
    assert_non_null(strstr(error.text, "a\\x1B[2J\\x0A:1:1: expected an object"));
    assert_true(strncmp(error.text, "...aaa", 6) == 0);
}

/* ---- files ---- */

struct draft {
    char path[64];
};

static int setup(void **state)
{
    struct draft *draft = calloc(1, sizeof *draft);

    if (draft == NULL) {
        return -1;
    }
    (void)snprintf(draft->path, sizeof draft->path, "/tmp/fanlight-answers-XXXXXX");
    int descriptor = mkstemp(draft->path);
    *state = draft;
    return descriptor >= 0 ? close(descriptor) : -1;
}

static int teardown(void **state)
{
    struct draft *draft = *state;

    (void)unlink(draft->path);
    free(draft);
    return 0;
}

static void write_draft(const struct draft *draft, struct str front, size_t blanks, struct str back)
{
    FILE *file = fopen(draft->path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(front.base, 1, front.length, file), front.length);
    for (size_t i = 0; i < blanks; i++) {
        assert_int_not_equal(fputc(' ', file), EOF);
    }
    assert_int_equal(fwrite(back.base, 1, back.length, file), back.length);
    assert_int_equal(fclose(file), 0);
}

static void answers_are_loaded_from_a_file_up_to_16_mib(void **state)
{
    struct draft *draft = *state;
    struct error error = { { '\0' } };
    write_draft(draft, STR("{\"/a\": 1"), (size_t)ANSWERS_FILE_BYTES - 9, STR("}"));

    struct answers *answers = answers_load(draft->path, &error);

    assert_string_equal(error.text, "");
    assert_non_null(answers);
    assert_text(answers_find(answers, STR("/a")), "1");
    answers_free(answers);
}

static void answers_refuse_a_file_over_16_mib(void **state)
{
    struct draft *draft = *state;
    struct error error = { { '\0' } };
    char expected[128];
    write_draft(draft, STR("{\"/a\": 1"), (size_t)ANSWERS_FILE_BYTES - 8, STR("}"));
    (void)snprintf(expected, sizeof expected, "%s: larger than 16 MiB", draft->path);

    assert_null(answers_load(draft->path, &error));
    assert_string_equal(error.text, expected);
}

static void answers_refuse_a_file_that_cannot_be_read(void **state)
{
    static const struct {
        const char *path;
        const char *sentence;
    } cases[] = {
        { "/tmp/fanlight/no/such/file", "cannot read \"/tmp/fanlight/no/such/file\": No such file or directory" },
        { "/tmp", "cannot read \"/tmp\": Is a directory" },
        { "", "cannot read \"\": No such file or directory" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct error error = { { '\0' } };

        assert_null(answers_load(cases[i].path, &error));
        assert_string_equal(error.text, cases[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_the_bytes_of_the_file),
        cmocka_unit_test(answers_are_found_by_path_then_by_the_longest_beginning),
        cmocka_unit_test(answers_of_an_empty_object_are_none),
        cmocka_unit_test(answers_for_all_paths_are_a_slash_and_an_asterisk),
        cmocka_unit_test(answers_have_the_longest_of_many_beginnings),
        cmocka_unit_test(answers_refuse_what_is_not_of_that_form_and_say_where),
        cmocka_unit_test(answers_refuse_a_nul_between_good_bytes),
        cmocka_unit_test(answers_show_a_name_that_a_terminal_would_obey_escaped_and_cut),
        cmocka_unit_test_setup_teardown(answers_are_loaded_from_a_file_up_to_16_mib, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_refuse_a_file_over_16_mib, setup, teardown),
        cmocka_unit_test(answers_refuse_a_file_that_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
