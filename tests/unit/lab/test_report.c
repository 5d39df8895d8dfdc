/* SPDX-License-Identifier: MIT */
#include "lab/report.h"

#include <errno.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/report_samples.h"

enum { TEXT_BYTES = 16 * 1024 * 1024 };

static size_t count_of(const struct buf *html, const char *wanted)
{
    size_t count = 0;
    struct str rest = buf_view(html);

    for (;;) {
        const char *place = memmem(rest.base, rest.length, wanted, strlen(wanted));
        if (place == NULL) {
            return count;
        }
        rest = str_from(rest, (size_t)(place - rest.base) + strlen(wanted));
        count++;
    }
}

static void assert_has(const struct buf *html, const char *wanted)
{
    if (count_of(html, wanted) == 0) {
        fail_msg("there is no: %s", wanted);
    }
}

static void assert_has_not(const struct buf *html, const char *unwanted)
{
    if (count_of(html, unwanted) != 0) {
        fail_msg("there is: %s", unwanted);
    }
}

static struct report_document read_sample(const char *text)
{
    struct report_document document = { .json = NULL };
    struct error error = { { '\0' } };

    if (report_document_read(str_of(text), "x.json", &document, &error) < 0) {
        fail_msg("%s", error.text);
    }
    return document;
}

static void render(struct buf *html, const char *text)
{
    struct report_document document = read_sample(text);

    buf_init(html, TEXT_BYTES);
    assert_int_equal(report_add_html(html, &document, 1), 0);
    report_document_clear(&document);
}

static void an_experiment_is_lanes_figures_and_a_table(void **state)
{
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    render(&html, SAMPLE_EXPERIMENT);

    assert_has(&html, "<!DOCTYPE html>");
    assert_has(&html, "</html>\n");
    assert_has(&html, "<li>sync <strong>4.0 s</strong></li>");
    assert_has(&html, "<rect class=\"waiting\" x=\"0.000%\" width=\"50.000%\"");
    assert_has(&html, "<rect class=\"backend\" x=\"50.000%\" width=\"50.000%\"");
    assert_has(&html, "<text class=\"label waiting\" x=\"25.000%\" y=\"50%\" dy=\".35em\">waiting</text>");
    assert_has(&html, "<line class=\"theory\" x1=\"99.950%\"");
    assert_has(&html, "x=\"100.000%\" y=\"50%\" dy=\".35em\" dx=\"6\">4.002 s</text>");
    assert_has(&html, "<td>sync</td><td>task1</td><td class=\"number\">2.001</td><td class=\"number\">2.000</td>"
                      "<td class=\"number\">1.00</td><td class=\"good\">ok</td>");
    assert_has(&html,
               "task2: answered after 4.002 s, waiting for the gateway from 0 ms to 2.001 s, the backend at work");
}

static void a_task_without_an_answer_says_so_and_why(void **state)
{
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    render(&html, SAMPLE_EXPERIMENT);

    assert_has(&html, "<td class=\"bad\">not ok: connection_refused</td>");
    assert_has(&html, "class=\"figure bad\" x=\"0.000%\" y=\"50%\" dy=\".35em\" dx=\"6\">connection_refused</text>");
    assert_has(&html, "<li>async <strong>–</strong></li>");
    assert_has(&html, "task2: no answer");
}

static void an_experiment_seen_from_outside_is_shown_from_sent_to_answered(void **state)
{
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    render(&html, SAMPLE_PLAIN_EXPERIMENT);

    assert_has(&html, "<rect class=\"unknown\" x=\"0.000%\" width=\"100.000%\"");
    assert_has(&html, "<li>sync <strong>0.051 s</strong></li>");
}

static void an_experiment_needs_no_script(void **state)
{
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    render(&html, SAMPLE_EXPERIMENT);

    assert_has_not(&html, "<script");
}

static void a_hello_table_has_seconds_theory_and_what_ran_out(void **state)
{
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    render(&html, SAMPLE_HELLO);

    assert_has(&html, "<li>It grows.</li>");
    assert_has(&html, "as published</th><td class=\"number\">0.464</td><td class=\"number\">0.413</td>"
                      "<td class=\"number\">0.89</td>");
    assert_has(&html, "<td class=\"number\" title=\"1.100 to 1.300\">1.200 <small>±8%</small></td>"
                      "<td class=\"number\">–</td>");
    assert_has(&html, "<td>measured over theory</td><td class=\"number\">1.20</td><td class=\"number\">–</td>");
    assert_has(&html, "<span class=\"bad\">3 failed</span>");
    assert_has(&html, "<td>what ran out</td><td class=\"number\">backend</td>");
}

static void a_sweep_is_put_together_by_mode_and_along_its_axis(void **state)
{
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    render(&html, SAMPLE_SWEEP);

    assert_has(&html, "<li>sync <strong>19.4 a second</strong> p99 at least 900 ms, 64 clients</li>");
    assert_has(&html, "<h3>10 calls of 50ms, each client waits for its answer</h3>");
    assert_has(&html, "data-document=\"0\" data-points=\"0 2 3 1\"");
    assert_has(&html, "<td class=\"number\">≥ 900.0</td>");
    assert_has(&html, "<h3>One client</h3>\n<p>Nobody waits.</p>");
    assert_has(&html, "data-document=\"0\" data-points=\"4\"");
    assert_has(&html, "<li>sync: all calls run at once</li>");
    assert_has(&html, "<td class=\"number\">10.0</td>"); /* MiB */
}

