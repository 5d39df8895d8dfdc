/* SPDX-License-Identifier: MIT */
/*
 * serve_api - what `lab serve` answers where.
 *
 *     GET  /, /page.css, …          the page's files (lab/assets.h)
 *     GET  /api/limits              how much may be asked for (lab/run_limits.h)
 *     GET  /api/runs                the last runs
 *     POST /api/runs                starts one
 *     POST /api/runs/7/cancel       ends it with what it has measured
 *     GET  /api/runs/7              its result; ?download=1: as a file
 *     GET  /api/runs/7/report.html  the same as a report, and …/table.csv as a table
 *     GET  /api/events              what runs tell, as server-sent events (lab/runs.h)
 *     GET  /api/watch?admin=ADDR    what a running gateway tells (lab/watch.h)
 *
 * docs/lab.md says it in full. Everything has passed serve_guard before.
 */
#ifndef LAB_SERVE_API_H
#define LAB_SERVE_API_H

#include "lab/runs.h"
#include "lab/serve_guard.h"
#include "lab/watch.h"

struct serve_api {
    struct serve_guard guard;
    struct runs runs;
    struct watch_list watches;
};

/* Always answers. */
void serve_api_answer(struct serve_api *api, struct http_exchange *exchange);

/* ---- between its files ---- */

/* One request, taken apart. */
struct serve_request {
    struct http_exchange *exchange;
    struct str path;
    struct str query; /* without the question mark */
    struct str run;   /* the number in /api/runs/7/…; empty: none */
};

void serve_api_list_runs(struct serve_api *api, const struct serve_request *request);
void serve_api_start_run(struct serve_api *api, const struct serve_request *request);
void serve_api_cancel_run(struct serve_api *api, const struct serve_request *request);
void serve_api_show_document(struct serve_api *api, const struct serve_request *request);
void serve_api_show_report(struct serve_api *api, const struct serve_request *request);
void serve_api_show_table(struct serve_api *api, const struct serve_request *request);
void serve_api_stream_events(struct serve_api *api, const struct serve_request *request);
void serve_api_stream_watch(struct serve_api *api, const struct serve_request *request);

/* The value of a query parameter, decoded into `text`. False: it is not there, or is no text that fits. */
bool serve_api_parameter(const struct serve_request *request, const char *name, char *text, size_t size);

#endif
