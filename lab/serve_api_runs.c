/* SPDX-License-Identifier: MIT */
/*
 * What is asked about runs: the list, starting, cancelling, and their results in three forms.
 */
#include <stdio.h>

#include "lab/report.h"
#include "lab/serve_answer.h"
#include "lab/serve_api.h"

enum { REPORT_BYTES = 32 * 1024 * 1024, NAME_BYTES = 64, DISPOSITION_BYTES = 128 };

static const char no_memory[] = "There is no memory for an answer.";

void serve_api_list_runs(struct serve_api *api, const struct serve_request *request)
{
    cleanup_buf struct buf text = { .base = NULL };

    buf_init(&text, SERVE_BODY_BYTES);
    if (runs_add_json(&api->runs, &text) < 0) {
        serve_refuse_plainly(request->exchange, 500, no_memory);
        return;
    }
    serve_answer_json(request->exchange, 200, buf_view(&text));
}

/* 202 {"run":"7"} */
static void answer_run(struct http_exchange *exchange, const struct run *run)
{
    char body[NAME_BYTES];

    int length = snprintf(body, sizeof body, "{\"run\":\"%llu\"}", (unsigned long long)run->number);
    serve_answer_json(exchange, 202, (struct str){ body, (size_t)length });
}

/* ---- starting and ending ---- */

static void start(struct serve_api *api, struct http_exchange *exchange, const struct run_request *request)
{
    struct error error = { { '\0' } };
    const struct run *run = runs_start(&api->runs, request, &error);

    if (run == NULL) {
        serve_refuse_plainly(exchange, 500, error.text);
    } else {
        answer_run(exchange, run);
    }
}

void serve_api_start_run(struct serve_api *api, const struct serve_request *request)
{
    const struct run *current = run_history_current(&api->runs.history);
    struct run_refusal refusal = { .field = NULL };
    struct run_request run_request;

    if (run_request_read(&run_request, http_exchange_body(request->exchange), &refusal) < 0) {
        const struct serve_refusal refused = {
            .status = 400,
            .detail = refusal.sentence.text,
            .field = refusal.field,
        };
        serve_refuse(request->exchange, &refused);
    } else if (current != NULL) {
        const struct serve_refusal refused = {
            .status = 409,
            .detail = "A run is under way; cancel it, or wait for its end.",
            .run = current->number,
        };
        serve_refuse(request->exchange, &refused);
    } else {
        start(api, request->exchange, &run_request);
    }
    run_request_clear(&run_request);
}

/* NULL: there is none, and the request has its answer. */
static struct run *find_run(struct serve_api *api, const struct serve_request *request)
{
    uint64_t number = 0;
    struct run *run = NULL;

    bool is_number = request->run.length > 0 && request->run.base[0] != '0';
    if (is_number && str_to_number(request->run, UINT64_MAX, &number) == 0) {
        run = run_history_find(&api->runs.history, number);
    }
    if (run == NULL) {
        serve_refuse_plainly(request->exchange, 404, "There is no such run; only the last eight are kept.");
    }
    return run;
}

void serve_api_cancel_run(struct serve_api *api, const struct serve_request *request)
{
    struct run *run = find_run(api, request);

    if (run == NULL) {
        return;
    }
    if (run->state != RUN_UNDER_WAY) {
        const struct serve_refusal refusal = {
            .status = 409,
            .detail = "That run is over already.",
            .run = run->number,
        };
        serve_refuse(request->exchange, &refusal);
        return;
    }
    run_cancel(run);
    answer_run(request->exchange, run);
}

/* ---- results ---- */

/* NULL: there is none that has a document, and the request has its answer. */
static const struct run *find_result(struct serve_api *api, const struct serve_request *request)
{
    const struct run *run = find_run(api, request);
    struct error why;

    if (run == NULL || run->document.length > 0) {
        return run;
    }
    if (run->state == RUN_UNDER_WAY) {
        (void)error_set(&why, "That run has not ended yet.");
    } else {
        (void)error_set(&why, "That run has no result. %s", run->complaint.text);
    }
    serve_refuse_plainly(request->exchange, 404, why.text);
    return NULL;
}

static bool is_download(const struct serve_request *request)
{
    char value[2];

    return serve_api_parameter(request, "download", value, sizeof value) && value[0] == '1';
}

/* "fanlight-experiment-7.html": of letters and digits, whatever was asked. */
static void add_disposition(struct serve_fields *fields, char text[DISPOSITION_BYTES], const struct run *run,
                            const char *ending)
{
    (void)snprintf(text, DISPOSITION_BYTES, "attachment; filename=\"fanlight-%s-%llu.%s\"", run_kind_names[run->kind],
                   (unsigned long long)run->number, ending);
    serve_fields_add(fields, "Content-Disposition", text);
}

void serve_api_show_document(struct serve_api *api, const struct serve_request *request)
{
    const struct run *run = find_result(api, request);
    char disposition[DISPOSITION_BYTES];
    struct serve_fields fields;

    if (run == NULL) {
        return;
    }
    serve_fields_init(&fields, "application/json");
    if (is_download(request)) {
        add_disposition(&fields, disposition, run, "json");
    }
    serve_answer(request->exchange, 200, &fields, buf_view(&run->document), HTTP_BODY_COPIED);
}

typedef int render_fn(struct buf *text, const struct report_document *documents, size_t count);

/* False: it has its answer already. */
static bool render(const struct run *run, const struct serve_request *request, render_fn *add, struct buf *text)
{
    struct report_document document = { .json = NULL };
    struct error error = { { '\0' } };
    char name[NAME_BYTES];

    (void)snprintf(name, sizeof name, "run %llu", (unsigned long long)run->number);
    if (report_document_read(buf_view(&run->document), name, &document, &error) < 0) {
        serve_refuse_plainly(request->exchange, 500, error.text);
        return false;
    }
    buf_init(text, REPORT_BYTES);
    int result = add(text, &document, 1);
    report_document_clear(&document);
    if (result < 0) {
        buf_clear(text);
        serve_refuse_plainly(request->exchange, 500, no_memory);
    }
    return result >= 0;
}

/* The answer takes the bytes. */
static void answer_rendered(const struct serve_request *request, const struct serve_fields *fields, struct buf *text)
{
    struct str body = buf_view(text);

    buf_init(text, REPORT_BYTES);
    serve_answer(request->exchange, 200, fields, body, HTTP_BODY_OWNED);
}

void serve_api_show_report(struct serve_api *api, const struct serve_request *request)
{
    const struct run *run = find_result(api, request);
    char disposition[DISPOSITION_BYTES];
    struct serve_fields fields;
    struct buf html;

    if (run == NULL || !render(run, request, report_add_html, &html)) {
        return;
    }
    serve_fields_init_report(&fields);
    if (is_download(request)) {
        add_disposition(&fields, disposition, run, "html");
    }
    answer_rendered(request, &fields, &html);
}

void serve_api_show_table(struct serve_api *api, const struct serve_request *request)
{
    const struct run *run = find_result(api, request);
    char disposition[DISPOSITION_BYTES];
    struct serve_fields fields;
    struct buf csv;

    if (run == NULL || !render(run, request, report_add_csv, &csv)) {
        return;
    }
    serve_fields_init(&fields, "text/csv; charset=utf-8");
    if (is_download(request)) {
        add_disposition(&fields, disposition, run, "csv");
    }
    answer_rendered(request, &fields, &csv);
}
