/* SPDX-License-Identifier: MIT */
/*
 * report_text - foreign text as text: in HTML, in a script element's JSON, in a CSV cell. Pure.
 *
 * Errors: 0, or -errno as buf_add().
 */
#ifndef LAB_REPORT_TEXT_H
#define LAB_REPORT_TEXT_H

#include "common/buf.h"

/* As an element's text or an attribute's value: & < > " ' become references; control bytes and what is not UTF-8, \xHH
 * (see lab/printable.h). */
int report_text_add_html(struct buf *html, struct str text);
/* JSON text for <script type="application/json">: no byte of it can end or open an element, since < > and & stand as
 * \u00XX. What is not UTF-8 becomes U+FFFD. (HTML, 4.12.1.3: restrictions for contents of script elements.) */
int report_text_add_script_json(struct buf *html, struct str json);
/* As one cell: in quotation marks where RFC 4180 wants them. Text that a spreadsheet would take for a formula (it
 * begins with = + - @) has an apostrophe in front; control bytes become \xHH. */
int report_text_add_csv(struct buf *csv, struct str text);

#endif
