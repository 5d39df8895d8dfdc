/* SPDX-License-Identifier: MIT */
#include "gateway/request_record.h"

#include "common/access_log.h"
#include "common/clock.h"
#include "gateway/record_line.h"

enum { MEMBERS_BYTES_AT_MOST = 1024 * 1024 };

const struct account *request_account(struct request *request, uint64_t done_us)
{
    struct account *account = &request->account;

    if (!request->has_account) {
        request->has_account = true;
        account->head_read_us = request->head_read_us;
        fan_out_account(&request->fan_out, account);
    }
    account->done_us = done_us;
    return account;
}

/* ---- log lines ---- */

static struct record name_record(const struct request *request)
{
    return (struct record){
        .request_id = str_of(request->id),
        .route = str_of(request->match.name),
        .method = http_exchange_method(request->exchange),
        .target = http_exchange_sent_target(request->exchange),
        .client = http_exchange_client(request->exchange),
        .worker = request->host->worker_index,
        .mode = request->mode,
        .status = request->status,
    };
}

static struct access_entry entry_of(const struct request *request)
{
    return (struct access_entry){
        .method = http_exchange_method(request->exchange),
        .target = http_exchange_target(request->exchange),
        .protocol = http_exchange_protocol(request->exchange),
        .client = http_exchange_client(request->exchange),
        .status = request->status,
    };
}

typedef void access_log_fn(struct log *log, const struct access_entry *entry);

static void write_line(const struct request *request, access_log_fn *write)
{
    struct log *log = request->host->log;

    if (!log_wants(log, LOG_INFO)) {
        return;
    }
    cleanup_buf struct buf members;
    struct access_entry entry = entry_of(request);
    buf_init(&members, MEMBERS_BYTES_AT_MOST);
    if (log->sink->format == LOG_JSON) {
        struct record record = name_record(request);
        entry.target = record.target;
        record_add_members(&record, &members);
        entry.members = buf_view(&members);
    }
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

/* ---- the record ---- */

static struct record record_of(struct request *request, uint64_t done_us)
{
    struct record record = name_record(request);

    record.finished_wall_us = clock_wall_us();
    record.refused_for = request->refused != NULL ? request->refused->error : CALL_OK;
    record.account = *request_account(request, done_us);
    return record;
}

void request_record_render(struct request *request, uint64_t done_us, struct buf *json)
{
    struct record record = record_of(request, done_us);

    (void)record_render_json(&record, &request->host->log->utc, json);
}

/* ---- counters ---- */

static void count_call(struct metrics *metrics, const struct call_account *call)
{
    bool is_timed = call->started_us != 0 && call->done_us > call->started_us;

    metrics_count_call(metrics, &(struct metrics_call){
                                    .backend = call->backend,
                                    .server = call->server,
                                    .error = str_of(call_error_name(call->error)),
                                    .attempts = call->attempts,
                                    .is_reused = call->is_reused,
                                    .duration_us = is_timed ? call->done_us - call->started_us : 0,
                                });
}

static void count(const struct request *request, const struct account *account)
{
    struct metrics *metrics = request->host->metrics;

    metrics_count_request(metrics, &(struct metrics_request){
                                       .route = str_of(request->match.name),
                                       .mode = str_of(mode_names[request->mode]),
                                       .status = request->status,
                                       .duration_us = account->done_us - account->head_read_us,
                                   });
    for (size_t i = 0; i < account->call_count; i++) {
        count_call(metrics, account->calls[i]);
    }
}

void request_record_done(struct request *request)
{
    struct record record = record_of(request, clock_monotonic_us());

    count(request, &record.account);
    account_feed_add(&request->host->feed, &record);
    record_line_write(request->host->log, &record, http_exchange_protocol(request->exchange));
}
