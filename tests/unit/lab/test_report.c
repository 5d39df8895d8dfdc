/* SPDX-License-Identifier: MIT */
/* What a report shows of each kind of document; test_report_page.c has what holds of every page. */
#include "lab/report.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/report_fixture.h"
#include "tests/unit/lab/report_samples.h"

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
