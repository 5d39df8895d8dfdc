/* SPDX-License-Identifier: MIT */
#include "lab/report_text.h"

#include <errno.h>
#include <string.h>

#include "lab/printable.h"

/* An escaped byte takes four: more than any text of a document that was read (lab/report_forms.h). */
enum { PRINTABLE_BYTES = 1024 * 1024 };

static const char *reference_of(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static const char *json_escape_of(char byte)
{
    switch (byte) {
    case '&':
        return "\\u0026";
    case '<':
        return "\\u003c";
    case '>':
        return "\\u003e";
    default:
        return NULL;
    }
}

static int result_of(const struct buf *buf)
{
    return buf->failed ? -ENOBUFS : 0;
}

static int make_printable(struct buf *printable, struct str text, struct buf *target)
{
    buf_init(printable, PRINTABLE_BYTES);
    if (printable_add(printable, text) < 0) {
        target->failed = true;
        return -ENOBUFS;
    }
    return 0;
}

int report_text_add_html(struct buf *html, struct str text)
{
    cleanup_buf struct buf printable = { .base = NULL };

    if (make_printable(&printable, text, html) < 0) {
        return -ENOBUFS;
    }
    for (size_t i = 0; i < printable.length; i++) {
        const char *reference = reference_of(printable.base[i]);
        if (reference != NULL) {
            (void)buf_add_text(html, reference);
        } else {
            (void)buf_add_byte(html, printable.base[i]);
        }
    }
    return result_of(html);
}

int report_text_add_script_json(struct buf *html, struct str json)
{
    while (json.length > 0) {
        const char *escape = json_escape_of(json.base[0]);
        size_t length = str_utf8_length(json);
        if (escape != NULL) {
            (void)buf_add_text(html, escape);
        } else if (length == 0) {
            (void)buf_add_text(html, "\xef\xbf\xbd");
        } else {
            (void)buf_add(html, json.base, length);
        }
        json = str_from(json, length > 0 ? length : 1);
    }
    return result_of(html);
}

int report_text_add_csv(struct buf *csv, struct str text)
{
    cleanup_buf struct buf printable = { .base = NULL };

    if (make_printable(&printable, text, csv) < 0) {
        return -ENOBUFS;
    }
    bool is_formula = printable.length > 0 && strchr("=+-@", printable.base[0]) != NULL;
    bool is_quoted = false;
    for (size_t i = 0; i < printable.length; i++) {
        is_quoted = is_quoted || printable.base[i] == '"' || printable.base[i] == ',';
    }
    (void)buf_add_text(csv, is_quoted ? "\"" : "");
    (void)buf_add_text(csv, is_formula ? "'" : "");
    for (size_t i = 0; i < printable.length; i++) {
        (void)buf_add_text(csv, printable.base[i] == '"' ? "\"" : "");
        (void)buf_add_byte(csv, printable.base[i]);
    }
    (void)buf_add_text(csv, is_quoted ? "\"" : "");
    return result_of(csv);
}
