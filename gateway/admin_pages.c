/* SPDX-License-Identifier: MIT */
#include "gateway/admin_pages.h"

#include <errno.h>

#include "common/clock.h"
#include "common/problem.h"
#include "gateway/admin_guard.h"
#include "gateway/metrics.h"

enum {
    HISTORY_BYTES = 16 * 1024 * 1024,
    METRICS_BYTES = 8 * 1024 * 1024,
    EVENTS_BYTES = 1024 * 1024,
    RECORD_BYTES = 1024 * 1024,
    TEXT_BYTES = 8192,
    LARGE_ANSWERS = 8,
    COMMENT_INTERVAL_US = 15 * CLOCK_US_PER_SECOND,
};

struct page {
    struct str path;
    void (*answer)(struct admin_pages *pages, struct http_exchange *exchange);
    const char *summary;
};

static const char type_json[] = "application/json";
static const char type_text[] = "text/plain; charset=utf-8";
static const char type_metrics[] = "text/plain; version=0.0.4; charset=utf-8";

/* ---- answers ---- */

static void answer_body(struct http_exchange *exchange, int status, const char *type, struct str body,
                        enum http_body_memory memory)
{
    const struct http_field fields[] = { { "Content-Type", type }, { "Cache-Control", "no-store" } };
    struct http_answer answer = {
        .status = status,
        .fields = fields,
        .field_count = array_length(fields),
        .body = body,
        .memory = memory,
    };

    (void)http_exchange_answer(exchange, &answer);
}

static void answer_problem(struct http_exchange *exchange, int status, const char *detail, bool close)
{
    cleanup_buf struct buf body;
    static const struct http_field fields[] = { { "Content-Type", PROBLEM_CONTENT_TYPE }, { "Allow", "GET, HEAD" } };
    struct problem problem = { .status = status, .detail = str_of(detail) };

    buf_init(&body, TEXT_BYTES);
    if (problem_render(&problem, &body) < 0) {
        buf_reset(&body);
    }
    struct http_answer answer = {
        .status = status,
        .fields = fields,
        .field_count = status == 405 ? 2 : 1,
        .body = buf_view(&body),
        .memory = HTTP_BODY_COPIED,
        .close = close,
    };
    (void)http_exchange_answer(exchange, &answer);
}

/* ---- answers that can be large: a client that does not read them holds them in memory ---- */

static void on_large_finished(void *context, bool is_complete)
{
    struct admin_pages *pages = context;

    (void)is_complete;
    pages->large_count--;
}

static bool begin_large(struct admin_pages *pages, struct http_exchange *exchange)
{
    static const struct http_exchange_events events = { .on_finished = on_large_finished };

    if (pages->large_count == LARGE_ANSWERS) {
        answer_problem(exchange, 503, "Too many clients are being sent such an answer.", false);
        return false;
    }
    pages->large_count++;
    http_exchange_set_owner(exchange, &events, pages);
    return true;
}

static void answer_metrics(struct admin_pages *pages, struct http_exchange *exchange)
{
    const struct admin_settings *settings = &pages->settings;
    cleanup_buf struct buf text;

    buf_init(&text, METRICS_BYTES);
    if (!begin_large(pages, exchange)) {
        return;
    }
    if (metrics_render(settings->workers, settings->worker_count, settings->process, &text) < 0) {
        answer_problem(exchange, 500, "There is no memory for the metrics.", false);
        return;
    }
    struct str body = buf_view(&text);
    buf_init(&text, METRICS_BYTES); /* the answer owns the bytes now */
    answer_body(exchange, 200, type_metrics, body, HTTP_BODY_OWNED);
}

static void answer_config(struct admin_pages *pages, struct http_exchange *exchange)
{
    if (!begin_large(pages, exchange)) {
        return;
    }
    pthread_mutex_lock(&pages->lock);
    if (pages->config != NULL) {
        struct str config = { pages->config, pages->config_length };
        answer_body(exchange, 200, type_json, config, HTTP_BODY_COPIED);
    } else {
        answer_problem(exchange, 503, "No configuration is in use yet.", false);
    }
    pthread_mutex_unlock(&pages->lock);
}

