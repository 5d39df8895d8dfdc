/* SPDX-License-Identifier: MIT */
/*
 * report - results of experiments, hello tables and sweeps as one HTML page that needs nothing else, and as CSV.
 *
 * Timelines and tables are plain HTML and SVG: they are there without a script, on paper, and in a mail's preview. The
 * curves are drawn by Chart.js, which the page carries with its licence; without scripts their tables remain. The page
 * allows itself no connection to anywhere, and no script or style but its own (Content-Security-Policy in its head).
 * Whoever serves it over HTTP must let it have these: they are inline.
 *
 * Every text in a document is foreign: it becomes text, never markup (see lab/report_text.h).
 *
 * Pure, but for one number from the system that the page marks its own scripts with.
 */
#ifndef LAB_REPORT_H
#define LAB_REPORT_H

#include <cjson/cJSON.h>

#include "common/buf.h"
#include "common/compiler.h"
#include "common/error.h"

enum {
    REPORT_DOCUMENTS_MOST = 16,
    REPORT_DOCUMENT_BYTES_MOST = 8 * 1024 * 1024,
    /* Enough for any page of documents that were read. */
    REPORT_HTML_BYTES_MOST = 256 * 1024 * 1024,
};

/* A result: one that was read, or one that was just measured. docs/lab.md has the forms. */
struct report_document {
    const char *name; /* of its file, for sentences; NULL: it has none */
    cJSON *json;
};

/* Reads a file's text: JSON, of a kind and version that is known, and in the form it should have. 0, or -1 and a
 * sentence that names the place ("sweep.json: points[3].latency_ms: expected an object, not a text"). `name` is kept.
 */
int report_document_read(struct str text, const char *name, struct report_document *ret_document,
                         struct error *error) must_check;
void report_document_clear(struct report_document *document);

/* Those of one report. Begins zeroed. */
struct report_documents {
    struct report_document all[REPORT_DOCUMENTS_MOST];
    size_t count;
};

/* Adds what a file's text holds: a result, or all those of a report's JSON. 0, or -1 and a sentence. */
int report_documents_read(struct report_documents *documents, struct str text, const char *name,
                          struct error *error) must_check;
void report_documents_clear(struct report_documents *documents);

/* 0, or -errno as buf_add(). A document that was not read should be in the right form; what is not, is left out. */
int report_add_html(struct buf *html, const struct report_document *documents, size_t count) must_check;
/* One result as it is; of several, {"version":1,"kind":"report","documents":[…]}. */
int report_add_json(struct buf *json, const struct report_document *documents, size_t count) must_check;
/* One row for each task, each row's number of clients, and each point, all documents in one table (RFC 4180). */
int report_add_csv(struct buf *csv, const struct report_document *documents, size_t count) must_check;

#endif
