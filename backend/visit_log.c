/* SPDX-License-Identifier: MIT */
#include "backend/visit_log.h"

#include <inttypes.h>

#include "common/access_log.h"
#include "common/clock.h"

enum { STATUS_CLIENT_GONE = 499, MEMBERS_BYTES = 64 * 1024 };

static bool is_logged(const struct visit *visit)
{
    return log_wants(visit->service->log, visit->is_quiet ? LOG_DEBUG : LOG_INFO);
}

static bool is_json(const struct visit *visit)
{
    return visit->service->log->sink->format == LOG_JSON;
}

static void add_request_id(const struct visit *visit, struct buf *members)
{
    struct str request_id = http_exchange_header(visit->exchange, "X-Request-Id");

    (void)buf_add_text(members, ",\"request_id\":");
    if (request_id.base != NULL) {
        (void)buf_add_json_string(members, request_id);
    } else {
        (void)buf_add_text(members, "null");
    }
}

/* `members` keeps what the entry looks at. */
static struct access_entry entry_of(const struct visit *visit, int status, struct buf *members)
{
    buf_init(members, MEMBERS_BYTES);
    if (is_json(visit)) {
        add_request_id(visit, members);
    }
    return (struct access_entry){
        .method = http_exchange_method(visit->exchange),
        .target = http_exchange_target(visit->exchange),
        .protocol = http_exchange_protocol(visit->exchange),
        .client = http_exchange_client(visit->exchange),
        .status = status,
        .members = buf_view(members),
    };
}

void visit_log_received(const struct visit *visit)
{
    if (!is_logged(visit)) {
        return;
    }

    cleanup_buf struct buf members;
    struct access_entry entry = entry_of(visit, 0, &members);
    access_log_received(visit->service->log, &entry);
}

void visit_log_send(const struct visit *visit)
{
    if (!is_logged(visit) || visit->status == FAULT_NO_RESPONSE) {
        return;
    }

    cleanup_buf struct buf members;
    struct access_entry entry = entry_of(visit, visit->status, &members);
    access_log_send(visit->service->log, &entry);
}

static int final_status(const struct visit *visit, bool is_complete)
{
    bool is_fault = visit->fault_run.fault != NULL;
    bool has_sent_fault = is_fault && visit->status != FAULT_NO_RESPONSE;
    bool is_ended_by_us = visit->service->is_ending || (is_fault && !visit->is_client_gone);

    if (has_sent_fault || (is_complete && visit->status != 0)) {
        return visit->status;
    }
    return is_ended_by_us ? FAULT_NO_RESPONSE : STATUS_CLIENT_GONE;
}

static void add_account(const struct visit *visit, struct buf *account)
{
    uint64_t now_us = clock_monotonic_us();
    uint64_t let_in_us = visit->turn_us != 0 ? visit->turn_us : now_us;

    (void)buf_add_format(account,
                         ",\"total_us\":%" PRIu64 ",\"queue_us\":%" PRIu64 ",\"delay_us\":%" PRIu64 ",\"fault\":",
                         now_us - visit->read_us, let_in_us - visit->read_us, visit->delay_us);
    if (visit->knobs.fault != NULL) {
        (void)buf_add_json_string(account, str_of(fault_name(visit->knobs.fault)));
    } else {
        (void)buf_add_text(account, "null");
    }
}

void visit_log_done(const struct visit *visit, bool is_complete)
{
    if (!is_logged(visit)) {
        return;
    }

    cleanup_buf struct buf members;
    cleanup_buf struct buf account;
    struct access_entry entry = entry_of(visit, final_status(visit, is_complete), &members);
    buf_init(&account, MEMBERS_BYTES);
    if (is_json(visit)) {
        add_account(visit, &account);
    }
    access_log_done(visit->service->log, &entry, buf_view(&account));
}
