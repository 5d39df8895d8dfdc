/* SPDX-License-Identifier: MIT */
#include "gateway/request_record.h"

#include "common/access_log.h"
#include "common/clock.h"

enum { TEXT_BYTES_AT_MOST = 1024 * 1024 };

struct account request_account(const struct request *request, uint64_t done_us)
{
    struct account account = { .head_read_us = request->head_read_us, .done_us = done_us };

    fan_out_account(&request->fan_out, &account);
    return account;
}

/* Members that name the request. */
static void render_members(const struct request *request, struct buf *json)
{
    (void)buf_add_text(json, ",\"request_id\":\"");
    (void)buf_add_text(json, request->id);
    (void)buf_add_text(json, "\",\"worker\":");
    (void)buf_add_number(json, request->host->worker_index);
    (void)buf_add_text(json, ",\"mode\":\"");
    (void)buf_add_text(json, mode_names[request->mode]);
    (void)buf_add_text(json, "\",\"route\":");
    (void)buf_add_json_string(json, str_of(request->match.name));
}

static struct access_entry entry_of(const struct request *request, struct str members)
{
    return (struct access_entry){
        .method = http_exchange_method(request->exchange),
        .target = http_exchange_target(request->exchange),
        .protocol = http_exchange_protocol(request->exchange),
        .client = http_exchange_client(request->exchange),
        .status = request->status,
        .members = members,
    };
}

typedef void access_log_fn(struct log *log, const struct access_entry *entry);

static void write_line(const struct request *request, access_log_fn *write)
{
    struct log *log = request->host->log;
    cleanup_buf struct buf members;

    buf_init(&members, TEXT_BYTES_AT_MOST);
    if (!log_wants(log, LOG_INFO)) {
        return;
    }
    if (log->sink->format == LOG_JSON) {
        render_members(request, &members);
    }
    struct access_entry entry = entry_of(request, buf_view(&members));
    write(log, &entry);
}

void request_record_received(const struct request *request)
{
    write_line(request, access_log_received);
}

void request_record_send(const struct request *request)
{
    write_line(request, access_log_send);
}

void request_record_render(const struct request *request, uint64_t done_us, struct buf *json)
{
    struct account account = request_account(request, done_us);
    cleanup_buf struct buf members;
    cleanup_buf struct buf times;

    buf_init(&members, TEXT_BYTES_AT_MOST);
    buf_init(&times, TEXT_BYTES_AT_MOST);
    render_members(request, &members);
    (void)account_render_json(&account, &times);
    struct access_entry entry = entry_of(request, buf_view(&members));
    access_log_render_done(&request->host->log->utc, &entry, buf_view(&times), json);
}

static void count(const struct request *request, const struct account *account)
{
    struct metrics *metrics = request->host->metrics;
    struct metrics_request counted = {
        .route = str_of(request->match.name),
        .mode = str_of(mode_names[request->mode]),
        .status = request->status,
        .duration_us = account->done_us - account->head_read_us,
    };

    metrics_count_request(metrics, &counted);
    for (size_t i = 0; i < account->call_count; i++) {
        const struct call_account *call = account->calls[i];
        metrics_count_call(metrics, &(struct metrics_call){
                                        .backend = call->backend,
                                        .server = call->server,
                                        .error = str_of(call_error_name(call->error)),
                                        .attempts = call->attempts,
                                        .is_reused = call->is_reused,
                                        .duration_us = call->started_us != 0 && call->done_us > call->started_us
                                                           ? call->done_us - call->started_us
                                                           : 0,
                                    });
    }
}

void request_record_done(struct request *request)
{
    struct log *log = request->host->log;
    uint64_t done_us = clock_monotonic_us();
    bool is_json_logged = log->sink->format == LOG_JSON && log_wants(log, LOG_INFO);
    cleanup_buf struct buf record;

    buf_init(&record, TEXT_BYTES_AT_MOST);
    struct account account = request_account(request, done_us);
    count(request, &account);
    if (is_json_logged || request->host->feed.admin != NULL) {
        request_record_render(request, done_us, &record);
        account_feed_add(&request->host->feed, buf_view(&record));
    }
    if (is_json_logged) {
        (void)buf_add_str(log_begin_bare(log), buf_view(&record));
        log_end(log);
    } else {
        struct access_entry entry = entry_of(request, (struct str){ "", 0 });
        access_log_done(log, &entry, (struct str){ "", 0 });
    }
}