/* ---- the last requests ---- */

static ssize_t read_records(void *context, uint64_t offset, char *buffer, size_t capacity)
{
    size_t count = request_reader_read(context, buffer, capacity);

    (void)offset;
    return count > 0 ? (ssize_t)count : HTTP_STREAM_END;
}

static void on_records_finished(void *context, bool is_complete)
{
    (void)is_complete;
    request_reader_free(context);
}

/* `limit` in the query: false if it is no number. */
static bool read_limit(struct str target, uint64_t *ret_limit)
{
    struct str query = str_from(target, str_find(target, '?') + 1);

    while (query.length > 0) {
        struct str value = str_split(&query, '&');
        struct str name = str_split(&value, '=');
        if (str_equal(name, STR("limit")) && str_to_number(value, UINT32_MAX, ret_limit) < 0) {
            return false;
        }
    }
    return true;
}

static void answer_requests(struct admin_pages *pages, struct http_exchange *exchange)
{
    static const struct http_exchange_events events = { .on_finished = on_records_finished };
    static const struct http_field fields[] = { { "Content-Type", type_json }, { "Cache-Control", "no-store" } };
    struct http_answer answer = { .status = 200, .fields = fields, .field_count = array_length(fields) };
    uint64_t limit = REQUEST_HISTORY_RECORDS;

    if (!read_limit(http_exchange_target(exchange), &limit)) {
        answer_problem(exchange, 400, "limit is a number.", false);
        return;
    }
    struct request_reader *reader = request_reader_new(&pages->history, limit);
    if (reader == NULL) {
        answer_problem(exchange, 500, "There is no memory for an answer.", false);
        return;
    }
    http_exchange_set_owner(exchange, &events, reader);
    (void)http_exchange_stream(exchange, &answer, HTTP_LENGTH_UNKNOWN, read_records, reader);
}

/* Workers hand records over the sooner. */
static void note_viewers(void *context)
{
    struct admin_pages *pages = context;

    atomic_store_explicit(&pages->is_watched, pages->events.viewer_count > 0, memory_order_relaxed);
}

static void answer_events(struct admin_pages *pages, struct http_exchange *exchange)
{
    static const struct http_field fields[] = { { "Content-Type", "text/event-stream" },
                                                { "Cache-Control", "no-store" } };
    static const struct event_stream_opening opening = { .fields = fields, .field_count = array_length(fields) };

    if (!event_stream_open(&pages->events, exchange, &opening)) {
        answer_problem(exchange, 503, "As many as may be are looking on.", false);
    }
    note_viewers(pages);
}

/* ---- the small ones ---- */

static void answer_health(struct admin_pages *pages, struct http_exchange *exchange)
{
    (void)pages;
    answer_body(exchange, 200, type_json, STR("{\"status\":\"ok\"}"), HTTP_BODY_CONSTANT);
}

static void answer_readiness(struct admin_pages *pages, struct http_exchange *exchange)
{
    if (atomic_load(pages->settings.is_draining)) {
        answer_body(exchange, 503, type_json, STR("{\"status\":\"draining\"}"), HTTP_BODY_CONSTANT);
    } else {
        answer_health(pages, exchange);
    }
}

static void answer_list(struct admin_pages *pages, struct http_exchange *exchange);

static const struct page page_table[] = {
    { STR_STATIC("/"), answer_list, "this list" },
    { STR_STATIC("/healthz"), answer_health, "200: the process is up" },
    { STR_STATIC("/readyz"), answer_readiness, "200, or 503 while it drains" },
    { STR_STATIC("/metrics"), answer_metrics, "counters, for Prometheus" },
    { STR_STATIC("/config"), answer_config, "the configuration in use" },
    { STR_STATIC("/requests"), answer_requests, "the last 1000 requests, oldest first; ?limit=N: the newest N" },
    { STR_STATIC("/events"), answer_events, "each request as it ends, as server-sent events" },
};

