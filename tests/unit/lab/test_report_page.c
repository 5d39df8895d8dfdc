/* SPDX-License-Identifier: MIT */
/* What holds of every page, whatever is in its documents. */
#include "lab/report.h"

#include <errno.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/report_fixture.h"
#include "tests/unit/lab/report_samples.h"

/* The page's own scripts carry a number that is another one in each page. */
static void a_page_allows_its_own_scripts_and_no_connection(void **state)
{
    cleanup_buf struct buf html = { .base = NULL };
    cleanup_buf struct buf other = { .base = NULL };
    char mark[33] = "";

    (void)state;
    render(&html, SAMPLE_SWEEP);
    render(&other, SAMPLE_SWEEP);

    assert_has(&html, "content=\"default-src 'none'; script-src 'nonce-");
    const char *nonce = memmem(html.base, html.length, "'nonce-", 7);
    memcpy(mark, nonce + 7, 32);
    assert_int_equal(strspn(mark, "0123456789abcdef"), 32);
    assert_int_equal(count_of(&html, mark), 2 + 1 + 2); /* twice in the policy, a style, two scripts */
    assert_has_not(&other, mark);
    assert_has(&html, "Permission is hereby granted, free of charge");
    assert_int_equal(count_of(&html, "<script"), 3);
    assert_int_equal(count_of(&html, "</script"), 3);
}

static void a_page_names_nothing_to_be_fetched(void **state)
{
    static const char *const fetched[] = { " src=",   "@import", "<link",    "<iframe",
                                           "<object", "<base",   "url(http", "style=\"" };
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    render(&html, SAMPLE_SWEEP);

    for (size_t i = 0; i < array_length(fetched); i++) {
        assert_case(fetched[i], count_of(&html, fetched[i]) == 0);
    }
    assert_int_equal(count_of(&html, " href="), count_of(&html, " href=\"#document-"));
}

/* ---- foreign text ---- */

#define HOSTILE "</script><img src=x onerror=y>\"'&{{=\x7f\xff"

/* Every text in the tree becomes hostile, but for those that are names of a known set. */
static void poison(cJSON *value)
{
    static const char *const known[] = { "kind", "mode", "load", "limit", "case", "name", "axis" };

    for (cJSON *child = value->child; child != NULL; child = child->next) {
        bool is_known = false;
        for (size_t i = 0; i < array_length(known) && child->string != NULL; i++) {
            is_known = is_known || strcmp(child->string, known[i]) == 0;
        }
        if (cJSON_IsString(child) && !is_known) {
            assert_non_null(cJSON_SetValuestring(child, HOSTILE) != NULL ? HOSTILE : NULL);
        }
    }
}

/* Breadth first: no recursion, and the trees are small. */
static void poison_tree(cJSON *root)
{
    cJSON *open[4096] = { root };
    size_t count = 1;

    for (size_t i = 0; i < count; i++) {
        poison(open[i]);
        for (cJSON *child = open[i]->child; child != NULL; child = child->next) {
            assert_true(count < array_length(open));
            open[count++] = child;
        }
    }
}

static void foreign_text_stays_text_wherever_it_stands(void **state)
{
    static const char *const samples[] = { SAMPLE_EXPERIMENT, SAMPLE_HELLO, SAMPLE_SWEEP };

    (void)state;
    for (size_t i = 0; i < array_length(samples); i++) {
        struct report_document document = read_sample(samples[i]);
        cleanup_buf struct buf html = { .base = NULL };
        document.name = HOSTILE;
        poison_tree(document.json);
        buf_init(&html, TEXT_BYTES);

        assert_int_equal(report_add_html(&html, &document, 1), 0);

        assert_has_not(&html, "<img");
        assert_has_not(&html, "\xff");
        assert_int_equal(count_of(&html, "<script"), count_of(&html, "</script"));
        assert_has(&html, "&lt;/script&gt;&lt;img src=x onerror=y&gt;&quot;&#39;&amp;{{=\\x7F\\xFF");
        report_document_clear(&document);
    }
}

static void an_empty_document_is_a_page_all_the_same(void **state)
{
    static const char *const samples[] = {
        "{\"version\":1,\"delay_ms\":0,\"modes\":[]}",
        "{\"version\":1,\"delay_ms\":1e15,\"modes\":[{\"mode\":\"sync\",\"tasks\":[],\"total_s\":null,\"theory_s\":"
        "null,"
        "\"ratio\":null,\"ok\":false}]}",
        "{\"version\":1,\"kind\":\"hello\",\"requests\":0,\"clients\":[],\"rows\":[]}",
        "{\"version\":1,\"kind\":\"sweep\",\"points\":[]}",
    };

    (void)state;
    for (size_t i = 0; i < array_length(samples); i++) {
        cleanup_buf struct buf html = { .base = NULL };

        render(&html, samples[i]);

        assert_has(&html, "</html>\n");
    }
}

/* One that was just measured was not read: what has another form is left out, and nothing breaks. */
static void a_document_in_no_form_at_all_is_a_page_all_the_same(void **state)
{
    static const char *const texts[] = { "{}",
                                         "[]",
                                         "7",
                                         "{\"kind\":\"sweep\",\"points\":[1,{},[]]}",
                                         "{\"kind\":\"hello\",\"rows\":[{},1],\"clients\":\"x\"}",
                                         "{\"modes\":[{\"tasks\":[{},3,{\"parts\":[{}]}]},5]}" };

    (void)state;
    for (size_t i = 0; i < array_length(texts); i++) {
        struct report_document document = { .json = cJSON_Parse(texts[i]) };
        cleanup_buf struct buf html = { .base = NULL };
        buf_init(&html, TEXT_BYTES);

        assert_case(texts[i], report_add_html(&html, &document, 1) == 0);
        assert_case(texts[i], report_add_csv(&html, &document, 1) == 0);

        report_document_clear(&document);
    }
}

static void a_page_is_refused_where_there_is_no_room(void **state)
{
    struct report_document document = read_sample(SAMPLE_SWEEP);
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    buf_init(&html, 5000);

    assert_int_equal(report_add_html(&html, &document, 1), -ENOBUFS);

    report_document_clear(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_allows_its_own_scripts_and_no_connection),
        cmocka_unit_test(a_page_names_nothing_to_be_fetched),
        cmocka_unit_test(foreign_text_stays_text_wherever_it_stands),
        cmocka_unit_test(an_empty_document_is_a_page_all_the_same),
        cmocka_unit_test(a_document_in_no_form_at_all_is_a_page_all_the_same),
        cmocka_unit_test(a_page_is_refused_where_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
