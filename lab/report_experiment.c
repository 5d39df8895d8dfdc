/* SPDX-License-Identifier: MIT */
#include "lab/report_sections.h"
#include "lab/report_text.h"

enum { STATUS_OK = 200, STATUS_OK_MOST = 299 };

static void add_introduction(struct buf *html, const cJSON *document)
{
    (void)buf_add_text(html, "<h2>The experiment</h2>\n<p>Requests sent at the same instant to a gateway that calls a "
                             "backend for each. The backend takes <strong>");
    report_add_milliseconds(html, report_number(document, "delay_ms"));
    (void)buf_add_text(html, "</strong>. What differs is how the gateway makes its calls.</p>\n");
}

/* "sync 4.0 s   async 2.0 s" */
static void add_verdict(struct buf *html, const cJSON *document)
{
    const cJSON *mode = NULL;

    (void)buf_add_text(html, "<ul class=\"verdict\">\n");
    cJSON_ArrayForEach(mode, report_member(document, "modes"))
    {
        double total_s = report_number(mode, "total_s");
        (void)buf_add_text(html, "<li>");
        (void)report_text_add_html(html, report_string(mode, "mode"));
        (void)buf_add_text(html, " <strong>");
        report_add_number(html, total_s, total_s < 1 ? 3 : 1);
        (void)buf_add_text(html, isnan(total_s) ? "</strong></li>\n" : " s</strong></li>\n");
    }
    (void)buf_add_text(html, "</ul>\n");
}

/* ---- the table ---- */

struct row {
    struct str mode; /* empty: that of the row above */
    struct str name;
    double seconds, theory_s, theory_earliest_s, ratio;
    bool has_verdict, ok; /* older documents judge the mode alone */
    bool is_first, is_total;
    double status; /* of a task */
    struct str error;
};

static void add_theory_cell(struct buf *html, const struct row *row)
{
    (void)buf_add_text(html, "<td class=\"number\">");
    if (row->theory_earliest_s < row->theory_s) {
        report_add_number(html, row->theory_earliest_s, 3);
        (void)buf_add_text(html, " to ");
    }
    report_add_number(html, row->theory_s, 3);
    (void)buf_add_text(html, "</td>");
}

/* In words, never by colour alone; and why, where the figures do not tell. */
static void add_verdict_cell(struct buf *html, const struct row *row)
{
    if (!row->has_verdict) {
        (void)buf_add_text(html, "<td></td>");
        return;
    }
    (void)buf_add_format(html, "<td class=\"%s\">%s", row->ok ? "good" : "bad", row->ok ? "ok" : "not ok");
    if (row->error.length > 0) {
        (void)buf_add_text(html, ": ");
        (void)report_text_add_html(html, row->error);
    } else if (row->status < STATUS_OK || row->status > STATUS_OK_MOST) {
        (void)buf_add_format(html, ": status %.0f", row->status);
    }
    (void)buf_add_text(html, "</td>");
}

static void add_row(struct buf *html, const struct row *row)
{
    (void)buf_add_format(html, "<tr%s>", row->is_total ? " class=\"total\"" : row->is_first ? " class=\"first\"" : "");
    report_add_text_cell(html, row->mode);
    report_add_text_cell(html, row->name);
    report_add_number_cell(html, row->seconds, 3);
    add_theory_cell(html, row);
    report_add_number_cell(html, row->ratio, 2);
    add_verdict_cell(html, row);
    (void)buf_add_text(html, "</tr>\n");
}

static void add_mode_rows(struct buf *html, const cJSON *mode)
{
    struct str name = report_string(mode, "mode");
    const cJSON *tasks = report_member(mode, "tasks");
    const cJSON *task = NULL;

    cJSON_ArrayForEach(task, tasks)
    {
        bool is_first = task == tasks->child;
        add_row(html, &(struct row){
                          .mode = is_first ? name : STR(""),
                          .name = report_string(task, "name"),
                          .seconds = report_number(task, "seconds"),
                          .theory_s = report_number(task, "theory_s"),
                          .theory_earliest_s = report_number(task, "theory_earliest_s"),
                          .ratio = report_number(task, "ratio"),
                          .has_verdict = report_member(task, "ok") != NULL,
                          .ok = report_flag(task, "ok"),
                          .is_first = is_first,
                          .status = report_number(task, "status"),
                          .error = report_string(task, "error"),
                      });
    }
    add_row(html, &(struct row){
                      .name = STR("total"),
                      .seconds = report_number(mode, "total_s"),
                      .theory_s = report_number(mode, "theory_s"),
                      .theory_earliest_s = report_number(mode, "theory_earliest_s"),
                      .ratio = report_number(mode, "ratio"),
                      .has_verdict = true,
                      .ok = report_flag(mode, "ok"),
                      .is_total = true,
                      .status = REPORT_UNKNOWN,
                  });
}

static void add_table(struct buf *html, const cJSON *document)
{
    const cJSON *mode = NULL;

    (void)buf_add_text(html,
                       "<h3>Measured, and what theory says</h3>\n<div class=\"scroll\"><table class=\"figures\">\n"
                       "<thead><tr><th scope=\"col\">mode</th><th scope=\"col\">task</th>"
                       "<th scope=\"col\" class=\"number\">seconds</th><th scope=\"col\" class=\"number\">theory</th>"
                       "<th scope=\"col\" class=\"number\">ratio</th><th scope=\"col\">verdict</th></tr></thead>\n"
                       "<tbody>\n");
    cJSON_ArrayForEach(mode, report_member(document, "modes"))
    {
        add_mode_rows(html, mode);
    }
    (void)buf_add_text(html, "</tbody></table></div>\n"
                             "<p class=\"faint\">Ok: answered with 2xx within 0.95 to 1.15 × theory + 50 ms.</p>\n");
}

void report_add_experiment(struct buf *html, const cJSON *document)
{
    add_introduction(html, document);
    add_verdict(html, document);
    (void)buf_add_text(html, "<h3>Where the time went</h3>\n");
    report_add_timeline(html, document);
    add_table(html, document);
}
