/* SPDX-License-Identifier: MIT */
#include "lab/report_sections.h"
#include "lab/report_text.h"

/* What the seconds are told for, whatever was measured. */
enum { TABLE_REQUESTS = 1000 };

static void add_introduction(struct buf *html, const cJSON *document)
{
    double repeats = report_number(document, "repeats");
    double requests = report_number(document, "requests");

    (void)buf_add_text(html,
                       "<h2>The table</h2>\n<p>Several clients at the same time, each making one request after the "
                       "other: the seconds that 1000 of them take, on average.");
    if (requests != TABLE_REQUESTS) {
        (void)buf_add_format(html, " (Each made %.0f.)", requests);
    }
    if (repeats > 1) {
        (void)buf_add_format(
            html, " Measured %.0f times: medians, and beside them how far a measurement was off at most.", repeats);
    }
    (void)buf_add_text(html, "</p>\n");
}

static void add_findings(struct buf *html, const cJSON *document)
{
    const cJSON *findings = report_member(document, "findings");
    const cJSON *finding = NULL;

    if (cJSON_GetArraySize(findings) == 0) {
        return;
    }
    (void)buf_add_text(html, "<ul>\n");
    cJSON_ArrayForEach(finding, findings)
    {
        (void)buf_add_text(html, "<li>");
        (void)report_text_add_html(html, str_of(cJSON_GetStringValue(finding)));
        (void)buf_add_text(html, "</li>\n");
    }
    (void)buf_add_text(html, "</ul>\n");
}

/* "<thead>": a column for each number of clients, and one more. */
static void add_head(struct buf *html, const cJSON *document, const char *last)
{
    const cJSON *clients = NULL;

    (void)buf_add_text(
        html, "<div class=\"scroll\"><table class=\"figures wide\">\n<thead><tr><th scope=\"col\">clients</th>");
    cJSON_ArrayForEach(clients, report_member(document, "clients"))
    {
        (void)buf_add_format(html, "<th scope=\"col\" class=\"number\">%.0f</th>", cJSON_GetNumberValue(clients));
    }
    if (last != NULL) {
        (void)buf_add_format(html, "<th scope=\"col\" class=\"number\">%s</th>", last);
    }
    (void)buf_add_text(html, "</tr></thead>\n<tbody>\n");
}

static void add_row_title(struct buf *html, const cJSON *row)
{
    struct str title = report_string(row, "title");

    (void)report_text_add_html(html, title.length > 0 ? title : report_string(row, "name"));
}

static double last_number(const cJSON *array)
{
    int count = cJSON_GetArraySize(array);

    return count > 0 ? report_spread_of(cJSON_GetArrayItem(array, count - 1)).median : REPORT_UNKNOWN;
}

/* What theory says to a row, and the ratio. */
static void add_theory_rows(struct buf *html, const cJSON *row)
{
    const cJSON *theory = report_member(row, "theory_s");
    const cJSON *seconds = report_member(row, "seconds");
    const cJSON *due = NULL;
    const cJSON *measured = seconds != NULL ? seconds->child : NULL;

    if (theory == NULL) {
        return;
    }
    (void)buf_add_text(html, "<tr class=\"faint\"><td>theory</td>");
    cJSON_ArrayForEach(due, theory)
    {
        report_add_number_cell(html, report_spread_of(due).median, 3);
    }
    report_add_number_cell(html, last_number(theory) / report_spread_of(theory->child).median, 2);
    (void)buf_add_text(html, "</tr>\n<tr class=\"faint\"><td>measured over theory</td>");
    cJSON_ArrayForEach(due, theory)
    {
        report_add_number_cell(html, report_spread_of(measured).median / report_spread_of(due).median, 2);
        measured = measured != NULL ? measured->next : NULL;
    }
    (void)buf_add_text(html, "<td></td></tr>\n");
}

static void add_seconds_row(struct buf *html, const cJSON *row)
{
    const cJSON *seconds = report_member(row, "seconds");
    const cJSON *figure = NULL;
    double failed = report_number(row, "failed");

    (void)buf_add_text(html, "<tr class=\"first\"><th scope=\"row\" class=\"title\">");
    add_row_title(html, row);
    if (failed > 0) {
        (void)buf_add_format(html, " <span class=\"bad\">%.0f failed</span>", failed);
    }
    (void)buf_add_text(html, "</th>");
    cJSON_ArrayForEach(figure, seconds)
    {
        report_add_spread_cell(html, report_spread_of(figure), 3);
    }
    report_add_number_cell(html,
                           last_number(seconds) / report_spread_of(seconds != NULL ? seconds->child : NULL).median, 2);
    (void)buf_add_text(html, "</tr>\n");
    add_theory_rows(html, row);
}

static void add_seconds_table(struct buf *html, const cJSON *document)
{
    const cJSON *row = NULL;

    (void)buf_add_text(html, "<h3>Seconds</h3>\n");
    add_head(html, document, "last over first");
    cJSON_ArrayForEach(row, report_member(document, "rows"))
    {
        add_seconds_row(html, row);
    }
    (void)buf_add_text(html, "</tbody></table></div>\n");
}

/* ---- what ran out ---- */

static void add_cost_row(struct buf *html, const cJSON *row, const char *member, const char *title)
{
    const cJSON *figure = NULL;
    const cJSON *figures = report_member(row, member);

    if (figures == NULL) {
        return;
    }
    (void)buf_add_format(html, "<tr><td>%s</td>", title);
    cJSON_ArrayForEach(figure, figures)
    {
        if (cJSON_IsString(figure)) {
            (void)buf_add_text(html, "<td class=\"number\">");
            (void)report_text_add_html(html, str_of(figure->valuestring));
            (void)buf_add_text(html, "</td>");
        } else {
            report_add_number_cell(html, report_spread_of(figure).median, 3);
        }
    }
    (void)buf_add_text(html, "</tr>\n");
}

static void add_cost_table(struct buf *html, const cJSON *document)
{
    int count = cJSON_GetArraySize(report_member(document, "clients"));
    const cJSON *row = NULL;

    (void)buf_add_text(html, "<h3>Whose processor time it was</h3>\n");
    add_head(html, document, NULL);
    cJSON_ArrayForEach(row, report_member(document, "rows"))
    {
        if (report_member(row, "client_cpu_s") == NULL && report_member(row, "server_cpu_s") == NULL) {
            continue; /* somebody else measured that */
        }
        (void)buf_add_format(html, "<tr class=\"first\"><th scope=\"row\" colspan=\"%d\">", count + 1);
        add_row_title(html, row);
        (void)buf_add_text(html, "</th></tr>\n");
        add_cost_row(html, row, "client_cpu_s", "all clients together, s");
        add_cost_row(html, row, "server_cpu_s", "server, s");
        add_cost_row(html, row, "limit", "what ran out");
    }
    (void)buf_add_text(html, "</tbody></table></div>\n");
}

void report_add_hello(struct buf *html, const cJSON *document, size_t index)
{
    add_introduction(html, document);
    add_findings(html, document);
    report_add_curves(html, index, STR(""));
    add_seconds_table(html, document);
    add_cost_table(html, document);
}
