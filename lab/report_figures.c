/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "lab/report_sections.h"
#include "lab/report_text.h"

enum { NUMBER_BYTES = 64 };
#define SPREAD_PERCENT_LEAST 0.5

static void format(double number, int decimals, char *text, size_t size)
{
    if (isnan(number)) {
        (void)snprintf(text, size, "–");
    } else {
        (void)snprintf(text, size, "%.*f", decimals, number);
    }
}

void report_add_number(struct buf *html, double number, int decimals)
{
    char text[NUMBER_BYTES];

    format(number, decimals, text, sizeof text);
    (void)buf_add_text(html, text);
}

void report_add_number_cell(struct buf *html, double number, int decimals)
{
    (void)buf_add_text(html, "<td class=\"number\">");
    report_add_number(html, number, decimals);
    (void)buf_add_text(html, "</td>");
}

void report_add_spread_cell(struct buf *html, struct report_spread spread, int decimals)
{
    double up = spread.most - spread.median;
    double down = spread.median - spread.least;
    double percent = (up > down ? up : down) * 100 / spread.median;

    if (!(percent > 0)) { /* measured once, or not known */
        percent = 0;
    }
    (void)buf_add_text(html, "<td class=\"number\"");
    if (percent > 0) {
        (void)buf_add_format(html, " title=\"%.*f to %.*f\"", decimals, spread.least, decimals, spread.most);
    }
    (void)buf_add_text(html, spread.is_lower_bound ? ">≥ " : ">");
    report_add_number(html, spread.median, decimals);
    if (percent >= SPREAD_PERCENT_LEAST && isfinite(percent)) {
        (void)buf_add_format(html, " <small>±%.0f%%</small>", percent);
    }
    (void)buf_add_text(html, "</td>");
}

void report_add_text_cell(struct buf *html, struct str text)
{
    (void)buf_add_text(html, "<td>");
    (void)report_text_add_html(html, text);
    (void)buf_add_text(html, "</td>");
}

void report_add_milliseconds(struct buf *html, double time_ms)
{
    if (isnan(time_ms)) {
        (void)buf_add_text(html, "–");
    } else if (time_ms >= 1000) {
        (void)buf_add_format(html, "%.4g s", time_ms / 1000);
    } else {
        (void)buf_add_format(html, "%.3g ms", time_ms);
    }
}

void report_add_curves(struct buf *html, size_t index, struct str points)
{
    (void)buf_add_format(html, "<div class=\"curves\" data-document=\"%zu\" data-points=\"%.*s\"></div>\n", index,
                         STR_ARGUMENTS(points));
}
