/* SPDX-License-Identifier: MIT */
#include "lab/experiment_report.h"

#include <errno.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/sample_results.h"

enum { HTML_BYTES = 1024 * 1024 };

static bool has(const struct buf *html, const char *wanted)
{
    return memmem(html->base, html->length, wanted, strlen(wanted)) != NULL;
}

static void render(struct buf *html, const struct experiment_result *experiment, const char *command_line)
{
    const struct experiment_report report = {
        .experiment = experiment,
        .command_line = str_of(command_line),
        .versions = STR("fanlight-lab 0.1.0, libcurl 7.88.1"),
        .measured_us = 1713599944569000,
    };

    buf_init(html, HTML_BYTES);
    assert_int_equal(experiment_report_add(html, &report), 0);
}

static void report_shows_lanes_table_and_origin(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    sample_results_init(&sample);

    render(&html, &sample.experiment, "lab experiment --delay=2s");

    assert_true(has(&html, "<!DOCTYPE html>"));
    assert_true(has(&html, "</html>\n"));
    assert_true(has(&html, "<rect class=\"waiting\" x=\"0.012%\" width=\"50.006%\""));
    assert_true(has(&html, "<rect class=\"call\" x=\"50.019%\" width=\"49.981%\""));
    assert_true(has(&html, "<td>sync</td><td>task1</td><td class=\"number\">2.003</td><td class=\"number\">2.000</td>"
                           "<td class=\"number\">1.00</td><td class=\"good\">ok</td>"));
    assert_true(has(&html, "<code>lab experiment --delay=2s</code>"));
    assert_true(has(&html, "fanlight-lab 0.1.0, libcurl 7.88.1"));
    assert_true(has(&html, "2024-04-20T07:59:04Z"));
}

static void report_needs_nothing_else(void **state)
{
    static const char *const foreign[] = { "<script", "http:", "https:", "src=", "href=", "@import", "<link" };
    struct sample_results sample;
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    sample_results_init(&sample);

    render(&html, &sample.experiment, "lab experiment");

    for (size_t i = 0; i < array_length(foreign); i++) {
        assert_case(foreign[i], !has(&html, foreign[i]));
    }
}

static void report_shows_what_came_from_outside_as_text(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    sample_results_init(&sample);
    sample.tasks[0][0].name = "<script>alert(1)</script>";

    render(&html, &sample.experiment, "lab experiment --json='\"><img src=x onerror=y>'");

    assert_false(has(&html, "<script"));
    assert_false(has(&html, "<img"));
    assert_true(has(&html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_true(has(&html, "&#39;&quot;&gt;&lt;img src=x onerror=y&gt;&#39;"));
}

static void report_says_what_failed(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    sample_results_init(&sample);
    sample_results_fail(&sample, 1);

    render(&html, &sample.experiment, "lab experiment");

    assert_true(has(&html, "<td class=\"bad\">not ok: connection_refused</td>"));
    assert_true(has(&html, "<rect class=\"unknown\""));
}

static void report_text_is_escaped_byte_by_byte(void **state)
{
    const struct {
        struct str text;
        const char *expected;
    } rows[] = {
        { STR("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;" },
        { STR("&lt;"), "&amp;lt;" },
        { STR("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f" },
        { STR("a\nb\xff"), "a\\x0Ab\\xFF" },
        { STR(""), "" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_buf struct buf html = { .base = NULL };
        buf_init(&html, HTML_BYTES);

        assert_int_equal(experiment_report_add_text(&html, rows[i].text), 0);

        assert_text(buf_view(&html), rows[i].expected);
    }
}

static void report_is_refused_where_there_is_no_room(void **state)
{
    struct sample_results sample;
    cleanup_buf struct buf html = { .base = NULL };

    (void)state;
    sample_results_init(&sample);
    const struct experiment_report report = { .experiment = &sample.experiment };
    buf_init(&html, 5000);

    assert_int_equal(experiment_report_add(&html, &report), -ENOBUFS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_shows_lanes_table_and_origin),
        cmocka_unit_test(report_needs_nothing_else),
        cmocka_unit_test(report_shows_what_came_from_outside_as_text),
        cmocka_unit_test(report_says_what_failed),
        cmocka_unit_test(report_text_is_escaped_byte_by_byte),
        cmocka_unit_test(report_is_refused_where_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