static void answer_list(struct admin_pages *pages, struct http_exchange *exchange)
{
    cleanup_buf struct buf text;

    (void)pages;
    buf_init(&text, TEXT_BYTES);
    for (size_t i = 0; i < array_length(page_table); i++) {
        (void)buf_add_format(&text, "%-12s%s\n", page_table[i].path.base, page_table[i].summary);
    }
    answer_body(exchange, 200, type_text, buf_view(&text), HTTP_BODY_COPIED);
}

/* ---- whoever asks ---- */

static const struct page *find_page(struct str path)
{
    for (size_t i = 0; i < array_length(page_table); i++) {
        if (str_equal(page_table[i].path, path)) {
            return &page_table[i];
        }
    }
    return NULL;
}

void admin_pages_answer(struct admin_pages *pages, struct http_exchange *exchange)
{
    struct str method = http_exchange_method(exchange);
    struct str path = http_exchange_target(exchange);

    if (!admin_guard_allows(http_exchange_header(exchange, "Host"), http_exchange_client(exchange))) {
        answer_problem(exchange, 421, "The Host header is another server's name: from this machine, say localhost.",
                       false);
        return;
    }
    path.length = str_find(path, '?');
    const struct page *page = find_page(path);
    if (page == NULL) {
        answer_problem(exchange, 404, "There is no such admin page.", false);
    } else if (!str_equal(method, STR("GET")) && !str_equal(method, STR("HEAD"))) {
        answer_problem(exchange, 405, "Admin pages are only read.", false);
    } else {
        page->answer(pages, exchange);
    }
}

void admin_pages_refuse(struct http_exchange *exchange, int status, const char *reason)
{
    answer_problem(exchange, status, reason, true);
}

/* ---- what they show ---- */

/* Most of the time nobody looks on, and nothing is rendered. */
static void show_record(struct admin_pages *pages, struct str packed)
{
    buf_reset(&pages->rendered);
    if (pages->events.viewer_count == 0 || record_render_packed(packed, &pages->stamp, &pages->rendered) < 0) {
        event_stream_skip(&pages->events);
        return;
    }
    event_stream_add(&pages->events, "done", buf_view(&pages->rendered));
}

void admin_pages_add_record(struct admin_pages *pages, struct record_batch *batch, struct str packed)
{
    (void)request_history_add(&pages->history, batch, packed); /* too long: it is seen live, and not afterwards */
    show_record(pages, packed);
}

void admin_pages_set_config(struct admin_pages *pages, char *json, size_t length)
{
    pthread_mutex_lock(&pages->lock);
    free(pages->config);
    pages->config = json;
    pages->config_length = length;
    pthread_mutex_unlock(&pages->lock);
}

int admin_pages_init(struct admin_pages *pages, const struct admin_settings *settings, struct loop *loop)
{
    static const struct event_stream_config events = {
        .capacity_bytes = EVENTS_BYTES,
        .comment_interval_us = COMMENT_INTERVAL_US,
    };

    *pages = (struct admin_pages){ .settings = *settings };
    (void)pthread_mutex_init(&pages->lock, NULL);
    request_history_init(&pages->history, HISTORY_BYTES);
    time_stamp_init(&pages->stamp);
    buf_init(&pages->rendered, RECORD_BYTES);
    atomic_init(&pages->is_watched, false);
    int result = event_stream_init(&pages->events, loop, &events);
    pages->events.on_viewer_left = note_viewers;
    pages->events.context = pages;
    return result;
}

void admin_pages_stop(struct admin_pages *pages)
{
    event_stream_stop(&pages->events);
}

void admin_pages_clear(struct admin_pages *pages)
{
    event_stream_clear(&pages->events);
    request_history_clear(&pages->history);
    buf_clear(&pages->rendered);
    free(pages->config);
    (void)pthread_mutex_destroy(&pages->lock);
}
