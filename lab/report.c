/* SPDX-License-Identifier: MIT */
#include "lab/report.h"

#include <errno.h>

#include "common/random.h"
#include "lab/assets.h"
#include "lab/report_sections.h"
#include "lab/report_text.h"

enum { MARK_BYTES = 40 };

/* ---- head ---- */

/* The page's own styles and scripts carry a number that nothing in a document can know: all others are refused, and
 * every connection is. */
static void add_head(struct buf *html, const char *mark)
{
    (void)buf_add_format(html,
                         "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                         "script-src 'nonce-%s'; style-src 'nonce-%s'; base-uri 'none'; form-action 'none'\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                         "<meta name=\"color-scheme\" content=\"light dark\">\n"
                         "<meta name=\"generator\" content=\"fanlight-lab " FANLIGHT_VERSION "\">\n"
                         "<title>Measured with Fanlight</title>\n<style nonce=\"%s\">\n",
                         mark, mark, mark);
    (void)buf_add_str(html, asset_find(STR("/lab.css"))->content);
    (void)buf_add_text(html, "</style>\n</head>\n<body>\n<h1>Measured with Fanlight</h1>\n");
}

static const char *title_of(const cJSON *document)
{
    static const char *const titles[] = {
        [REPORT_EXPERIMENT] = "The experiment",
        [REPORT_HELLO] = "The table",
        [REPORT_SWEEP] = "The sweep",
    };

    return titles[report_kind_of(document)];
}

static void add_contents(struct buf *html, const struct report_document *documents, size_t count)
{
    (void)buf_add_text(html, "<nav aria-label=\"Contents\"><ul class=\"contents\">\n");
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_format(html, "<li><a href=\"#document-%zu\">%s</a> <span class=\"faint\">", i + 1,
                             title_of(documents[i].json));
        (void)report_text_add_html(html, str_of(documents[i].name));
        (void)buf_add_text(html, "</span></li>\n");
    }
    (void)buf_add_text(html, "</ul></nav>\n");
}

/* ---- documents ---- */

static void add_interruption(struct buf *html, const cJSON *document)
{
    if (report_flag(report_member(document, "origin"), "interrupted")) {
        (void)buf_add_text(html, "<p class=\"bad\">Interrupted: this is what was measured until then.</p>\n");
    }
}

static void add_document(struct buf *html, const cJSON *document, size_t index)
{
    (void)buf_add_format(html, "<article id=\"document-%zu\">\n", index + 1);
    switch (report_kind_of(document)) {
    case REPORT_HELLO:
        report_add_hello(html, document, index);
        break;
    case REPORT_SWEEP:
        report_add_sweep(html, document, index);
        break;
    case REPORT_EXPERIMENT:
    case REPORT_KIND_COUNT:
        report_add_experiment(html, document);
        break;
    }
    add_interruption(html, document);
    report_add_origin(html, report_member(document, "origin"));
    (void)buf_add_text(html, "</article>\n");
}

/* ---- scripts ---- */

static bool has_curves(const struct report_document *documents, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (report_kind_of(documents[i].json) != REPORT_EXPERIMENT) {
            return true;
        }
    }
    return false;
}

static void add_data(struct buf *html, const struct report_document *documents, size_t count)
{
    (void)buf_add_text(html, "<script type=\"application/json\" id=\"documents\">[");
    for (size_t i = 0; i < count; i++) {
        char *text = cJSON_PrintUnformatted(documents[i].json);
        html->failed = html->failed || text == NULL;
        (void)buf_add_text(html, i > 0 ? ",\n" : "\n");
        (void)report_text_add_script_json(html, str_of(text));
        cJSON_free(text);
    }
    (void)buf_add_text(html, "\n]</script>\n");
}

/* A module's text without its imports, which are a line each: what it imports stands in front of it. That it exports
 * does no harm. */
static void add_module(struct buf *html, struct str text)
{
    while (text.length > 0) {
        struct str line = str_split(&text, '\n');
        if (!str_starts_with(line, STR("import "))) {
            (void)buf_add_str(html, line);
            (void)buf_add_byte(html, '\n');
        }
    }
}

static void add_scripts(struct buf *html, const char *mark)
{
    static const char *const modules[] = { "/curves_data.js", "/curves_chart.js", "/curves_legend.js", "/curves.js",
                                           "/report.js" };

    (void)buf_add_format(html, "<script nonce=\"%s\">\n", mark);
    (void)buf_add_str(html, asset_find(STR("/chart.js"))->content);
    (void)buf_add_format(html, "</script>\n<script type=\"module\" nonce=\"%s\">\n", mark);
    for (size_t i = 0; i < array_length(modules); i++) {
        add_module(html, asset_find(str_of(modules[i]))->content);
    }
    (void)buf_add_text(html, "</script>\n");
}

static void make_mark(char *mark, size_t size)
{
    struct random_source source;

    random_source_seed_from_system(&source);
    uint64_t first = random_source_next(&source);
    (void)snprintf(mark, size, "%016llx%016llx", (unsigned long long)first,
                   (unsigned long long)random_source_next(&source));
}

int report_add_html(struct buf *html, const struct report_document *documents, size_t count)
{
    char mark[MARK_BYTES];

    make_mark(mark, sizeof mark);
    add_head(html, mark);
    if (count > 1) {
        add_contents(html, documents, count);
    }
    report_add_patterns(html);
    for (size_t i = 0; i < count; i++) {
        add_document(html, documents[i].json, i);
    }
    if (has_curves(documents, count)) {
        add_data(html, documents, count);
        add_scripts(html, mark);
    }
    (void)buf_add_text(html, "</body>\n</html>\n");
    return html->failed ? -ENOBUFS : 0;
}