static void an_open_loop_goes_along_its_rates(void **state)
{
    struct report_document document = read_sample(SAMPLE_SWEEP);
    cJSON *point = NULL;
    double rate = 500;
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    cJSON_ArrayForEach(point, cJSON_GetObjectItem(document.json, "points"))
    {
        cJSON_ReplaceItemInObject(point, "load", cJSON_CreateString("open"));
        cJSON_ReplaceItemInObject(point, "clients", cJSON_CreateNumber(1000));
        cJSON_ReplaceItemInObject(point, "rate", cJSON_CreateNumber(rate));
        rate -= 100;
    }
    buf_init(&html, TEXT_BYTES);

    assert_int_equal(report_add_html(&html, &document, 1), 0);

    assert_has(&html, "<h3>10 calls of 50ms, requests due at a constant rate, 1000 connections at most</h3>");
    assert_has(&html, "data-document=\"0\" data-points=\"2 0 3 1\"");
    assert_has(&html, "p99 55 ms, 500 due a second</li>");
    assert_has(&html, "<th scope=\"col\" class=\"number\">p99 from sending</th>");
    report_document_clear(&document);
}

static void what_theory_says_nothing_of_has_no_column_for_it(void **state)
{
    struct report_document document = read_sample(SAMPLE_SWEEP);
    cJSON *point = NULL;
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    cJSON_ArrayForEach(point, cJSON_GetObjectItem(document.json, "points"))
    {
        cJSON_DeleteItemFromObject(point, "theory");
    }
    buf_init(&html, TEXT_BYTES);

    assert_int_equal(report_add_html(&html, &document, 1), 0);

    assert_has_not(&html, ">theory</th>");
    assert_has(&html, ">p50 ms</th>");
    report_document_clear(&document);
}

static void a_report_says_how_it_was_measured(void **state)
{
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    render(&html, SAMPLE_SWEEP);

    assert_has(&html, "<dt>command</dt><dd><code>lab sweep --rate=5</code></dd>");
    assert_has(&html, "<dt>when</dt><dd>2026-01-02T03:04:05Z</dd>");
    assert_has(&html, "<dt>seed</dt><dd>7</dd>");
    assert_has(&html, "AMD EPYC, 2 cores, 2.0 GiB; Debian 12; Linux 6.1");
    assert_has(&html, "fanlight-lab 0.1.0");
    assert_has_not(&html, "Interrupted");
}

static void what_was_interrupted_says_so(void **state)
{
    struct report_document document = read_sample(SAMPLE_SWEEP);
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    cJSON_ReplaceItemInObject(cJSON_GetObjectItem(document.json, "origin"), "interrupted", cJSON_CreateTrue());
    buf_init(&html, TEXT_BYTES);

    assert_int_equal(report_add_html(&html, &document, 1), 0);

    assert_has(&html, "Interrupted: this is what was measured until then.");
    report_document_clear(&document);
}

static void several_documents_have_contents(void **state)
{
    struct report_document documents[] = { read_sample(SAMPLE_EXPERIMENT), read_sample(SAMPLE_HELLO) };
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    documents[1].name = "<b>.json";
    buf_init(&html, TEXT_BYTES);

    assert_int_equal(report_add_html(&html, documents, 2), 0);

    assert_has(&html, "<a href=\"#document-1\">The experiment</a> <span class=\"faint\">x.json</span>");
    assert_has(&html, "<a href=\"#document-2\">The table</a> <span class=\"faint\">&lt;b&gt;.json</span>");
    assert_has(&html, "<article id=\"document-2\">");
    report_document_clear(&documents[0]);
    report_document_clear(&documents[1]);
}

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
        cmocka_unit_test(an_experiment_is_lanes_figures_and_a_table),
        cmocka_unit_test(a_task_without_an_answer_says_so_and_why),
        cmocka_unit_test(an_experiment_seen_from_outside_is_shown_from_sent_to_answered),
        cmocka_unit_test(an_experiment_needs_no_script),
        cmocka_unit_test(a_hello_table_has_seconds_theory_and_what_ran_out),
        cmocka_unit_test(a_sweep_is_put_together_by_mode_and_along_its_axis),
        cmocka_unit_test(an_open_loop_goes_along_its_rates),
        cmocka_unit_test(what_theory_says_nothing_of_has_no_column_for_it),
        cmocka_unit_test(a_report_says_how_it_was_measured),
        cmocka_unit_test(what_was_interrupted_says_so),
        cmocka_unit_test(several_documents_have_contents),
        cmocka_unit_test(a_page_allows_its_own_scripts_and_no_connection),
        cmocka_unit_test(a_page_names_nothing_to_be_fetched),
        cmocka_unit_test(foreign_text_stays_text_wherever_it_stands),
        cmocka_unit_test(an_empty_document_is_a_page_all_the_same),
        cmocka_unit_test(a_document_in_no_form_at_all_is_a_page_all_the_same),
        cmocka_unit_test(a_page_is_refused_where_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
